"""`regulars plan`: what a campaign could prove, from the command line."""

import json
import math
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from regulars_experiments.design import baseline_of_buyers, chance_of_proof
from regulars_web.cli import group

DOCUMENT = Path(__file__).parents[2] / "docs" / "plan-json.md"
SHOP = {"customers": 100_000, "rate": 0.1, "mean": 60, "sd": 45, "holdout": 0.1}


def run(*extra: str, **changed: object) -> Result:
    asked = [f"--{name}={value}" for name, value in (SHOP | changed).items()]
    return CliRunner().invoke(group, ["plan", *asked, *extra])


def planned(*extra: str, **changed: object) -> dict[str, Any]:
    result = run(*extra, "--json", **changed)
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_the_example_of_the_guide_is_what_the_command_prints() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    command = re.search(r"```sh\nregulars (.*)\n```", text)
    example = re.search(r"```json\n(.*)\n```", text, re.DOTALL)
    assert command is not None
    assert example is not None
    result = CliRunner().invoke(group, shlex.split(command[1]))

    def close(one: Any, other: Any) -> bool:
        if isinstance(one, dict):
            return one.keys() == other.keys() and all(close(one[k], other[k]) for k in one)
        return one == pytest.approx(other, rel=1e-6) if isinstance(one, float) else one == other

    assert close(json.loads(example[1]), json.loads(result.stdout))


def test_every_field_of_the_answer_is_in_the_guide() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    def names(value: object) -> set[str]:
        if not isinstance(value, dict):
            return set()
        return set(value).union(*(names(inner) for inner in value.values()))

    document = planned("--segments=4", customers=2_000)  # one with reasons in it
    assert {name for name in names(document) if f"`{name}`" not in text} <= {
        # written `mde_...` there, or under the names that the options have
        "mde_relative",
    }


def test_the_gain_that_would_be_proved_has_the_power_asked_for() -> None:
    document = planned("--power=0.9", "--confidence=0.99")
    chance = chance_of_proof(
        baseline_of_buyers(0.1, 60, 45),
        document["mde_relative"],
        n_control=10_000,
        n_arm=90_000,
        confidence=0.99,
    )
    assert chance[0] == pytest.approx(0.9)
    assert document["mde_per_customer"] == pytest.approx(document["mde_relative"] * 6)
    assert document["mde_money"] == pytest.approx(document["mde_per_customer"] * 100_000)
    assert document["mde_profit"] is None
    assert document["mde_profit_treated"] is None
    with_margin = planned("--power=0.9", "--confidence=0.99", "--margin=0.4")
    assert with_margin["mde_profit"] == pytest.approx(0.4 * document["mde_money"])


def test_in_all_counts_those_who_are_told_as_the_campaign_form_does() -> None:
    document = planned("--margin=0.4", "--segments=4")
    each = document["mde_per_customer"]
    assert document["mde_money_treated"] == pytest.approx(each * 90_000)
    assert document["mde_profit_treated"] == pytest.approx(each * 90_000 * 0.4)
    segment = document["segments"]
    assert segment["mde_money_treated"] == pytest.approx(segment["mde_per_customer"] * 22_500)
    half = document["holdout_sizes"]["learn_most"]
    assert half["mde_money_treated"] == pytest.approx(half["mde_per_customer"] * 50_000)
    printed = run("--margin=0.4").stdout
    assert f"{each * 90_000:,.0f} in all from the 90,000 told" in printed
    assert f"in profit {0.4 * each:.4g} per customer, {0.4 * each * 90_000:,.0f} in all" in printed


def test_a_share_may_be_written_in_percent() -> None:
    in_percent = planned(
        "--margin=40%", "--target=12.5%", "--confidence=90%", "--power=70%", rate="10%",
        holdout="10 %",
    )  # fmt: skip
    assert in_percent == planned(
        "--margin=0.4", "--target=0.125", "--confidence=0.9", "--power=0.7"
    )


