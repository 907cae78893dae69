"""What the columns of a file probably mean: by their headings, else by what is in them."""

import hashlib
from collections.abc import Callable, Iterable, Mapping

import polars as pl

from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.intake.cells import clean, clean_key, is_masked
from regulars_platform.intake.column_errors import MappingError
from regulars_platform.intake.dates import date_evidence
from regulars_platform.intake.errors import OtherFileError
from regulars_platform.intake.headings import PREFERENCES, normalise
from regulars_platform.intake.models import (
    ADDING,
    FileForm,
    FilePart,
    OrderField,
    Proposal,
    ReadingOptions,
)
from regulars_platform.intake.presets import Preset, part_of, recognise
from regulars_platform.intake.readers import column_name
from regulars_platform.intake.status import KNOWN, NOT_REFUNDED, REFUNDED, plain_word
from regulars_platform.orders.table import CANCELLED, PAID, UNPAID
from regulars_platform.words import N_, Sentence

_LINE_EXPORTS = {"lineitemquantity", "lineitemname", "financialstatus"}


def fingerprint(headings: Iterable[str]) -> str:
    """Names the form of a file: SHA-256 of its normalised headings, whatever their order."""
    return hashlib.sha256("\n".join(sorted(map(normalise, headings))).encode()).hexdigest()


def propose(form: FileForm, sample: pl.DataFrame) -> tuple[Proposal, ...]:
    """The columns we believe to know, at most one per field and one field per column."""
    preset = recognise(form.headings)
    if preset is not None and preset.fields:
        return _as_the_preset_says(preset, form, sample)
    plain = [normalise(heading) for heading in form.headings]
    free = set(range(len(plain)))
    found: dict[OrderField, Proposal] = {}
    for field, wanted in PREFERENCES.items():
        candidates = [
            (_is_blank(sample, position), rank, position)
            for rank, word in enumerate(wanted)
            for position in sorted(free)
            if plain[position] == word and _believable(field, word, set(plain), sample, position)
        ]
        if not candidates:
            continue
        # a column with something in it before an empty one of a better name
        _, rank, position = min(candidates)
        free.discard(position)
        found[field] = Proposal(
            field=field,
            heading=form.headings[position],
            reason="heading",
            confidence=0.95 if rank < 3 else 0.85,
        )
    for field, judge in _JUDGES.items():
        if field in found or (field is OrderField.AMOUNT and _has_money(found)):
            continue
        shares = [(judge(_cells(sample, p)), -p) for p in sorted(free)]
        best = max(shares, default=(0.0, 0))
        if best[0] >= 0.9:
            free.discard(-best[1])
            found[field] = Proposal(
                field=field,
                heading=form.headings[-best[1]],
                reason="content",
                confidence=round(0.7 * best[0], 2),
            )
    return tuple(found[field] for field in OrderField if field in found)


def _as_the_preset_says(
    preset: Preset, form: FileForm, sample: pl.DataFrame
) -> tuple[Proposal, ...]:
    """The columns of a recognised export; the others have no meaning to us."""
    plain = [normalise(heading) for heading in form.headings]
    free = set(range(len(plain)))
    found: dict[OrderField, Proposal] = {}
    for name, wanted in preset.fields.items():
        candidates = [
            (_emptiness(sample, position, name), rank, position)
            for rank, word in enumerate(wanted)
            for position in sorted(free)
            if plain[position] == word and _believable(name, word, set(plain), sample, position)
        ]
        # beside a masked customer column an empty one is no customer either
        useless = name is OrderField.CUSTOMER_ID and _has_masked(wanted, plain, sample)
        if candidates and not (useless and min(candidates)[0] == _EMPTY):
            position = min(candidates)[2]
            free.discard(position)
            found[name] = Proposal(
                field=name, heading=form.headings[position], reason="preset", confidence=0.98
            )
    return tuple(found[name] for name in OrderField if name in found)


_EMPTY = 2


def _has_masked(wanted: Iterable[str], plain: list[str], sample: pl.DataFrame) -> bool:
    return any(
        not _believable(OrderField.CUSTOMER_ID, heading, set(plain), sample, position)
        for position, heading in enumerate(plain)
        if heading in wanted
    )


def _emptiness(sample: pl.DataFrame, position: int, name: OrderField) -> int:
    """0: usable, 1: gaps where there should be none, 2: nothing in it.

    A product code that only some lines have would leave the others without a product; all other
    cells may be blank on the later lines of an order.
    """
    filled = _cells(sample, position).count()
    if not filled:
        return _EMPTY
    return int(name is OrderField.PRODUCT and filled < sample.height)


def _has_money(found: Mapping[OrderField, Proposal]) -> bool:
    return OrderField.TOTAL in found or {OrderField.UNIT_PRICE, OrderField.QUANTITY} <= set(found)


def remembered_proposals(
    form: FileForm, mapping: Mapping[str, str], sample: pl.DataFrame
) -> tuple[Proposal, ...]:
    """The columns that the shop confirmed for a file with the same headings.

    Where it confirmed none for when orders were shipped and received, and where to, they are
    proposed as for any file: they may have come to be known since.
    """
    found = {
        field: Proposal(field=field, heading=mapping[field], reason="remembered", confidence=1.0)
        for field in OrderField
        if mapping.get(field) in form.headings
    }
    taken = {proposal.heading for proposal in found.values()}
    for proposal in propose(form, sample):
        free = proposal.field not in found and proposal.heading not in taken
        if free and proposal.field in ADDING:
            found[proposal.field] = proposal
    return tuple(found[field] for field in OrderField if field in found)


