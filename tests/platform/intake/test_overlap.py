"""Lines that an earlier file holds under other order numbers are pointed out before storing."""

import pytest

from regulars_platform.intake.column_errors import UndecidedError
from regulars_platform.intake.models import OverlapChoice
from regulars_platform.intake.tallies import Share
from tests.platform.intake.builders import HEADER, ShopBench, csv

STORED = csv(
    HEADER,
    "1,anna,2020-01-02 10:00,tea,1,5",
    "1,anna,2020-01-02 10:00,cup,1,5",
    "2,,2020-01-03 11:00,tea,1,5",
    "3,cara,2020-01-04 12:00,tea,1,7",
)
OTHER_NUMBERS = csv(
    HEADER,
    "A,anna,2020-01-02 10:00,pot,1,5",  # matches one of two equal lines
    "B,,2020-01-03 11:00,tea,1,5",  # without a customer
    "B,,2020-01-03 11:00,tea,1,5",  # a second one finds no second match
    "C,cara,2020-01-04 12:00,tea,1,8",  # another amount
    "D,dora,2020-01-04 12:00,tea,1,7",  # another customer
)


def test_they_are_matched_as_a_multiset_by_customer_time_and_amount(shop: ShopBench) -> None:
    shop.bring_in(STORED)
    tallies = shop.check(shop.confirmed(OTHER_NUMBERS))
    assert tallies.overlap is not None
    assert tallies.overlap.share == Share(lines=2, money=100_000)
    assert [e.order_id for e in tallies.overlap.examples] == ["A", "B"]
    assert [e.stored_order_id for e in tallies.overlap.examples] == ["1", "2"]
    assert tallies.overlap.first_at.isoformat() == "2020-01-02T10:00:00+00:00"
    assert tallies.overlap.last_at.isoformat() == "2020-01-03T11:00:00+00:00"


def test_nothing_is_stored_before_somebody_chose(shop: ShopBench) -> None:
    shop.bring_in(STORED)
    import_id = shop.confirmed(OTHER_NUMBERS)
    shop.check(import_id)
    with pytest.raises(UndecidedError, match="2 lines"):
        shop.store(import_id)
    assert shop.stored().height == 4


def test_left_out_they_count_as_repeated(shop: ShopBench) -> None:
    shop.bring_in(STORED)
    tallies = shop.bring_in(OTHER_NUMBERS, overlap=OverlapChoice.LEAVE_OUT)
    assert tallies.adds_up
    assert (tallies.stored.lines, tallies.repeated.lines, tallies.overlapping.lines) == (3, 2, 2)
    assert shop.stored().height == 7


def test_they_can_be_stored_all_the_same(shop: ShopBench) -> None:
    shop.bring_in(STORED)
    tallies = shop.bring_in(OTHER_NUMBERS, overlap=OverlapChoice.STORE_ALL)
    assert (tallies.stored.lines, tallies.overlapping.lines) == (5, 0)
    assert shop.stored().height == 9


def test_an_order_that_is_in_the_file_itself_is_no_earlier_one(shop: ShopBench) -> None:
    shop.bring_in(STORED)
    both = STORED + b"9,anna,2020-01-02 10:00,tea,1,5\n"
    tallies = shop.check(shop.confirmed(both))
    assert (tallies.overlap, tallies.stored.lines, tallies.repeated.lines) == (None, 1, 4)


def test_a_new_line_of_a_stored_order_is_no_overlap(shop: ShopBench) -> None:
    shop.bring_in(STORED)
    tallies = shop.bring_in(csv(HEADER, "2,,2020-01-03 11:00,cup,1,7"))
    assert (tallies.overlap, tallies.stored.lines) == (None, 1)


def test_the_same_orders_in_another_form_are_pointed_out(shop: ShopBench) -> None:
    shop.bring_in(csv("order_id,customer_id,ordered_at,total", "1,anna,2020-01-02,10"))
    lines = csv(HEADER, "1,anna,2020-01-02,tea,1,6", "1,anna,2020-01-02,cup,1,4")
    notes = [str(note) for note in shop.check(shop.confirmed(lines)).notes]
    assert len(notes) == 1
    assert notes[0].startswith("1 orders are stored already, but with other lines")
    assert shop.check(shop.confirmed(STORED)).notes[0].parameters == {"orders": 1, "lines": 2}
    whole_again = csv("order_id,customer_id,ordered_at,total", "1,anna,2020-01-02,12")
    assert shop.check(shop.confirmed(whole_again)).notes == ()
