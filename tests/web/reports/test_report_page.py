"""The report page: from the press of the button to a recorded decision."""

import datetime as dt
import json
from collections.abc import Callable

import numpy as np
import pytest
from sqlalchemy import select

from regulars_platform.campaigns.service import campaign_ledger, create_draft, get_launched
from regulars_platform.campaigns.tables import ReportRow
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.launching.launch import launch
from regulars_platform.reports.document import canonical_report
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.platform.campaigns.build import draft
from tests.platform.customers.build import line, lines
from tests.web.conftest import Browser

LAUNCH = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
REPORT = "/campaigns/1/report"


def launch_and_sell(settings: Settings, database: Database, *, unit: str) -> None:
    """A campaign on 1,500 customers whose told half as many again bought than the held out."""
    path = settings.shop_dir(1) / "orders"
    history = [
        line(f"h{i}", f"c{i}", "2026-01-10", 40 + i % 60, household=f"home {i}")
        for i in range(1500)
    ]
    lines(*history).collect().write_delta(path)
    raw = draft(unit=unit)
    del raw["currency"], raw["timezone"]
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=raw, now=LAUNCH)
        launch(
            session, settings, shop_id=1, campaign_id=made.id, now=LAUNCH, user_id=None, salt="s"
        )
        ledger = campaign_ledger(settings, get_launched(session, 1, made.id))
    rng = np.random.default_rng(3)
    window = [
        line(f"w{customer}", customer, f"2026-02-{1 + i % 28:02d}", round(rng.gamma(4, 25), 2))
        for i, (customer, arm) in enumerate(ledger.select("customer_id", "arm").iter_rows())
        if rng.random() < (0.3 if arm == "holdout" else 0.6)
    ]
    lines(*window).collect().write_delta(path, mode="append")


@pytest.fixture
def launched(settings: Settings, database: Database, owner: Browser) -> Browser:
    launch_and_sell(settings, database, unit="customer")
    return owner


@pytest.fixture
def evaluated(launched: Browser, finish_jobs: Callable[[], list[Job]]) -> Browser:
    launched.post(REPORT)
    assert [job.state for job in finish_jobs()] == [JobState.DONE]
    return launched


def test_before_the_first_evaluation_the_page_says_what_it_will_show(launched: Browser) -> None:
    page = launched.get(REPORT).get_data(as_text=True)

    assert "No report yet" in page
    assert "Evaluate now" in page


def test_pressing_twice_makes_one_job(
    launched: Browser, finish_jobs: Callable[[], list[Job]]
) -> None:
    launched.post(REPORT)
    launched.post(REPORT)

    assert len(finish_jobs()) == 1


def test_the_page_says_in_money_what_was_earned_and_how_sure_that_is(evaluated: Browser) -> None:
    page = evaluated.get(REPORT).get_data(as_text=True)

    assert "Telling these 1,200 customers earned £" in page
    assert "(95%: £" in page
    assert "a profit is proved" in page
    for part in ("margin on goods sold", "what the offer cost", "what contacting cost"):
        assert part in page
    assert "window closed, returns settled" in page
    # the file's rows came without an upload, so nothing can be said of arms before launch
    assert "arms found alike" not in page


def test_where_households_were_drawn_no_figure_is_said_to_be_per_customer(
    settings: Settings,
    database: Database,
    owner: Browser,
    finish_jobs: Callable[[], list[Job]],
) -> None:
    launch_and_sell(settings, database, unit="household")
    owner.post(REPORT)
    assert [job.state for job in finish_jobs()] == [JobState.DONE]
    page = owner.get(REPORT).get_data(as_text=True)

    for words in (
        "for all 1,200 households told",
        "in all and per household told",
        "by other methods on the same households",
        "Net profit per household told, against the held-out households",
        "What households did",
        "net per household",
    ):
        assert words in page
    assert page.count("Per household") > 1
    told = page.lower()
    assert "per customer" not in told
    assert "customers told" not in told
    assert "held-out customers" not in told


def test_where_customers_were_drawn_nothing_is_said_of_households(evaluated: Browser) -> None:
    page = evaluated.get(REPORT).get_data(as_text=True)

    assert "for all 1,200 customers told" in page
    assert "household" not in page.lower()


def test_the_effect_since_launch_has_a_chart_and_a_row_for_every_day(evaluated: Browser) -> None:
    page = evaluated.get(REPORT).get_data(as_text=True)
    section = page.partition('id="days"')[2].partition("</section>")[0]
    table = section.partition("The numbers, day by day")[2].partition("</table>")[0]

    assert "Effect since launch" in section
    assert "looking at single days before it is not a test" in section
    assert table.count('scope="row"') == 28
    assert section.count('class="tone-treated-soft"') > 20
    assert "Feb 28" in section
    assert "the first 14 days brought" in section


def test_costs_metrics_and_segments_say_what_was_corrected_for(evaluated: Browser) -> None:
    page = evaluated.get(REPORT).get_data(as_text=True)

    assert "Each £1 of extra cost brought back £" in page
    assert "Net profit per user of the offer: +£" in page
    assert "p, corrected" in page
    assert "not corrected" in page  # the guard-rail
    assert "Metrics by segment" in page
    assert "p = 0.0" not in page.partition("<h2>Method</h2>")[2]


