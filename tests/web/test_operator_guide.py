"""The operator's guide can be followed: its commands run one after the other and do as it says."""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from regulars_platform.accounts.errors import SignInError
from regulars_platform.accounts.service import sign_in
from regulars_platform.settings import build_settings
from regulars_platform.storage.database import Database

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "operator-guide.md"
BLOCKS = re.findall(r"```console\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def run(block: str, environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        ["bash", "-euc", block],
        env=environment,
        cwd=folder,
        text=True,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{block}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], Path, str]:
    """What the commands need around them, where they ran, and what they printed."""
    folder = tmp_path_factory.mktemp("operator")
    (folder / "backup").mkdir()
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "REGULARS_DATA": str(folder / "data"),
        "REGULARS_OWNER_PASSWORD": "a long pass phrase",
        "BACKUP": str(folder / "backup"),
    }
    return environment, folder, "".join(run(block, environment, folder) for block in BLOCKS)


def test_every_command_runs(installation: tuple[dict[str, str], Path, str]) -> None:
    _, folder, printed = installation

    assert len(BLOCKS) >= 5
    assert "Hillside Tea" in printed
    assert "regs_" in printed
    assert '"openapi"' in (folder / "openapi.json").read_text(encoding="utf-8")


def test_a_backup_is_a_data_folder(installation: tuple[dict[str, str], Path, str]) -> None:
    environment, folder, _ = installation
    restored = {**environment, "REGULARS_DATA": str(folder / "backup")}

    run("regulars campaign list", restored, folder)
    with sqlite3.connect(folder / "backup" / "regulars.sqlite") as database:
        assert database.execute("SELECT name FROM shops").fetchall() == [("Hillside Tea",)]


def test_a_lost_password_is_set_anew(installation: tuple[dict[str, str], Path, str]) -> None:
    _, folder, _ = installation
    database = Database(build_settings(folder / "data"))
    with database.unit_of_work() as session:
        with pytest.raises(SignInError):
            sign_in(session, email="wen@example.org", password="a long pass phrase")
        found = sign_in(session, email="wen@example.org", password="a new long pass phrase")
    database.dispose()

    assert found.session_epoch == 1


def test_every_page_and_document_it_leads_to_is_there() -> None:
    for address in re.findall(r"\]\(([\w.-]+\.md)\)", GUIDE.read_text(encoding="utf-8")):
        assert (GUIDE.parent / address).is_file(), address
