"""Values typed in by hand: of products in a table, tags of customers; and the way back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from regulars_platform.customers.store import build_feature_store
from regulars_platform.datasets import by_hand
from regulars_platform.datasets import service as datasets
from regulars_platform.datasets.by_hand import LONGEST_TAG, SET, TAG_MARKS
from regulars_platform.datasets.cells import MAX_TEXT
from regulars_platform.datasets.jobs import ask_for
from regulars_platform.datasets.kinds import KINDS, Kind
from regulars_platform.datasets.models import ByHand, DatasetImport, DatasetImportId
from regulars_platform.errors import RegularsError
from regulars_platform.fields import FieldReader, money_text
from regulars_platform.segments.goods import TOLD, Goods, groups_told, list_goods
from regulars_web.edge import current_shop, database, now, settings, unit_of_work
from regulars_web.formats import blank, number
from regulars_web.problems import by_field, problem_text
from regulars_web.product_labels import product_labels
from regulars_web.signing_in import current_account
from regulars_web.words.data_files import field_name

PAGE = 25
AT_ONCE = 20_000
"""So many records are changed while one waits; more of them in the background."""

_MONEY = ("price", "cost")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Which products the table shows."""

    search: str
    lacking: str | None
    page: int

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> "Asked":
        """From the arguments of the address."""
        page = asked.get("page", "")
        return cls(
            search=asked.get("q", "").strip()[:200],
            lacking=next((name for name in TOLD if name == asked.get("lacking")), None),
            page=max(1, int(page)) if page.isdecimal() and len(page) < 7 else 1,
        )

    def address(self, page: int | None = None) -> str:
        """The address that asks for this, or for another page of it."""
        at = self.page if page is None else page
        return url_for(
            "datasets.products",
            q=self.search or None,
            lacking=self.lacking,
            page=at if at > 1 else None,
        )


def products() -> str | Response | tuple[str, int]:
    """The table of products, page by page; what is changed in it is kept."""
    asked = Asked.read(request.args)
    if request.method == "GET":
        return _products_page(asked, {}, {})
    edits, problems = read_products(request.form)
    if problems:
        return _products_page(asked, request.form, problems), 422
    if edits.is_empty():
        flash(gettext("Nothing was changed."), "caution")
        return redirect(asked.address())
    many = keep("products", edits, ByHand(what="cells"))
    if many is not None:
        flash(
            ngettext(
                "Kept for %(count)s product.",
                "Kept for %(count)s products.",
                many,
                count=number(many),
            ),
            "good",
        )
    return redirect(asked.address())


def keep(kind: Kind, edits: pl.DataFrame, what: ByHand) -> int | None:
    """Store what was typed; how many records it changed, None where that goes on by itself."""
    with unit_of_work() as work:
        import_id = by_hand.type_in(
            work,
            settings(),
            current_shop().id,
            kind,
            edits,
            what,
            user_id=current_account().id,
            now=now(),
        )
    return _store(import_id, edits.height)


def _store(import_id: DatasetImportId, records: int) -> int | None:
    if records > AT_ONCE:
        with unit_of_work() as work:
            ask_for(work, "store_dataset", import_id, now())
        flash(gettext("This goes on in the background; the tags are there when it is done."), "")
        return None
    return datasets.store(settings(), database(), import_id, now=now()).stored


def undo(import_id: int) -> Response:
    """Take back what was typed in, as far as it still stands."""
    with unit_of_work() as work:
        done = datasets.get_import(work, DatasetImportId(import_id), current_shop().id)
    try:
        with unit_of_work() as work:
            made = by_hand.undo(work, settings(), done, user_id=current_account().id, now=now())
    except RegularsError as error:
        flash(problem_text(error), "caution")
        return redirect(url_for("datasets.one", import_id=import_id))
    many = 0 if done.tallies is None else done.tallies.stored
    if _store(made, many) is not None:
        flash(gettext("Taken back."), "good")
    return redirect(url_for("datasets.one", import_id=made))


def tag_customers(customers: pl.Series, tag: str, what: str) -> None:
    """Give customers a tag ("tag") or take it away ("untag"), and say what became of it."""
    clean = " ".join(tag.split())
    if not clean or what not in ("tag", "untag"):
        flash(gettext("Write the tag first."), "caution")
    elif len(clean) > LONGEST_TAG or TAG_MARKS & set(clean):
        said = gettext(
            "A tag has at most %(limit)s characters, and no comma, semicolon or bar: these"
            " separate tags in files.",
            limit=LONGEST_TAG,
        )
        flash(said, "bad")
    elif customers.is_empty():
        flash(gettext("Nobody is there to be tagged."), "caution")
    else:
        typed = ByHand(what="tag" if what == "tag" else "untag", tag=clean)
        many = keep("customers", customers.alias("customer_id").to_frame(), typed)
        if many is not None:
            flash(_tagged(typed, many, customers.len()), "good")


