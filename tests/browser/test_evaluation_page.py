"""The page of `regulars evaluate --html` fits a desk and a telephone, folded and unfolded."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Page

from regulars_web.cli import group


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three arms, of which one used the offer, and refusals in some segments."""
    folder = tmp_path_factory.mktemp("evaluation")
    rows = [
        f"{('held', 'mail', 'coupon')[i % 3]},{i % 7 % 2 * (10 + i % 23)},{int(i % 21 == 2)},"
        f"{'a long name of a segment' if i % 5 else 'few'}"
        for i in range(1_500)
    ]
    (folder / "c.csv").write_text("\n".join(["arm,spend,used,tier", *rows]), encoding="utf-8")
    result = CliRunner().invoke(
        group,
        [
            "evaluate", str(folder / "c.csv"), "--arm", "arm", "--control", "held",
            "--metric", "spend=spend", "--margin", "35%-45%", "--contact-cost", "0.05",
            "--uptake", "used", "--segment", "tier", "--pool-segments",
            "--html", str(folder / "page.html"),
        ],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    return folder / "page.html"


@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_is_wider_than_the_screen(page: Page, written: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(written.as_uri())
    assert page.locator("details[open]").count() == 0
    for unfold in (False, True):
        if unfold:
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        rights = page.evaluate(
            "[...document.querySelectorAll('table, td, p')]"
            ".map(e => e.getBoundingClientRect().right)"
        )
        assert max(rights) <= width
