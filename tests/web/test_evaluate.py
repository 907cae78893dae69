"""`regulars evaluate`: any randomised file, without a shop; the figures of a real one; refusals."""

import gzip
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result
from statsmodels.stats.multitest import multipletests

from regulars_experiments.results import REASONS
from regulars_platform.errors import RegularsError
from regulars_web.cli import group
from regulars_web.commands.evaluate import evaluate

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
def shop(tmp_path: Path) -> Path:
    """4,000 customers in three arms; the coupon gives 2 on most purchases of its arm."""
    rng = np.random.default_rng(5)
    n = 4_000
    arm = rng.choice(["held", "mail", "coupon"], n)
    bought = rng.random(n) < np.where(arm == "held", 0.2, 0.25)
    used = bought & (arm == "coupon") & (rng.random(n) < 0.7)
    path = tmp_path / "shop.csv"
    pl.DataFrame(
        {
            "arm": arm,
            "bought": bought.astype(int),
            "spend": np.where(bought, np.round(rng.lognormal(2.5, 0.8, n), 2), 0.0),
            "before": np.round(rng.gamma(2, 10, n), 2),
            "tier": rng.choice(["gold", "plain"], n),
            "shop": rng.choice(["north", "south"], n),
            "cost": np.where(used, 2.0, 0.0),
            "used": used.astype(int),
        }
    ).write_csv(path)
    return path


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


