"""Where, when and with which versions something was measured."""

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.engine.data import SEED
from benchmarks.engine.runs import Environments

_OWN = ("polars", "numpy", "scipy")
_PEERS = {"peers": ("tea-tasting", "statsmodels"), "gbstats": ("gbstats", "pandas", "numpy")}


def circumstances(
    environments: Environments, *, repetitions: int, date: str | None
) -> Iterator[str]:
    """Lines of Markdown."""
    when = f"{date}. " if date else ""
    yield (
        f"{when}{len(os.sched_getaffinity(0))} shared cores, {platform.system()} on "
        f"{platform.machine()}, Python {platform.python_version()}. "
        f"Best of {repetitions}, seed {SEED}, load average {os.getloadavg()[0]:.1f} at the start."
    )
    own = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _OWN)
    yield f"Regulars and the floor: {own}."
    for environment, names in _PEERS.items():
        versions = _versions(environments.python(environment), names)
        yield f"Beside it: {', '.join(f'{name} {found}' for name, found in versions.items())}."


def _versions(python: Path, names: Sequence[str]) -> Mapping[str, str]:
    if not python.exists():
        return dict.fromkeys(names, "(not installed)")
    code = "import importlib.metadata as m, sys; print(*(m.version(n) for n in sys.argv[1:]))"
    command = [str(python), "-c", code, *names]
    found = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return dict(zip(names, found.stdout.split(), strict=True))
