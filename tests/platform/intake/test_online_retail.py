"""The real thing: two years of a gift shop, with all that real exports have in them."""

from pathlib import Path

import polars as pl
import pytest

from regulars_platform.intake.models import OverlapChoice
from regulars_platform.intake.tallies import Share
from tests.platform.intake.builders import open_shop

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
FIRST = DATA / "online_retail_2009_2010.csv.gz"
SECOND = DATA / "online_retail_2010_2011.csv.gz"


@pytest.mark.shared
@pytest.mark.skipif(not FIRST.exists(), reason="the real data of ../shared/data is not here")
def test_two_years_that_overlap_are_accounted_for_line_by_line(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, "Europe/London")
    first = shop.bring_in(FIRST.read_bytes())
    assert first.read == first.stored == Share(lines=525_461, money=95_394_846_340)
    assert (first.unattributed, first.customers, first.orders) == (107_927, 4_383, 28_816)
    content = ["order_id", "product", "quantity", "ordered_at", "amount", "customer_id"]
    stored = shop.orders.scan().select(content).collect()
    assert stored.height - stored.n_unique() == 6_865

    import_id = shop.confirmed(SECOND.read_bytes())
    checked = shop.check(import_id)
    assert checked.read == Share(lines=541_909, money=97_477_479_340)
    assert checked.overlap is not None
    assert checked.overlap.share.lines == 22_523
    assert str(checked.overlap.first_at.date()) == "2010-12-01"
    assert str(checked.overlap.last_at.date()) == "2010-12-09"
    done = shop.store(import_id, OverlapChoice.LEAVE_OUT)
    assert done.adds_up
    assert done.repeated.lines == done.overlapping.lines == 22_523
    total = shop.orders.scan().select(pl.len(), pl.col("amount").sum()).collect()
    assert total.row(0) == (
        525_461 + 541_909 - 22_523,
        95_394_846_340 + 97_477_479_340 - checked.overlap.share.money,
    )
    shop.database.dispose()
