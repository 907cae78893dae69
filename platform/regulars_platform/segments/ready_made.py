"""Ready-made groups: for each who that is, what it is good for, what it asks and which rule it is.

`PRESETS` has one for every group that sellers ask for. A preset is a rule with numbers or words to
fill in; `usual_answers` fills them in for a shop, so that each can be counted at once.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import polars as pl

from regulars_platform.customers.catalogue import ATTRIBUTE, NUMBER, find_feature
from regulars_platform.fields import FieldReader
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.segments.preset_parts import OWN, TAGS, THEMES, Answers, Parameter, Preset
from regulars_platform.segments.presets_of_buying import HABITS, STAGE, WORTH
from regulars_platform.segments.presets_of_people import BOND, PERSON, TASTE
from regulars_platform.segments.tree import MAX_WITHIN_DAYS

__all__ = [
    "OWN",
    "PRESETS",
    "THEMES",
    "Answers",
    "Parameter",
    "Preset",
    "asked_feature",
    "is_open",
    "known_features",
    "read_answers",
    "usual_answers",
]

_COUNTED = frozenset({"unpaid_orders", "complaints", "brought", "favourites", "carts"})
_LARGEST = 10_000


PRESETS: dict[str, Preset] = {
    one.key: one for one in (*STAGE, *WORTH, *HABITS, *TASTE, *BOND, *PERSON)
}
"""By key, in the order in which pages show them within their theme."""

_HEADINGS_LIKE = {
    "students": ("student", "occupation", "job", "职业", "職業", "身份", "学生", "學生"),
    "income": ("income", "salary", "收入", "工资", "薪"),
    "taste": ("taste", "style", "prefer", "口味", "风格", "風格", "偏好", "喜好"),
}
_VALUES_LIKE = {"students": ("student", "学生", "學生")}


def read_answers(preset: Preset, typed: Mapping[str, str]) -> tuple[Answers | None, FieldReader]:
    """What somebody typed for the preset's parameters; None where the reader has problems."""
    reader = FieldReader({one.name: typed.get(one.name, "") for one in preset.parameters})
    found: dict[str, Decimal | str | None] = {
        one.name: _read(reader, one) for one in preset.parameters
    }
    if reader.problems:
        return None, reader
    return {name: value for name, value in found.items() if value is not None}, reader


def _read(reader: FieldReader, one: Parameter) -> Decimal | str | None:
    if one.kind == "text":
        return reader.text(one.name, optional=one.optional)
    if one.kind == "money":
        amount = reader.money(one.name)
        return None if amount is None else Decimal(amount) / MONEY_SCALE
    if one.kind == "percent":
        points = reader.percent(one.name)
        return None if points is None else Decimal(points) / 10_000
    if one.kind == "times":
        ratio = reader.money(one.name, least=None)
        return None if ratio is None else Decimal(ratio) / MONEY_SCALE
    high = MAX_WITHIN_DAYS if one.kind == "days" else _LARGEST
    number = reader.whole(one.name, low=one.least, high=high)
    return None if number is None else Decimal(number)


def usual_answers(
    preset: Preset,
    values: Callable[[str], Sequence[str]],
    *,
    usual: Mapping[str, str] | None = None,
) -> dict[str, str] | None:
    """What stands in the fields of a preset at first; None where a text has nothing to propose.

    values: the values of a feature, of "product", "category" or "attribute" (headings), most
    frequent first. usual: the shop's own instead of the product's, by name of the parameter.
    """
    found: dict[str, str] = {}
    for one in preset.parameters:
        chosen: str | None = (usual or {}).get(one.name, one.usual)
        if one.suggested == "attribute":
            chosen = _usual_heading(preset, values, optional=one.optional)
        elif one.kind == "text":
            name = asked_feature(found) if one.suggested == "value" else one.suggested
            taken = set(found.values()) if one.suggested in ("product", "category") else set()
            known = [value for value in values(name) if value not in taken]
            like = _VALUES_LIKE.get(preset.key)
            chosen = _first_like(known, like, must=like is not None)
        if chosen is None:
            return None
        found[one.name] = chosen
    return found


def asked_feature(answers: Mapping[str, str]) -> str:
    """The feature whose value a preset asks for: the column that is named, or tags."""
    heading = answers.get("attribute", "").strip()
    return f"{ATTRIBUTE}{heading}" if heading else TAGS


def _usual_heading(
    preset: Preset, values: Callable[[str], Sequence[str]], *, optional: bool
) -> str | None:
    """The heading that sounds like it, with a value that does where one has to; where it is
    optional "" if a tag does; else None."""
    headings, like = values("attribute"), _VALUES_LIKE.get(preset.key)
    for heading in headings if like else ():
        chosen = _first_like([heading], _HEADINGS_LIKE.get(preset.key), must=True)
        if chosen and _first_like(values(f"{ATTRIBUTE}{chosen}"), like, must=True) is not None:
            return chosen
    if optional and _first_like(values(TAGS), like, must=True) is not None:
        return ""
    return None if like else _first_like(headings, _HEADINGS_LIKE.get(preset.key), must=True)


def _first_like(known: Sequence[str], like: Sequence[str] | None, *, must: bool) -> str | None:
    for word in like or ():
        for value in known:
            if word in value.casefold():
                return value
    return None if must or not known else known[0]


def known_features(features: pl.LazyFrame) -> frozenset[str]:
    """Features that somebody has a value of, own attributes and OWN among them."""
    schema = features.collect_schema()
    asked = [name for name in schema.names() if find_feature(name) is not None]
    found = features.select(_is_known(name, schema[name]).alias(name) for name in asked).collect()
    known = {name for name in asked if found[name].item()}
    if any(name.startswith((ATTRIBUTE, NUMBER)) for name in known):
        known.add(OWN)
    return frozenset(known)


def _is_known(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.List):
        return (column.list.len() > 0).any()
    if name in _COUNTED:
        # nobody has any: no file says anything of it
        return (column > 0).any()
    return column.is_not_null().any()


def is_open(preset: Preset, known: frozenset[str]) -> bool:
    """Whether the shop knows what the preset asks about."""
    return not preset.needs or any(name in known for name in preset.needs)
