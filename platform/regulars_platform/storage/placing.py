"""Files that appear under their name whole or not at all, whatever dies in between."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl


def place(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Write the bytes to their place, safely on the disk; mode: of the file, readable and writable
    by its owner only where nothing is said."""

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)

    _place(path, write)


def place_frame(path: Path, frame: pl.LazyFrame) -> None:
    """Stream a table to its place."""
    _place(path, frame.sink_parquet)


def _place(path: Path, write: Callable[[Path], None]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # from the first moment on nobody but the owner can read it
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
