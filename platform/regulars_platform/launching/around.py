"""What stands around a draft: whom the gate bars, who hears enough already, what runs beside it.

By the rows of `everybody`, and kept under the state of the shop that it was worked out from
(`state`), so that a change of the draft meets it as it is and a change of the shop is seen at once.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.at_once import HasWindow, Meeting
from regulars_platform.campaigns.ledger import ledger_path
from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import LaunchedCampaign, campaign_ledger, launched_of
from regulars_platform.campaigns.tables import LAUNCHED, Campaign
from regulars_platform.fields import WHOLE
from regulars_platform.launching.drawn import BARRED, Drawn
from regulars_platform.launching.everybody import AT_HAND, Everybody, Flags, Numbers, Places
from regulars_platform.launching.state import contact_state, file_state, launched_ledgers
from regulars_platform.programmes.caps import contact_caps, planned_contacts
from regulars_platform.reach.gate import GLOBAL_HOLDOUT, SAME_ADDRESS, open_gate
from regulars_platform.reach.holdout import holdout_on
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """A shop, to be asked in one session. state: see `contact_state`."""

    session: Session
    settings: Settings
    shop: Shop
    people: Everybody
    state: str

    def barred(self, channels: Collection[str], day: dt.date) -> Numbers:
        """Per customer the reason why not, a number of BARRED; 0: may be contacted."""
        # of the day the gate only asks which global holdout lasts on it
        holdout = holdout_on(self.session, self.shop.id, day)
        lasting = None if holdout is None else holdout.id
        asked = ("barred", self.state, tuple(sorted(channels)), lasting)
        return self.people.kept(asked, lambda: self._barred(channels, day), _nbytes)

    def crowded(self, day: dt.date) -> Flags:
        """For whom a contact on that day would be one too many (see `campaign_limit`)."""

        def build() -> Flags:
            caps = contact_caps(self.shop)
            first, last = _months(day - caps.reach, day + caps.reach)
            rows, days = self._planned(first, last)
            away = np.abs(days - (day - _EPOCH).days)
            near = np.bincount(rows[away < caps.days], minlength=self.people.total)
            found: Flags = near >= caps.contacts
            found[rows[away < caps.apart]] = True
            found.flags.writeable = False
            return found

        return self.people.kept(("crowded", self.state, day), build, _nbytes)

    def running(self, plan: HasWindow) -> "list[Beside]":
        """Launched campaigns with a window that shares a day with the plan's."""
        first, last = plan.send_date, plan.outcome_end
        if first is None or last is None:
            return []
        return [
            self._beside(one)
            for one in self._launched()
            if one.plan.send_date <= last and first <= one.plan.outcome_end
        ]

    def _barred(self, channels: Collection[str], day: dt.date) -> Numbers:
        gate = open_gate(self.session, self.settings, self.shop.id, channels=channels, day=day)
        # who is in the holdout is kept by itself: it is the same for every channel and day
        told = replace(gate, holdout=None).barred(self.people.ids)
        numbers = {reason: place for place, reason in enumerate(BARRED, start=1)}
        found = np.array(told.replace_strict(numbers, default=0, return_dtype=pl.UInt8).to_numpy())
        if gate.holdout is not None:
            weaker = (found == 0) | (found == numbers[SAME_ADDRESS])
            found[weaker & self.people.held_out(gate.holdout)] = numbers[GLOBAL_HOLDOUT]
        found.flags.writeable = False
        return found

    def _planned(self, first: dt.date, last: dt.date) -> tuple[Places, Places]:
        """Rows and days (since 1970) of the contacts planned between two days."""

        def build() -> tuple[Places, Places]:
            planned = planned_contacts(
                self.session, self.settings, self.shop.id, None, first=first, last=last
            )
            rows = self.people.ids.to_frame().with_row_index("row")
            found = planned.join(rows, on="customer_id", how="inner")
            return (
                found["row"].cast(pl.Int32).to_numpy(),
                found["contact_on"].to_physical().to_numpy(),
            )

        asked = ("planned", self.state, first, last)
        return self.people.kept(asked, build, lambda found: found[0].nbytes + found[1].nbytes)

    def _launched(self) -> list[LaunchedCampaign]:
        """As their rows have them; a plan that was read once need not be read again."""
        known = tuple(launched_ledgers(self.session, self.shop.id))
        key = ("launched", str(self.settings.shop_dir(self.shop.id)), known)

        def build() -> list[LaunchedCampaign]:
            asked = select(Campaign).where(
                Campaign.shop_id == self.shop.id, Campaign.state == LAUNCHED
            )
            rows = self.session.scalars(asked.order_by(Campaign.id))
            return [launched_of(one) for one in rows]

        return AT_HAND.get(key, build, lambda found: sum(2 * len(one.plan_json) for one in found))

    def _beside(self, campaign: LaunchedCampaign) -> "Beside":
        shop_dir = self.settings.shop_dir(self.shop.id)
        written = file_state(ledger_path(shop_dir, campaign.ledger_file))

        def build() -> tuple[Places, Places]:
            ledger = campaign_ledger(self.settings, campaign).select("customer_id", "arm")
            held = pl.col("arm") == HOLDOUT
            parts = (ledger.filter(held), ledger.filter(~held))
            found = tuple(self.people.places(part["customer_id"]) for part in parts)
            return found[0], found[1]

        asked = ("ledger", campaign.ledger_sha256, written)
        held, told = self.people.kept(asked, build, lambda found: found[0].nbytes + found[1].nbytes)
        return Beside(
            id=campaign.id,
            name=campaign.plan.name,
            last=campaign.plan.outcome_end,
            held=held,
            told=told,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """A launched campaign with the rows of its customers, held back and told."""

    id: int
    name: str
    last: dt.date
    held: Places
    told: Places


def surroundings(
    session: Session, settings: Settings, shop: Shop, people: Everybody
) -> Surroundings:
    """Of a shop as it stands in this session."""
    return Surroundings(
        session=session,
        settings=settings,
        shop=shop,
        people=people,
        state=contact_state(session, settings, shop),
    )


def members(people: Everybody, running: Collection[Beside]) -> Flags:
    """Whether each is in any of them, held back or told."""
    found = np.zeros(people.total, dtype=np.bool_)
    for one in running:
        found[one.held] = True
        found[one.told] = True
    return found


def meetings(running: Collection[Beside], drawn: Drawn) -> tuple[Meeting, ...]:
    """Those that share customers with the drawn, the most first (see `find_meetings`)."""
    holdout, found = drawn.draft.holdout, []
    for one in running:
        held, told = (int(np.count_nonzero(drawn.rows[rows])) for rows in (one.held, one.told))
        if held + told:
            found.append(
                Meeting(
                    id=one.id,
                    name=one.name,
                    last=one.last,
                    shared=held + told,
                    told=None if holdout is None else round(held * (WHOLE - holdout) / WHOLE),
                )
            )
    return tuple(sorted(found, key=lambda one: (-one.shared, one.id)))


_EPOCH = dt.date(1970, 1, 1)


def _months(first: dt.date, last: dt.date) -> tuple[dt.date, dt.date]:
    """Whole months around two days: a plan moved by a few days asks for the same."""
    following = (last.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    return first.replace(day=1), following - dt.timedelta(days=1)


def _nbytes(values: Numbers | Flags) -> int:
    return int(values.nbytes)
