"""Terms: one sentence each, with this campaign's numbers wherever there are any."""

import re
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from regulars_platform.jobs.models import Job
from regulars_platform.reports.service import find_latest_report
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_web.help.explaining import explain
from regulars_web.help.from_preview import SENTENCES as OF_PREVIEWS
from regulars_web.help.from_report import SENTENCES as OF_REPORTS
from regulars_web.help.terms import TERMS
from regulars_web.language import LANGUAGES
from tests.web.conftest import Browser
from tests.web.help.documents import STATES, whole
from tests.web.reports.test_report_page import launch_and_sell

BROKEN = re.compile(r"%\(|%s|\bNone\b|\bnan\b|\binf\b|[{}<>]|  ")


def said(app: Flask, key: str, document: dict[str, Any] | None, locale: str = "en") -> str:
    with app.test_request_context(), force_locale(locale):
        return explain(key, document).sentence


def test_every_sentence_with_numbers_is_of_a_term() -> None:
    assert set(OF_REPORTS) | set(OF_PREVIEWS) <= set(TERMS)


@pytest.mark.parametrize("locale", LANGUAGES)
def test_no_sentence_lacks_a_number_in_any_state_of_a_report(app: Flask, locale: str) -> None:
    for state, key in product(STATES, TERMS):
        words = said(app, key, STATES[state], locale)
        assert BROKEN.search(words) is None, (state, key, words)
        assert words.endswith((".", "。")), (state, key, words)
        assert sum(words.count(stop) for stop in (". ", "。")) <= 1, f"one sentence: {words}"


def test_a_whole_report_has_its_numbers_in_every_term_that_can_have_them(app: Flask) -> None:
    general = {key for key in OF_REPORTS if said(app, key, whole()) == said(app, key, None)}
    assert general == set()


def test_what_cannot_be_told_falls_back_to_the_general_sentence(app: Flask) -> None:
    nothing = STATES["nothing estimable"]
    for key in ("uplift", "net_profit", "interval", "chance", "pooled", "leak", "detectable"):
        assert said(app, key, nothing) == said(app, key, None)
    for key in OF_REPORTS:
        assert said(app, key, STATES["too small to be shown"]) == said(app, key, None)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (
            "holdout",
            "Of 41,200 customers, 4,120 were held back at random (holdout): what they did shows "
            "what would have happened anyway.",
        ),
        (
            "net_profit",
            "Margin on goods sold on top (+€111,240), on goods that came back (−€9,270), the offer "
            "(−€37,080) and contacting (−€18,540) add up to a net profit of +€46,350.",
        ),
        (
            "interval",
            "+€18,540 is the best guess at the net profit; ranges made like this one, from €3,708 "
            "to €33,372, hold the true value 95 times out of 100.",
        ),
        (
            "margin",
            "Of every €100 of goods sold the plan takes €35 to €45 to be left once the goods are "
            "paid for.",
        ),
        # half the interval 0.40 times (1.960 + 0.842) / 1.960
        (
            "detectable",
            "With 4,120 customers held back, a difference of about €0.57 each would be proved four "
            "times out of five; a smaller one may be there and stay hidden.",
        ),
        (
            "raw",
            "What a segment's own customers say, before anything is learnt from the others: alone, "
            "“far” says +€2.00 for each of 7,080 customers, a part of which is luck.",
        ),
        (
            "repurchase_rate",
            "Within the campaign's 28 days 11.8% of those held back bought by themselves, and "
            "14.2% of those told.",
        ),
    ],
)
def test_sentences_say_the_numbers_of_the_document(app: Flask, key: str, words: str) -> None:
    assert said(app, key, whole()) == words


def test_a_real_report_is_explained_with_its_own_numbers(
    settings: Settings,
    database: Database,
    owner: Browser,
    app: Flask,
    finish_jobs: Callable[[], list[Job]],
) -> None:
    launch_and_sell(settings, database, unit="customer")
    owner.post("/campaigns/1/report")
    finish_jobs()
    with database.unit_of_work() as work:
        report = find_latest_report(work, 1, 1)
    assert report is not None
    group = report.document["overall"][0]

    words = {key: said(app, key, dict(report.document)) for key in OF_REPORTS}
    assert f"{group['n_control']:,} were held back at random (holdout)" in words["holdout"]
    assert all(BROKEN.search(sentence) is None for sentence in words.values())
    told = {key for key, sentence in words.items() if sentence != said(app, key, None)}
    assert {"net_profit", "interval", "chance", "balance", "uplift", "margin"} <= told


def test_the_glossary_is_open_to_everybody_and_has_every_term(owner: Browser, app: Flask) -> None:
    page = app.test_client().get("/help/terms").get_data(as_text=True)

    assert all(f'id="{key}"' in page for key in TERMS)
    assert page.count("<dd>") == len(TERMS)


def test_explanations_on_a_page_have_names_of_their_own(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        places = [explain("holdout").place, explain("holdout").place, explain("leak").place]
    assert len(set(places)) == 3
    with app.test_request_context(headers={"HX-Request": "true"}), force_locale("en"):
        assert explain("holdout").place not in places
