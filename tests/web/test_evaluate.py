"""`regulars evaluate`: any randomised file, without a shop; the figures of a real one; refusals."""

import gzip
import json
import re
import shlex
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from regulars_experiments.results import REASONS
from regulars_platform.errors import RegularsError
from regulars_web.cli import group

HILLSTROM = Path(__file__).parents[3] / "shared" / "data" / "hillstrom.csv"
DOCUMENT = Path(__file__).parents[2] / "docs" / "evaluation-json.md"
ASKED = (
    "--arm", "segment", "--control", "No E-Mail", "--conversion", "visit=visit",
    "--conversion", "conversion=conversion", "--metric", "spend=spend", "--segment", "newbie",
)  # fmt: skip


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, ["evaluate", *map(str, arguments)])


def printed(*arguments: str | Path) -> dict[str, Any]:
    result = run(*arguments, "--json", "-")
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


@pytest.fixture(scope="module")
def hillstrom() -> Path:
    if not HILLSTROM.is_file():
        pytest.skip(f"the real data are not here: {HILLSTROM}")
    return HILLSTROM


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    """60 customers with a group, a purchase and an amount."""
    path = tmp_path / "customers.csv"
    lines = [
        f"{'held' if i % 3 else 'mail'},{i % 2},{i % 7 * 2.5},{'a' if i % 4 else 'b'}"
        for i in range(60)
    ]
    path.write_text("\n".join(["arm,bought,spend,tier", *lines]), encoding="utf-8")
    return path


# The real campaign


@pytest.mark.shared
def test_the_real_campaign_gives_its_known_figures(hillstrom: Path) -> None:
    document = printed(hillstrom, *ASKED)
    arms = {entry["arm"]: entry["n"] for entry in document["arms"]}
    assert arms == {"No E-Mail": 21_306, "Mens E-Mail": 21_307, "Womens E-Mail": 21_387}
    assert document["arms"][0]["arm"] == "No E-Mail"
    assert document["checks"]["rows"] == 64_000
    assert document["checks"]["rows_without_arm"] == 0
    found = {
        (effect["metric"], effect["arm"]): effect
        for effect in document["effects"]
        if effect["segment"] is None
    }
    for metric, arm, low, known, means in (
        ("visit", "Mens E-Mail", 1e-4, 0.0766, (0.182757, 0.106167)),
        ("visit", "Womens E-Mail", 1e-4, 0.0452, (0.151400, 0.106167)),
        ("spend", "Mens E-Mail", 1e-3, 0.770, (1.4226, 0.6528)),
        ("spend", "Womens E-Mail", 1e-3, 0.424, (1.0772, 0.6528)),
    ):
        effect = found[metric, arm]
        assert effect["difference"]["estimate"] == pytest.approx(known, abs=low / 2)
        assert (effect["mean_arm"], effect["mean_control"]) == pytest.approx(means, abs=5e-5)
        assert effect["difference"]["low"] > 0
        assert effect["difference"]["p_value"] < 0.01


@pytest.mark.shared
def test_the_real_campaign_has_one_record_per_metric_arm_and_segment(hillstrom: Path) -> None:
    effects = printed(hillstrom, *ASKED)["effects"]
    keys = [
        (e["metric"], e["arm"], e["segment"] and (e["segment"]["column"], e["segment"]["value"]))
        for e in effects
    ]
    assert len(keys) == len(set(keys)) == 3 * 2 * 3
    assert {key[2] for key in keys} == {None, ("newbie", "0"), ("newbie", "1")}
    for metric, arm, segment in keys:
        if segment is None:
            parts = [
                e for e in effects if e["metric"] == metric and e["arm"] == arm and e["segment"]
            ]
            whole = next(
                e for e in effects if (e["metric"], e["arm"], e["segment"]) == (metric, arm, None)
            )
            assert sum(e["n_arm"] for e in parts) == whole["n_arm"]


@pytest.mark.shared
def test_the_same_rows_in_any_order_and_form_give_the_same_bytes(
    hillstrom: Path, tmp_path: Path
) -> None:
    """Repeated, shuffled, gzipped, and as Parquet with numbers for text."""
    rows = pl.read_csv(hillstrom, infer_schema=False)
    forms = {}
    for name in ("again", "shuffled", "packed", "parquet"):
        (tmp_path / name).mkdir()
        forms[name] = tmp_path / name / "hillstrom.csv"
    forms["again"].write_bytes(hillstrom.read_bytes())
    rows.sample(fraction=1, shuffle=True, seed=1).write_csv(forms["shuffled"])
    forms["packed"].write_bytes(gzip.compress(hillstrom.read_bytes(), 1, mtime=0))
    typed = rows.with_columns(
        pl.col("spend").cast(pl.Float64), pl.col("visit", "conversion", "newbie").cast(pl.Int64)
    )
    typed.write_parquet(forms["parquet"])
    written = []
    for path in (hillstrom, *forms.values()):
        out = tmp_path / "out.json"
        assert run(path, *ASKED, "--covariate", "history", "--json", out).exit_code == 0
        written.append(out.read_bytes())
    assert len(set(written)) == 1


