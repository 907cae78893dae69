"""Which kind of key a column holds, from its heading and a sample of its cells."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from regulars_platform.identity.kinds import FACTS, KeyKind, KindFacts, Trust
from regulars_platform.identity.values import (
    EMAIL,
    NUMBERED,
    OPAQUE,
    RELAY,
    is_chinese_mobile,
    is_hidden,
    plain_phone,
    plain_text,
)
from regulars_platform.intake.cells import clean_key, is_scientific
from regulars_platform.intake.headings import normalise
from regulars_platform.words import N_, Sentence

MOSTLY = 0.8
"""This part of the filled cells settles what a column is."""
_PLACEHOLDER_SHARE, _PLACEHOLDER_COUNT = 0.2, 10


def _plain(words: str) -> frozenset[str]:
    return frozenset(normalise(word) for word in words.split("|"))


_HEADINGS: tuple[tuple[KeyKind, frozenset[str]], ...] = (
    (KeyKind.OAID, _plain("oaid|open addressee id|收件人id|收货人id|收件人oaid")),
    (KeyKind.OUID, _plain("ouid|买家ouid|会员ouid|omid")),
    (
        KeyKind.OPEN_ID,
        _plain(
            "open_uid|openuid|buyer_open_uid|buyer open uid|买家openuid|open_id|openid|unionid|"
            "微信openid|用户openid"
        ),
    ),
    (
        KeyKind.NICK,
        _plain(
            "买家会员名|买家会员昵称|买家昵称|会员名|会员昵称|昵称|客户昵称|旺旺|旺旺号|买家旺旺|"
            "旺旺id|买家旺旺id|nick|nickname|buyer nick|username|user name|screen name"
        ),
    ),
    (
        KeyKind.NAME,
        _plain(
            "收货人姓名|收货人|收件人|收件人姓名|姓名|客户姓名|买家姓名|真实姓名|提货人|"
            "name|full name|customer name|first name|last name|billing name|shipping name|"
            "buyer name"
        ),
    ),
)
_RECEIVERS = _plain(
    "收货人手机号|收货人手机|收货人电话|收件人手机|收件人手机号|收件人电话|联系手机|联系电话|提货人手机号|"
    "收货人手机号/提货人手机号|shipping phone|receiver phone|receiver mobile|delivery phone"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """What a column is. rows: cells looked at; filled: not blank; different: different values;
    masked: hidden behind stars; share: part of the filled cells that look like `kind`, 0 to 1."""

    heading: str
    kind: KeyKind
    rows: int
    filled: int
    different: int
    masked: int
    share: float
    warnings: tuple[Sentence, ...]

    @property
    def facts(self) -> KindFacts:
        """What is known of this kind."""
        return FACTS[self.kind]

    @property
    def can_be_key(self) -> bool:
        """Whether customers may be told apart by it at all."""
        return self.facts.trust is not Trust.NEVER


def diagnose(heading: str, cells: pl.Series) -> Diagnosis:
    """The kind of key in `cells` (String, as the file has them), in the light of its heading.

    >>> found = diagnose("买家手机号", pl.Series(["13800001111", "+86 138 0000 2222"]))
    >>> found.kind.value, found.facts.trust.value
    ('phone', 'good')
    """
    keys = cells.rename("cell").to_frame().select(clean_key(pl.col("cell")).alias("key"))
    filled = keys.drop_nulls()
    counts = _counts(filled)
    kind, share = _kind(normalise(heading), counts, filled.height)
    return Diagnosis(
        heading=heading,
        kind=kind,
        rows=cells.len(),
        filled=filled.height,
        different=filled["key"].n_unique() if filled.height else 0,
        masked=counts["masked"],
        share=share,
        warnings=tuple(_warnings(filled, counts, kind, share)),
    )


def _counts(filled: pl.DataFrame) -> dict[str, int]:
    key = pl.col("key")
    phone = plain_phone(key)
    return filled.select(
        is_hidden(key).sum().alias("masked"),
        key.str.contains(EMAIL).sum().alias("email"),
        key.str.contains(RELAY).sum().alias("relay"),
        is_chinese_mobile(phone).sum().alias("mobile"),
        phone.is_not_null().sum().alias("phone"),
        (key.str.contains(OPAQUE) & key.str.contains("[A-Za-z]") & key.str.contains(r"\d"))
        .sum()
        .alias("opaque"),
        key.str.contains(NUMBERED).sum().alias("numbered"),
        is_scientific(key).sum().alias("damaged"),
        (phone.is_not_null() & ~key.str.contains(r"^\d+$")).sum().alias("spelt"),
    ).row(0, named=True)


def _kind(heading: str, counts: dict[str, int], filled: int) -> tuple[KeyKind, float]:
    if not filled:
        named = next((kind for kind, words in _HEADINGS if heading in words), KeyKind.UNKNOWN)
        return named, 0.0
    share = {name: count / filled for name, count in counts.items()}
    if share["masked"] >= 0.5:
        return KeyKind.MASKED, share["masked"]
    if share["email"] >= MOSTLY:
        return KeyKind.EMAIL, share["email"]
    if share["relay"] >= 0.5:
        return KeyKind.RELAY_PHONE, share["relay"]
    for kind, words in _HEADINGS:
        # what the file calls it decides, unless the cells are plainly phone numbers
        if heading in words and share["mobile"] < MOSTLY:
            return kind, 1.0 - share["masked"]
    is_phone = share["mobile"] >= MOSTLY or (_says_phone(heading) and share["phone"] >= MOSTLY)
    if is_phone:
        kind = KeyKind.RECEIVER_PHONE if heading in _RECEIVERS else KeyKind.PHONE
        return kind, max(share["mobile"], share["phone"] if _says_phone(heading) else 0.0)
    if share["opaque"] >= MOSTLY:
        return KeyKind.OPAQUE, share["opaque"]
    if share["numbered"] >= MOSTLY:
        return KeyKind.SHOP_ID, share["numbered"]
    return KeyKind.UNKNOWN, 0.0


def _says_phone(heading: str) -> bool:
    return any(word in heading for word in ("phone", "mobile", "tel", "手机", "电话"))


def _warnings(
    filled: pl.DataFrame, counts: dict[str, int], kind: KeyKind, share: float
) -> Iterator[Sentence]:
    if counts["masked"]:
        yield Sentence(
            N_("%(count)s masked values are not one person: they are no key and no hint."),
            {"count": counts["masked"]},
        )
    if counts["damaged"]:
        yield Sentence(
            N_(
                "%(count)s values lost their last digits in a spreadsheet; their rows are rejected."
            ),
            {"count": counts["damaged"]},
        )
    if counts["relay"] and kind is not KeyKind.RELAY_PHONE:
        yield Sentence(
            N_("%(count)s values are phone numbers on loan (with an extension)."),
            {"count": counts["relay"]},
        )
    if kind in (KeyKind.PHONE, KeyKind.RECEIVER_PHONE) and counts["spelt"]:
        yield Sentence(
            N_(
                "%(count)s phone numbers are written with +86, blanks or marks: the same number"
                " written otherwise counts as another customer."
            ),
            {"count": counts["spelt"]},
        )
    yield from _placeholder(filled)
    if kind in _BY_CONTENT and share < 0.95:
        yield Sentence(
            N_("%(count)s of %(filled)s values look like something else: is the column mixed?"),
            {"count": filled.height - round(share * filled.height), "filled": filled.height},
        )


_BY_CONTENT = (KeyKind.EMAIL, KeyKind.PHONE, KeyKind.RECEIVER_PHONE, KeyKind.SHOP_ID)


def _placeholder(filled: pl.DataFrame) -> Iterator[Sentence]:
    """A value that stands for nobody in particular: a guest, the shop's own number."""
    if not filled.height:
        return
    key = pl.col("key")
    values = filled.filter(~is_hidden(key)).select(plain_text(key).alias("key"))
    often = values.group_by("key").len().sort("len", "key", descending=[True, False]).head(1)
    for value, count in often.iter_rows():
        if count >= _PLACEHOLDER_COUNT and count > _PLACEHOLDER_SHARE * filled.height:
            yield Sentence(
                N_("“%(value)s” stands in %(count)s of %(filled)s rows: is it a placeholder?"),
                {"value": value[:60], "count": count, "filled": filled.height},
            )
