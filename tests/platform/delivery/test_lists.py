"""Contact lists: a held-out or suppressed customer is never on one."""

import csv
import io
from collections.abc import Iterable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars_platform.campaigns.ledger import LEDGER_SCHEMA, draw_ledger
from regulars_platform.campaigns.plan import HOLDOUT, Plan
from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.campaigns.population import build_population
from regulars_platform.csv_files import harmless
from regulars_platform.customers.features import FEATURE_SCHEMA
from regulars_platform.delivery.errors import ArmNotFoundError, HoldoutContactError
from regulars_platform.delivery.lists import TreatedArm, assignment_list, contact_list, treated_arm
from regulars_platform.offers.kinds import MessageOnly
from regulars_platform.reach.gate import Gate
from tests.platform.campaigns.build import arm, draft

MONEY = ("average_order_value", "spend", "pre_spend")
NOBODY = pl.DataFrame(schema={"customer_id": pl.String, "window_spend": pl.Int64})


def read_csv(pieces: Iterable[bytes]) -> list[list[str]]:
    content = b"".join(pieces)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def ledger_of(plan: Plan, customers: list[dict[str, Any]], suppressed: set[str]) -> pl.DataFrame:
    rows = [dict.fromkeys(FEATURE_SCHEMA) | {"orders": 1, "spend": 1.0} | c for c in customers]
    population = build_population(
        pl.LazyFrame(rows, schema=FEATURE_SCHEMA),
        audience=plan.audience,
        segments=plan.segments,
        exclusions=plan.exclusions,
        gate=Gate(silent=frozenset(suppressed), refusing=frozenset(), holdout=None),
    )
    return draw_ledger(plan, population.drawn, NOBODY, salt="s")


def small_ledger(**columns: list[Any]) -> pl.DataFrame:
    height = len(columns["customer_id"])
    filled: dict[str, list[Any]] = {name: [None] * height for name in LEDGER_SCHEMA}
    filled |= {"segment": ["all"] * height, "pre_spend": [0] * height, "orders": [1] * height}
    return pl.DataFrame(filled | columns, schema=LEDGER_SCHEMA)


# ids as they come: blanks, formulas, quotes, any script; but no surrogates, which no file can hold
ids = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=6
).filter(lambda name: name.strip() == name)


@st.composite
def situations(make: st.DrawFn) -> tuple[Plan, list[dict[str, Any]], set[str], set[str]]:
    """A plan, customers, who is suppressed before the draw and who after it."""
    names = make(st.lists(ids, min_size=1, max_size=40, unique=True))
    customers = [
        {
            "customer_id": name,
            "household": make(st.sampled_from([None, "", "h1", "h2"])),
            "spend": float(make(st.integers(-5, 5))),
        }
        for name in names
    ]
    cuts = sorted(make(st.sets(st.integers(1, 9_999), min_size=1, max_size=4)))
    shares = [b - a for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]
    plan = read_plan(
        draft(
            unit=make(st.sampled_from(["customer", "household"])),
            holdout_percent=str(shares[0] / 100),
            arms=[
                arm(
                    name=f"arm {place}",
                    share_percent=str(share / 100),
                    offer={"kind": "percent_off", "percent": "10", "reach": reach},
                )
                for reach in [make(st.sampled_from(["open", "personal"]))]
                for place, share in enumerate(shares[1:])
            ],
            segments=[{"name": "big", "rule": {"feature": "spend", "op": ">", "value": 0}}],
        )
    )
    subset = st.sets(st.sampled_from([*names, "stranger"]))
    return plan, customers, make(subset), make(subset)


@settings(max_examples=150, deadline=None)
@given(situations())
def test_no_held_out_or_suppressed_customer_is_ever_on_a_contact_list(
    situation: tuple[Plan, list[dict[str, Any]], set[str], set[str]],
) -> None:
    plan, customers, before, after = situation
    ledger = ledger_of(plan, customers, before)
    held = set(ledger.filter(arm=HOLDOUT)["customer_id"])
    listed: list[str] = []
    for name in plan.arm_names[1:]:
        rows = read_csv(contact_list(treated_arm(plan, name), ledger, suppressed=before | after))
        assert rows[0][0] == "customer_id"
        listed += [row[0] for row in rows[1:]]
    assert len(listed) == len(set(listed))
    forbidden = held | before | after
    assert not set(listed) & {harmless(name) for name in forbidden}
    # and everybody else who was drawn is on exactly one
    assert set(listed) == {harmless(n) for n in set(ledger["customer_id"]) - forbidden}
    # whoever was suppressed after the draw stays in the ledger
    everybody = {customer["customer_id"] for customer in customers}
    assert set(ledger["customer_id"]) == everybody - before
    with pytest.raises(HoldoutContactError):
        treated_arm(plan, HOLDOUT)


