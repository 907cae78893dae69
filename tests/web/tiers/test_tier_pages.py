"""Tiers in the browser: written down, counted while typing, compared, costed."""

import datetime as dt
import re

import polars as pl
import pytest

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.segments.rules import parse_rule
from regulars_platform.segments.service import get_segment
from regulars_platform.settings import Settings
from regulars_platform.shops.service import get_shop, open_shop
from regulars_platform.storage.database import Database
from regulars_platform.tiers.service import list_changes
from tests.platform.customers.build import line, lines
from tests.web.conftest import Browser
from tests.web.customers.build import words

PAGE = "/customers/tiers/"
RULES: dict[str, object] = {
    "by": "spend",
    "name-0": "Ordinary",
    "from-0": "0",
    "name-1": "VIP <b>",
    "from-1": "100",
}


def bring_orders(settings: Settings) -> None:
    """40 customers at 100 on 1 March 2026, of whom 20 come again in June; 60 at 20, of whom 6 do;
    the last order is on 30 June, so the pages look from 1 July."""
    rows = []
    for n in range(100):
        rows.append(line(f"a{n}", f"c{n:03d}", "2026-03-01", 100 if n < 40 else 20))
        if n < 20 or n >= 94:
            rows.append(line(f"b{n}", f"c{n:03d}", "2026-06-15", 50 if n < 40 else 10))
    rows.append(line("last", "new", "2026-06-30", 85))
    lines(*rows).collect().write_delta(settings.shop_dir(1) / "orders")


def test_a_shop_without_orders_or_tiers_is_told_what_the_page_will_show(
    settings: Settings, owner: Browser
) -> None:
    assert "As soon as orders are here" in words(owner.get(PAGE))
    bring_orders(settings)
    text = owner.get(PAGE).get_data(as_text=True)
    assert "Write the tiers down" in text
    assert 'href="/customers/tiers/rules"' in text


def test_tiers_of_a_customers_file_count_until_rules_are_written(
    settings: Settings, owner: Browser
) -> None:
    bring_orders(settings)
    told = [
        {"customer_id": f"c{n:03d}", "tier_told": "Regular" if n < 30 else "Gold <b>"}
        for n in range(45)
    ]
    told.append({"customer_id": "never", "tier_told": "Gold <b>"})
    DatasetTable(settings.shop_dir(1), "customers").merge(pl.DataFrame(told))
    page = owner.get(PAGE)
    text = words(page)
    assert "No tiers yet" not in text
    # 101 who bought and one who never did; 30 and 16 of the 46 in a tier
    assert "46 of 102 customers have one, 56 have none" in text
    assert "Of those in a tier Of all customers" in text
    assert "Regular 30 65.2% 29.4%" in text
    assert "Gold <b> 1 never bought 16 34.8% 15.7%" in text
    assert "<b>" not in page.get_data(as_text=True)
    assert 'href="/customers/tiers/rules"' in page.get_data(as_text=True)
    everybody = words(owner.get("/customers/"))
    assert "Regular 30 (65%)" in everybody
    assert "Shares of the 46 customers with a value; 56 have none." in everybody
    effects = words(owner.get("/effects/"))
    assert "Tier Customers Of all customers" in effects
    assert "Regular 30 29.4%" in effects
    owner.post(f"{PAGE}rules", RULES | {"do": "save"})
    assert "You have written no rules" not in words(owner.get(PAGE))


def test_usual_names_and_beginnings_are_proposed(settings: Settings, owner: Browser) -> None:
    rows = [line(str(n), f"c{n}", "2026-06-01", n + 1) for n in range(1000)]
    lines(*rows).collect().write_delta(settings.shop_dir(1) / "orders")
    text = owner.get(f"{PAGE}rules").get_data(as_text=True)
    assert 'value="Supreme VIP member"' in text
    assert "beginnings that leave about 60, 85 and 97 of 100 buyers below" in text
    starts = re.findall(r'name="from-\d" value="(\d+)"', text)
    assert starts == ["0", "600", "850", "970"]
    assert "Ordinary member 600" not in words(owner.get(PAGE)), "proposed is not kept"


def test_the_rules_of_an_empty_shop_open_with_one_button_and_no_problems(owner: Browser) -> None:
    page = owner.get(f"{PAGE}rules").get_data(as_text=True)
    assert "As soon as orders are here" in page
    assert re.findall(r'class="button" href="([^"]+)"', page) == ["/data/"]
    assert 'name="name-0"' not in page
    # what was written down before stays within reach
    assert owner.post(f"{PAGE}rules", RULES | {"do": "save"}).status_code == 302
    assert 'value="Ordinary"' in owner.get(f"{PAGE}rules").get_data(as_text=True)


