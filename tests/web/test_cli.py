"""The command line starts fast and speaks plainly."""

import subprocess
import sys
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

from regulars_web.cli import COMMANDS, group

HEAVY = ("flask", "statsmodels", "dbos", "polars", "sqlalchemy", "sklearn", "sklift", "pandas")


def test_importing_the_command_line_loads_no_heavy_library() -> None:
    code = f"import sys, regulars_web.cli; print([m for m in {HEAVY} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_help_lists_every_command_with_its_line() -> None:
    result = CliRunner().invoke(group, ["--help"])
    assert result.exit_code == 0
    for name, known in COMMANDS.items():
        assert name in result.output
        assert known.help.split()[0] in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_listed_command_exists(name: str) -> None:
    module, _, attribute = COMMANDS[name].target.partition(":")
    assert isinstance(getattr(import_module(module), attribute), click.Command)


def test_an_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(group, ["frobnicate"]).exit_code == 2
