"""Rules from their JSON form: read in one walk that collects everything that is wrong."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from regulars_platform.customers.catalogue import FEATURES, find_feature
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.segments.tree import (
    BOUGHT_BY,
    MAX_WITHIN_DAYS,
    OPERATORS,
    WITHOUT_VALUE,
    YES_NO,
    Bought,
    By,
    Condition,
    Group,
    Not,
    Rule,
    operator_kind,
    written,
)
from regulars_platform.words import N_, Sentence

MAX_DEPTH = 6
MAX_CONDITIONS = 200
MAX_TEXT = 500
_LARGEST = Decimal(10) ** 12


class RuleError(RegularsError):
    """One place of a rule does not hold; `field` is the path to it."""


def parse_rule(raw: object, *, field: str = "rule") -> Rule:
    """A rule from its JSON form; InvalidInputError has one problem per place that is wrong."""
    parser = _Parser()
    rule = parser.rule(raw, field, depth=0)
    if parser.conditions > MAX_CONDITIONS:
        parser.refuse(
            field,
            N_("A rule has at most %(limit)s conditions, this one has %(found)s."),
            limit=MAX_CONDITIONS,
            found=parser.conditions,
        )
    if parser.problems or rule is None:
        raise InvalidInputError(parser.problems)
    return rule


class _Parser:
    """Walks the JSON once and collects everything that is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[RegularsError] = []
        self.conditions = 0

    def refuse(self, field: str, template: str, **parameters: object) -> None:
        self.problems.append(RuleError(Sentence(template, parameters), field=field))

    def rule(self, raw: object, field: str, *, depth: int) -> Rule | None:
        if not isinstance(raw, Mapping):
            self.refuse(field, N_("A rule is a group of conditions or one condition."))
            return None
        if depth > MAX_DEPTH:
            self.refuse(field, N_("Groups may lie at most %(limit)s deep."), limit=MAX_DEPTH)
            return None
        if set(raw) == {"all"}:
            return self.group("all", raw["all"], field, depth=depth)
        if set(raw) == {"any"}:
            return self.group("any", raw["any"], field, depth=depth)
        if set(raw) == {"not"}:
            inner = self.rule(raw["not"], f"{field}.not", depth=depth + 1)
            return None if inner is None else Not(rule=inner)
        self.conditions += 1
        if "bought" in raw:
            return self.bought(raw, field)
        return self.condition(raw, field)

    def group(
        self, joiner: Literal["all", "any"], raw: object, field: str, *, depth: int
    ) -> Group | None:
        if not isinstance(raw, Sequence) or isinstance(raw, str):
            self.refuse(field, N_("A group holds a list of rules."))
            return None
        if joiner == "any" and not raw:
            self.refuse(field, N_("A group of which any must hold needs at least one rule."))
            return None
        if len(raw) > MAX_CONDITIONS:
            self.refuse(
                field,
                N_("A rule has at most %(limit)s conditions, this one has %(found)s."),
                limit=MAX_CONDITIONS,
                found=len(raw),
            )
            return None
        parts = [
            self.rule(part, f"{field}.{joiner}.{place}", depth=depth + 1)
            for place, part in enumerate(raw)
        ]
        return Group(joiner=joiner, rules=tuple(part for part in parts if part is not None))

    def known_parts(self, raw: Mapping[str, Any], known: set[str], field: str) -> bool:
        unknown = sorted(str(name)[:MAX_TEXT] for name in set(raw) - known)
        if unknown:
            self.refuse(
                field, N_("A condition has no part called %(names)s."), names=", ".join(unknown)
            )
        return not unknown

    def condition(self, raw: Mapping[str, Any], field: str) -> Condition | None:
        if not self.known_parts(raw, {"feature", "op", "value"}, field):
            return None
        name, op, value = raw.get("feature"), raw.get("op"), raw.get("value")
        feature = find_feature(name) if isinstance(name, str) and len(name) <= MAX_TEXT else None
        if feature is None:
            self.refuse(
                f"{field}.feature",
                N_("Choose a customer feature; %(name)s is none. There are: %(names)s."),
                name=repr(name)[:MAX_TEXT],
                names=", ".join(FEATURES),
            )
            return None
        kind = operator_kind(feature)
        if not self.operator(op, OPERATORS[kind], f"{field}.op"):
            return None
        return self.compared(feature.name, str(op), value, f"{field}.value", kind=kind)

    def operator(self, op: object, allowed: Sequence[str], field: str) -> bool:
        if isinstance(op, str) and op in allowed:
            return True
        self.refuse(
            field,
            N_("Choose how to compare: %(allowed)s; %(op)s does not go with this feature."),
            allowed=", ".join(allowed),
            op=repr(op)[:MAX_TEXT],
        )
        return False

    def compared(
        self, name: str, op: str, value: object, field: str, *, kind: str
    ) -> Condition | None:
        if op in WITHOUT_VALUE:
            return Condition(feature=name, op=op)
        several = isinstance(value, Sequence) and not isinstance(value, str)
        given: list[object] = list(value) if several else [value]  # type: ignore[call-overload]
        if op == "between" and len(given) != 2:
            self.refuse(field, N_("Give two numbers, the lower and the upper end."))
            return None
        if op not in ("between", "in") and several:
            self.refuse(field, N_("Give one value, not a list."))
            return None
        if kind != "number":
            texts = self.texts(given, field)
            return None if texts is None else Condition(feature=name, op=op, values=texts)
        numbers = self.numbers(given, field)
        if numbers is None:
            return None
        if op == "between" and numbers[0] > numbers[1]:
            self.refuse(
                field,
                N_("The lower end %(low)s is above the upper end %(high)s: swap them."),
                low=written(numbers[0]),
                high=written(numbers[1]),
            )
            return None
        return Condition(feature=name, op=op, values=numbers)

    def bought(self, raw: Mapping[str, Any], field: str) -> Bought | None:
        """{"bought": {"by", "name", "within_days"}, "op": "yes" or "no"}."""
        what = raw["bought"]
        if not self.known_parts(raw, {"bought", "op"}, field):
            return None
        if not isinstance(what, Mapping):
            self.refuse(field, N_("Say what was bought: by, name and within_days."))
            return None
        if not self.known_parts(what, {"by", "name", "within_days"}, f"{field}.bought"):
            return None
        op = raw.get("op", "yes")
        if not self.operator(op, YES_NO, f"{field}.op"):
            return None
        by = what.get("by")
        if by not in BOUGHT_BY:
            self.refuse(
                f"{field}.bought.by",
                N_("Choose what the name is of: %(allowed)s; %(got)s came."),
                allowed=", ".join(BOUGHT_BY),
                got=repr(by)[:MAX_TEXT],
            )
            return None
        named = self.texts([what.get("name")], f"{field}.bought.name")
        days = self.days(what.get("within_days"), f"{field}.bought.within_days")
        if named is None or days is False:
            return None
        kind: By = by
        return Bought(by=kind, name=named[0], within_days=days, held=op == "yes")

    def days(self, raw: object, field: str) -> int | Literal[False] | None:
        """A number of days; None: ever; False: neither, which is a problem now."""
        if raw is None or raw == "":
            return None
        number = _decimal(raw)
        if number is None or number != number.to_integral_value():
            number = Decimal(0)
        if 1 <= number <= MAX_WITHIN_DAYS:
            return int(number)
        self.refuse(
            field,
            N_("Give whole days from 1 to %(limit)s, or nothing for ever; %(got)s came."),
            limit=MAX_WITHIN_DAYS,
            got=repr(raw)[:MAX_TEXT],
        )
        return False

    def texts(self, given: list[object], field: str) -> tuple[str, ...] | None:
        found = tuple(sorted({v.strip() for v in given if isinstance(v, str) and v.strip()}))
        if not found or any(not isinstance(v, str) for v in given):
            self.refuse(field, N_("Give the text to compare with."))
            return None
        if any(len(text) > MAX_TEXT for text in found):
            self.refuse(field, N_("A text has at most %(limit)s characters here."), limit=MAX_TEXT)
            return None
        return found

    def numbers(self, given: list[object], field: str) -> tuple[Decimal, ...] | None:
        found = [_decimal(value) for value in given]
        for value, number in zip(given, found, strict=True):
            if number is None:
                self.refuse(
                    field,
                    N_("Give a number such as 2 or 49.90, without thousands signs; %(got)s came."),
                    got=repr(value)[:MAX_TEXT] if value not in (None, "") else N_("nothing"),
                )
                return None
        numbers = tuple(number for number in found if number is not None)
        if not numbers:
            self.refuse(field, N_("Give at least one value."))
            return None
        return numbers


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) <= _LARGEST else None
