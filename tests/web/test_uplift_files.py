"""`regulars uplift` on files as shops have them: gaps, dates, weights, odd numbers; its words."""

import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars_web.commands.uplift_words import said
from tests.web.uplift_campaigns import ASKED, customers, printed, refused, run

MAILED = shlex.split("--arm g --treated mail --control held --outcome y --learner T/linear")


def drawn(rows: int = 3_000, seed: int = 2, held: float = 0.5) -> pl.DataFrame:
    """An amount that mail raises by 1 from x = 1 on and lowers by 1 below."""
    rng = np.random.default_rng(seed)
    told, x = rng.random(rows) >= held, rng.integers(0, 40, rows) / 20
    amount = 20 + rng.normal(size=rows) + np.where(told, np.where(x >= 1, 1.0, -1.0), 0.0)
    return pl.DataFrame({"g": np.where(told, "mail", "held"), "x": x, "y": amount})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "campaign.parquet"


def told(found: dict[str, Any]) -> dict[str, Any]:
    """The line of the best question that says whom to mail."""
    line: dict[str, Any] = next(line for line in found["one_column"]["lines"] if line["arm"])
    return line


# Features


def test_numbers_with_gaps_in_words_stay_numbers(tmp_path: Path) -> None:
    gaps = pl.when(pl.int_range(pl.len()) % 50 == 0).then(pl.lit(" NA "))
    file = tmp_path / "campaign.csv"
    drawn().with_columns(x=gaps.otherwise(pl.col("x").cast(pl.String))).write_csv(file)
    found = printed(file, *MAILED)
    assert found["warnings"] == []
    assert told(found)["words"].strip("()").startswith("x at least ")
    assert abs(told(found)["conditions"][0]["at_least"] - 1) <= 0.1


def test_numbers_with_a_few_words_are_warned_of_by_name(tmp_path: Path) -> None:
    words = pl.when(pl.int_range(pl.len()) % 50 == 0).then(pl.lit("unknown"))
    file = tmp_path / "campaign.csv"
    drawn().with_columns(x=words.otherwise(pl.col("x").cast(pl.String))).write_csv(file)
    [warning] = printed(file, *MAILED)["warnings"]
    assert (warning["code"], warning["subject"]) == ("almost_numbers", "x")
    assert "60 of 3,000 are not: 'unknown'" in warning["words"]


@pytest.mark.parametrize(
    ("suffix", "kind"), [("csv", pl.Date), ("parquet", pl.Date), ("parquet", pl.Datetime("us"))]
)
def test_dates_are_days_and_written_as_dates(
    tmp_path: Path, suffix: str, kind: pl.DataType
) -> None:
    since = pl.date(2024, 3, 1) + pl.duration(days=(pl.col("x") * 20).cast(pl.Int64))
    frame = drawn().select("g", "y", joined=since.cast(kind))
    file = tmp_path / f"campaign.{suffix}"
    frame.write_csv(file) if suffix == "csv" else frame.write_parquet(file)
    found = printed(file, *MAILED)
    assert found["warnings"] == []
    line = told(found)
    condition = line["conditions"][0]
    assert condition["date"]
    day = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=condition["at_least"])
    assert line["words"] == f"joined at least {day:%Y-%m-%d}"
    assert abs(day - datetime(2024, 3, 21, tzinfo=UTC)) <= timedelta(days=1)


def test_thresholds_are_exact(path: Path) -> None:
    moment = 1_767_225_600_123 + (pl.col("x") * 20).cast(pl.Int64) * 7  # milliseconds
    frame = drawn().select("g", "y", seen=moment)
    frame.write_parquet(path)
    found = printed(path, *MAILED)
    line = told(found)
    threshold = line["conditions"][0]["at_least"]
    assert line["words"] == f"seen at least {threshold:.0f}"
    assert int((frame["seen"] >= threshold).sum()) == line["customers"]


# Weights


