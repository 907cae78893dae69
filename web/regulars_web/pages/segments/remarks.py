"""What is said beside a field whose text nobody has: a rule would count nobody without a word."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from flask_babel import gettext

from regulars_platform.segments.mistyped import (
    nearest_bought,
    nearest_value,
    somebody_has,
    was_bought,
)
from regulars_platform.segments.tree import By
from regulars_web.looking_at_customers import Customers
from regulars_web.pages.segments.draft import (
    BOUGHT,
    DraftCondition,
    DraftGroup,
    several,
    walk,
)
from regulars_web.product_labels import product_labels

MOST = 20
"""So many texts of one list are looked up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remark:
    """text: what nobody has; nearest: (what the field would hold, what it is called)."""

    text: str
    nearest: tuple[tuple[str, str], ...]


def draft_remarks(found: Customers | None, draft: DraftGroup) -> Mapping[str, Remark]:
    """By field (`rule-0-value`); none as long as there are no customers."""
    if found is None:
        return {}
    remarks = {}
    for node in walk(draft):
        if isinstance(node, DraftCondition) and node.needs_value and node.value.strip():
            remark = _about(found, node)
            if remark is not None:
                remarks[f"{node.path}-value"] = remark
    return remarks


def remark_on(found: Customers | None, name: str, value: str) -> Remark | None:
    """On one text. name: a feature, or "product", "category" or "need"."""
    by = next((one for one in get_args(By) if one == name), None)
    if found is None or not value.strip():
        return None
    return (
        _missing_text(found, name, [value.strip()])
        if by is None
        else _not_bought(found, by, value.strip())
    )


def _about(found: Customers, node: DraftCondition) -> Remark | None:
    if node.kind == "bought":
        by = next(one for one in get_args(By) if one == node.feature.removeprefix(BOUGHT))
        return _not_bought(found, by, node.value.strip())
    if node.kind not in ("text", "list"):
        return None
    texts = several(node.value) if node.op == "in" else [node.value.strip()]
    return _missing_text(found, node.feature, texts)


def _not_bought(found: Customers, by: By, name: str) -> Remark | None:
    if was_bought(found.store, by, name, found.version):
        return None
    said = {
        "product": gettext("No order has the product “%(name)s”.", name=name),
        "category": gettext("No order has a product of the category “%(name)s”.", name=name),
        "need": gettext("No order has a product for the need “%(name)s”.", name=name),
    }[by]
    names = nearest_bought(found.store, by, name, found.version)
    labels = product_labels(names) if by == "product" else {one: one for one in names}
    return Remark(text=str(said), nearest=tuple((one, labels[one]) for one in names))


def _missing_text(found: Customers, feature: str, texts: list[str]) -> Remark | None:
    missing = [text for text in texts[:MOST] if not somebody_has(found.features, feature, text)]
    if not missing:
        return None
    said = gettext(
        "No customer has %(values)s here.", values=", ".join(f"“{text}”" for text in missing)
    )
    names = nearest_value(found.features, feature, missing[0])
    return Remark(
        text=str(said),
        nearest=tuple((_with(texts, missing[0], name), name) for name in names),
    )


def _with(texts: list[str], wrong: str, name: str) -> str:
    """The list as it is typed, with the name in the place of the wrong one."""
    return ", ".join(name if text == wrong else text for text in texts)
