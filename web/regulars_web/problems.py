"""What is wrong, in the reader's words: a problem with what to do about it, and by its field."""

from collections.abc import Iterable

from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_web.formats import blank, sentence


def problem_text(problem: RegularsError) -> str:
    """What is wrong and what to do, as running text."""
    return blank().join(sentence(part) for part in (problem.problem, problem.hint) if part)


def each_problem(error: RegularsError) -> list[RegularsError]:
    """Everything that is wrong, one by one."""
    return list(error.problems) if isinstance(error, InvalidInputError) else [error]


def by_field(problems: Iterable[RegularsError]) -> dict[str, str]:
    """Field -> all that is wrong with it; "" for what belongs to no field."""
    found: dict[str, str] = {}
    for problem in problems:
        field = problem.field or ""
        found[field] = blank().join(filter(None, (found.get(field), problem_text(problem))))
    return found
