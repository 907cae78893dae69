"""What a shop said of its own ways that cannot be."""

from typing import Self

from regulars_platform.errors import RegularsError
from regulars_platform.words import N_, Sentence


class PracticeError(RegularsError):
    """A setting that cannot be."""

    @classmethod
    def honeymoon(cls, came: str, most: int) -> Self:
        """A honeymoon that is no number of days."""
        words = N_("A whole number of days from 1 to %(most)s is expected, “%(came)s” came.")
        return cls(Sentence(words, {"most": most, "came": came[:40]}), field="honeymoon_days")

    @classmethod
    def rhythm(cls, dormant: str, lost: str) -> Self:
        """Multiples that do not follow each other."""
        words = N_(
            "Two numbers from 1 on are expected, the first below the second, as in 2 and 4; "
            "“%(dormant)s” and “%(lost)s” came."
        )
        given = {"dormant": dormant[:40], "lost": lost[:40]}
        return cls(Sentence(words, given), field="dormant_from")

    @classmethod
    def event_day(cls, first: str, last: str) -> Self:
        """A span whose ends are no days."""
        words = N_(
            "Event days are written as 2026-06-18, or as 06-18 for every year; “%(first)s” to "
            "“%(last)s” came."
        )
        given = {"first": first[:40], "last": last[:40]}
        return cls(Sentence(words, given), field="event_days")

    @classmethod
    def event_span(cls, first: str, last: str, most: int) -> Self:
        """A span that ends before it begins, or never ends."""
        words = N_("From %(first)s to %(last)s are not 1 to %(most)s days.")
        given = {"first": first, "last": last, "most": most}
        return cls(Sentence(words, given), field="event_days")

    @classmethod
    def too_many_events(cls, came: int, most: int) -> Self:
        """More spans than anybody has."""
        words = N_("A shop has at most %(most)s spans of event days, %(came)s came.")
        return cls(Sentence(words, {"most": most, "came": came}), field="event_days")
