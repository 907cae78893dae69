"""What takes half a minute to build is built once for all workers of a test run, and copied."""

import fcntl
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from tests.everything import Everything, build_everything

Told = TypeVar("Told")


def built_once(
    factory: pytest.TempPathFactory, name: str, build: Callable[[Path], Told], folder: Path
) -> Told:
    """Bring into the new folder what `build` makes in an empty one; what it told of it.

    Whoever comes first builds it, the others wait. Nothing in it may depend on where it lies.
    """
    place = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent  # the workers have folders of their own beside each other
    place = place / "built" / name
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = place / "told.pickle"
        if not made.exists():
            shutil.rmtree(place / "data", ignore_errors=True)
            made.write_bytes(pickle.dumps(build(place / "data")))
        shutil.copytree(place / "data", folder)
        told: Told = pickle.loads(made.read_bytes())  # noqa: S301 -- written three lines above
    return told


def everything_once(factory: pytest.TempPathFactory, folder: Path) -> Everything:
    """The shop that has everything but the models of whom to keep."""
    return built_once(
        factory, "everything", lambda data: build_everything(data, models=False), folder
    )
