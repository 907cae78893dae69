"""What is told of products and customers without a file: cells of products, tags of customers."""

from typing import Annotated, Any, Literal

import polars as pl
from flask_babel import gettext
from pydantic import Field
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.customers.store import build_feature_store
from regulars_platform.datasets import by_hand
from regulars_platform.datasets import service as datasets
from regulars_platform.datasets.by_hand import LONGEST_TAG, SET, TAG_MARKS
from regulars_platform.datasets.jobs import ask_for
from regulars_platform.datasets.kinds import KINDS, Kind
from regulars_platform.datasets.models import ByHand, DatasetImportId
from regulars_platform.segments.goods import TOLD, list_goods
from regulars_web.api.calling import Call
from regulars_web.api.data_files_shown import DataFile
from regulars_web.api.declaring import Area
from regulars_web.api.files import file_answer
from regulars_web.api.models import (
    NO_CONTROLS,
    Answer,
    Count,
    Id,
    Line,
    Model,
    Money,
    Page,
    PageOf,
    money,
    read_money,
)
from regulars_web.api.paging import PageQuery, after, write_cursor
from regulars_web.api.problems import Detail, input_problem

area = Area(
    "by-hand",
    "What is told of products and customers without a file. It goes the way of a file: a job stores"
    " it, it is listed with the files, and can be taken back.",
)

Name = Annotated[str, Field(min_length=1, max_length=500, pattern=NO_CONTROLS)]
Told = Literal["price", "cost", "unit_days", "one_off", "category", "need"]


class ProductShown(Model):
    """A product: sold, or told of by a file; null is not told."""

    product: str
    also: str | None
    title: str | None
    category: str | None
    need: str | None
    price: Money | None
    cost: Money | None
    unit_days: float | None
    """Days that one piece lasts."""
    one_off: bool | None
    """Bought once in a life."""
    customers: Count
    """Who bought it."""


class ProductsQuery(PageQuery):
    """Which products."""

    text: Line | None = None
    """Part of one of its names, or of its title."""
    lacking: Told | None = None
    """Only those of which this is not told."""


class ProductCells(Model):
    """What is told of a product; what is left out stays, null clears it."""

    product: Name
    category: Line | None = None
    need: Line | None = None
    price: Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$")] | None = None
    cost: Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$")] | None = None
    unit_days: Annotated[float, Field(gt=0, le=100_000)] | None = None
    one_off: bool | None = None


class ProductsBody(Model):
    """Cells of products."""

    products: Annotated[list[ProductCells], Field(min_length=1, max_length=2_000)]


class TagBody(Model):
    """A tag, and who is given it or loses it."""

    tag: Annotated[str, Field(min_length=1, max_length=LONGEST_TAG, pattern=NO_CONTROLS)]
    do: Literal["tag", "untag"] = "tag"
    customers: Annotated[list[Name], Field(min_length=1, max_length=20_000)]


@area.get("/products", scope=Scope.READ_DATA)
def list_products(call: Call, query: ProductsQuery) -> Page[ProductShown]:
    """The shop's products, those of most customers first."""
    store = build_feature_store(call.settings, call.shop)
    (page,) = after(query, int) or (1,)
    found = list_goods(
        store,
        store.table.version(),
        search=query.text or "",
        lacking=query.lacking,
        page=max(1, min(page, 10**9)),
        size=query.limit,
    )
    more = page * query.limit < found.total
    return Page[ProductShown](
        data=[_product(row) for row in found.rows],
        page=PageOf(next=write_cursor((page + 1,)) if more else None),
    )


@area.patch(
    "/products",
    scope=Scope.WRITE_DATA,
    status=202,
    example={"products": [{"product": "TEA-250", "cost": "21.50", "category": "Tea"}]},
)
def tell_products(call: Call, work: Session, body: ProductsBody) -> Answer[DataFile]:
    """Tell of products what files do not say; a job stores it."""
    names = [row.product for row in body.products]
    if len(set(names)) < len(names):
        message = gettext("A product may stand here only once.")
        raise input_problem([Detail(code="repeated", message=message, field="products")])
    rows = [_cells(row) for row in body.products]
    schema = KINDS["products"].schema
    columns: dict[str, Any] = {"product": pl.String()}
    columns |= {name: schema[name] for name in TOLD}
    columns |= {name + SET: pl.Boolean() for name in TOLD}
    edits = pl.DataFrame(rows, schema=columns, orient="row")
    return _store(call, work, "products", edits, ByHand(what="cells"))


@area.post(
    "/customer-tags",
    scope=Scope.WRITE_CUSTOMERS,
    status=202,
    example={"tag": "gift buyer", "customers": ["C1001", "C1002"]},
)
def tag_customers(call: Call, work: Session, body: TagBody) -> Answer[DataFile]:
    """Give customers a tag, or take it away; a job stores it."""
    tag = " ".join(body.tag.split())
    if not tag or TAG_MARKS & set(tag):
        message = gettext("A tag has no comma, semicolon or bar: these separate tags in files.")
        raise input_problem([Detail(code="tag", message=message, field="tag")])
    names = pl.Series("customer_id", list(dict.fromkeys(body.customers)), dtype=pl.String)
    return _store(call, work, "customers", names.to_frame(), ByHand(what=body.do, tag=tag))


@area.post("/files/{file_id}/undo", scope=Scope.WRITE_DATA, status=202)
def take_back(call: Call, work: Session, file_id: Id) -> Answer[DataFile]:
    """Take back what was told without a file, as far as it still stands; a job does it."""
    done = datasets.get_import(work, DatasetImportId(file_id), call.shop_id)
    made = by_hand.undo(work, call.settings, done, user_id=call.user_id, now=call.now)
    ask_for(work, "store_dataset", made, call.now)
    return file_answer(call, work, made)


def _store(
    call: Call, work: Session, kind: Kind, edits: pl.DataFrame, what: ByHand
) -> Answer[DataFile]:
    import_id = by_hand.type_in(
        work,
        call.settings,
        call.shop_id,
        kind,
        edits,
        what,
        user_id=call.user_id,
        now=call.now,
    )
    ask_for(work, "store_dataset", import_id, call.now)
    return file_answer(call, work, import_id)


def _cells(row: ProductCells) -> dict[str, Any]:
    told: dict[str, Any] = {name: getattr(row, name) for name in TOLD}
    for name in ("price", "cost"):
        told[name] = None if told[name] is None else read_money(told[name])
    flags = {name + SET: name in row.model_fields_set for name in TOLD}
    return {"product": row.product, **told, **flags}


def _product(row: dict[str, Any]) -> ProductShown:
    known = {name: row[name] for name in ("product", "also", "title", "category", "need")}
    return ProductShown(
        **known,
        price=None if row["price"] is None else money(row["price"]),
        cost=None if row["cost"] is None else money(row["cost"]),
        unit_days=row["unit_days"],
        one_off=row["one_off"],
        customers=row["customers"] or 0,
    )
