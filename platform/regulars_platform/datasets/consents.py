"""Columns that may say who agreed to be contacted, by headings that are not known.

Such a column taken for something else would do harm without a word: nobody would be left out by it.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.models import ATTRIBUTE
from regulars_platform.intake.letters import fold_chinese

_SPEAKS = re.compile(
    "同意|授权|退订|订阅|勿扰|consent|subscri|do not contact"
    # not the "opt" of options and opticians
    r"|(?<![a-z])opt(?:ed|ing)?(?![a-z])|(?<![a-z])opt(?:ed)?[ _-]*(?:in|out)(?![a-z])"
)


def speaks_of_consent(heading: str) -> bool:
    """Whether a heading sounds as if its column said who agreed, or who asked for silence.

    >>> speaks_of_consent("活动短信同意书"), speaks_of_consent("WhatsApp Opt-in")
    (True, True)
    >>> speaks_of_consent("Adoption"), speaks_of_consent("Option 1")
    (False, False)
    """
    plain = fold_chinese(unicodedata.normalize("NFKC", heading))
    return _SPEAKS.search(plain.casefold()) is not None


def unplaced_consents(
    kind: Kind | None, headings: Iterable[str], mapping: Mapping[str, str]
) -> tuple[str, ...]:
    """Headings of a customers' file that speak of consent and are not used, or kept as attributes.

    mapping: heading -> what it is taken for.
    """
    if kind != "customers":
        return ()
    return tuple(
        heading
        for heading in headings
        if mapping.get(heading, ATTRIBUTE) == ATTRIBUTE and speaks_of_consent(heading)
    )
