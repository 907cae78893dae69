"""Throwing away a file of which nothing is stored, whatever kind of file it is."""

import shutil
from pathlib import Path
from typing import Any, Protocol

from regulars_platform.intake.errors import WrongStateError
from regulars_platform.intake.models import DISCARDABLE, ImportState


class DiscardableRow(Protocol):
    """What is written down of an import up to the moment when something of it is stored."""

    state: str
    look: Any | None
    mapping: Any | None
    tallies: Any | None
    problem: Any | None
    hint: Any | None


def mark_discarded(row: DiscardableRow) -> None:
    """State `discarded`; nothing is known of the file any more. Raises WrongStateError."""
    if row.state not in DISCARDABLE:
        raise WrongStateError.of(row.state, ImportState.CHECKED)
    row.state = ImportState.DISCARDED
    row.look = row.mapping = row.tallies = row.problem = row.hint = None


def remove_folder(root: Path) -> None:
    """The bytes of a file, and what was made of them; it may be gone already."""
    shutil.rmtree(root, ignore_errors=True)
