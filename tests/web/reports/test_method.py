"""The formulas of the method hold this campaign's numbers, and come out at what the report says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from scipy import integrate, stats

from regulars_web.pages.reports.method import (
    code_again,
    code_by_program,
    expected_below_zero,
    formulas,
)
from tests.web.conftest import Browser

REPORT = "/campaigns/1/report"


@pytest.fixture
def document(evaluated_shop: Browser) -> dict[str, Any]:
    found: dict[str, Any] = evaluated_shop.get(REPORT + "/1.json").get_json()
    return found


def worked_out(written: str) -> tuple[float, float]:
    """Both sides of the last "left = right" of a formula, the left one calculated anew."""
    left, _, right = written.replace("\u2212", "-").replace(",", "").rpartition(" = ")
    assert re.fullmatch(r"[\d.+\-*/() ]+", left.replace("×", "*"))
    value = float(right.removesuffix("%")) / (100 if right.endswith("%") else 1)
    return eval(left.replace("×", "*"), {"__builtins__": {}}), value  # noqa: S307


def test_every_formula_comes_out_at_the_number_beside_it(
    app: Flask, document: dict[str, Any]
) -> None:
    with app.test_request_context(), force_locale("en"):
        found = formulas(document, 0)

    assert len(found) >= 4
    for formula in found:
        if "Φ(" in formula.written:
            continue
        left, right = worked_out(formula.written)
        assert left == pytest.approx(right, rel=0.005, abs=0.01), formula.what


def test_the_expected_loss_is_the_mean_of_what_lies_below_zero() -> None:
    for away in (-1.5, 0.0, 0.7, 2.0):
        mean, _ = integrate.quad(lambda x, m=away: -x * stats.norm.pdf(x, m), -12, 0)
        assert expected_below_zero(away) == pytest.approx(mean, rel=1e-6)


def test_the_code_of_the_page_prints_the_headlines_number(
    document: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "report-1-1.json").write_text(json.dumps(document), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    code = code_again(document, "report-1-1.json")

    exec(compile(code, "page", "exec"), {})  # noqa: S102

    group = document["overall"][0]
    assert float(capsys.readouterr().out) == round(group["net"]["estimate"] * group["n"], 2)
    assert code.endswith(f"# {group['net']['estimate'] * group['n']:.2f}")


def test_the_address_in_the_code_for_programs_is_one_of_the_product(
    app: Flask, document: dict[str, Any]
) -> None:
    code = code_by_program(document, 7, 9)
    path = re.search(r"\{regulars\}(/api/\S+)\"", code)

    assert path is not None
    with app.test_request_context():
        endpoint, values = app.url_map.bind("localhost").match(path[1])
    assert endpoint
    assert {"campaign_id": 7, "report_id": 9}.items() <= values.items()
    compile(code, "page", "exec")


def test_what_cannot_be_told_has_no_formula(app: Flask, document: dict[str, Any]) -> None:
    document["overall"][0]["net"] = {"not_estimable": "few", "code": "too_few_buyers"}
    with app.test_request_context(), force_locale("en"):
        assert formulas(document, 0) == ()
        assert code_again(document, "x.json") == ""
