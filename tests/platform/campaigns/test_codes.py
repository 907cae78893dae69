"""Personal codes."""

import hashlib
import hmac

from regulars_platform.campaigns.codes import ALPHABET, LENGTH, personal_codes


def test_codes_are_all_different_and_easy_to_type() -> None:
    codes = personal_codes((f"c{number}" for number in range(20_000)), salt="s")
    assert len(set(codes.values())) == 20_000
    assert {len(code) for code in codes.values()} == {LENGTH}
    assert set("".join(codes.values())) <= set(ALPHABET)
    assert not set("01ILO") & set(ALPHABET)


def test_a_code_is_the_keyed_hash_of_its_unit() -> None:
    number = int(hmac.new(b"s", "小明".encode(), hashlib.sha256).hexdigest(), 16)
    code = personal_codes(["小明"], salt="s")["小明"]
    assert sum(ALPHABET.index(sign) * 31**place for place, sign in enumerate(code)) == (
        number % 31**10
    )
    assert personal_codes(["小明"], salt="t")["小明"] != code
