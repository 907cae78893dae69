"""Pictures of every page in every language, wide, narrow and dark: python -m tests.pictures

Starts the product on shops of its own, looks at each page as a person would, keeps what it saw as
build/pictures/<locale>/<width>-<scheme>/<page>.png, and ends. A page that does not open, an error
in the browser's console or a page wider than its screen is told, and the end is a failure.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from regulars_web.language import LANGUAGES
from tests.everything import build_everything
from tests.pages import VISITS, Visit
from tests.visiting import ASKED_FOR, Shops, served, settle, start_chromium

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60_000  # milliseconds for a page to open


@dataclass(frozen=True, slots=True)
class Screen:
    """A width in CSS pixels, and light or dark."""

    width: int
    scheme: str

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"


GUIDE = (
    *("sample-guide", "data-columns", "data-checked", "customers", "match-offer", "plan"),
    *("launch", "report", "programme"),
)
"""Pages that the user guide shows."""

GUIDE_FOLDER = ROOT / "docs" / "pictures"
GUIDE_SCREEN = Screen(1120, "light")
GUIDE_HEIGHT = 940
COLOURS = 48

SCREENS = (Screen(1280, "light"), Screen(360, "light"), Screen(1280, "dark"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Take them; 0 where nothing was wrong."""
    asked = _read(arguments)
    visits = [visit for visit in VISITS if not asked.only or visit.name in asked.only]
    faults: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="regulars-pictures-") as folder,
        sync_playwright() as play,
    ):
        browser = start_chromium(play)
        models = not asked.only or "report" in asked.only
        everything = build_everything(Path(folder) / "shop", models=models)
        with served(Path(folder), browser, everything) as shops:
            for locale in asked.locale:
                for screen in asked.screen:
                    kept = asked.out if asked.guide else asked.out / locale / str(screen)
                    faults += _take(browser, shops, visits, locale, screen, kept)
        browser.close()
    if asked.guide:
        for name in GUIDE:
            _make_small(asked.out / f"{name}.png")
    for fault in faults:
        sys.stderr.write(fault + "\n")
    count = len(visits) * len(asked.locale) * len(asked.screen)
    sys.stdout.write(f"{count} pictures in {asked.out}, {len(faults)} faults\n")
    return 1 if faults else 0


def _take(
    browser: Browser,
    shops: Shops,
    visits: Iterable[Visit],
    locale: str,
    screen: Screen,
    kept: Path,
) -> list[str]:
    kept.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    contexts: dict[str, BrowserContext] = {}
    for visit in visits:
        who = "stranger" if visit.as_stranger else visit.where
        if who not in contexts:
            contexts[who] = browser.new_context(
                viewport={"width": screen.width, "height": 900},
                locale=ASKED_FOR[locale],
                color_scheme="dark" if screen.scheme == "dark" else "light",
                reduced_motion="reduce",
                storage_state=shops.state(visit),
            )
        page = contexts[who].new_page()
        page.set_default_timeout(PATIENCE)
        found = _look(page, shops, visit, screen)
        faults += [f"{visit.name} ({locale}, {screen}): {fault}" for fault in found]
        page.screenshot(path=kept / f"{visit.name}.png", full_page=True)
        page.close()
    for context in contexts.values():
        context.close()
    return faults


def _make_small(path: Path) -> None:
    """What stands at the top of the page, in few colours."""
    with Image.open(path) as whole:
        seen = whole.crop((0, 0, whole.width, min(GUIDE_HEIGHT, whole.height))).convert("RGB")
    seen.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def _look(page: Page, shops: Shops, visit: Visit, screen: Screen) -> list[str]:
    """Open a page; what is wrong with it."""
    faults: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and visit.status == 200:
            faults.append(f"console: {message.text}")

    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("console", listen)
    answer = page.goto(shops.address(visit))
    settle(page)
    status = None if answer is None else answer.status
    if status != visit.status:
        faults.append(f"answered {status}")
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > screen.width:
        faults.append(f"{wide} pixels wide")
    return faults


def _read(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "pictures")
    parser.add_argument("--locale", nargs="+", choices=list(LANGUAGES), default=list(LANGUAGES))
    screens = {str(screen): screen for screen in SCREENS}
    parser.add_argument("--screen", nargs="+", choices=list(screens), default=list(screens))
    parser.add_argument(
        "--guide",
        action="store_true",
        help="those of the user guide instead: the top of each, small, into docs/pictures",
    )
    parser.add_argument("--only", nargs="+", choices=[one.name for one in VISITS], default=[])
    asked = parser.parse_args(arguments)
    if asked.guide:
        asked.locale, asked.screen, asked.only = ["en"], [str(GUIDE_SCREEN)], list(GUIDE)
        asked.out = GUIDE_FOLDER
        screens = {str(GUIDE_SCREEN): GUIDE_SCREEN}
    asked.screen = [screens[name] for name in asked.screen]
    return asked


if __name__ == "__main__":
    sys.exit(main())
