"""Answers packed with gzip: pages as they are made, static files once.

Only pages and static files: downloads go as they are. Tokens on pages are masked (see `csrf`).
"""

import gzip
from pathlib import Path
from threading import Lock

from flask import Flask, Response, request

_LEAST = 860  # bytes; less fits one packet anyway
_PAGE_LEVEL, _FILE_LEVEL = 4, 9
_KINDS = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml"})


class PackedFiles:
    """Static files packed, each once for as long as it stays as it is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._packed: dict[str, tuple[int, bytes]] = {}
        self._lock = Lock()

    def find(self, name: str) -> bytes | None:
        """The file packed; None where that makes it no smaller."""
        path = self._folder / name
        changed = path.stat().st_mtime_ns
        with self._lock:
            found = self._packed.get(name)
        if found is None or found[0] != changed:
            plain = path.read_bytes()
            packed = gzip.compress(plain, _FILE_LEVEL, mtime=0)
            found = (changed, packed if len(packed) < len(plain) else b"")
            with self._lock:
                self._packed[name] = found
        return found[1] or None


def install_compression(app: Flask) -> None:
    """For all answers from now on; install it first, for what is installed last answers first."""
    files = PackedFiles(Path(str(app.static_folder)))

    @app.after_request
    def pack(response: Response) -> Response:
        if response.mimetype not in _KINDS or response.status_code != 200:
            return response
        response.vary.add("Accept-Encoding")
        if not takes_gzip() or response.headers.get("Content-Encoding"):
            return response
        if request.endpoint == "static":
            return _packed_file(response, files)
        if response.is_streamed or response.direct_passthrough:
            return response
        plain = response.get_data()
        if len(plain) >= _LEAST:
            response.set_data(gzip.compress(plain, _PAGE_LEVEL, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
        return response


def _packed_file(response: Response, files: PackedFiles) -> Response:
    name = (request.view_args or {}).get("filename", "")
    packed = None if "Range" in request.headers else files.find(name)
    if packed is None:
        return response
    response.close()  # the file, which is not read
    response.direct_passthrough = False
    response.set_data(packed)
    response.headers["Content-Encoding"] = "gzip"
    response.headers.pop("Accept-Ranges", None)
    tag, _weak = response.get_etag()
    if tag:
        response.set_etag(tag, weak=True)
    return response


def takes_gzip() -> bool:
    """Whether whoever asks takes gzip."""
    return request.accept_encodings.quality("gzip") > 0
