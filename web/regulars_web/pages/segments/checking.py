"""From a draft to a rule, or to what is wrong with it, beside the field it belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from flask_babel import gettext

from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.segments.rules import Rule, parse_rule
from regulars_platform.words import Sentence
from regulars_web.formats import sentence
from regulars_web.pages.segments.draft import (
    ROOT,
    DraftCondition,
    DraftGroup,
    draft_json,
    walk,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """rule: None where something is wrong or not filled in yet.

    problems: by field (`rule-0-value`) or by node (`rule-0`), each a text for the reader.
    """

    draft: DraftGroup
    rule: Rule | None
    problems: Mapping[str, str] = field(default_factory=dict)


def check_draft(draft: DraftGroup, *, missing_is_wrong: bool) -> Checked:
    """Read the draft as a rule.

    missing_is_wrong: whether an empty field is a problem already; while one types it is not.
    """
    try:
        return Checked(draft=draft, rule=parse_rule(draft_json(draft), field=ROOT))
    except InvalidInputError as error:
        nodes = {node.path: node for node in walk(draft)}
        problems: dict[str, str] = {}
        for problem in error.problems:
            path, part = _place(problem.field or ROOT)
            node = nodes.get(path)
            key = f"{path}-{part}" if part else path
            if part == "value" and isinstance(node, DraftCondition) and node.lacks_value:
                if missing_is_wrong:
                    problems[key] = _missing(node)
            else:
                problems[key] = _text(problem, node)
        return Checked(draft=draft, rule=None, problems=problems)


def _place(path: str) -> tuple[str, str]:
    """A path of the parser ("rule.all.0.value") as a path of the draft ("rule-0", "value")."""
    steps = [step for step in path.split(".") if step not in ("all", "any", "not", "bought")]
    part = _PARTS.get(steps[-1], "")
    return "-".join(steps[:-1] if part else steps), part


_PARTS = {part: part for part in ("feature", "op", "value")}
_PARTS |= {"by": "feature", "name": "value", "within_days": "second"}
"""Parts of a condition in JSON, and the fields they are typed in."""


def _missing(condition: DraftCondition) -> str:
    if condition.kind == "bought":
        return str(gettext("Name what was bought."))
    if condition.kind in ("text", "list"):
        return str(gettext("Give the text to compare with."))
    if condition.op == "between":
        return str(gettext("Give two numbers, the lower and the upper end."))
    return str(gettext("Give a number, such as 2 or 49.90."))


def _text(problem: RegularsError, node: object) -> str:
    said = problem.problem
    if isinstance(node, DraftCondition) and node.kind == "share":
        said = _in_percent(said)
    hint = "" if problem.hint is None else " " + sentence(problem.hint)
    return sentence(said) + hint


def _in_percent(said: Sentence) -> Sentence:
    """Shares are typed in percent, so what is wrong with them is said in percent."""
    shown = {
        name: f"{(Decimal(value) * 100).normalize():f}%" if name in ("low", "high") else value
        for name, value in said.parameters.items()
    }
    return Sentence(said.template, shown)
