"""What is wrong with a file for uplift models, as sentences that can be translated.

The core keeps English templates with {subject} and {detail}, and details as English text; the
catalogues have templates with %(subject)s and %(detail)s, as everything else.
"""

import re

from regulars_experiments.uplift.checks import WORDS, Code
from regulars_platform.words import N_, Sentence

_COUNT = r"(?P<count>[\d,]+)"
_DETAILS = (
    (r"nobody bought", N_("nobody bought")),
    (rf"{_COUNT} buyers \(rows with an outcome\)", N_("%(count)s buyers (rows with an outcome)")),
    (rf"{_COUNT} without the outcome", N_("%(count)s without the outcome")),
    (rf"{_COUNT} different words", N_("%(count)s different words")),
    (r"correlation (?P<value>\S+)", N_("correlation %(value)s")),
    (
        rf"all {_COUNT} customers with (?P<what>.+) have the outcome",
        N_("all %(count)s customers with %(what)s have the outcome"),
    ),
    (
        rf"none of the {_COUNT} customers without (?P<what>.+) has the outcome",
        N_("none of the %(count)s customers without %(what)s has the outcome"),
    ),
    (
        rf"{_COUNT} of (?P<known>[\d,]+) are not: (?P<words>.+)",
        N_("%(count)s of %(known)s are not: %(words)s"),
    ),
)
_LEFT_OUT = "; left out, as no features were named"


def template_of(code: Code) -> str:
    """The message id of a finding.

    >>> template_of(Code.CONSTANT)
    '%(subject)s is the same for everybody and is left out'
    """
    words = WORDS[code].replace("{subject}", "%(subject)s")
    return words.replace("{detail}", "%(detail)s")


def finding_sentence(code: Code, subject: str, detail: str) -> Sentence:
    """One finding. subject: the column or arm, put between quotes; detail: the core's figures.

    >>> str(finding_sentence(Code.FEW_BUYERS, "mail", "12 buyers (rows with an outcome)"))[:49]
    '“mail” has 12 buyers (rows with an outcome), and '
    """
    shown = f"“{subject}”" if subject else ""
    return Sentence(template_of(code), {"subject": shown, "detail": _detail(detail)})


def _detail(text: str) -> Sentence | str:
    if text.endswith(_LEFT_OUT):
        inner = _detail(text.removesuffix(_LEFT_OUT))
        return Sentence(N_("%(detail)s; left out, as no features were named"), {"detail": inner})
    for pattern, template in _DETAILS:
        found = re.fullmatch(pattern, text)
        if found:
            return Sentence(template, dict(found.groupdict()))
    return text


def all_of(sentences: list[Sentence]) -> Sentence:
    """Several, one after the other."""
    first, *others = sentences
    for other in others:
        first = Sentence(N_("%(first)s; %(rest)s"), {"first": first, "rest": other})
    return first