def _tagged(typed: ByHand, many: int, asked: int) -> str:
    if typed.what == "tag":
        said = ngettext(
            "%(count)s customer newly has the tag “%(tag)s”.",
            "%(count)s customers newly have the tag “%(tag)s”.",
            many,
            count=number(many),
            tag=typed.tag,
        )
        had = gettext("%(count)s had it before.", count=number(asked - many))
    else:
        said = ngettext(
            "The tag “%(tag)s” is taken away from %(count)s customer.",
            "The tag “%(tag)s” is taken away from %(count)s customers.",
            many,
            count=number(many),
            tag=typed.tag,
        )
        had = gettext("%(count)s did not have it.", count=number(asked - many))
    return f"{said}{blank()}{had}" if asked > many else str(said)


def read_products(form: Mapping[str, str]) -> tuple[pl.DataFrame, dict[str, str]]:
    """Edits of the cells whose text is another than the page showed, and problems by field."""
    schema = KINDS["products"].schema
    reader = FieldReader(form)
    rows: list[dict[str, Any]] = []
    for place in range(PAGE):
        product = form.get(f"product-{place}", "")
        typed = {
            name: form.get(f"{name}-{place}", "").strip()
            for name in TOLD
            if form.get(f"{name}-{place}", "").strip() != form.get(f"was-{name}-{place}", "")
        }
        if product and len(product) <= MAX_TEXT and typed:
            told = {name: _cell(reader, name, place) for name in typed}
            flags = {name + SET: name in typed for name in TOLD}
            rows.append({"product": product, **dict.fromkeys(TOLD), **told, **flags})
    columns = {"product": pl.String(), **{name: schema[name] for name in TOLD}}
    columns |= {name + SET: pl.Boolean() for name in TOLD}
    problems = by_field(reader.problems)
    if problems:
        return pl.DataFrame(schema=columns), problems
    return pl.DataFrame(rows, schema=columns, orient="row"), {}


def _cell(reader: FieldReader, name: str, place: int) -> object:
    """What was typed into one cell; None where it is emptied."""
    field = f"{name}-{place}"
    text = str(reader.raw.get(field) or "").strip()
    if not text:
        return None
    if name in _MONEY:
        return reader.money(field)
    if name == "unit_days":
        scaled = reader.money(field, least=None)
        return None if scaled is None else scaled / 10_000
    if name == "one_off":
        return {"yes": True, "no": False}.get(text)
    return reader.text(field, limit=200)


def cell_text(name: str, value: object) -> str:
    """A stored value as it stands in its field."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in _MONEY and isinstance(value, int):
        return money_text(value)
    if isinstance(value, float):
        return money_text(round(value * 10_000))
    return str(value)


def _products_page(asked: Asked, typed: Mapping[str, str], problems: Mapping[str, str]) -> str:
    shop = current_shop()
    store = build_feature_store(settings(), shop)

    def goods(page: int) -> Goods:
        return list_goods(
            store,
            store.table.version(),
            search=asked.search,
            lacking=asked.lacking,
            page=page,
            size=PAGE,
        )

    found = goods(asked.page)
    pages = max(1, -(-found.total // PAGE))
    if asked.page > pages:
        asked = Asked(search=asked.search, lacking=asked.lacking, page=pages)
        found = goods(pages)
    names = {row["product"] for row in found.rows}
    return render_template(
        "datasets/products.html",
        asked=asked,
        goods=found,
        pages=pages,
        label=product_labels(names),
        told=TOLD,
        heading={name: field_name("products", name) for name in TOLD},
        cells=_cells(found, typed),
        problems=problems,
        known={name: groups_told(store.shop_dir, name) for name in ("category", "need")},
        currency=shop.currency,
    )


def _cells(found: Goods, typed: Mapping[str, str]) -> list[dict[str, tuple[str, str]]]:
    """Of each row what stands in its fields: (as typed, as the page showed it)."""
    rows = []
    for place, row in enumerate(found.rows):
        stored = {name: cell_text(name, row[name]) for name in TOLD}
        same = typed.get(f"product-{place}") == row["product"]
        rows.append(
            {
                name: (
                    typed.get(f"{name}-{place}", text) if same else text,
                    typed.get(f"was-{name}-{place}", text) if same else text,
                )
                for name, text in stored.items()
            }
        )
    return rows


def import_title(import_: DatasetImport) -> str:
    """What stands for the name of a file where there is none."""
    typed = import_.options.by_hand
    if typed is None:
        return import_.filename
    if typed.what == "tag":
        said = gettext("Tag “%(tag)s” given", tag=typed.tag)
    elif typed.what == "untag":
        said = gettext("Tag “%(tag)s” taken away", tag=typed.tag)
    else:
        said = gettext("Typed in by hand")
    return str(said if typed.undoes is None else gettext("%(what)s (taken back)", what=said))