def test_a_sample_with_weights_is_valued_as_the_audience_that_it_stands_for(path: Path) -> None:
    rng = np.random.default_rng(8)
    whole = drawn(20_000, held=0.1).with_columns(
        w=pl.when(pl.col("g") == "mail").then(9.0).otherwise(1.0)
    )
    whole.filter(pl.Series(rng.random(20_000)) < 1 / pl.col("w")).write_parquet(path)
    asked = (*MAILED, "--weight", "w", "--feature", "x")
    planned = printed(path, *asked, "--share", "held=1", "--share", "mail=9")
    assert planned["policy"]["low"] < 0.5 < planned["policy"]["high"]
    found = printed(path, *asked)
    assert found["arms"][0]["chance"] == pytest.approx(0.1, abs=0.01)
    assert "do not have the shares" in refused(
        path, *asked, "--share", "held=1", "--share", "mail=1"
    )


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("y", float("inf"), "'y' holds inf"),
        ("y", -1e300, "'y' holds -1e+300"),
        ("w", float("inf"), "'w' holds inf"),
        ("w", float("nan"), "numbers of 0 or more for every row"),
        ("w", -1.0, "numbers of 0 or more for every row"),
    ],
)
def test_numbers_that_nothing_can_be_added_to_are_refused(
    path: Path, column: str, value: float, words: str
) -> None:
    frame = drawn(300).with_columns(w=pl.lit(1.0))
    odd = pl.when(pl.int_range(pl.len()) == 7).then(value).otherwise(pl.col(column))
    frame.with_columns(odd.alias(column)).write_parquet(path)
    assert words in refused(path, *MAILED, "--weight", "w")


def test_weights_of_nothing_are_refused(path: Path) -> None:
    drawn(300).with_columns(w=pl.lit(0.0)).write_parquet(path)
    assert "are all 0" in refused(path, *MAILED, "--weight", "w")
    held = pl.when(pl.col("g") == "held").then(0.0).otherwise(1.0)
    drawn(300).with_columns(w=held).write_parquet(path)
    assert "a weight above 0, the control too" in refused(path, *MAILED, "--weight", "w")


# Arms, ids, learners


def test_an_arm_of_fractions_is_named_by_its_number(path: Path) -> None:
    coded = pl.when(pl.col("g") == "mail").then(1.0).otherwise(0.0)
    drawn().with_columns(g=coded).write_parquet(path)
    found = printed(path, *shlex.split("--arm g --treated 1 --control 0"), *MAILED[6:])
    assert [arm["arm"] for arm in found["arms"]] == ["0", "1"]
    assert sum(arm["customers"] for arm in found["arms"]) == 3_000


@pytest.mark.parametrize("name", ["row", "arm", "fold", "action", "effect:mail"])
def test_an_id_does_not_write_over_the_scores(path: Path, name: str) -> None:
    drawn(300).with_columns(pl.int_range(pl.len()).alias(name)).write_parquet(path)
    output = refused(path, *MAILED, "--id", name, "--scores", path.with_suffix(".csv"))
    assert "cannot be the --id" in output


def test_costs_that_make_money_of_yes_and_no_are_named(path: Path) -> None:
    yes = (pl.col("y") > 20).cast(pl.Int64)
    drawn().with_columns(y=yes).write_parquet(path)
    classes = (*MAILED[:-1], "class transformation/linear")
    sentence = refused(path, *classes, "--contact-cost", "0.1")
    assert "--contact-cost made it money" in sentence
    drawn().write_parquet(path)
    assert not refused(path, *classes).endswith("..")


# Words


