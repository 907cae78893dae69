"""Needs: named by the shop, served by products; what goes with what; who lacks something."""

from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.errors import NotFoundError
from regulars_platform.needs.counting import NeedCount, count_needs, one_off_products
from regulars_platform.needs.jobs import KIND
from regulars_platform.needs.service import find_affinities, gather_inputs
from regulars_platform.needs.tree import (
    MAX_NAME,
    MOST_LEAVES,
    MOST_NEEDS,
    BigNeed,
    clean_needs,
    keep_needs,
    read_needs,
)
from regulars_platform.segments.keeping import segment_of
from regulars_platform.words import N_, Sentence
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area
from regulars_web.api.jobs import JobShown, start_once
from regulars_web.api.models import NO_CONTROLS, Answer, Count, Model, Page
from regulars_web.api.paging import PageQuery, paged
from regulars_web.api.segments import SegmentShown, segment_shown
from regulars_web.drafts.needs import asked_rule

area = Area(
    "needs",
    "Needs and what goes with what (docs/needs.md); which products serve a need is told at"
    " `PATCH /products`.",
)

NeedName = Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=NO_CONTROLS)]
Product = Annotated[str, Field(min_length=1, max_length=1000, pattern=NO_CONTROLS)]
PairKind = Literal["later", "together"]


class Need(Model):
    """A big need and its leaf needs; without leaves, products serve it itself."""

    name: NeedName
    leaves: Annotated[list[NeedName], Field(max_length=MOST_LEAVES, default_factory=list)]


class Needs(Model):
    """All needs; no name twice, and no colon or comma in one."""

    needs: Annotated[list[Need], Field(max_length=MOST_NEEDS)]


class LeafCounted(Model):
    """A leaf need."""

    name: str
    products: Count
    """So many serve it."""
    served: Count
    """Customers who bought something for it;"""
    lacking: Count
    """customers of other leaves of the need who did not."""


class NeedCounted(Model):
    """A need."""

    name: str
    served: Count
    """Customers who bought something for it."""
    one_way: Count
    """Of them, who bought for one of several leaf needs alone."""
    unplaced: Count
    """Products for the need and for none of its leaves."""
    buyers: Count
    """Customers of the shop."""
    leaves: list[LeafCounted]


class PairQuery(PageQuery):
    """Which pairs."""

    kind: PairKind = "later"


class Pair(Model):
    """Two products, by customers, not orders."""

    kind: PairKind
    """The second was first bought on a later day; or both in one order."""
    first: str
    second: str
    support: Count
    """Customers who did."""
    first_customers: Count
    second_customers: Count
    both: Count
    """Customers of both, whenever."""
    lift: float
    """So many times as often as if the two had nothing to do with each other."""
    low: float
    high: float
    q_value: float
    selected: bool
    """Stands out, with all pairs looked at counted in."""


class OneOff(Model):
    """A product that is bought once in a life."""

    product: str
    customers: Count


class NeedSegment(Model):
    """Who lacks something."""

    what: Literal["pair", "leaf", "bringers"]
    """Bought the first product and never the second; buys for the need `first` and not for its
    leaf `second`; bought the product `first` and brought nobody."""
    first: Product
    second: Product | None = None


class NoPairsError(NotFoundError):
    """Nobody has asked for the pairs yet."""

    @classmethod
    def of(cls) -> "NoPairsError":
        """What to do about it."""
        return cls(
            Sentence(N_("What goes with what has not been worked out yet.")),
            Sentence(N_("Have it worked out first; it takes a moment.")),
        )


@area.get("/needs", scope=Scope.READ_SETTINGS)
def get_needs(call: Call) -> Answer[Needs]:
    """The needs as they are named"""
    return Answer[Needs](data=_needs(read_needs(call.shop)))


@area.put(
    "/needs",
    scope=Scope.WRITE_SETTINGS,
    example={"needs": [{"name": "Sleep", "leaves": ["falling asleep", "staying asleep"]}]},
)
def set_needs(call: Call, work: Session, body: Needs) -> Answer[Needs]:
    """Name the needs, all of them"""
    asked = [BigNeed(name=one.name, leaves=tuple(one.leaves)) for one in body.needs]
    kept = clean_needs(asked)
    keep_needs(work, call.shop_id, kept)
    return Answer[Needs](data=_needs(kept))


@area.get("/needs/counts", scope=Scope.READ_FIGURES)
def count_customers_by_need(call: Call, work: Session, query: PageQuery) -> Page[NeedCounted]:
    """How many customers each need and leaf need serves, and how many lack which"""
    asked = gather_inputs(work, call.settings, call.shop_id)
    found = count_needs(asked.store, asked.orders_version, read_needs(call.shop))
    return paged(enumerate(found), query, lambda one: _counted(one[1]), lambda one: (one[0],))


@area.post("/needs/pairs", scope=Scope.WRITE_DATA, status=202)
def work_out_pairs(call: Call, work: Session) -> Answer[JobShown]:
    """Work out what goes with what on the orders as they are, in the background"""
    gather_inputs(work, call.settings, call.shop_id)
    return start_once(call, work, KIND)


@area.get("/needs/pairs", scope=Scope.READ_FIGURES, also=(404,))
def list_pairs_of_products(call: Call, query: PairQuery) -> Page[Pair]:
    """What goes with what, the surest first; pairs of at least 20 customers"""
    found = find_affinities(call.settings.shop_dir(call.shop_id))
    if found is None:
        raise NoPairsError.of()
    rows = [row for row in found.pairs.iter_rows(named=True) if row["kind"] == query.kind]
    return paged(
        enumerate(rows), query, lambda one: Pair.model_validate(one[1]), lambda one: (one[0],)
    )


@area.get("/needs/one-off", scope=Scope.READ_FIGURES)
def list_one_off_products(call: Call, work: Session, query: PageQuery) -> Page[OneOff]:
    """Goods bought once in a life, those of most customers first"""
    asked = gather_inputs(work, call.settings, call.shop_id)
    rows = one_off_products(asked.store, asked.orders_version)
    return paged(
        rows,
        query,
        lambda row: OneOff(product=row["product"], customers=row["customers"]),
        lambda row: (-row["customers"], row["product"]),
        kinds=(int, str),
    )


@area.post(
    "/needs/segments",
    scope=Scope.WRITE_SEGMENTS,
    status=201,
    example={"what": "pair", "first": "bed", "second": "lamp"},
)
def make_need_segment(call: Call, work: Session, body: NeedSegment) -> Answer[SegmentShown]:
    """Keep who lacks something as a segment; the same again is the one there is"""
    rule, name = asked_rule(body.what, body.first, body.second or "")
    kept = segment_of(work, shop_id=call.shop_id, name=name, rule=rule, now=call.now)
    return Answer[SegmentShown](data=segment_shown(call, kept))


def _needs(kept: tuple[BigNeed, ...]) -> Needs:
    return Needs(needs=[Need(name=one.name, leaves=list(one.leaves)) for one in kept])


def _counted(one: NeedCount) -> NeedCounted:
    return NeedCounted(
        name=one.need.name,
        served=one.served,
        one_way=one.one_way,
        unplaced=one.unplaced,
        buyers=one.buyers,
        leaves=[
            LeafCounted(
                name=leaf.name, products=leaf.products, served=leaf.served, lacking=leaf.lacking
            )
            for leaf in one.leaves
        ],
    )
