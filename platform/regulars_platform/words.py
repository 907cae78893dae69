"""Sentences that a person will read, kept apart from the numbers in them.

The platform decides *what* is said; the page decides in which language. So an error or a warning
carries a `Sentence`: an English template (the gettext message id) and its parameters. `N_` marks a
template for the message extraction without translating it.
"""

from dataclasses import dataclass, field
from typing import Any


def N_(message: str) -> str:  # noqa: N802 -- the name that message extraction looks for
    """Mark a template as translatable and return it unchanged.

    >>> N_("The file is empty.")
    'The file is empty.'
    """
    return message


@dataclass(frozen=True, slots=True)
class Sentence:
    """A translatable sentence: a template with %(name)s placeholders, and what goes into them.

    >>> str(Sentence(N_("Line %(line)s has no date."), {"line": 7}))
    'Line 7 has no date.'
    """

    template: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template % self.parameters if self.parameters else self.template

    def as_json(self) -> dict[str, Any]:
        """The form in which a sentence is stored with a job or an import."""
        return {"template": self.template, "parameters": self.parameters}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Sentence":
        """The inverse of `as_json`."""
        return cls(stored["template"], dict(stored["parameters"]))
