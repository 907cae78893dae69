"""The press: a PDF is made once, beside the request, and what fails says so."""

import sys
from pathlib import Path

import pytest

from regulars_web.printing.press import Press, PrintingError

# stands for the program that prints: writes what it was given, and counts how often
_COPY = (
    "import sys, pathlib; s, t = map(pathlib.Path, sys.argv[1:]); "
    "log = t.parent / 'log'; log.open('a').write('x'); t.write_text(s.read_text())"
)


def press(folder: Path, program: str = _COPY) -> Press:
    return Press(folder=folder, command=(sys.executable, "-c", program))


def test_the_same_page_is_printed_once(tmp_path: Path) -> None:
    found = press(tmp_path)

    first = found.pdf("<p>1</p>", patience=30)
    again = found.pdf("<p>1</p>", patience=30)
    other = found.pdf("<p>2</p>", patience=30)

    assert first == again != other
    assert first is not None
    assert first.read_text() == "<p>1</p>"
    assert (tmp_path / "log").read_text() == "xx"
    assert list(tmp_path.glob("*.html")) == []


def test_what_takes_long_goes_on_after_the_request(tmp_path: Path) -> None:
    slow = press(tmp_path, "import time; time.sleep(0.5); " + _COPY)

    assert slow.pdf("<p>1</p>", patience=0.01) is None
    found = slow.pdf("<p>1</p>", patience=30)

    assert found is not None
    assert (tmp_path / "log").read_text() == "x"


def test_what_fails_is_told_and_tried_anew_when_asked_for_again(tmp_path: Path) -> None:
    broken = press(tmp_path, "raise SystemExit(1)")

    for _ in range(2):
        with pytest.raises(PrintingError, match="could not be made"):
            broken.pdf("<p>1</p>", patience=30)


def test_without_the_extra_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars_web.printing.press.find_spec", lambda _name: None)

    with pytest.raises(PrintingError, match=r"pip install 'regulars\[pdf\]'"):
        press(tmp_path).pdf("<p>1</p>")
