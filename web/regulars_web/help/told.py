"""A stored report as the sentences of terms read it.

Documents of earlier reports lack fields: whatever may be missing is asked for with care.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import ngettext

from regulars_web.formats import number
from regulars_web.words.reports import (
    amount,
)

Part = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A report, and the arm that is spoken of: its group of everybody."""

    document: Part
    group: Part

    @property
    def plan(self) -> Part:
        """As launched."""
        found: Part = self.document["plan"]
        return found

    @property
    def currency(self) -> str:
        """Of all amounts."""
        return str(self.plan["currency"])

    def money(self, value: float, *, whole: bool = False, signed: bool = False) -> str:
        """An amount in currency units."""
        return amount(value, self.currency, whole=whole, signed=signed)

    def in_all(self, each: float, *, signed: bool = True) -> str:
        """What is known per customer, for the whole arm."""
        return self.money(each * self.group["n"], whole=True, signed=signed)

    def counted(self, n: int) -> str:
        """ "41,200 customers", or households or groups where these were drawn."""
        unit = self.plan.get("unit")
        if unit == "household":
            return str(ngettext("%(n)s household", "%(n)s households", n, n=number(n)))
        if unit == "group":
            return str(ngettext("%(n)s group", "%(n)s groups", n, n=number(n)))
        return str(ngettext("%(n)s customer", "%(n)s customers", n, n=number(n)))

    def of_arm(self, section: str) -> Part | None:
        """This arm's entry of a section; None where the report has none."""
        entries = self.document.get(section) or ()
        return next((entry for entry in entries if entry["arm"] == self.group["arm"]), None)

    def metric(self, name: str) -> Part | None:
        """This arm's record of a metric, everybody; None where it was not asked or has no means."""
        for effect in self.document.get("metrics", ()):
            whose = (effect["metric"], effect["arm"], effect["segment"])
            if whose == (name, self.group["arm"], None):
                means = (effect.get("mean_arm"), effect.get("mean_control"))
                return None if None in means else effect
        return None

    def segments(self) -> list[Part]:
        """This arm's segments that are large enough to be shown."""
        found: list[Part] = [
            one
            for one in self.document.get("segments", ())
            if one["arm"] == self.group["arm"] and not one["hidden"]
        ]
        return found


def told_of(document: Part, arm: str | None) -> Told | None:
    """The arm asked for, else the first; None where nothing may be shown of it."""
    for group in document["overall"]:
        if arm in (None, group["arm"]):
            return None if group.get("hidden") else Told(document=document, group=group)
    return None
