"""Whoever asked for silence in a file gets it, whatever else the file says."""

import pytest

from tests.platform.datasets.builders import ShopBench, csv

LOG = "message id,customer_id,sent at,outcome"
ASKED = "unsubscribed, by a contact log"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_later_line_of_the_same_message_takes_no_word_back(
    shop: ShopBench, order: tuple[int, int]
) -> None:
    lines = ["m1,anna,2026-01-02 10:00,unsubscribed", "m1,anna,2026-01-02 10:05,delivered"]
    tallies = shop.bring_in(csv(LOG, *(lines[place] for place in order)), kind="contacts")

    assert tallies.opted_out == 1
    assert shop.silenced() == {"anna": ASKED}
    assert shop.stored("contacts")["outcome"].to_list() == ["unsubscribed"]


def test_nor_does_a_later_file(shop: ShopBench) -> None:
    shop.bring_in(csv(LOG, "m1,anna,2026-01-02 10:00,complained"), kind="contacts")
    later = shop.bring_in(csv(LOG, "m1,anna,2026-01-02 10:00,delivered"), kind="contacts")

    assert (later.changed, later.repeated) == (0, 1)
    assert shop.stored("contacts")["outcome"].to_list() == ["complained"]


def test_a_message_that_was_delivered_after_all_was(shop: ShopBench) -> None:
    shop.bring_in(csv(LOG, "m1,anna,2026-01-02,sent"), kind="contacts")
    later = shop.bring_in(csv(LOG, "m1,anna,2026-01-02,delivered"), kind="contacts")

    assert later.changed == 1
    assert shop.stored("contacts")["outcome"].to_list() == ["delivered"]


def test_two_people_under_one_number_of_a_message_both_count(shop: ShopBench) -> None:
    shop.bring_in(
        csv(LOG, "m1,anna,2026-01-02,unsubscribed", "m1,bert,2026-01-02,delivered"),
        kind="contacts",
    )
    assert shop.silenced() == {"anna": ASKED}


def test_a_line_that_is_rejected_for_its_date_silences_all_the_same(shop: ShopBench) -> None:
    tallies = shop.bring_in(
        csv(LOG, "m1,anna,2026-13-45,unsubscribed", "m2,bert,2026-01-02,sent"), kind="contacts"
    )

    assert (tallies.new, tallies.rejected, tallies.opted_out) == (1, 1, 1)
    assert shop.silenced() == {"anna": ASKED}


@pytest.mark.parametrize("words", [("yes", "no"), ("no", "yes"), ("yes", "")])
def test_a_customer_who_opted_out_in_any_line_did(shop: ShopBench, words: tuple[str, str]) -> None:
    content = csv("customer_id,gender,opted_out", *(f"anna,F,{word}" for word in words))
    shop.bring_in(content, kind="customers")

    assert list(shop.silenced()) == ["anna"]
    assert shop.stored("customers")["opted_out"].to_list() == [True]


def test_the_day_on_which_somebody_opted_out_is_a_yes(shop: ShopBench) -> None:
    tallies = shop.bring_in(
        csv(
            "customer_id,gender,opted_out",
            "anna,F,2026-01-01",
            "bert,M,no",
            "cara,F,31/12/2025 18:30",
            "dora,F,perhaps",
            "emil,M,",
        ),
        kind="customers",
    )
    assert sorted(shop.silenced()) == ["anna", "cara"]
    assert [(item.problem, item.count) for item in tallies.left_out] == [("unknown_word", 1)]
    assert shop.stored("customers")["opted_out"].to_list() == [True, False, True, None, None]
