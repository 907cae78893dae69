"""Whether the columns of a file, as somebody takes them, can be read at all."""

import datetime as dt
from collections.abc import Mapping

from regulars_platform.datasets.errors import ColumnError
from regulars_platform.datasets.fields import FIELDS, SEVERAL, field_of
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.models import ATTRIBUTE, MOST_ATTRIBUTES, DatasetOptions
from regulars_platform.datasets.recognise import figure_of
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.intake.models import FileForm


def targets_of(kind: Kind) -> list[str]:
    """All that a column of this kind may be taken for, beside figures."""
    names = [field.name for field in FIELDS[kind]]
    return [*names, ATTRIBUTE] if kind == "customers" else names


def check_columns(
    kind: Kind,
    form: FileForm,
    mapping: Mapping[str, str],
    options: DatasetOptions,
    today: dt.date,
) -> None:
    """Raise InvalidInputError with one problem per column or field that does not hold."""
    problems, seen = _column_problems(kind, form, mapping)
    problems += [
        ColumnError.missing(field.name)
        for field in FIELDS[kind]
        if field.needed and field.name not in seen
    ]
    if kind == "events" and "kind" not in seen and options.event_kind is None:
        problems.append(ColumnError.missing("kind"))
    if kind == "shop_days" and not any(figure_of(target) for target in seen):
        problems.append(ColumnError.missing("figure"))
    if kind in ("customers", "products") and not _says_anything(kind, seen, options):
        problems.append(ColumnError.missing("anything"))
    if "age" in seen and options.as_of is not None and options.as_of > today:
        problems.append(ColumnError.bad_as_of())
    if problems:
        raise InvalidInputError(problems)


def _column_problems(
    kind: Kind, form: FileForm, mapping: Mapping[str, str]
) -> tuple[list[RegularsError], dict[str, str]]:
    """What is wrong with single columns; and meaning -> the first column taken for it."""
    problems: list[RegularsError] = []
    known = set(targets_of(kind))
    seen: dict[str, str] = {}
    for heading, target in mapping.items():
        if heading not in form.headings:
            problems.append(ColumnError.unknown_heading(target, heading))
        elif target not in known and not (kind == "shop_days" and figure_of(target)):
            problems.append(ColumnError.unknown_target(heading, target))
        elif target in seen and target not in SEVERAL:
            problems.append(ColumnError.taken_twice(target, seen[target], heading))
        seen.setdefault(target, heading)
    attributes = sum(target == ATTRIBUTE for target in mapping.values())
    if attributes > MOST_ATTRIBUTES:
        problems.append(ColumnError.too_many_attributes(attributes, MOST_ATTRIBUTES))
    return problems, seen


def _says_anything(kind: Kind, seen: Mapping[str, str], options: DatasetOptions) -> bool:
    for target in seen:
        if target == ATTRIBUTE:
            return True
        field = field_of(kind, target)
        if field is None or field.needed:
            continue
        if field.sort != "person" or options.keep_contacts:
            return True
    return False
