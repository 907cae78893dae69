"""Parts of pages that are kept as they were rendered, under everything that they depend on.

A key says all of it: whatever is another one (a new version, a decision, a job that moved on,
another language) has another key, so nothing out of date is ever shown. The parts used longest ago
go when too much is kept.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from flask import current_app

_MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A rendered part, and what else the page needs that was worked out with it."""

    html: str
    beside: Any = None


@dataclass(kw_only=True)
class KeptPages:
    """Of one application; used by many threads."""

    most_bytes: int = _MOST_BYTES
    _parts: "OrderedDict[object, Kept]" = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: Lock = field(default_factory=Lock)

    def find(self, key: object) -> Kept | None:
        """What is kept under the key."""
        with self._lock:
            found = self._parts.get(key)
            if found is not None:
                self._parts.move_to_end(key)
        return found

    def keep(self, key: object, part: Kept) -> None:
        """Keep it; what is larger than all that may be kept is not."""
        size = _size(part)
        if size > self.most_bytes:
            return
        with self._lock:
            before = self._parts.pop(key, None)
            self._bytes += size - (0 if before is None else _size(before))
            self._parts[key] = part
            while self._bytes > self.most_bytes:
                _, oldest = self._parts.popitem(last=False)
                self._bytes -= _size(oldest)

    @property
    def bytes_kept(self) -> int:
        """Of the texts, as they lie in memory."""
        return self._bytes


def _size(part: Kept) -> int:
    # a text with one Chinese letter in it takes two bytes for each of its letters
    return len(part.html) * (1 if part.html.isascii() else 2)


def kept_pages() -> KeptPages:
    """Of the current application."""
    found: KeptPages = current_app.extensions.setdefault("regulars_kept_pages", KeptPages())
    return found