def test_where_no_beginnings_can_be_proposed_none_are_claimed_and_nothing_is_wrong_yet(
    settings: Settings, owner: Browser
) -> None:
    rows = [line(str(n), f"c{n}", "2026-06-01", 10) for n in range(20)]
    lines(*rows).collect().write_delta(settings.shop_dir(1) / "orders")
    page = owner.get(f"{PAGE}rules")
    text = words(page)
    assert 'value="Supreme VIP member"' in page.get_data(as_text=True)
    assert "beginnings" not in text
    assert "say from where each begins" in text
    assert 'aria-invalid="true"' not in page.get_data(as_text=True)
    assert "Write a name and a beginning, then the count is here." in text
    typed = {"by": "spend", "name-0": "Ordinary", "from-0": "", "do": "save"}
    assert owner.post(f"{PAGE}rules", typed).status_code == 422


def test_the_names_that_files_tell_are_proposed_from_low_to_high_and_begun_with(
    settings: Settings, owner: Browser
) -> None:
    assert "Begin with these names" not in words(owner.get(f"{PAGE}rules"))
    rows = [line(str(n), f"c{n:03d}", "2026-06-01", n + 1) for n in range(100)]
    lines(*rows).collect().write_delta(settings.shop_dir(1) / "orders")
    # 70 spent 1 to 70 and one never bought, 21 spent 71 to 91, 9 spent 92 to 100
    tiers = {n: "Basic <b>" if n < 70 else "Ace" if n > 90 else "Middle" for n in range(100)}
    told = [{"customer_id": f"c{n:03d}", "tier_told": tiers[n]} for n in range(100)]
    told.append({"customer_id": "never", "tier_told": "Basic <b>"})
    DatasetTable(settings.shop_dir(1), "customers").merge(pl.DataFrame(told))
    overview = owner.get(PAGE).get_data(as_text=True)
    assert f'href="{PAGE}rules?names=told"' in overview
    usual = owner.get(f"{PAGE}rules")
    said = words(usual).replace(" ,", ",")
    assert "Basic <b> (£35, 71 customers), Middle (£81, 21 customers), Ace (£96, 9" in said
    assert 'value="Ordinary member"' in usual.get_data(as_text=True)
    begun = owner.get(f"{PAGE}rules?names=told").get_data(as_text=True)
    assert re.findall(r'name="name-\d" value="([^"]+)"', begun) == [
        "Basic &lt;b&gt;",
        "Middle",
        "Ace",
    ]
    # about as many in each as the files say: 71 and 92 of 101 lie below
    assert re.findall(r'name="from-\d" value="(\d+)"', begun) == ["0", "71", "91"]
    kept = RULES | {"name-0": "Old", "do": "save"}
    owner.post(f"{PAGE}rules", kept)
    later = owner.get(f"{PAGE}rules").get_data(as_text=True)
    assert 'value="Old"' in later
    assert "Begin with these names" in later


def test_heads_are_counted_while_typing_and_nothing_is_kept(
    settings: Settings, owner: Browser
) -> None:
    bring_orders(settings)
    fragment = owner.post(f"{PAGE}rules/count", RULES)
    assert "Ordinary 61 60.4% VIP <b> 40 39.6%" in words(fragment)
    assert "<b>" not in fragment.get_data(as_text=True)
    assert "No tiers yet" in words(owner.get(PAGE))
    wrong = owner.post(f"{PAGE}rules/count", RULES | {"from-1": "0"})
    assert "both begin at 0" in words(wrong)
    # the same without scripts
    shown = owner.post(f"{PAGE}rules", RULES | {"do": "show"})
    assert "Ordinary 61 60.4%" in words(shown)


def test_tiers_are_kept_shown_and_their_changes_too(settings: Settings, owner: Browser) -> None:
    bring_orders(settings)
    assert owner.post(f"{PAGE}rules", RULES | {"do": "save"}).status_code == 302
    text = words(owner.get(PAGE))
    assert "Ordinary from £0; VIP <b> from £100" in text
    # 20 of 40 and 6 of 60 came again; score limits by statsmodels: .3520 to .6480
    assert "VIP <b> 40 50.0% 35.2% to 64.8% £1,000 94.3%" in text
    assert "+40.0 percentage points" in text
    assert "This is no effect of membership" in text
    assert "Jul 1, 2026 101 60.4% 61 39.6% 40" in text
    assert owner.post(f"{PAGE}rules", RULES | {"from-1": "200", "do": "save"}).status_code == 302
    text = words(owner.get(PAGE))
    assert re.search(r"Mei Ordinary from £0; VIP <b> from £100 .* VIP <b> from £200", text)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"from-1": "-5"}, "may not be negative"),
        ({"from-1": "1e99"}, "A number such as"),
        ({"name-1": "x" * 10_000}, "At most 60 characters"),
        ({"by": "<script>"}, "Choose one of"),
        ({"below-0": "500"}, "they overlap"),
    ],
)
def test_nonsense_is_refused_in_words(owner: Browser, change: dict[str, object], told: str) -> None:
    answer = owner.post(f"{PAGE}rules", RULES | change | {"do": "save"})
    assert answer.status_code == 422
    assert told in words(answer)
    assert "<script>" not in re.sub(r"<script (src|type)", "", answer.get_data(as_text=True))