def block(kind: str, which: int = 0) -> str:
    found = re.findall(rf"```{kind}\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    return str(found[which])


def within(part: object, whole: object) -> bool:
    """Every field of `part`, and every entry of its lists, is in `whole`."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return all(any(within(value, other) for other in whole) for value in part)
    return alike(part, whole)


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


def test_the_documented_plan_that_mixes_everything_gives_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    subprocess.run([sys.executable, "-c", block("python")], check=True)
    result = CliRunner().invoke(group, shlex.split(block("sh", 1))[1:])
    assert result.exit_code == 0, result.output
    shown, found = json.loads(block("json", 1)), json.loads(result.stdout)
    assert within(shown, found)
    assert not within({**shown, "confidence": 0.9}, found)
    methods = {other["method"] for other in shown["effects"][0]["sensitivity"]}
    assert {"CUPED, at every look", "post-stratified, at every look"} <= methods


EVERYTHING = (
    "--arm", "arm", "--control", "held", "--conversion", "b=bought", "--metric", "s=spend",
    "--ratio", "r=spend/bought", "--segment", "tier", "--pool-segments", "--secondary", "b",
    "--covariate", "before", "--stratum", "shop", "--winsorise", "12", "--sequential", "900",
    "--margin", "35%-45%", "--contact-cost", "0.05", "--offer-cost", "cost", "--uptake", "used",
)  # fmt: skip


def test_every_field_option_and_reason_is_documented(shop: Path) -> None:
    document = printed(shop, *EVERYTHING)
    text = DOCUMENT.read_text(encoding="utf-8")
    for option in evaluate.params:
        if option.name not in ("file", "arm", "control", "json_out", "html_out", "language"):
            assert f"`{option.opts[0]}" in text, option.opts
            assert isinstance(option, click.Option)
            assert option.help or option.name == "confidence"
    documented = set(re.findall(r"`([a-z_]+)`", DOCUMENT.read_text(encoding="utf-8")))

    def names(value: object) -> set[str]:
        if isinstance(value, dict):
            return {str(key) for key in value}.union(*(names(inner) for inner in value.values()))
        return (
            set[str]().union(*(names(inner) for inner in value))
            if isinstance(value, list)
            else set()
        )

    assert names(document) - documented - {"s"} == set()  # a metric's own name
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


def test_a_dash_prints_the_page(
    customers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(customers, *BASE, "--html", "-")
    assert result.exit_code == 0
    assert result.stdout.startswith("<!doctype html>")
    assert result.stdout.rstrip().endswith("</html>")
    assert not (tmp_path / "-").exists()


def test_the_terminal_says_the_effect_in_one_line_each(customers: Path) -> None:
    result = run(
        customers, "--arm", "arm", "--control", "held", "--conversion", "b=bought",
        "--segment", "tier", "--confidence", "0.999",
    )  # fmt: skip
    lines = result.output.splitlines()
    assert lines[0] == "held (control): 40"
    assert lines[1] == "mail: 20"
    effects = [line for line in lines if line.startswith("b, mail") and "points (" in line]
    assert len(effects) == 3
    assert any("proved to differ between the values of tier" in line for line in lines)
    assert "99.9%" in result.output
    assert any(line.startswith("b, mail [tier = a]") for line in lines)


# What it earned


def net_of(document: dict[str, Any], arm: str, value: str | None = None) -> dict[str, Any]:
    return next(
        entry
        for entry in document["profit"]["groups"]
        if entry["arm"] == arm and (entry["segment"] and entry["segment"]["value"]) == value
    )


def test_the_bars_add_up_to_the_net_of_the_rows(shop: Path) -> None:
    document = printed(shop, *EVERYTHING, "--contact-cost", "coupon=0.15")
    rows = pl.read_csv(shop)
    for arm, contact in (("mail", 0.05), ("coupon", 0.15)):
        for value in (None, "gold", "plain"):
            part = rows if value is None else rows.filter(tier=value)
            means = {
                name: part.filter(arm=name).select(pl.col("spend", "cost").mean()).row(0)
                for name in (arm, "held")
            }
            net = (
                0.4 * (means[arm][0] - means["held"][0])
                - means[arm][1]
                + means["held"][1]
                - contact
            )
            found = net_of(document, arm, value)
            assert found["net"]["estimate"] == pytest.approx(net, abs=1e-12)
            # nobody of the mail arm had a coupon to use
            assert ("code" in found["bars"][1]) == (arm == "mail")
            bars = [bar.get("estimate", 0) for bar in found["bars"]]
            assert sum(bars) == pytest.approx(net, abs=1e-12)
            assert bars[2] == -contact
    assert document["profit"]["contact_cost"] == [
        {"arm": "held", "per_customer": 0.0},
        {"arm": "coupon", "per_customer": 0.15},
        {"arm": "mail", "per_customer": 0.05},
    ]


def test_an_arm_without_the_offer_says_that_nobody_used_it(shop: Path, tmp_path: Path) -> None:
    """Its cost is not said to be exactly nothing."""
    page = tmp_path / "page.html"
    result = run(shop, *EVERYTHING, "--html", page)
    assert "offer (nobody used it)" in result.output
    assert page.read_text(encoding="utf-8").count("nobody used it") == 1


def test_verdicts_and_returns_on_cost_follow_the_net(shop: Path) -> None:
    """A dear contact loses for certain, a free one cannot be divided by."""
    plan = ("--arm", "arm", "--control", "held", "--metric", "s=spend", "--margin", "0.4")
    dear = printed(shop, *plan, "--contact-cost", "3")["profit"]["groups"]
    assert {entry["evidence"] for entry in dear} == {"proved_worse"}
    assert all(entry["return_on_cost"]["high"] < 1 for entry in dear)
    assert all(entry["chance_pays"] < 0.001 for entry in dear)
    assert all(entry["loss_if_kept"] > 1 > entry["loss_if_stopped"] for entry in dear)
    free = printed(shop, *plan)["profit"]["groups"]
    assert {entry["return_on_cost"]["code"] for entry in free} == {"not_a_ratio"}
    for entry in free:
        gain = entry["loss_if_stopped"] - entry["loss_if_kept"]
        assert gain == pytest.approx(entry["net"]["estimate"], abs=1e-9)


def test_a_look_before_the_end_is_wider_and_keeps_the_ordinary_answer_beside_it(
    shop: Path,
) -> None:
    plan = ("--arm", "arm", "--control", "held", "--metric", "s=spend", "--margin", "40%")
    one, early = printed(shop, *plan), printed(shop, *plan, "--sequential", "40000")
    assert early["sequential"] == {"planned_customers": 40_000, "customers": 4_000}
    for arm in ("mail", "coupon"):
        ordinary, safe = net_of(one, arm), net_of(early, arm)
        assert ordinary["at_one_look"] is None
        assert safe["at_one_look"] == ordinary["net"]
        assert safe["net"]["standard_error"] == ordinary["net"]["standard_error"]
        assert safe["net"]["low"] < ordinary["net"]["low"]
        assert ordinary["net"]["high"] < safe["net"]["high"]


def test_what_holds_at_one_look_only_says_so_or_has_no_test(shop: Path) -> None:
    early = printed(shop, *EVERYTHING)
    beside = [
        other["method"]
        for record in (*early["effects"], *early["profit"]["groups"])
        for other in record["sensitivity"]
    ]
    told = {(m.startswith("at one look: "), m.endswith(", at every look")) for m in beside}
    assert told == {(True, False), (False, True)}
    assert "at one look: Welch" in beside
    assert early["segment_tests"]
    assert {test["p_value"] for test in early["segment_tests"]} == {None}
    assert {test["corrected"] for test in early["segment_tests"]} == {None}
    one = [option for option in EVERYTHING if option not in ("--sequential", "900")]
    assert all(0 <= test["p_value"] <= 1 for test in printed(shop, *one)["segment_tests"])
    said = run(shop, *EVERYTHING).output
    assert "differs between the values of tier is not tested before the planned end" in said


def test_ratios_hold_at_every_look_as_well(shop: Path) -> None:
    """At the planned end a peek-safe set reaches 1.55 times as far, in Fieller's shape."""
    plan = (
        "--arm", "arm", "--control", "held", "--metric", "s=spend", "--uptake", "used",
        "--margin", "0.4", "--contact-cost", "0.3",
    )  # fmt: skip
    one, early = printed(shop, *plan), printed(shop, *plan, "--sequential", "4000")
    sets = [
        (
            next(entry for entry in document["complier"] if entry["arm"] == "coupon")["per_user"],
            net_of(document, "coupon")["return_on_cost"],
        )
        for document in (one, early)
    ]
    for ordinary, safe in zip(*sets, strict=True):
        assert safe["estimate"] == pytest.approx(ordinary["estimate"])
        width = (safe["high"] - safe["low"]) / (ordinary["high"] - ordinary["low"])
        assert 1.45 < width < 1.7


def test_more_customers_than_planned_are_allowed_and_said(shop: Path) -> None:
    result = run(shop, *EVERYTHING, "--sequential", "100")
    assert result.exit_code == 0
    assert "There are 4,000 customers, more than the 100 planned" in result.output


def test_the_effect_per_user_is_the_effect_over_the_difference_in_use(shop: Path) -> None:
    document = printed(
        shop, "--arm", "arm", "--control", "held", "--metric", "s=spend", "--uptake", "used"
    )
    rows = pl.read_csv(shop).group_by("arm").agg(pl.col("spend", "used").mean())
    means = {arm: (spend, used) for arm, spend, used in rows.iter_rows()}
    coupon = next(entry for entry in document["complier"] if entry["arm"] == "coupon")
    effect = means["coupon"][0] - means["held"][0]
    assert coupon["uptake_arm"] == pytest.approx(means["coupon"][1])
    assert coupon["uptake_control"] == 0
    assert coupon["per_user"]["estimate"] == pytest.approx(effect / means["coupon"][1])
    # mail has no offer, so nothing can be told of its users
    mail = next(entry for entry in document["complier"] if entry["arm"] == "mail")
    assert mail["per_user"]["extent"] == "everything" or "code" in mail["per_user"]


def test_roles_make_families_of_their_own(shop: Path) -> None:
    document = printed(
        shop, "--arm", "arm", "--control", "held", "--metric", "s=spend", "--conversion",
        "b=bought", "--ratio", "r=spend/bought", "--secondary", "b", "--guardrail", "r",
    )  # fmt: skip
    corrected = {
        effect["metric"]: effect["corrected"] and effect["corrected"]["tests"]
        for effect in document["effects"]
    }
    assert corrected == {"s": 2, "b": 2, "r": None}
    assert {e["metric"]: e["role"] for e in document["effects"]} == {
        "s": "primary", "b": "secondary", "r": "guardrail",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "limit"),
    [
        ("20", lambda _: 20.0),
        ("99.5%", lambda spend: np.quantile(spend, 0.995)),
        ("99%buyers", lambda spend: np.quantile(spend[spend > 0], 0.99)),
    ],
)
def test_amounts_are_capped_where_the_rule_says(
    shop: Path, rule: str, limit: Callable[[Any], float]
) -> None:
    document = printed(
        shop, "--arm", "arm", "--control", "held", "--metric", "s=spend", "--winsorise", rule
    )
    rows = pl.read_csv(shop)
    most = float(limit(rows["spend"].to_numpy()))
    assert document["winsorised_at"] == {"s": pytest.approx(most, abs=1e-9)}
    effect = next(e for e in document["effects"] if e["arm"] == "mail")
    capped = next(o for o in effect["sensitivity"] if o["method"].startswith("winsorised at"))
    means = dict(
        rows.group_by("arm").agg(pl.col("spend").clip(upper_bound=most).mean()).iter_rows()
    )
    assert capped["difference"]["estimate"] == pytest.approx(
        means["mail"] - means["held"], abs=1e-6
    )


