"""What `regulars evaluate` says of a file: verdicts and numbers, in text and on the page."""

import copy
import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from regulars_web.cli import group
from regulars_web.commands.evaluate_words import said
from regulars_web.evaluation_numbers import decimals_of, figures, loss, number, p_words
from regulars_web.evaluation_page import evaluation_html
from regulars_web.evaluation_sentences import evidence_of_effect

PLAN = ("--arm", "arm", "--control", "held")


def evaluated(path: Path, *arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(group, ["evaluate", str(path), *PLAN, *arguments, "--json", "-"])
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def both(document: dict[str, Any]) -> tuple[str, str]:
    """What is printed, and the words of the page with single blanks."""
    page = re.sub(r"<style>.*?</style>", "", evaluation_html(document), flags=re.DOTALL)
    words = html.unescape(re.sub(r"<[^>]+>", " ", page))
    return "\n".join(said(document)), re.sub(r"\s+", " ", words)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """6,000 customers; mail never went to gold, and one amount is missing."""
    rng = np.random.default_rng(5)
    n = 6_000
    arm, tier = rng.choice(["held", "mail", "coupon"], n), rng.choice(["gold", "plain"], n)
    bought = rng.random(n) < np.where(arm == "held", 0.2, 0.25)
    rows = pl.DataFrame(
        {
            "arm": arm,
            "tier": tier,
            "bought": bought.astype(int),
            "spend": np.where(bought, np.round(rng.lognormal(2.5, 0.8, n), 2), 0.0),
            "zero": 0,
            "five": 5,
        }
    ).filter((pl.col("arm") != "mail") | (pl.col("tier") != "gold"))
    path = tmp_path_factory.mktemp("shop") / "shop.csv"
    rows.with_columns(
        spend=pl.when(pl.int_range(pl.len()) == 7).then(None).otherwise(pl.col("spend"))
    ).write_csv(path)
    return path


@pytest.fixture(scope="module")
def document(shop: Path) -> dict[str, Any]:
    return evaluated(
        shop, "--metric", "s=spend", "--conversion", "b=bought", "--metric", "zero=zero",
        "--metric", "five=five", "--guardrail", "b", "--secondary", "zero", "--segment", "tier",
        "--pool-segments", "--margin", "s=0.4", "--contact-cost", "0.05", "--winsorise", "50%",
    )  # fmt: skip


def test_warnings_are_printed_and_on_the_page(document: dict[str, Any]) -> None:
    for text in both(document):
        assert "WARNING: in tier = gold the arms are not as in the rest of the file (p = " in text
        assert "1 row without spend counted as 0." in text
        assert "s: nothing is capped, since the percentile is not above zero" in text
        assert "five: no amount is above 5, so that capping there changes nothing." in text


def test_a_column_of_a_thousand_values_is_no_column_of_segments(document: dict[str, Any]) -> None:
    many = copy.deepcopy(document)
    entry = {"segment": {"column": "id", "value": "1"}, "p_value_adjusted": 1.0, "flagged": False}
    many["checks"]["sample_ratio_by_segment"] += [entry] * 1_001
    for text in both(many):
        assert "WARNING: column id has 1,001 values" in text
    for text in both(document):
        assert "values, too many" not in text


def test_a_p_value_of_nothing_is_said_as_a_bound(document: dict[str, Any]) -> None:
    sure = copy.deepcopy(document)
    sure["checks"]["sample_ratio"] |= {"p_value": 0.0, "flagged": True, "shares": "declared"}
    for text in both(sure):
        assert "do not fit the planned shares (p < 1e-300)" in text
        assert "p = 0)" not in text


@pytest.mark.parametrize(
    ("holm", "confidence", "words"),
    [
        (0.03, 0.95, "the effect differs between"),
        (0.06, 0.95, "the effect is not proved to differ between"),
        (0.06, 0.9, "the effect differs between"),
        (0.03, 0.99, "the effect is not proved to differ between"),
    ],
)
def test_effects_differ_only_by_the_corrected_p_value(
    document: dict[str, Any], holm: float, confidence: float, words: str
) -> None:
    changed = copy.deepcopy(document)
    test = next(test for test in changed["segment_tests"] if test["metric"] == "s")
    test |= {"p_value": 0.02, "corrected": {"holm": holm, "benjamini_hochberg": holm, "tests": 3}}
    changed |= {"segment_tests": [test], "confidence": confidence}
    for text in both(changed):
        assert f"{words} the values of tier (p = 0.02, {holm} corrected for 3 tests)" in text


def test_a_guard_rail_is_never_said_to_differ(document: dict[str, Any]) -> None:
    changed = copy.deepcopy(document)
    test = next(test for test in changed["segment_tests"] if test["metric"] == "b")
    assert test["corrected"] is None
    changed["segment_tests"] = [test | {"p_value": 0.001}]
    for text in both(changed):
        assert "the effect may differ between the values of tier (p = 0.001, not corrected)" in text


def test_the_net_tells_its_corrected_p_value_and_money_first(document: dict[str, Any]) -> None:
    text, page = both(document)
    net = next(g for g in document["profit"]["groups"] if g["arm"] == "coupon")
    tests = (
        f"{p_words(net['net']['p_value'])}, {net['corrected']['holm']:.2g} corrected for 2 tests"
    )
    assert tests in text
    assert tests in page
    total = number(net["net"]["estimate"] * net["n_arm"], 0, signed=True)
    line = next(line for line in text.splitlines() if line.startswith("net profit, coupon: "))
    assert line.split(": ")[1].startswith(total[:3])
    assert page.index(total[:3]) < page.index("a profit is proved")


def test_a_group_without_an_answer_is_foretold_by_the_others(document: dict[str, Any]) -> None:
    text, page = both(document)
    line = next(x for x in text.splitlines() if x.startswith("net profit, mail [tier = gold]"))
    group = next(g for g in document["profit"]["groups"] if "code" in g["net"])
    told = figures(group["pooled"])
    words = f"by the other segments {told['estimate']}, {told['low']} to {told['high']}"
    assert f"{words}; " in line
    assert line.index("by the other") < line.index("likely to pay")
    assert f"by the other segments {told['estimate']} {told['low']} to {told['high']}" in page


def test_without_costs_there_is_nothing_to_divide_by(shop: Path) -> None:
    free = evaluated(shop, "--metric", "s=spend", "--margin", "0.4")
    for text in both(free):
        assert "margin on goods" in text
        assert "contact" not in text
        assert "back per 1 spent" not in text
    for text in both(
        evaluated(shop, "--metric", "s=spend", "--margin", "1", "--contact-cost", "1")
    ):
        assert "back per 1 spent" in text


def test_primary_metrics_come_before_secondary_and_guard_rails(document: dict[str, Any]) -> None:
    text, _ = both(document)
    starts = [text.index(f"\n{name}, coupon: ") for name in ("s", "five")]
    starts += [text.index(f"\n{name}, coupon: ") for name in ("zero (secondary)", "b (guard-rail)")]
    assert starts == sorted(starts)
    page = evaluation_html(document)
    places = [page.index(f"<h2>{name}</h2>") for name in ("s", "five", "zero", "b")]
    assert places == sorted(places)


def test_a_metric_that_is_the_same_for_everybody_says_so(document: dict[str, Any]) -> None:
    for text in both(document):
        assert "every customer has the same value (0)" in text
        assert "every customer has the same value (5)" in text


def test_text_and_page_round_alike_with_true_minus_signs(document: dict[str, Any]) -> None:
    text, page = both(document)
    ranges = re.findall(r"[+−]?[\d,.]+%? to [+−]?[\d,.]+%?", text)
    assert len(ranges) > 20
    for told in ranges:
        low, high = (value.strip("%").partition(".")[2] for value in told.split(" to "))
        assert len(low) == len(high), told
    effects = [line for line in text.splitlines() if re.match(r"(s|b)\b", line)]
    for line in effects:
        for told in re.findall(r"[+−][\d,.]+ to [+−][\d,.]+", line):
            assert told.rstrip(",.") in page, line
    assert not re.search(r"(?<!e)-\d", text)
    assert not re.search(r"(?<!e)-\d", page)
    assert re.search(r"b \(guard-rail\), coupon: .*[+−]\d+\.\d+ points \(", text)


def test_verdicts_follow_interval_and_corrected_p_value() -> None:
    def effect(low: float, high: float, holm: float | None, role: str = "primary") -> str:
        corrected = None if holm is None else {"holm": holm, "tests": 2}
        record = {"difference": {"low": low, "high": high}, "corrected": corrected, "role": role}
        return evidence_of_effect(record, 0.95)

    assert effect(1, 2, 0.04) == "proved_better"
    assert effect(1, 2, 0.06) == "not_proved"
    assert effect(1, 2, None) == "not_proved"
    assert effect(-2, -1, 0.01) == "proved_worse"
    assert effect(-2, 1, 0.01) == "not_proved"
    assert effect(-2, -1, None, "guardrail") == "proved_worse"


def test_one_range_has_one_number_of_digits_and_small_losses_are_bounds() -> None:
    told = figures({"estimate": 15.2, "low": 8.4899, "high": 23.73})
    assert told == {"estimate": "+15.20", "low": "+8.49", "high": "+23.73", "unit": ""}
    near = figures({"estimate": 1.2, "low": 0.0004, "high": 2.5})
    assert near["low"] == "+0.0004"
    assert loss(4.1e-115) == "under 0.0001"
    assert decimals_of([0.0], 4) == 0
    assert number(-0.0, 2) == "0.00"
