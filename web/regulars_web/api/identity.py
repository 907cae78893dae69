"""The identity doctor: which kind of key customers have, who is found again, who may be one."""

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.errors import NotFoundError
from regulars_platform.identity.diagnose import Diagnosis
from regulars_platform.identity.duplicates import Reason
from regulars_platform.identity.jobs import ask_to_examine
from regulars_platform.identity.kinds import KeyKind, Trust
from regulars_platform.identity.service import (
    NothingToExamineError,
    last_examination,
    pairs_of_shop,
)
from regulars_platform.jobs.service import get_job as find_job
from regulars_platform.orders.table import OrdersTable
from regulars_platform.words import N_, Sentence
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area
from regulars_web.api.jobs import JobShown, job_shown
from regulars_web.api.models import Answer, Count, Id, Model, Moment, Page
from regulars_web.api.paging import PageQuery, paged
from regulars_web.formats import sentence

area = Area("identity", "How well customers are told apart, and found again.")


class NotExaminedError(NotFoundError):
    """Nobody looked yet."""

    @classmethod
    def of(cls) -> "NotExaminedError":
        """It takes a job."""
        return cls(
            Sentence(N_("The customers' keys of this shop were not looked at yet.")),
            Sentence(N_("Ask for it first.")),
        )


class KeyShown(Model):
    """A column that tells customers apart."""

    heading: str
    kind: KeyKind
    trust: Trust
    rows: Count
    """Cells looked at."""
    filled: Count
    different: Count
    masked: Count
    """Hidden behind stars."""
    share: float
    """Of the filled cells that look like this kind."""
    warnings: list[str]


class FileRateShown(Model):
    """Orders of one file: with a customer, and of these with one whom an earlier file held."""

    import_id: Id
    orders: Count
    with_customer: Count
    known: Count


class ArmBefore(Model):
    """An arm, and how many of its customers had ordered before the launch."""

    arm: str
    customers: Count
    known: Count


class ArmsBeforeShown(Model):
    """Whether the arms of a campaign are found alike."""

    campaign_id: Id
    name: str
    arms: list[ArmBefore]
    p_value: float | None
    flagged: bool


class ExaminationShown(Model):
    """What was found the last time."""

    made_at: Moment
    is_old: bool
    """Orders or customers came in since."""
    key: KeyShown
    customers: Count
    again: Count
    """With a second order."""
    another_week: Count
    """With orders in two calendar weeks or more."""
    files: list[FileRateShown]
    pairs: dict[str, int]
    """Reason -> likely duplicates."""
    arms: list[ArmsBeforeShown]


class PairShown(Model):
    """Two customers who may be one person."""

    first: str
    second: str
    reason: Reason


@area.get("/identity", scope=Scope.READ_DATA, also=(404,))
def get_identity(call: Call) -> Answer[ExaminationShown]:
    """What was found of the customers' keys the last time that somebody looked."""
    found, is_old = last_examination(call.settings, call.shop_id)
    if found is None:
        raise NotExaminedError.of()
    shown = ExaminationShown(
        made_at=found.made_at,
        is_old=is_old,
        key=_key(found.key),
        customers=found.shop.customers,
        again=found.shop.again,
        another_week=found.shop.another_week,
        files=[
            FileRateShown(
                import_id=rate.import_id,
                orders=rate.orders,
                with_customer=rate.with_customer,
                known=rate.known,
            )
            for rate in found.files
        ],
        pairs={str(reason): count for reason, count in found.pairs.items()},
        arms=[
            ArmsBeforeShown(
                campaign_id=arms.campaign_id,
                name=arms.name,
                arms=[
                    ArmBefore(arm=arm, customers=size, known=known)
                    for arm, size, known in arms.before
                ],
                p_value=arms.p_value,
                flagged=arms.flagged,
            )
            for arms in found.arms
        ],
    )
    return Answer[ExaminationShown](data=shown)


@area.post("/identity", scope=Scope.WRITE_DATA, status=202)
def examine_identity(call: Call, work: Session) -> Answer[JobShown]:
    """Look at all customers' keys; a job does it, and one that is under way is enough."""
    if not OrdersTable(call.settings.shop_dir(call.shop_id)).exists():
        raise NothingToExamineError.of()
    job_id = ask_to_examine(work, call.shop_id, call.now)
    return Answer[JobShown](data=job_shown(find_job(work, call.shop_id, job_id)))


@area.get("/identity/pairs", scope=Scope.READ_CUSTOMERS, also=(404,))
def list_pairs(call: Call, query: PageQuery) -> Page[PairShown]:
    """Customers who may be one person, the most telling pairs first; at most 10,000."""
    found, _is_old = last_examination(call.settings, call.shop_id)
    if found is None:
        raise NotExaminedError.of()
    pairs = pairs_of_shop(call.settings, call.shop_id).select(
        pl.int_range(pl.len()).alias("place"), "first", "second", "reason"
    )
    return paged(
        list(pairs.collect().iter_rows()),
        query,
        lambda row: PairShown(first=row[1], second=row[2], reason=row[3]),
        lambda row: (row[0],),
    )


def _key(found: Diagnosis) -> KeyShown:
    return KeyShown(
        heading=found.heading,
        kind=found.kind,
        trust=found.facts.trust,
        rows=found.rows,
        filled=found.filled,
        different=found.different,
        masked=found.masked,
        share=found.share,
        warnings=[sentence(warning) for warning in found.warnings],
    )