def test_an_arm_column_without_values_is_said(tmp_path: Path) -> None:
    path = write(
        tmp_path / "n.parquet", {"arm": pl.Series([None] * 3, dtype=pl.String), "y": [1] * 3}
    )
    result = run(path, "--arm", "arm", "--control", "held", "--metric", "y=y")
    assert "Column 'arm' is empty in every row." in str(result.exception)


def test_how_many_amounts_are_capped_is_told(shop: Path) -> None:
    spend = pl.read_csv(shop)["spend"]
    found = {
        rule: printed(
            shop, "--arm", "arm", "--control", "held", "--metric", "s=spend", "--winsorise", rule
        )["winsorised_rows"]["s"]
        for rule in ("20", str(spend.max()), "50%", "99%buyers")
    }
    assert found["20"] == (spend > 20).sum()
    assert found[str(spend.max())] == 0
    assert found["50%"] is None  # four of five spend nothing
    assert found["99%buyers"] == int(
        (spend > spend.filter(spend > 0).quantile(0.99, "linear")).sum()
    )


def test_whether_effects_differ_is_corrected_over_all_that_is_asked(shop: Path) -> None:
    document = printed(
        shop, "--arm", "arm", "--control", "held", "--metric", "s=spend", "--conversion",
        "b=bought", "--metric", "g=before", "--guardrail", "g", "--segment", "tier",
        "--segment", "shop",
    )  # fmt: skip
    tests = document["segment_tests"]
    family = [test for test in tests if test["metric"] != "g"]
    assert len(tests) == 12
    assert [test["corrected"] for test in tests if test["metric"] == "g"] == [None] * 4
    raw = [test["p_value"] for test in family]
    for name, method in (("holm", "holm"), ("benjamini_hochberg", "fdr_bh")):
        known = multipletests(raw, method=method)[1]
        assert [test["corrected"][name] for test in family] == pytest.approx(list(known))
    assert {test["corrected"]["tests"] for test in family} == {8}


