"""The guides lead to what is there, and show pictures that are there and small."""

import re
from pathlib import Path

import pytest

from tests.pictures.__main__ import GUIDE

ROOT = Path(__file__).resolve().parents[1]
GUIDES = ("user-guide", "analyst-guide", "operator-guide")
MOST = 1_500_000
"""Bytes of all pictures together."""


def text(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_leads_to_files_that_are_there_and_the_readme_to_it(name: str) -> None:
    for address in re.findall(r"\]\(([^)#:]+)\)", text(name)):
        assert (ROOT / "docs" / address).is_file(), address
    assert f"docs/{name}.md" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_user_guide_shows_the_pictures_that_are_taken_for_it_and_no_others() -> None:
    shown = set(re.findall(r"\(pictures/([\w-]+)\.png\)", text("user-guide")))
    there = {path.stem: path.stat().st_size for path in (ROOT / "docs/pictures").glob("*.png")}

    assert shown == set(GUIDE) == set(there)
    assert len(there) <= 12
    assert sum(there.values()) < MOST


def test_commands_of_make_that_the_guides_speak_of_exist() -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    command = re.compile(r"(?:^|`)make ([a-z-]+)", re.MULTILINE)
    spoken = {word for name in GUIDES for word in command.findall(text(name))}

    assert spoken <= known
