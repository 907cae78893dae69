"""Programmes beside a draft, by rows: what `programme_effect.beside` says, kept between changes.

Whom each programme has told, holds back and is likely to name in the draft's days is worked out of
everybody; which of them take part in the draft is then a look at their rows.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from regulars_platform.launching.around import Surroundings
from regulars_platform.launching.drawn import Drawn
from regulars_platform.launching.everybody import Everybody, Flags, Places
from regulars_platform.programme_effect.beside import (
    NOBODY,
    Days,
    PeopleOf,
    ProgrammesBeside,
    Shared,
    count_beside,
    people_of_programmes,
)
from regulars_platform.programmes.service import list_programmes

_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rows:
    """One programme. entered, held, last: of entries, the row (-1: not a customer on the day),
    whether held back, and the last day of the window (since 1970); likely: rows, None where nobody
    can foresee them."""

    of: PeopleOf
    entered: Places
    held: Flags
    last: Places
    likely: Places | None

    @property
    def bytes(self) -> int:
        """Of memory."""
        return 512 + 9 * len(self.entered) + 4 * (0 if self.likely is None else len(self.likely))


def beside_draft(
    around: Surroundings, drawn: Drawn | None, *, wait: bool = True
) -> ProgrammesBeside | None:
    """Of the customers who take part in a draft, in its days; nobody while these are not known.

    wait: work it out where it is not at hand; otherwise that is None.
    """
    if drawn is None or drawn.draft.send_date is None or drawn.draft.outcome_end is None:
        return NOBODY
    days = Days(first=drawn.draft.send_date, last=drawn.draft.outcome_end, as_of=drawn.people.as_of)
    asked = ("programmes", around.state, days)

    def build() -> list[_Rows]:
        found = people_of_programmes(around.session, around.settings, around.shop, days)
        return [_rows(drawn.people, one) for one in found]

    if not wait and not drawn.people.knows(asked):
        ever = any(one.version for one in list_programmes(around.session, around.shop.id))
        return None if ever else NOBODY
    found = drawn.people.kept(asked, build, lambda rows: sum(one.bytes for one in rows))
    return _count(found, drawn)


def _rows(people: Everybody, one: PeopleOf) -> _Rows:
    bare = PeopleOf(
        id=one.id,
        name=one.name,
        runs=one.runs,
        holdout=one.holdout,
        inside=one.inside.clear(),
        expected=None,
    )
    return _Rows(
        of=bare,
        entered=people.rows_of(one.inside["customer_id"]),
        held=one.inside["held_back"].to_numpy(),
        last=one.inside["last"].to_physical().to_numpy(),
        likely=None if one.expected is None else people.places(one.expected),
    )


def _count(found: list[_Rows], drawn: Drawn) -> ProgrammesBeside:
    # one place more than there are customers: of who was none on the day
    asked = np.append(drawn.rows, False)
    heard = np.zeros(len(asked), dtype=np.bool_)
    shared = []
    for one in found:
        inside = asked[one.entered]
        told = np.unique(one.entered[inside & ~one.held])
        likely = None if one.likely is None else one.likely[asked[one.likely]]
        heard[told] = True
        if likely is not None:
            heard[likely] = True
        last = one.last[inside]
        shared.append(
            Shared(
                of=one.of,
                told=told,
                held=len(np.unique(one.entered[inside & one.held])),
                until=_EPOCH + dt.timedelta(days=int(last.max())) if len(last) else None,
                likely=likely,
            )
        )
    return count_beside(shared, int(np.count_nonzero(heard)))