def test_a_campaign_that_is_expected_to_lose_says_so() -> None:
    words = run("--prior-mean=0.1", "--margin=0.4", "--contact-cost=1").stdout
    # half of the list at 0.4 x 0.1 - 1 each
    assert re.search(r"learn most +50,000 \(50.0%\), proves \+[\d.]+%, saves 48,000\n", words)
    assert "withholds" not in words
    assert "costs more than it is expected to bring (1 against 0.04 per customer)" in words
    assert "To be proved: 2.5 per customer." in words
    assert "costs more than" not in run("--margin=0.4", "--contact-cost=0.02").stdout


def test_small_figures_keep_two_digits_and_nobody_is_not_a_decimal() -> None:
    huge = run(customers=10**11).stdout
    assert not re.search(r"[+( ]0\.0+%", huge)
    assert not re.search(r"from ([\d.]+%) to \1", huge)
    few = run(customers=30, rate=0.01).stdout
    assert "3 of 30 customers held out (10.0%), of whom fewer than one is expected to buy." in few
    assert "0 of 2 customers held out (10.0%).\n" in run(customers=2).stdout


def test_one_of_several_segments_needs_a_larger_gain_and_more_so_when_all_are_looked_at() -> None:
    document = planned("--segments=5")
    segments = document["segments"]
    assert segments["confidence"] == pytest.approx(0.99)
    assert segments["mde_relative"] > segments["alone"]["mde_relative"] > document["mde_relative"]
    alone = planned(customers=20_000)
    assert segments["alone"]["mde_relative"] == pytest.approx(alone["mde_relative"])
    assert planned("--segments=1")["segments"]["mde_money"] == document["mde_money"]


def test_the_three_holdouts_are_in_order_of_their_wishes() -> None:
    sizes = planned("--margin=0.4", "--contact-cost=0.02")["holdout_sizes"]
    assert list(sizes) == ["learn_most", "earn_most", "convince_finance"]
    assert sizes["learn_most"]["customers"] == 50_000
    assert 0 < sizes["earn_most"]["customers"] < sizes["learn_most"]["customers"]
    finance = sizes["convince_finance"]
    assert finance["mde_per_customer"] <= 0.6  # 10% of 6 per customer, nothing else being given
    assert planned(holdout=finance["share"])["mde_per_customer"] == finance["mde_per_customer"]
    for size in sizes.values():
        assert size["withheld"] == pytest.approx(size["customers"] * (0.4 * 0.3 - 0.02))


def test_what_is_believed_and_wanted_can_be_said() -> None:
    said = ("--prior-mean=0.2", "--prior-sd=0.5", "--target=0.2", "--horizon=8")
    assumed = planned(*said)["assumed"]
    assert (assumed["prior_mean"], assumed["prior_sd"], assumed["horizon"]) == (0.2, 0.5, 8)
    assert assumed["target"] == pytest.approx(0.2 * 6)
    assert assumed["prior_given"]
    assert not planned()["assumed"]["prior_given"]


def test_too_few_buyers_are_a_reason_and_not_a_number() -> None:
    document = planned("--segments=2", customers=1_000)
    assert document["mde_relative"] is None
    assert document["mde_money"] is None
    assert document["mde_buyers"] is None
    assert document["code"] == "too_few_buyers"
    assert document["segments"]["code"] == "too_few_buyers"
    assert document["holdout_sizes"]["learn_most"]["customers"] == 500
    for size in planned(customers=100)["holdout_sizes"].values():
        assert size["code"] == "too_few_buyers"
        assert size["customers"] is None


def test_a_target_out_of_reach_is_said_to_be() -> None:
    finance = planned("--target=0.001")["holdout_sizes"]["convince_finance"]
    assert finance["code"] == "not_detectable"


def test_where_not_sending_is_best_it_says_so() -> None:
    said = ("--prior-mean=0.1", "--prior-sd=0.6", "--margin=0.4", "--contact-cost=1")
    earn = planned(*said)["holdout_sizes"]["earn_most"]
    assert (earn["customers"], earn["code"]) == (None, "sending_does_not_pay")
    words = run(*said).stdout
    assert re.search(r"earn most +none: sending is expected to cost more", words)
    assert "sending now is not worth what it teaches." in words
    doubtful = run("--prior-mean=-0.1", "--prior-sd=0.6", "--margin=0.4").stdout
    assert "sending now is worth only what it teaches." in doubtful


