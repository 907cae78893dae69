"""An upload on its way to disk: streamed, hashed, synced, and only then given its name."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from regulars_platform.intake.staging import Folder, room_on_disk
from regulars_platform.settings import Settings
from regulars_platform.words import N_

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class ReceivedBytes:
    """Bytes safely on disk under a temporary name. size in bytes."""

    path: Path
    size: int
    sha256: str


def _receive_bytes(settings: Settings, stream: BinaryIO) -> ReceivedBytes:
    settings.uploads_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    size = 0
    handle, name = tempfile.mkstemp(prefix="incoming-", dir=settings.uploads_dir)
    path = Path(name)
    try:
        with room_on_disk(N_("receiving the file")), os.fdopen(handle, "wb") as out:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return ReceivedBytes(path, size, digest.hexdigest())


@contextmanager
def receiving(settings: Settings, stream: BinaryIO) -> Iterator[ReceivedBytes]:
    """The bytes of a stream while their import is written down; they go if that fails.

    Raises DiskFullError, and leaves nothing then.
    """
    received = _receive_bytes(settings, stream)
    try:
        yield received
    except BaseException:
        received.path.unlink(missing_ok=True)
        raise


def keep(received: ReceivedBytes, folder: Folder) -> None:
    """Give the bytes their place. A folder left by an import that was never recorded is removed."""
    shutil.rmtree(folder.root, ignore_errors=True)
    folder.root.mkdir(parents=True, mode=0o700)
    received.path.replace(folder.original)


def tidy_filename(filename: str) -> str:
    """The last part of a name, without control characters, at most 255 characters.

    >>> tidy_filename("C:\\\\shop\\\\orders.csv"), tidy_filename("../x\\n.csv")
    ('orders.csv', 'x.csv')
    """
    last = filename.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable()).strip()[:255] or "orders"