def _cells(sample: pl.DataFrame, position: int) -> pl.Series:
    return sample.select(clean(pl.col(column_name(position)))).to_series()


def _is_blank(sample: pl.DataFrame, position: int) -> bool:
    return _cells(sample, position).count() == 0


def _believable(
    field: OrderField, word: str, plain: set[str], sample: pl.DataFrame, position: int
) -> bool:
    """Whether a heading may be taken at its word in this file."""
    if word == "name":  # the order's name in Shopify's export; a person's name anywhere else
        return bool(_LINE_EXPORTS & plain)
    if field is OrderField.CUSTOMER_ID:
        key = clean_key(pl.col(column_name(position)))
        filled, masked = sample.select(key.count(), is_masked(key).sum().alias("masked")).row(0)
        # a column of masked values tells nobody apart; an empty sample proves nothing
        return not (filled and filled == masked)
    if field is OrderField.REGION and word == "state":  # of the order, perhaps
        return _share_of_status(_cells(sample, position)) == 0.0
    return True


def _share_of_dates(cells: pl.Series) -> float:
    evidence = date_evidence(cells)
    return evidence.readable / evidence.filled if evidence.filled else 0.0


def _share_matching(pattern: str) -> Callable[[pl.Series], float]:
    def share(cells: pl.Series) -> float:
        filled = cells.drop_nulls()
        return float(filled.str.contains(pattern).mean() or 0.0) if filled.len() else 0.0  # type: ignore[arg-type]

    return share


def _share_of_status(cells: pl.Series) -> float:
    words = cells.drop_nulls().to_frame("word").select(plain_word(pl.col("word"))).to_series()
    return float(words.is_in(list(KNOWN)).mean() or 0.0) if words.len() else 0.0  # type: ignore[arg-type]


_JUDGES: dict[OrderField, Callable[[pl.Series], float]] = {
    OrderField.ORDERED_AT: _share_of_dates,
    OrderField.STATUS: _share_of_status,
    OrderField.CUSTOMER_ID: _share_matching(r"^[^@\s]+@[^@\s]+\.[^@\s]+$|^(\+?86)?1[3-9]\d{9}$"),
    OrderField.ORDER_ID: _share_matching(r"^(?:[A-Z#]{0,4}-?\d{5,19}|[A-Z]{1,3}\d{4,19})$"),
    OrderField.AMOUNT: _share_matching(r"^[^\d\s]{0,3}-?[\d.,]*\d[.,]\d{2}$"),
}


_BELONGS_TO_OTHERS = Sentence(N_("Bring it on the page Data, Other files."))


def refuse_other_files(headings: Iterable[str]) -> None:
    """Raise OtherFileError for exports we know that cannot serve as order files."""
    plain = {normalise(heading) for heading in headings}
    known: list[tuple[set[str], str, Sentence]] = [
        (
            {"ordernumber", "customertype", "itemssold"},
            "WooCommerce Analytics",
            Sentence(
                N_(
                    "It names customers but has no key for them. Export with an order export"
                    " plugin that writes the billing e-mail or the customer number."
                )
            ),
        ),
        (
            {"order", "kind", "gateway", "amount"},
            "Shopify transaction history",
            Sentence(N_("Export the orders themselves (orders_export.csv) and upload that file.")),
        ),
        (
            {"统计日期", "访客数"},
            "生意参谋",
            _BELONGS_TO_OTHERS,
        ),
        (
            {"客户手机号", "消费次数"},
            "Youzan 客户",
            _BELONGS_TO_OTHERS,
        ),
        ({"email", "totalspent", "totalorders"}, "Shopify customers", _BELONGS_TO_OTHERS),
    ]
    for wanted, what, instead in known:
        if wanted <= plain:
            raise OtherFileError.of(what, instead)


def check_mapping(
    form: FileForm, mapping: Mapping[OrderField, str], options: ReadingOptions
) -> None:
    """Raise InvalidInputError with one problem per field that does not hold."""
    part = part_of(options.part, form.headings)
    problems: list[RegularsError] = [
        MappingError.missing(field) for field in _NEEDED[part] if not mapping.get(field)
    ]
    if part is not FilePart.REFUND and not _says_money(mapping):
        problems.append(MappingError.missing("amount"))
    seen: set[str] = set()
    for field, heading in mapping.items():
        if heading not in form.headings:
            problems.append(MappingError.unknown_heading(field, heading))
        elif heading in seen:
            problems.append(MappingError.used_twice(field, heading))
        seen.add(heading)
    for word, status in options.status_words.items():
        if status not in _placeable(mapping):
            problems.append(MappingError.unknown_status(word, status))
    if problems:
        raise InvalidInputError(problems)


_NEEDED = {
    FilePart.ORDER: (OrderField.ORDER_ID, OrderField.CUSTOMER_ID, OrderField.ORDERED_AT),
    FilePart.ITEM: (OrderField.ORDER_ID,),
    FilePart.REFUND: (OrderField.ORDER_ID, OrderField.REFUND),
}


def _says_money(mapping: Mapping[OrderField, str]) -> bool:
    whole = (OrderField.AMOUNT, OrderField.GOODS, OrderField.TOTAL)
    priced = OrderField.UNIT_PRICE in mapping and OrderField.QUANTITY in mapping
    return priced or any(field in mapping for field in whole)


def _placeable(mapping: Mapping[OrderField, str]) -> tuple[str, ...]:
    """What a status word may be placed as in this file."""
    orders = (PAID, UNPAID, CANCELLED)
    if OrderField.REFUND_STATUS in mapping:
        return (*orders, REFUNDED, NOT_REFUNDED)
    return orders
