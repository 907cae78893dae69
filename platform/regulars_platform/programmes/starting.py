"""What keeps a programme from starting, and everything that its start looks at beforehand."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.offers.titles import Titled
from regulars_platform.programmes.dry_run import entries_in_half_a_year
from regulars_platform.programmes.errors import (
    NoWordsError,
    ProgrammeStateError,
    ProgrammeUnavailableError,
)
from regulars_platform.programmes.needs import missing_need, refuse_unpayable
from regulars_platform.programmes.plan import ProgrammePlan, read_programme
from regulars_platform.programmes.service import (
    Programme,
    Settled,
    get_programme,
    read_plan_of,
    sends_by_itself,
    start_programme,
)
from regulars_platform.programmes.usual import products_version
from regulars_platform.settings import Settings
from regulars_platform.shops.models import ShopProfile


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A start that only has to be written down. revision: of the draft that was looked at."""

    programme_id: int
    revision: int
    planned: int
    settled: Settled


def read_complete(
    session: Session, settings: Settings, shop: ShopProfile, draft: Mapping[str, Any]
) -> ProgrammePlan:
    """A draft as a plan that could start but for the shop's data.

    Raises InvalidInputError, ProgrammeUnavailableError, NoWordsError.
    """
    own = {"currency": shop.currency, "timezone": shop.timezone}
    plan = read_programme({**draft, **own})
    refuse_unpayable(settings.shop_dir(shop.id), plan)
    silent = plan.template_id is None and not plan.offer.words.strip()
    if silent and sends_by_itself(session, plan, shop.id):
        raise NoWordsError.build()
    return plan


def problems_of(
    session: Session, settings: Settings, shop: ShopProfile, draft: Mapping[str, Any], kind: str
) -> list[RegularsError]:
    """Everything that keeps a draft of a kind from starting; none: it can."""
    found: list[RegularsError] = []
    try:
        read_complete(session, settings, shop, draft)
    except InvalidInputError as error:
        found.extend(error.problems)
    except RegularsError as error:
        found.append(error)
    need = missing_need(shop, settings.shop_dir(shop.id), kind)
    return found if need is None else [*found, ProgrammeUnavailableError.needs(need)]


def prepare_start(
    session: Session, settings: Settings, programme: Programme, *, today: dt.date, titled: Titled
) -> Prepared:
    """Look at all that a start settles; a large shop takes a while, and nothing is written.

    titled: the offer in the words that customers read where nobody wrote any. Raises
    InvalidInputError, ProgrammeUnavailableError.
    """
    shop_dir = settings.shop_dir(programme.shop_id)
    planned = entries_in_half_a_year(session, settings, programme, today)
    refuse_unpayable(shop_dir, read_plan_of(session, programme))
    return Prepared(
        programme_id=programme.id,
        revision=programme.revision,
        planned=planned,
        settled=Settled(
            products_version=products_version(shop_dir),
            titled=titled,
            begins=today + dt.timedelta(days=1),
        ),
    )


def start_prepared(
    session: Session,
    prepared: Prepared,
    *,
    shop_id: int,
    now: dt.datetime,
    user_id: int | None,
    salt: str,
) -> Programme:
    """Let it run. salt: a random text made for this start.

    Raises ProgrammeStateError where the draft was changed meanwhile, else as `start_programme`.
    """
    programme = get_programme(session, shop_id, prepared.programme_id)
    if programme.revision != prepared.revision:
        raise ProgrammeStateError.changed(programme.name)
    return start_programme(
        session,
        shop_id=shop_id,
        programme_id=prepared.programme_id,
        now=now,
        user_id=user_id,
        salt=salt,
        planned=prepared.planned,
        settled=prepared.settled,
    )