def test_a_report_from_before_days_and_returns_were_asked_for_still_shows(
    evaluated: Browser, database: Database
) -> None:
    with database.unit_of_work() as session:
        row = session.scalars(select(ReportRow)).one()
        document = json.loads(row.document)
        del document["days"], document["contamination"]
        for group in [*document["overall"], *document["segments"]]:
            group.pop("return_on_cost", None)
            group.pop("net_per_user", None)
        for effect in document["metrics"]:
            del effect["role"], effect["corrected"]
        row.document = canonical_report(document)

    answer = evaluated.get(REPORT)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "a profit is proved" in page
    assert "Effect since launch" not in page
    assert "of extra cost" not in page
    assert 'id="contamination"' not in page


@pytest.mark.parametrize("version", ["99999999999999999999", "x"])
def test_a_version_that_cannot_be_one_shows_the_latest(evaluated: Browser, version: str) -> None:
    answer = evaluated.get(REPORT, query_string={"version": version})

    assert answer.status_code == 200
    assert "a profit is proved" in answer.get_data(as_text=True)


def test_the_download_is_the_stored_document(evaluated: Browser) -> None:
    answer = evaluated.get("/campaigns/1/report/1.json")

    document = json.loads(answer.get_data(as_text=True))
    assert answer.mimetype == "application/json"
    assert document["schema"] == "regulars.report/1"
    assert document["overall"][0]["evidence"] == "proved_better"
    assert document["overall"][0]["n"] + document["overall"][0]["n_control"] == 1500


def test_a_decision_is_recorded_with_its_reason_and_cannot_be_rewritten(
    evaluated: Browser,
) -> None:
    group = json.dumps(["Free shipping", None])
    evaluated.post(
        REPORT + "/1/decide", {"group": group, "choice": "keep", "reason": "it paid <twice>"}
    )
    page = evaluated.get(REPORT).get_data(as_text=True)

    assert "it paid &lt;twice&gt;" in page
    assert "Mei" in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"reason": " "}, "Write down why"),
        ({"choice": "burn"}, "Choose keep, stop, re-test or change the threshold."),
        ({"group": "nobody"}, "The report has no such group."),
    ],
)
def test_an_incomplete_decision_is_refused_in_words(
    evaluated: Browser, wrong: dict[str, str], said: str
) -> None:
    form = {"group": json.dumps(["Free shipping", None]), "choice": "keep", "reason": "x"}
    answer = evaluated.post(
        REPORT + "/1/decide", {**form, **wrong}, follow_redirects=True
    ).get_data(as_text=True)

    assert said in answer
    assert "Nothing is decided yet" in answer


def test_there_is_no_report_of_a_draft_or_of_nothing(owner: Browser, database: Database) -> None:
    with database.unit_of_work() as session:
        create_draft(session, shop_id=1, raw={"name": "only a draft"}, now=LAUNCH)

    assert owner.get("/campaigns/1/report").status_code == 400
    assert owner.get("/campaigns/2/report").status_code == 404
    assert owner.get("/campaigns/2/report/1.json").status_code == 404


def test_an_evaluation_without_orders_of_the_window_says_so_on_the_page(
    settings: Settings,
    database: Database,
    owner: Browser,
    finish_jobs: Callable[[], list[Job]],
) -> None:
    history = [line(f"h{i}", f"c{i}", "2026-01-10", 50) for i in range(100)]
    lines(*history).collect().write_delta(settings.shop_dir(1) / "orders")
    raw = draft()
    del raw["currency"], raw["timezone"]
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=raw, now=LAUNCH)
        launch(
            session, settings, shop_id=1, campaign_id=made.id, now=LAUNCH, user_id=None, salt="s"
        )
    owner.post(REPORT)
    finish_jobs()

    page = owner.get(REPORT).get_data(as_text=True)
    assert "No order from 2026-02-01 to 2026-02-28 has been uploaded yet." in page


def test_a_mark_that_orders_do_not_reach_yet_is_named_with_its_day(evaluated: Browser) -> None:
    page = evaluated.get(REPORT).get_data(as_text=True)

    assert "Day 30 is Mar 2, 2026; orders reach Feb 28, 2026." in page


def test_contamination_is_counted_and_the_effect_per_user_stands_beside_it(
    evaluated: Browser,
) -> None:
    page = evaluated.get(REPORT).get_data(as_text=True)
    section = page.partition('id="contamination"')[2].partition("</section>")[0]

    assert "Held-out customers who used the offer" in section
    assert "as of right: the offer is open to the whole shop" in section
    assert "Net profit per user of the offer: +£" in section


def test_one_threshold_says_for_whom_it_pays_and_what_it_gives_away(evaluated: Browser) -> None:
    page = evaluated.get(REPORT).get_data(as_text=True)
    curve = page.partition('id="threshold-curves"')[2].partition("</section>")[0]
    around = page.partition('id="around-the-threshold"')[2].partition("</section>")[0]

    assert "No band of past order value is expected to lose by the offer from £80." in curve
    assert "Past orders came to" in curve
    assert "orders of the held out reach the offer without having been told" in around
    assert "Foreseen at launch" in around


def test_each_segment_says_what_being_wrong_would_cost(evaluated: Browser) -> None:
    page = evaluated.get(REPORT).get_data(as_text=True)
    costs = page.partition("What it costs to be wrong</summary>")[2].partition("</table>")[0]

    for words in ("If kept and wrong", "If stopped and wrong", "One more test is worth"):
        assert words in costs
    assert costs.count("£") >= 4