RIGHTS: dict[str, object] = {
    "name-0": "Birthday gift",
    "tier-0": "VIP <b>",
    "cost-0": "10",
    "per-0": "year",
    "used-0": "50",
    "care-0": "birthday",
    "margin_low": "30",
    "margin_high": "50",
}


def test_rights_cost_money_and_lead_to_programmes(settings: Settings, owner: Browser) -> None:
    bring_orders(settings)
    assert owner.get(f"{PAGE}rights").status_code == 302, "tiers come first"
    owner.post(f"{PAGE}rules", RULES | {"do": "save"})
    unknown = words(owner.get(PAGE))
    assert "What it costs is not known: say what the rights of each tier cost." in unknown
    assert "VIP <b> £80 1 – –" in unknown
    assert owner.post(f"{PAGE}rights", RIGHTS | {"cost-0": "lots"}).status_code == 422
    assert owner.post(f"{PAGE}rights", RIGHTS).status_code == 302
    page = owner.get(PAGE)
    text = words(page)
    # 40 x 10 x 50%; sales 40 x 100 + 20 x 50 = 5,000; 30% and 50% of it less 200
    assert "Birthday gift: £200.00" in text
    assert "40 £5,000 £200.00 £5.00 £1,300 to £2,300" in text
    assert "/programmes/new?kind=birthday" in page.get_data(as_text=True)
    # one has 85: lowered to 90 nobody moves, to 80 one: 5 a year, 10 to 16.67 more each
    assert "VIP <b> £90 0 £0.00 –" in text
    assert "VIP <b> £80 1 £5.00 £10.00 to £16.67" in text
    assert "What it costs is not known" not in text
    owner.post(f"{PAGE}rules", RULES | {"name-1": "Star", "do": "save"})
    assert "Rights of tiers that are gone: Birthday gift" in words(owner.get(PAGE))


def test_who_is_close_becomes_a_segment(
    settings: Settings, database: Database, owner: Browser
) -> None:
    bring_orders(settings)
    owner.post(f"{PAGE}rules", RULES | {"do": "save"})
    answer = owner.post(f"{PAGE}near/1")
    assert answer.status_code == 302
    number = int(answer.headers["Location"].rsplit("/", 1)[1])
    with database.unit_of_work() as work:
        segment = get_segment(work, 1, number)
        assert segment.name == "Close to VIP <b>"
        parse_rule(segment.rule)
    assert "Customers 1 1.0% of 101" in words(owner.get(f"/segments/{number}"))
    assert owner.post(f"{PAGE}near/1").status_code == 302, "twice gets another name"
    assert owner.post(f"{PAGE}near/7").status_code == 404
    whole = owner.post(f"{PAGE}in/1").headers["Location"]
    assert "Customers 40 39.6% of 101" in words(owner.get(whole))
    assert owner.post(f"{PAGE}in/7").status_code == 404


def test_the_shop_says_whom_it_calls_members(settings: Settings, owner: Browser) -> None:
    bring_orders(settings)
    owner.post(f"{PAGE}rules", RULES | {"do": "save"})
    assert owner.post(f"{PAGE}members", {"by": "follows"}).status_code == 302
    assert "no file says who follows" in words(owner.get(PAGE))
    owner.post(f"{PAGE}members", {"by": "moon"})
    assert "no file says who follows" in words(owner.get(PAGE))


def test_another_shops_tiers_are_not_seen(
    settings: Settings, database: Database, owner: Browser
) -> None:
    bring_orders(settings)
    with database.unit_of_work() as work:
        now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        other = open_shop(work, name="B", currency="GBP", timezone="UTC", now=now)
    owner.post(f"{PAGE}rules", RULES | {"do": "save"})
    with database.unit_of_work() as work:
        assert get_shop(work, other.id).practice is None
        assert list_changes(work, other.id, "tiers") == []


def test_strangers_are_sent_to_sign_in(stranger: Browser) -> None:
    assert stranger.get(PAGE).status_code == 302
    assert stranger.get("/customers/points/").status_code == 302