def test_the_chance_of_the_target_is_the_power_where_the_target_is_what_is_detectable() -> None:
    gain = planned("--power=0.7")["mde_relative"]
    assert planned(f"--target={gain}")["target_chance"] == pytest.approx(0.7)
    assert planned(customers=1_000)["target_chance"] is None


def test_numbers_are_written_without_the_noise_of_binary_fractions() -> None:
    text = run("--prior-sd=0.3", "--margin=0.4", "--contact-cost=0.1", "--json").stdout
    assert '"prior_mean": 0.15' in text
    digits = [number.replace(".", "").lstrip("0") for number in re.findall(r"\d+\.\d+", text)]
    assert digits
    assert max(len(found) for found in digits) <= 12


def test_without_json_it_speaks_plainly(tmp_path: Path) -> None:
    result = run("--segments=4", f"--json={tmp_path / 'plan.json'}")
    assert result.exit_code == 0
    assert "10,000 of 100,000 customers held out (10.0%), of whom about 1,000" in result.stdout
    assert re.search(r"convince finance +[\d,]+ \([\d.]+%\), proves \+10.0%", result.stdout)
    assert json.loads((tmp_path / "plan.json").read_text(encoding="utf-8")) == planned(
        "--segments=4"
    )
    few = run(customers=1_000)
    assert "none: fewer than 30 buyers are expected" in few.stdout
    nothing_left = run("--horizon=0")
    assert "no holdout: knowing more would not pay" in nothing_left.stdout


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("holdout", "10", "expected a share between 0 and 1, as in 0.1 or 10%, got 10"),
        ("holdout", "0", "expected a share between 0 and 1"),
        ("rate", "nan", "expected a share above 0 and at most 1"),
        ("rate", "0", "expected a share above 0 and at most 1"),
        ("mean", "0", "expected an amount above 0, got 0"),
        ("mean", "inf", "expected an amount above 0, got inf"),
        ("sd", "-1", "expected an amount from 0 up, got -1"),
        ("customers", "1", "1 is not in the range x>=2"),
        ("customers", "many", "'many' is not a valid integer"),
        ("segments", "0", "0 is not in the range x>=1"),
        ("segments", "50001", "at most half as many segments as customers (100,000)"),
        ("prior-sd", "0", "expected an amount above 0"),
        ("prior-mean", "inf", "expected a number, got inf"),
        ("margin", "40", "expected a share above 0 and at most 1, as in 0.05 or 5%, got 40"),
        ("margin", "101%", "expected a share above 0 and at most 1"),
        ("margin", "forty", "expected a share above 0 and at most 1"),
        ("contact-cost", "-0.1", "expected an amount from 0 up"),
        ("horizon", "-1", "-1 is not in the range"),
        ("target", "0", "expected a share above 0, as in 0.1 or 10%, got 0"),
        ("power", "1", "expected a share between 0 and 1"),
        ("confidence", "95", "expected a share between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(option: str, value: str, said: str) -> None:
    result = run(f"--{option}={value}") if option not in SHOP else run(**{option: value})
    assert result.exit_code == 2
    assert said in result.stderr
    assert f"--{option}" in result.stderr


@pytest.mark.parametrize(
    "changed",
    [
        {"rate": 1, "sd": 0},
        {"customers": 2},
        {"customers": 10**9},
        {"mean": 1e12, "sd": 1e13},
        {"rate": 1e-9},
        {"segments": 50_000},
        {"sd": 1e-9},
        {"confidence": 0.999999},
    ],
)
def test_at_the_edges_every_number_is_finite_or_has_a_reason(changed: dict[str, float]) -> None:
    def numbers(value: object) -> list[float]:
        if isinstance(value, dict):
            return [number for inner in value.values() for number in numbers(inner)]
        return [value] if isinstance(value, float) else []

    document = planned(**changed)
    assert all(math.isfinite(number) for number in numbers(document))
    assert document["mde_relative"] is not None or document["not_estimable"]
