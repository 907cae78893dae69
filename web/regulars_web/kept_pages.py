"""Pages, and parts of them, kept as they were rendered, under everything that they depend on.

A key says all of it: whatever is another one (a new version, a decision, a job that moved on,
another language) has another key, so nothing out of date is ever shown. What was used longest ago
goes when too much is kept. Tokens of forms are not kept: they have places, and are filled in for
whoever asks (see `csrf`).
"""

import struct
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from flask import Response, current_app, request

from regulars_web.compression import takes_gzip
from regulars_web.csrf import PLACE, csrf_token

_MOST_BYTES = 48 * 1024 * 1024
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # of a gzip file without a name or a time
_LAST = b"\x03\x00"  # an empty last block
_LEVEL = 9  # packed once, sent often


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A rendered part, and what else the page needs that was worked out with it."""

    html: str
    beside: Any = None

    @property
    def size(self) -> int:
        """Bytes in memory; one Chinese letter makes each letter of a text take two of them."""
        return len(self.html) * (1 if self.html.isascii() else 2)


class KeptPage:
    """A whole page: between the places of tokens its pieces, as they are and packed.

    Each piece is packed by itself, and tokens are sent unpacked between them, so that the length of
    an answer says nothing of a token.
    """

    def __init__(self, html: str) -> None:
        self._pieces = [piece.encode() for piece in html.split(PLACE)]
        self._packed = [_pack(piece) for piece in self._pieces]

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return sum(map(len, self._pieces)) + sum(map(len, self._packed))

    def answer(self) -> Response:
        """The page for whoever asks now."""
        token = csrf_token().encode() if len(self._pieces) > 1 else b""
        packs = takes_gzip()
        body = self.packed(token) if packs else token.join(self._pieces)
        answer = Response(body, mimetype="text/html")
        answer.vary.add("Accept-Encoding")
        if packs:
            answer.headers["Content-Encoding"] = "gzip"
        return answer

    def packed(self, token: bytes) -> bytes:
        """A gzip file of all pieces with the token between them (RFC 1952, RFC 1951)."""
        between = struct.pack("<BHH", 0, len(token), len(token) ^ 0xFFFF) + token
        check = zlib.crc32(token.join(self._pieces))
        length = sum(map(len, self._pieces)) + len(token) * (len(self._pieces) - 1)
        end = struct.pack("<LL", check, length & 0xFFFFFFFF)
        return _HEAD + between.join(self._packed) + _LAST + end


def _pack(piece: bytes) -> bytes:
    """Deflated, ended at a whole byte without ending the stream, reaching back to nothing."""
    packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packing.compress(piece) + packing.flush(zlib.Z_FULL_FLUSH)


@dataclass(slots=True)
class _Turn:
    """One key's: takers, how many make the part or wait for it."""

    lock: Lock = field(default_factory=Lock)
    takers: int = 0


@dataclass(kw_only=True)
class KeptPages:
    """Of one application; used by many threads."""

    most_bytes: int = _MOST_BYTES
    _parts: "OrderedDict[object, Kept | KeptPage]" = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: Lock = field(default_factory=Lock)
    _turns: dict[object, _Turn] = field(default_factory=dict)

    @contextmanager
    def turn(self, key: object) -> Iterator[None]:
        """Only one thread at a time makes what is kept under a key: after a change all readers of a
        page ask for it at once, and whoever had to wait finds it."""
        with self._lock:
            turn = self._turns.setdefault(key, _Turn())
            turn.takers += 1
        try:
            with turn.lock:
                yield
        finally:
            with self._lock:
                turn.takers -= 1
                if not turn.takers:
                    del self._turns[key]

    def find(self, key: object) -> Kept | None:
        """The part that is kept under the key."""
        found = self._find(("part", key))
        return found if isinstance(found, Kept) else None

    def find_page(self, key: object) -> KeptPage | None:
        """The whole page that is kept under the key."""
        found = self._find(("page", key))
        return found if isinstance(found, KeptPage) else None

    def keep(self, key: object, part: Kept | KeptPage) -> None:
        """Keep it; what is larger than all that may be kept is not."""
        if part.size > self.most_bytes:
            return
        whole = ("part" if isinstance(part, Kept) else "page", key)
        with self._lock:
            before = self._parts.pop(whole, None)
            self._bytes += part.size - (0 if before is None else before.size)
            self._parts[whole] = part
            while self._bytes > self.most_bytes:
                self._bytes -= self._parts.popitem(last=False)[1].size

    @property
    def bytes_kept(self) -> int:
        """Of all texts, as they lie in memory."""
        return self._bytes

    def _find(self, key: object) -> Kept | KeptPage | None:
        with self._lock:
            found = self._parts.get(key)
            if found is not None:
                self._parts.move_to_end(key)
        return found


def kept_pages() -> KeptPages:
    """Of the current application."""
    found: KeptPages = current_app.extensions.setdefault("regulars_kept_pages", KeptPages())
    return found


def is_plain_request() -> bool:
    """Whether the address says nothing but the page: what else it says may stand on the page."""
    return request.method == "GET" and not request.query_string
