"""The sample shop: opened beside the real one, given its files, and begun anew."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import LaunchedCampaign, campaign_ledger, get_launched
from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.guided.answers import Truth, campaign_lines, truths
from regulars_platform.guided.files import export, history_lines, last_day_before
from regulars_platform.guided.words import file_words
from regulars_platform.guided.world import World, build_world
from regulars_platform.settings import Settings
from regulars_platform.shops.channels import keep_channel_use
from regulars_platform.shops.models import ShopProfile
from regulars_platform.shops.practice import HasPractice, keep_section, read_section
from regulars_platform.shops.service import get_shop, open_shop
from regulars_platform.shops.tables import Shop
from regulars_platform.words import N_, Sentence

SECTION = "sample"
CURRENCY, TIMEZONE = "CNY", "Asia/Shanghai"
SMS = {"via": "list", "price": "0.05", "per_minute": "60"}
"""How the sample shop writes to its customers."""

ONE_DAY = dt.timedelta(days=1)


class SampleError(RegularsError):
    """What the sample shop cannot do."""

    @classmethod
    def before_its_time(cls, day: dt.date) -> "SampleError":
        """The campaign's window begins among orders that are told already."""
        return cls(
            Sentence(
                N_(
                    "The sample's customers can only answer what is sent on %(day)s or later: the"
                    " orders until then are stored already."
                ),
                {"day": day.isoformat()},
            ),
            Sentence(N_("Plan another campaign that is sent on that day.")),
        )


class NotASampleError(NotFoundError):
    """Files of the sample were asked for in a real shop."""

    def __init__(self) -> None:
        super().__init__(Sentence(N_("Only the sample shop has sample files.")))


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleShop:
    """language: of its files; last_day: of its history; answered: campaign -> first and last day of
    the file of orders that was made for it."""

    language: str
    last_day: dt.date
    answered: Mapping[int, tuple[dt.date, dt.date]] = field(default_factory=dict)

    @property
    def today(self) -> dt.date:
        """The day that it is in the sample shop: after the last one that its files tell of."""
        return max((self.last_day, *(last for _, last in self.answered.values()))) + ONE_DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleFile:
    """An order file of the sample."""

    name: str
    content: bytes


def sample_of(shop: HasPractice) -> SampleShop | None:
    """What makes a shop the sample; None: it is a real one, or a sample that was put away."""
    kept = read_section(shop, SECTION)
    if not isinstance(kept, Mapping) or kept.get("closed"):
        return None
    return SampleShop(
        language=str(kept["language"]),
        last_day=dt.date.fromisoformat(str(kept["last_day"])),
        answered={
            int(campaign): (dt.date.fromisoformat(days[0]), dt.date.fromisoformat(days[1]))
            for campaign, days in dict(kept.get("answered", {})).items()
        },
    )


def find_sample_shop(session: Session) -> ShopProfile | None:
    """The sample shop that is open."""
    for row in session.scalars(select(Shop).order_by(Shop.id.desc())):
        if sample_of(row) is not None:
            return get_shop(session, row.id)
    return None


def open_sample_shop(session: Session, *, language: str, now: dt.datetime) -> ShopProfile:
    """The sample shop: the one that is open, or a new one without any orders."""
    there = find_sample_shop(session)
    if there is not None:
        return there
    today = now.astimezone(ZoneInfo(TIMEZONE)).date()
    shop = open_shop(
        session, name=file_words(language).shop, currency=CURRENCY, timezone=TIMEZONE, now=now
    )
    sample = SampleShop(language=language, last_day=last_day_before(today))
    _keep(session, shop.id, sample)
    keep_channel_use(session, get_shop(session, shop.id), shop.id, "sms", SMS)
    return get_shop(session, shop.id)


def put_sample_away(session: Session) -> None:
    """Begin anew with the next one: what was done in this one is not looked at again."""
    there = find_sample_shop(session)
    if there is not None:
        keep_section(session, there.id, SECTION, {"closed": True})


def before_file(shop: HasPractice) -> SampleFile:
    """The orders until the sample's today. Raises NotASampleError."""
    sample = _sample(shop)
    words = file_words(sample.language)
    return SampleFile(
        name=f"{words.before}.csv.gz", content=export(history_lines(sample.last_day), words)
    )


def after_file(
    session: Session, settings: Settings, *, shop_id: int, campaign_id: int, now: dt.datetime
) -> SampleFile:
    """The orders after a launched campaign, until its returns settle or, if that is sooner, until
    yesterday; asked for again the same. Raises SampleError, NotLaunchedError, NotFoundError."""
    sample = _sample(get_shop(session, shop_id))
    campaign = get_launched(session, shop_id, campaign_id)
    world, days = _world(settings, sample, campaign)
    yesterday = now.astimezone(ZoneInfo(campaign.plan.timezone)).date() - ONE_DAY
    first, last = days or (sample.today, min(campaign.plan.settle_until, yesterday))
    if days is None:
        answered = {**sample.answered, campaign_id: (first, last)}
        kept = SampleShop(language=sample.language, last_day=sample.last_day, answered=answered)
        _keep(session, shop_id, kept)
    words = file_words(sample.language)
    lines = campaign_lines(world, campaign_id=campaign_id, until=last)
    return SampleFile(name=f"{words.after}.csv.gz", content=export(lines, words))


def truth_of(
    session: Session, settings: Settings, *, shop_id: int, campaign_id: int
) -> tuple[Truth, ...]:
    """What a campaign in the sample shop was truly worth, by arm. Raises as `after_file`."""
    sample = _sample(get_shop(session, shop_id))
    world, _ = _world(settings, sample, get_launched(session, shop_id, campaign_id))
    return truths(world)


def _world(
    settings: Settings, sample: SampleShop, campaign: LaunchedCampaign
) -> tuple[World, tuple[dt.date, dt.date] | None]:
    days = sample.answered.get(campaign.id)
    begins = sample.today if days is None else days[0]
    if campaign.plan.send_date < begins:
        raise SampleError.before_its_time(begins)
    world = build_world(
        campaign_ledger(settings, campaign),
        campaign.plan,
        salt=campaign.salt,
        last_day=sample.last_day,
        begins=begins,
    )
    return world, days


def _sample(shop: HasPractice) -> SampleShop:
    found = sample_of(shop)
    if found is None:
        raise NotASampleError
    return found


def _keep(session: Session, shop_id: int, sample: SampleShop) -> None:
    value = {
        "language": sample.language,
        "last_day": sample.last_day.isoformat(),
        "answered": {
            str(campaign): [first.isoformat(), last.isoformat()]
            for campaign, (first, last) in sample.answered.items()
        },
    }
    keep_section(session, shop_id, SECTION, value)
