"""A customer's id as people paste it, in the spelling in which order files are stored.

The same cleaning as `intake.cells.clean_key`, for single texts: an id on a suppression list that is
spelt otherwise than in the orders would suppress nobody.
"""

import re

from regulars_platform.intake.cells import BLANKS, NOTHING

_FLOAT = re.compile(r"\d+\.0")


def clean_customer_id(text: str) -> str:
    """The id without the wrappers of spreadsheets and edge blanks; empty where nothing is left.

    An e-mail address is folded to lower case, a whole number written as a float loses its ".0".

    >>> [clean_customer_id(text) for text in ('="007"', " Anna@Example.com", "17850.0", "n/a")]
    ['007', 'anna@example.com', '17850', '']
    """
    clean = text.strip(BLANKS)
    if clean.startswith('="'):
        clean = clean[2:].removesuffix('"')
    clean = clean.removeprefix("'").strip(BLANKS)
    if "@" in clean:
        clean = clean.lower()
    if _FLOAT.fullmatch(clean):
        clean = clean[:-2]
    return "" if clean.lower() in NOTHING else clean