def test_a_list_of_the_holdout_cannot_even_be_asked_for() -> None:
    plan = read_plan(draft())
    with pytest.raises(HoldoutContactError):
        treated_arm(plan, HOLDOUT)
    for name in (HOLDOUT, "Holdout", " holdout "):
        with pytest.raises(HoldoutContactError):
            TreatedArm(name=name, offer=MessageOnly())
    with pytest.raises(ArmNotFoundError, match="Free shipping"):
        treated_arm(plan, "Paid shipping")


def test_a_contact_list_has_the_arm_the_segment_the_offer_and_the_code() -> None:
    ledger = small_ledger(
        customer_id=["b", "a", "c"],
        arm=["Free shipping", "Free shipping", HOLDOUT],
        code=["X", None, None],
    )
    listed = treated_arm(read_plan(draft()), "Free shipping")
    assert read_csv(contact_list(listed, ledger, suppressed=())) == [
        ["customer_id", "arm", "segment", "offer", "code", "threshold"],
        ["a", "Free shipping", "all", "Free shipping from 80 EUR", "", "80"],
        ["b", "Free shipping", "all", "Free shipping from 80 EUR", "X", "80"],
    ]


def test_the_shops_own_words_go_before_the_title_of_the_offer() -> None:
    offer = arm()["offer"] | {"words": "满80包邮, für Sie"}
    listed = treated_arm(read_plan(draft(arms=[arm(offer=offer)])), "Free shipping")
    rows = read_csv(
        contact_list(listed, small_ledger(customer_id=["a"], arm=["Free shipping"]), suppressed=())
    )
    assert rows[1][3] == "满80包邮, für Sie"


OWN = {
    "kind": "free_shipping",
    "threshold": "39",
    "shipping_cost": "5",
    "reach": "personal",
    "multiple": "1.15",
}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "Free shipping from 79.9 EUR"),
        ("Nur für Sie: ab {threshold} ohne Versand", "Nur für Sie: ab 79.9 ohne Versand"),
        ("Until Sunday", "Free shipping from 79.9 EUR · Until Sunday"),
    ],
)
def test_everybody_is_told_the_threshold_of_their_own(words: str, told: str) -> None:
    listed = treated_arm(read_plan(draft(arms=[arm(offer=OWN | {"words": words})])), arm()["name"])
    people = small_ledger(
        customer_id=["a", "b"], arm=["Free shipping"] * 2, threshold=[799_000, 1_190_000]
    )
    first, second = read_csv(contact_list(listed, people, suppressed=()))[1:]
    assert (first[3], first[5]) == (told, "79.9")
    assert (second[3], second[5]) == (told.replace("79.9", "119"), "119")


def test_one_threshold_for_all_goes_into_their_words_too() -> None:
    offer = arm()["offer"] | {"words": "ab {threshold} €"}
    listed = treated_arm(read_plan(draft(arms=[arm(offer=offer)])), "Free shipping")
    people = small_ledger(customer_id=["a"], arm=["Free shipping"])
    assert read_csv(contact_list(listed, people, suppressed=()))[1][3] == "ab 80 €"


@pytest.mark.parametrize(
    "cell",
    ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "  =1", "-"],
)
def test_no_cell_is_run_as_a_formula(cell: str) -> None:
    ledger = small_ledger(customer_id=[cell], arm=["Free shipping"], segment=[cell], code=[cell])
    listed = treated_arm(read_plan(draft()), "Free shipping")
    row = read_csv(contact_list(listed, ledger, suppressed=()))[1]
    assert row[0] == row[2] == row[4] == f"'{cell}"
    assert read_csv(assignment_list(ledger))[1][0] == f"'{cell}"


def test_ordinary_cells_stay_as_they_are() -> None:
    for cell in ("12345", "a=b", "ann@example.org", "客户", "'quoted", ""):
        assert harmless(cell) == cell


def test_the_assignment_lists_everybody_with_money_in_currency_units() -> None:
    ledger = small_ledger(
        customer_id=["b", "a"],
        unit_id=["household:1", "customer:a"],
        arm=[HOLDOUT, "Free shipping"],
        average_order_value=[12.5, None],
        spend=[-3.25, 0.0],
        pre_spend=[-32_500, 0],
        threshold=[None, 799_000],
    )
    assert read_csv(assignment_list(ledger)) == [
        [*("customer_id", "unit_id", "segment", "arm", "orders"), *MONEY, "code", "threshold"],
        ["a", "customer:a", "all", "Free shipping", "1", "", "0", "0", "", "79.9"],
        ["b", "household:1", "all", HOLDOUT, "1", "12.5", "-3.25", "-3.25", "", ""],
    ]


def test_a_long_list_comes_in_pieces_and_whole() -> None:
    names = [f"c{number:05d}" for number in range(12_000)]
    ledger = small_ledger(customer_id=names[::-1], arm=["Free shipping"] * len(names))
    pieces = list(
        contact_list(treated_arm(read_plan(draft()), "Free shipping"), ledger, suppressed=())
    )
    assert len(pieces) > 1
    assert [row[0] for row in read_csv(pieces)][1:] == names
