"""In which encoding a text that is not UTF-8 is written.

Strict decoding does not decide: headings in GBK decode as Big5 without an error, and headings in
Big5 as GB18030. So the headings decide, then how everyday the characters are; where neither does,
a person is asked.
"""

import csv
import io

from regulars_platform.intake.errors import EncodingUnknownError
from regulars_platform.intake.file_errors import EncodingUndecidedError, TextReading
from regulars_platform.intake.known_headings import known_headings

CHOICES = ("gb18030", "big5hkscs", "cp1252")
"""What a person may say of a text: Chinese in either script, or Western European."""

_HEADING_LINES = 30
_SHOWN = 120
_EVERYDAY = 0.85
_LEAD = 0.15


def choose_encoding(sample: bytes, broken_line: int) -> str:
    """The encoding of `sample` (the beginning of a file, whole lines).

    Raises EncodingUndecidedError, which shows how it reads in each encoding that fits, or
    EncodingUnknownError where none does. broken_line: where UTF-8 breaks, for the sentence.
    """
    texts = {encoding: _decoded(sample, encoding) for encoding in CHOICES}
    chinese = {e: text for e, text in texts.items() if e != "cp1252" and text is not None}
    recognised = {e: _recognised(text) for e, text in chinese.items()}
    foreign = {e: sum(not word.isascii() for word in words) for e, words in recognised.items()}
    best = max(foreign.values(), default=0)
    if best:
        leading = [e for e, count in foreign.items() if count == best]
        return max(leading, key=lambda e: _share_of_everyday(chinese[e], e))
    if any(recognised.values()):
        # plain English headings: the text below them has to read like everyday Chinese, and in
        # one encoding clearly more than in the other; accented Latin letters are rare characters
        shares = {e: _share_of_everyday(text, e) for e, text in chinese.items()}
        first = max(shares, key=lambda e: shares[e])
        second = max((share for e, share in shares.items() if e != first), default=0.0)
        if shares[first] >= max(_EVERYDAY, second + _LEAD):
            return first
    readings = [
        TextReading(encoding, _start(text)) for encoding, text in texts.items() if text is not None
    ]
    if not readings:
        raise EncodingUnknownError.at(broken_line)
    raise EncodingUndecidedError.among(broken_line, readings)


def _decoded(sample: bytes, encoding: str) -> str | None:
    try:
        return sample.decode(encoding)
    except UnicodeDecodeError:
        return None


def _recognised(text: str) -> list[str]:
    """The headings we know in that of the first lines which has the most."""
    lines = io.StringIO(text).readlines()[:_HEADING_LINES]
    found = (
        known_headings(cell for cell in _cells(line, mark)) for line in lines for mark in ",;\t"
    )
    return max(found, key=len, default=[])


def _cells(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:
        return line.split(mark)


def _share_of_everyday(text: str, encoding: str) -> float:
    """Which part of the characters beyond ASCII belongs to the common ones of that script."""
    foreign = [character for character in text if ord(character) > 127]
    common = sum(_is_everyday(character, encoding) for character in foreign)
    return common / len(foreign) if foreign else 0.0


def _is_everyday(character: str, encoding: str) -> bool:
    try:
        if encoding == "gb18030":
            # the first level of GB 2312 (3,755 characters by use) and its signs
            return character.encode("gb2312")[0] < 0xD8
        # the first level of Big5 (5,401 characters by use) and its signs
        return character.encode("big5")[0] < 0xC9
    except UnicodeEncodeError:
        return False


def _start(text: str) -> str:
    """The first two lines that are not blank, short enough to be shown."""
    lines = [line.strip() for line in text[:4000].splitlines() if line.strip()][:2]
    shown = " / ".join(line[:_SHOWN] for line in lines)
    return "".join(character for character in shown if character.isprintable())
