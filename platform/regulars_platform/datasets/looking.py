"""What one sees of another file before anything is read into the shop."""

from collections.abc import Mapping

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.datasets import repository
from regulars_platform.datasets.figures import names_industry
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.models import DatasetImport, DatasetLook, DatasetOptions
from regulars_platform.datasets.recognise import match_keys, propose_columns
from regulars_platform.intake.columns import fingerprint
from regulars_platform.intake.limits import Limits
from regulars_platform.intake.sniff import SniffedFile, first_rows
from regulars_platform.orders.table import OrdersTable
from regulars_platform.settings import Settings
from regulars_platform.shops.models import ShopProfile


def build_look(
    session: Session,
    settings: Settings,
    import_: DatasetImport,
    shop: ShopProfile,
    sniffed: SniffedFile,
    kind: Kind | None,
    limits: Limits,
) -> DatasetLook:
    """Proposals for the columns of a sniffed file: as confirmed before, else by the headings."""
    form, sample = sniffed.form, sniffed.sample
    day = import_.received_at.astimezone(shop.zone).date()
    of_industry = names_industry([import_.filename, form.sheet or ""])
    options = DatasetOptions(
        as_of=day,
        scope="industry" if of_industry else "shop",
        encoding=import_.options.encoding,
    )
    proposals: Mapping[str, str] = {}
    matches: Mapping[str, float] = {}
    known = None
    if kind is not None:
        known = repository.find_mapping(session, import_.shop_id, kind, fingerprint(form.headings))
        orders = OrdersTable(settings.shop_dir(import_.shop_id))
        matches = match_keys(kind, form, sample, lambda column, keys: _known(orders, column, keys))
        proposals = propose_columns(kind, form, sample, matches)
    if known is not None:
        confirmed = DatasetOptions.from_json(known.options)
        proposals = {h: target for h, target in known.mapping.items() if h in form.headings}
        before = repository.find_as_of(session, import_)
        options = DatasetOptions(
            **{
                **{name: getattr(confirmed, name) for name in confirmed.__dataclass_fields__},
                # the same bytes are read as of the same day; others as of their own
                "as_of": before.as_of if before is not None and before.as_of else day,
                "encoding": import_.options.encoding,
            }
        )
    return DatasetLook(
        form=form,
        kind=kind,
        first_rows=first_rows(sniffed, limits.shown_rows),
        proposals=proposals,
        matches=matches,
        remembered=known is not None,
        options=options,
    )


def _known(orders: OrdersTable, column: str, keys: pl.Series) -> float:
    """Share of different values that the shop's orders know."""
    wanted = keys.unique()
    if wanted.is_empty() or not orders.exists():
        return 0.0
    found = (
        orders.scan()
        .select(pl.col(column).alias("key"))
        .join(wanted.alias("key").to_frame().lazy(), on="key", how="semi")
        .select(pl.col("key").n_unique())
        .collect(engine="streaming")
        .item()
    )
    return int(found) / wanted.len()