def test_where_choices_differ_their_value_is_not_called_that_of_the_plan(tmp_path: Path) -> None:
    rng = np.random.default_rng([9, 10])
    mailed, x = rng.random(1_500) < 0.5, rng.normal(size=1_500).round(1)
    amount = rng.normal(size=1_500) + 10 + np.where(mailed, 0.1 * (x > 0) - 0.05, 0)
    file = tmp_path / "weak.csv"
    pl.DataFrame({"g": np.where(mailed, "mail", "held"), "x": x, "y": amount}).write_csv(file)
    found = printed(file, *MAILED)
    chosen = found["chosen"]
    assert chosen["kind"] == "nobody"
    assert set(chosen["picked_per_fold"]) != {"nobody"}
    assert not chosen["settled"]
    lines = list(said(found))
    plan = next(place for place, line in enumerate(lines) if line.startswith("Plan: nobody"))
    assert lines[plan + 2].startswith("  Chosen without each fifth of the customers: nobody ")
    assert lines[plan + 2].endswith("once.")
    assert lines[plan + 3] == "  Choosing like this earns, in place of this plan's own value:"
    assert chosen["standing"]["value"]["value"] == 0


def test_a_settled_plan_has_its_value_beside_it(path: Path) -> None:
    customers().write_parquet(path)
    found = printed(path, *ASKED)
    assert found["chosen"]["settled"]
    assert found["chosen"]["standing"]["value"]["value"] == found["policy"]["value"]
    assert not any("Choosing like this" in line for line in said(found))


def test_what_cannot_be_told_is_said_once(path: Path) -> None:
    # 32 of those held out bought, and 23 would have at the rate of all
    place = pl.int_range(pl.len())
    held, few = place < 100, (place < 32) | (place >= 900 - 100)
    rng = np.random.default_rng(1)
    frame = pl.DataFrame({"x": rng.integers(0, 9, 1_000), "y": rng.random(1_000) + 1})
    frame.with_columns(
        g=pl.when(held).then(pl.lit("held")).otherwise(pl.lit("mail")),
        y=pl.when(few).then("y").otherwise(0.0),
    ).write_parquet(path)
    document = printed(path, *MAILED)
    assert document["policy"]["against"]["everyone"]["verdict"] == "cannot_tell"
    lines = [line for line in said(document) if "cannot be told" in line]
    assert lines
    assert all(line.count("cannot be told") == 1 for line in lines)


def test_of_several_arms_it_is_said_who_gets_which(path: Path) -> None:
    rng = np.random.default_rng(3)
    arm, x = rng.choice(["held", "sms", "phone"], 3_000), rng.integers(0, 2, 3_000)
    lift = np.where(arm == "sms", x, np.where(arm == "phone", 1 - x, 0))
    amount = 20 + rng.normal(size=3_000) + lift
    pl.DataFrame({"g": arm, "x": x, "y": amount}).write_parquet(path)
    found = printed(path, *MAILED[:2], "--treated", "sms", "--treated", "phone", *MAILED[4:])
    lines = "\n".join(said(found))
    assert "against telling everyone (the best single arm): +0.5" in lines
    assert "those who buy most, each by the arm under which they do" in lines


def test_the_curve_is_that_of_the_ranking_followed(path: Path) -> None:
    rng = np.random.default_rng(5)
    mailed, x, z = rng.random(3_000) < 0.5, *rng.normal(size=(2, 3_000))  # no two questions do
    amount = 20 + rng.normal(size=3_000) + np.where(mailed, x + z, 0)
    frame = pl.DataFrame({"g": np.where(mailed, "mail", "held"), "x": x, "z": z, "y": amount})
    frame.write_parquet(path)
    found = printed(path, *MAILED)
    assert found["chosen"]["name"] == "response (linear)"
    assert found["gain_curve"]["ranking"] == "response model (linear)"


def test_lines_of_one_action_are_one_line_on_the_terminal(path: Path) -> None:
    customers().write_parquet(path)
    result = run(path, *ASKED)
    card = result.stdout.split("The targeting card (two questions):\n")[1].splitlines()
    assert card[0].startswith("  tell (mail): visits at least 4 - ")
    assert card[1].startswith("  leave alone: visits below 4 - ")


def test_progress_into_a_pipe_is_one_line(path: Path) -> None:
    drawn(1_000).write_parquet(path)
    assert run(path, *MAILED).stderr == "15/15 fits\n"