# What is written


def alike(found: object, known: object) -> bool:
    """The same JSON, numbers to 1e-9: other machines may round the last digits differently."""
    if isinstance(found, dict) and isinstance(known, dict):
        return list(found) == list(known) and all(alike(found[key], known[key]) for key in known)
    if isinstance(found, list) and isinstance(known, list):
        return len(found) == len(known) and all(map(alike, found, known))
    if isinstance(found, float) and isinstance(known, float):
        return found == pytest.approx(known, rel=1e-9)
    return type(found) is type(known) and found == known


def block(kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_documented_example_is_what_comes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "customers.csv").write_text(block("csv"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    command = shlex.split(block("sh"))
    assert command[:2] == ["regulars", "evaluate"]
    result = CliRunner().invoke(group, command[1:])
    assert result.exit_code == 0, result.output
    assert alike(json.loads(result.stdout), json.loads(block("json")))


def test_every_field_and_reason_is_documented(customers: Path) -> None:
    document = printed(
        customers, "--arm", "arm", "--control", "held", "--conversion", "b=bought",
        "--metric", "s=spend", "--ratio", "r=spend/bought", "--segment", "tier",
    )  # fmt: skip
    documented = set(re.findall(r"`([a-z_]+)`", DOCUMENT.read_text(encoding="utf-8")))

    def names(value: object) -> set[str]:
        if isinstance(value, dict):
            return {str(key) for key in value}.union(*(names(inner) for inner in value.values()))
        return (
            set[str]().union(*(names(inner) for inner in value))
            if isinstance(value, list)
            else set()
        )

    assert names(document) - documented == set()
    assert {reason.value for reason in REASONS} - documented == set()


def test_the_page_holds_everything_and_escapes_what_the_file_says(tmp_path: Path) -> None:
    path, page = tmp_path / "customers.csv", tmp_path / "page.html"
    lines = [f"{'held' if i % 2 else '<script>alert(1)</script>'},{i % 5}" for i in range(40)]
    path.write_text("\n".join(["arm,spend", *lines]), encoding="utf-8")
    result = run(
        path, "--arm", "arm", "--control", "held", "--metric", "<b>s</b>=spend", "--html", page
    )
    assert result.exit_code == 0, result.output
    text = page.read_text(encoding="utf-8")
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "<b>" not in text
    assert not re.search(r"(?:src|href)\s*=", text)  # nothing is fetched
    assert "20" in text


def test_the_terminal_says_the_effect_in_one_line_each(customers: Path) -> None:
    result = run(
        customers, "--arm", "arm", "--control", "held", "--conversion", "b=bought",
        "--segment", "tier", "--confidence", "0.999",
    )  # fmt: skip
    lines = result.output.splitlines()
    assert lines[0] == "held (control): 40"
    assert lines[1] == "mail: 20"
    assert sum(line.startswith("b, mail") for line in lines) == 3
    assert "99.9%" in result.output
    assert any(line.startswith("b, mail [tier = a]") for line in lines)


# Refusals

BASE = ("--arm", "arm", "--control", "held", "--metric", "s=spend")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--arm", "arm", "--control", "held"), "Name at least one --metric"),
        ((*BASE, "--metric", "s=bought"), "used twice"),
        ((*BASE, "--metric", "spend"), "expected NAME=COL, got 'spend'"),
        ((*BASE, "--ratio", "r=spend"), "expected NAME=NUM/DEN"),
        ((*BASE, "--confidence", "1"), "expected a number from 0.5 to below 1"),
        ((*BASE, "--confidence", "nan"), "expected a number from 0.5 to below 1"),
        ((*BASE, "--share", "held=0"), "a share above 0"),
        ((*BASE, "--share", "held=much"), "a share above 0"),
        ((*BASE, "--segment", "arm"), "cannot be the arm and a segment"),
        ((*BASE, "--segment", "spend"), "cannot be a metric or covariate"),
        ((*BASE, "--covariate", "arm"), "cannot be a metric or covariate"),
        ((*BASE, "--json", "/no/such/folder/out.json"), "No such file or directory"),
        ((*BASE, "--html", "/no/such/folder/out.html"), "No such file or directory"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_in_words(
    customers: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    result = run(customers, *arguments)
    assert result.exit_code in (1, 2)
    assert sentence in result.output
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--arm", "group", "--control", "held", "--metric", "s=spend"), "has no column 'group'"),
        (("--arm", "arm", "--control", "none", "--metric", "s=spend"), "no control value 'none'"),
        (("--arm", "arm", "--control", "held", "--metric", "s=tier"), "should hold numbers"),
        (
            ("--arm", "arm", "--control", "held", "--conversion", "s=spend"),
            "A conversion is 0 or 1",
        ),
        ((*BASE, "--share", "held=1"), "Shares are needed for exactly these arms"),
    ],
)
def test_a_file_that_does_not_fit_the_question_is_refused_in_words(
    customers: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    result = run(customers, *arguments)
    assert isinstance(result.exception, RegularsError)  # `main` prints it and exits with 2
    assert sentence in str(result.exception)
