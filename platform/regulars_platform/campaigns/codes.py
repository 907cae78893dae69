"""Personal codes: short, easy to type, and not to be guessed without the campaign's salt."""

import hmac
from collections.abc import Iterable

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Digits and capitals without 0 and O, 1, I and L, which people mix up."""

LENGTH = 10


def personal_codes(units: Iterable[str], *, salt: str) -> dict[str, str]:
    """Unit id -> code; all different, and the same for the same units and salt.

    The code is the HMAC-SHA256 of the unit id under the salt, written in ALPHABET. Should two
    units share one (once in about a billion campaigns of a thousand), the one whose id comes later
    gets the code of its id with "#1" after it, and so on.
    """
    codes: dict[str, str] = {}
    taken: set[str] = set()
    for unit in sorted(set(units)):
        code = _code(unit, salt)
        attempt = 0
        while code in taken:
            attempt += 1
            code = _code(f"{unit}#{attempt}", salt)
        taken.add(code)
        codes[unit] = code
    return codes


def _code(unit: str, salt: str) -> str:
    number = int.from_bytes(hmac.digest(salt.encode(), unit.encode(), "sha256"), "big")
    letters = []
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)
