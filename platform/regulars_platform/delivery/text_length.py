"""How long a text message is, and in how many segments it is sent and paid for.

GSM 03.38: 160 letters of seven bits in one segment, 153 in each of several; with a letter outside
of that alphabet (any Chinese one) everything is UCS-2, 70 in one segment and 67 in each of several.
"""

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
"""These take two places."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Length:
    """characters: places used, as the network counts; wide: UCS-2; segments: paid for."""

    characters: int
    wide: bool
    segments: int


def text_length(text: str) -> Length:
    """The length of a text message.

    >>> text_length("a" * 161)
    Length(characters=161, wide=False, segments=2)
    >>> text_length("满" * 70).segments, text_length("满" * 71).segments
    (1, 2)
    """
    if all(letter in _BASIC or letter in _EXTENDED for letter in text):
        places = [2 if letter in _EXTENDED else 1 for letter in text]
        return Length(characters=sum(places), wide=False, segments=_segments(places, 160, 153))
    # a letter outside of the basic plane is two places, and never parted between segments
    places = [len(letter.encode("utf-16-le", "surrogatepass")) // 2 for letter in text]
    return Length(characters=sum(places), wide=True, segments=_segments(places, 70, 67))


def _segments(places: list[int], alone: int, together: int) -> int:
    if sum(places) <= alone:
        return 1
    segments, used = 1, 0
    for place in places:
        if used + place > together:
            segments, used = segments + 1, 0
        used += place
    return segments
