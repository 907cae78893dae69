"""Builder: campaigns for `regulars uplift`, and what it says of them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from click.testing import CliRunner, Result

from regulars_platform.errors import RegularsError
from regulars_web.cli import group

ASKED = (
    "--arm", "group", "--treated", "mail", "--control", "held", "--outcome", "spend",
    "--margin", "40%", "--contact-cost", "0.5", "--learner", "T/linear",
)  # fmt: skip


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, ["uplift", *map(str, arguments)])


def printed(*arguments: str | Path) -> dict[str, Any]:
    result = run(*arguments, "--json", "-", "--quiet")
    assert result.exit_code == 0, (result.output, result.exception)
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def refused(*arguments: str | Path) -> str:
    """The sentence of a refusal."""
    result = run(*arguments, "--quiet")
    assert result.exit_code != 0
    if isinstance(result.exception, RegularsError):
        return str(result.exception.problem)
    assert result.exit_code == 2, result.output
    return result.output


def customers(rows: int = 8_000, seed: int = 3) -> pl.DataFrame:
    """Half are told; the loyal (visits of 4 or more) then buy twice as often, the others do not."""
    rng = np.random.default_rng(seed)
    told = rng.random(rows) < 0.5
    visits = rng.integers(0, 8, rows)
    chance = np.where(told & (visits >= 4), 0.4, 0.2)
    bought = rng.random(rows) < chance
    return pl.DataFrame(
        {
            "customer": [f"c{i}" for i in range(rows)],
            "group": np.where(told, "mail", "held"),
            "visits": visits,
            "tier": rng.choice(["gold", "plain"], rows),
            "spend": np.where(bought, np.round(rng.lognormal(3, 0.5, rows), 2), 0.0),
        }
    )
