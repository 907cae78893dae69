"""The house stays as it was planned: three source roots, one direction, nothing of a machine."""

import platform
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE_ROOTS = ("experiments", "platform", "web")


def tracked_files() -> list[Path]:
    if shutil.which("git") is None:
        pytest.skip("git is not here, so what belongs to the project is not known")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout, so what belongs to the project is not known")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


@pytest.mark.parametrize("root", SOURCE_ROOTS)
def test_a_source_root_is_no_package(root: str) -> None:
    # a platform/__init__.py would hide Python's own module of that name
    assert not (ROOT / root / "__init__.py").exists()
    assert find_spec(f"regulars_{root}") is not None


def test_platform_is_pythons_own_module() -> None:
    assert platform.python_version().count(".") == 2


def test_imports_run_one_way() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    found = subprocess.run([str(program)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_every_test_folder_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_lock_files_name_no_registry() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "http" not in text
    assert not (ROOT / "uv.lock").exists()
    assert not (ROOT / "pylock.toml").exists()


def test_nothing_in_the_project_names_a_path_of_a_machine() -> None:
    pattern = re.compile(r"(?<![\w.])/(?:home|root|work)/[a-z]")
    for path in tracked_files():
        if path.suffix in {".py", ".md", ".toml", ".html", ".css", ".js", ".sh", ".txt", ".json"}:
            hit = pattern.search(path.read_text(encoding="utf-8"))
            assert hit is None, f"{path.relative_to(ROOT)}: {hit}"
