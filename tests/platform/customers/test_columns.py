"""Columns of laid-out orders come back as they were written, whatever they hold."""

from pathlib import Path

import numpy as np
import pytest

from regulars_platform.customers.histories import read_column


@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u4", "i8", "f8", "?"])
@pytest.mark.parametrize("rows", [0, 1, 7, 100_000])
def test_a_column_is_read_as_it_was_written(tmp_path: Path, kind: str, rows: int) -> None:
    written = (np.arange(rows) % 100).astype(kind)
    np.save(tmp_path / "lines.day.npy", written)

    found = read_column(tmp_path, "lines", "day")

    assert found.dtype == written.dtype
    assert np.array_equal(found, written)


def test_what_is_no_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lines.day.npy").write_bytes(b"something else" * 20)
    with pytest.raises(ValueError, match="is no column"):
        read_column(tmp_path, "lines", "day")
