"""The terms with the numbers of a stored report in them.

A sentence that lacks one of its numbers (nothing estimable, an older report without the field) is
not said at all: the function gives None and the term's general sentence stands in for it.
"""

from collections.abc import Callable, Mapping

from regulars_web.help import certain, compared, earned
from regulars_web.help.told import Part, Told, told_of

SENTENCES: Mapping[str, Callable[[Told], str | None]] = {
    **compared.SENTENCES,
    **earned.SENTENCES,
    **certain.SENTENCES,
}
"""Term -> its sentence with a report's numbers."""


def sentence_of_report(key: str, document: Part, arm: str | None = None) -> str | None:
    """A term in the words of this report. arm: of which; the first one's if None."""
    told, say = told_of(document, arm), SENTENCES.get(key)
    return None if told is None or say is None else say(told)
