"""The one base class of everything that can be wrong with what a user gave us."""

from regulars_platform.words import Sentence


class RegularsError(Exception):
    """Something a user can mend. Says what was expected, what came, and what to do.

    Subclasses name one fact each and build their sentence in a named constructor. `field` is the
    form field it belongs to, where there is one.
    """

    def __init__(
        self, problem: Sentence, hint: Sentence | None = None, *, field: str | None = None
    ) -> None:
        self.problem = problem
        self.hint = hint
        self.field = field
        super().__init__(str(problem) if hint is None else f"{problem} Hint: {hint}")


class NotFoundError(RegularsError):
    """There is no such thing (any more), or it belongs to another shop."""


class InvalidInputError(RegularsError):
    """One or several fields of a form or plan do not hold. `problems` has one entry per field."""

    def __init__(self, problems: list[RegularsError]) -> None:
        self.problems = problems
        super().__init__(problems[0].problem, problems[0].hint, field=problems[0].field)