def test_the_page_says_the_verdict_first_in_money(shop: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    dear = ("--contact-cost", "coupon=9", "--contact-cost", "mail=9")
    result = run(shop, *EVERYTHING, *dear, "--html", page)
    assert result.exit_code == 0, result.output
    text = page.read_text(encoding="utf-8")
    places = [text.index(words) for words in ("a loss is proved", "what the offer cost", "CUPED")]
    assert places == sorted(places)
    assert text.index("a loss is proved") < text.index("<h2>s</h2>")
    lines = result.output.splitlines()
    first = next(
        i
        for i, line in enumerate(lines)
        if line.startswith("net profit, coupon: ") and "a loss" in line
    )
    assert first < next(i for i, line in enumerate(lines) if line.startswith("s, coupon"))


# Files with something wrong in them


def write(path: Path, columns: dict[str, Any]) -> Path:
    pl.DataFrame(columns).write_parquet(path)
    return path


def test_an_arm_missing_from_a_segment_has_no_answer_there_and_the_others_have(
    shop: Path, tmp_path: Path
) -> None:
    rows = pl.read_csv(shop).filter((pl.col("arm") != "mail") | (pl.col("tier") != "gold"))
    document = printed(write(tmp_path / "s.parquet", rows.to_dict()), *EVERYTHING)
    missing = net_of(document, "mail", "gold")
    assert missing["net"]["code"] == "too_few_units"
    assert missing["n_arm"] == 0
    assert missing["return_on_cost"]["code"] == "too_few_units"
    assert missing["evidence"] == "cannot_tell"
    assert missing["pooled"] is not None  # foretold from the other segment
    assert "estimate" in net_of(document, "coupon", "gold")["net"]


def test_one_customer_in_a_cell_is_no_finding(tmp_path: Path) -> None:
    path = write(
        tmp_path / "one.parquet",
        {"arm": ["held", *["mail"] * 40], "spend": [3.0, *range(40)], "used": [0, *[1] * 40]},
    )
    document = printed(
        path, "--arm", "arm", "--control", "held", "--metric", "s=spend", "--margin", "0.5",
        "--contact-cost", "1", "--uptake", "used",
    )  # fmt: skip
    answers = [document["effects"][0]["difference"], document["profit"]["groups"][0]["net"]]
    answers.append(document["complier"][0]["per_user"])
    assert {answer["code"] for answer in answers} == {"too_few_units"}
    assert document["profit"]["groups"][0]["chance_pays"] is None


def test_constant_and_collinear_covariates_are_no_obstacle(shop: Path, tmp_path: Path) -> None:
    rows = pl.read_csv(shop).with_columns(same=pl.lit(7), twice=2 * pl.col("before"))
    path = write(tmp_path / "s.parquet", rows.to_dict())
    plan = ("--arm", "arm", "--control", "held", "--metric", "s=spend", "--covariate")

    def cuped(*covariates: str) -> dict[str, Any]:
        effect = printed(path, *plan, *covariates)["effects"][0]
        found: dict[str, Any] = next(o for o in effect["sensitivity"] if o["method"] == "CUPED")
        difference: dict[str, Any] = found["difference"]
        return difference

    assert cuped("same")["code"] == "no_spread_in_covariate"
    alone, both = cuped("before"), cuped("before", "--covariate", "twice")
    assert both["estimate"] == pytest.approx(alone["estimate"], rel=1e-9)
    with_same = cuped("before", "--covariate", "same")
    assert with_same["estimate"] == pytest.approx(alone["estimate"], rel=1e-9)


def test_refunds_make_amounts_negative_and_stay_in(tmp_path: Path) -> None:
    spend = [10.0, -4.5, 0.0, 25.25] * 100
    path = write(
        tmp_path / "r.parquet", {"arm": ["held", "held", "mail", "mail"] * 100, "y": spend}
    )
    effect = printed(path, "--arm", "arm", "--control", "held", "--metric", "y=y")["effects"][0]
    assert effect["mean_control"] == 2.75
    assert effect["mean_arm"] == 12.625


def test_huge_amounts_keep_their_cents(tmp_path: Path) -> None:
    """The same file with 1e12 added to every amount has the same difference and error."""
    rng = np.random.default_rng(8)
    arm, y = rng.choice(["held", "mail"], 500), np.round(rng.gamma(2, 20, 500), 2)
    found = [
        printed(
            write(tmp_path / f"{i}.parquet", {"arm": arm, "y": y + base}),
            *("--arm", "arm", "--control", "held", "--metric", "y=y"),
        )["effects"][0]
        for i, base in enumerate((0, 10**12))
    ]
    assert found[1]["difference"]["estimate"] == pytest.approx(
        found[0]["difference"]["estimate"], abs=1e-12
    )
    one, other = (
        next(o["difference"] for o in effect["sensitivity"] if o["method"] == "Welch")
        for effect in found
    )
    for name in ("estimate", "standard_error", "low", "high", "p_value"):
        assert other[name] == pytest.approx(one[name], rel=1e-9)


@pytest.mark.parametrize("odd", [float("inf"), float("-inf")])
def test_infinite_amounts_are_refused_in_words(tmp_path: Path, odd: float) -> None:
    path = write(tmp_path / "i.parquet", {"arm": ["held", "mail"] * 2, "y": [1.0, 2.0, odd, 3.0]})
    result = run(path, "--arm", "arm", "--control", "held", "--metric", "y=y")
    assert isinstance(result.exception, RegularsError)
    assert "not finite" in str(result.exception)


def test_amounts_that_are_no_number_count_as_missing(tmp_path: Path) -> None:
    values = [1.0, 2.0, float("nan"), 3.0, 5.0, 8.0]
    path = write(tmp_path / "n.parquet", {"arm": ["held", "mail"] * 3, "y": values})
    document = printed(path, "--arm", "arm", "--control", "held", "--metric", "y=y")
    assert document["checks"]["missing_values_counted_as_zero"] == {"y": 1}
    assert document["effects"][0]["mean_control"] == 2.0


def test_nobody_at_all_is_said(tmp_path: Path) -> None:
    path = tmp_path / "none.parquet"
    pl.DataFrame(schema={"arm": pl.String, "y": pl.Float64}).write_parquet(path)
    result = run(path, "--arm", "arm", "--control", "held", "--metric", "y=y")
    assert isinstance(result.exception, RegularsError)
    assert "has a header but no rows" in str(result.exception)


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
        ((*BASE, "--stratum", "arm"), "cannot be the arm and the stratum"),
        ((*BASE, "--stratum", "spend"), "cannot be a metric or covariate"),
        ((*BASE, "--secondary", "x"), "there is no metric 'x'; the metrics are: s"),
        ((*BASE, "--secondary", "s", "--guardrail", "s"), "cannot be --secondary and --guardrail"),
        ((*BASE, "--pool-segments"), "--pool-segments needs a --segment"),
        ((*BASE, "--sequential", "0"), "how many customers there will be"),
        ((*BASE, "--sequential", "many"), "not a valid integer"),
        ((*BASE, "--winsorise", "100%"), "expected an amount above 0 (500), a percentile"),
        ((*BASE, "--winsorise", "0"), "expected an amount above 0"),
        ((*BASE, "--winsorise", "-5"), "expected an amount above 0"),
        ((*BASE, "--winsorise", "nan"), "expected an amount above 0"),
        ((*BASE, "--winsorise", "9.9.9"), "expected an amount above 0"),
        ((*BASE, "--winsorise", "99%people"), "expected an amount above 0"),
        ((*BASE[:-2], "--conversion", "b=bought", "--winsorise", "5"), "name one"),
        ((*BASE[:-2], "--conversion", "b=bought", "--margin", "0.4"), "name a --metric"),
        ((*BASE, "--margin", "40"), "expected a share of the price from 0 to 1"),
        ((*BASE, "--margin", "45%-35%"), "expected a share of the price"),
        ((*BASE, "--margin", "0"), "expected a share of the price"),
        ((*BASE, "--margin", "nan"), "expected a share of the price"),
        ((*BASE, "--margin", "-0.4"), "expected a share of the price"),
        ((*BASE, "--margin", "x=0.4"), "there is no --metric 'x'; there are: s"),
        ((*BASE, "--margin", "0.4", "--contact-cost", "-1"), "expected money per customer"),
        ((*BASE, "--margin", "0.4", "--contact-cost", "mail=a"), "expected money per customer"),
        ((*BASE, "--margin", "0.4", "--contact-cost", "1e400"), "expected money per customer"),
        ((*BASE, "--margin", "0.4", "--offer-cost", "spend"), "what is sold and what the offer"),
        ((*BASE, "--offer-cost", "bought"), "--offer-cost is part of the net profit"),
        ((*BASE, "--contact-cost", "0.1"), "--contact-cost is part of the net profit"),
        ((*BASE, "--covariate", "spend"), "'spend' cannot be a --covariate and metric 's' as well"),
        (
            (*BASE, "--uptake", "bought", "--covariate", "bought"),
            "'bought' cannot be a --covariate and --uptake as well",
        ),
        (
            (*BASE, "--margin", "1", "--offer-cost", "bought", "--covariate", "bought"),
            "'bought' cannot be a --covariate and --offer-cost as well",
        ),
        (
            (*BASE, "--margin", "0.4", "--contact-cost", "0.1", "--contact-cost", "0.2"),
            "--contact-cost is given twice for every arm",
        ),
        (
            (*BASE, "--margin", "0.4", *("--contact-cost", "mail=0.1") * 2),
            "--contact-cost is given twice for 'mail'",
        ),
        ((*BASE, "--margin", "0.4", "--contact-cost", "=1"), "expected MONEY or ARM=MONEY"),
        ((*BASE, "--sequential", "-1"), "at the planned end, 1 or more, got -1"),
        ((*BASE, "--json", "-", "--html", "-"), "Only one of --json and --html can be printed"),
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
        ((*BASE, "--uptake", "spend"), "Who used the offer is 0 or 1"),
        ((*BASE, "--uptake", "none"), "has no column 'none'"),
        ((*BASE, "--stratum", "none"), "has no column 'none'"),
        ((*BASE, "--margin", "0.4", "--offer-cost", "none"), "has no column 'none'"),
        (
            (*BASE, "--margin", "0.4", "--contact-cost", "sms=0.1"),
            "A contact cost is given for 'sms', but the arms are: held, mail.",
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
