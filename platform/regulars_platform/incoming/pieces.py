"""The bytes of unfinished uploads on the disk: appended, synced, counted, made whole."""

import errno
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from regulars_platform.incoming.errors import (
    ChecksumError,
    NoRoomError,
    OffsetError,
    UploadBusyError,
    UploadNotFoundError,
)
from regulars_platform.intake.uploads import ReceivedBytes

BLOCK = 64 << 10
_READ = 1 << 20
_REMEMBERED = 256  # uploads; far more than go on at once
_WAIT = 5.0  # seconds to wait for another request that holds the piece


class Readable(Protocol):
    """What a piece is read from."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; none at the end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checksum:
    """What a piece must hash to. algorithm: as hashlib calls it; digest: the bytes."""

    algorithm: str
    digest: bytes


class _Hashing:
    """The SHA-256 of what this process itself has seen arrive, so that a large file need not be
    read once more at its end. Whatever is not known (after a restart) is read from the disk."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Path, tuple[int, hashlib._Hash]] = {}

    def take(self, path: Path, offset: int) -> "hashlib._Hash | None":
        """The hash of the first `offset` bytes, which only the taker changes; None: not known."""
        if offset == 0:
            return hashlib.sha256()
        with self._lock:
            known = self._known.pop(path, None)
        return known[1] if known is not None and known[0] == offset else None

    def put(self, path: Path, offset: int, digest: "hashlib._Hash | None") -> None:
        """Remember it for the next piece."""
        with self._lock:
            self._known.pop(path, None)
            if digest is not None:
                self._known[path] = (offset, digest)
                while len(self._known) > _REMEMBERED:
                    self._known.pop(next(iter(self._known)))


_HASHING = _Hashing()


def begin(path: Path) -> None:
    """An upload of no bytes yet, safely on disk."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def length(path: Path) -> int:
    """How many bytes are safely here: synced before they are told. Raises UploadNotFoundError."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError as error:
        raise UploadNotFoundError.of() from error
    try:
        os.fsync(handle)
        return os.fstat(handle).st_size
    finally:
        os.close(handle)


def seen_length(path: Path) -> int:
    """How many bytes are here, without waiting for the disk. Raises UploadNotFoundError."""
    try:
        return path.stat().st_size
    except FileNotFoundError as error:
        raise UploadNotFoundError.of() from error


def append(
    path: Path,
    stream: Readable,
    *,
    offset: int,
    size: int,
    checksum: Checksum | None = None,
) -> int:
    """Write a piece at its place; the number of bytes that are here then, safely on disk.

    offset: where the piece begins; size: of the whole file, nothing is written beyond it. What
    arrived before the line was cut, or the disk was full, stays; with a checksum the piece counts
    whole or not at all. Raises OffsetError, UploadBusyError, ChecksumError, NoRoomError.
    """
    with _held(path) as handle:
        there = os.lseek(handle, 0, os.SEEK_END)
        if there != offset:
            raise OffsetError.of(there, offset)
        piece = _Piece(handle, there, _HASHING.take(path, there), checksum)
        try:
            piece.receive(stream, size)
        except BaseException:
            piece.settle(whole=False)
            _HASHING.put(path, piece.offset, piece.digest)
            raise
        held = piece.settle(whole=True)
        _HASHING.put(path, piece.offset, piece.digest)
        if not held:
            raise ChecksumError.mismatch()
        return piece.offset


class _Piece:
    """One piece on its way to the end of a file."""

    def __init__(
        self,
        handle: int,
        offset: int,
        digest: "hashlib._Hash | None",
        checksum: Checksum | None,
    ) -> None:
        self.offset = offset
        self.digest = digest
        self._handle = handle
        self._began = offset
        self._checksum = checksum
        self._sum = None if checksum is None else hashlib.new(checksum.algorithm)

    def receive(self, stream: Readable, size: int) -> None:
        """Block by block, so that memory does not grow with the piece."""
        while self.offset < size and (block := stream.read(min(BLOCK, size - self.offset))):
            with _room():
                self._write(block)

    def _write(self, block: bytes) -> None:
        left = memoryview(block)
        while left:
            written = os.write(self._handle, left)
            for digest in (self.digest, self._sum):
                if digest is not None:
                    digest.update(left[:written])
            self.offset += written
            left = left[written:]

    def settle(self, *, whole: bool) -> bool:
        """Sync what counts, and take back what does not; whether the checksum holds."""
        right = self._checksum is None or (
            whole and self._sum is not None and self._sum.digest() == self._checksum.digest
        )
        if not right:
            os.ftruncate(self._handle, self._began)
            self.offset, self.digest = self._began, None
        with _room():
            os.fsync(self._handle)
        return right


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoomError.meanwhile() from error
        raise


@contextmanager
def made_whole(path: Path) -> Iterator[ReceivedBytes]:
    """All bytes of a finished upload under a second name that may be moved away; the first name
    stays until `forget`, so that a process killed in between loses nothing.

    Nobody else writes meanwhile. Raises UploadBusyError, UploadNotFoundError.
    """
    with _held(path) as handle:
        size = os.fstat(handle).st_size
        digest = _HASHING.take(path, size) if size else None
        with path.open("rb") as file:
            known = _hash(file) if digest is None else digest.hexdigest()
        whole = path.with_suffix(".whole")
        whole.unlink(missing_ok=True)
        try:
            os.link(path, whole)
            yield ReceivedBytes(whole, size, known)
        except BaseException:
            _HASHING.put(path, size, digest)
            raise
        finally:
            whole.unlink(missing_ok=True)


def forget(path: Path) -> None:
    """Remove the bytes of an upload."""
    path.unlink(missing_ok=True)
    path.with_suffix(".whole").unlink(missing_ok=True)
    _HASHING.put(path, 0, None)


def _hash(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_READ):
        digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """The file open for writing by nobody else; a request cut off may take a moment to let go."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError as error:
        raise UploadNotFoundError.of() from error
    try:
        deadline = time.monotonic() + _WAIT
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise UploadBusyError.of() from error
                time.sleep(0.05)
        yield handle
    finally:
        os.close(handle)
