"""HTML in, PDF out, in a process of its own: what a document needs of memory and time goes with it.

Nothing is fetched but our own static files: a document cannot ask for anything of this machine or
of the network.
"""

import sys
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

BASE = "https://regulars.invalid/"
"""What relative addresses of a document are relative to."""

STATIC = Path(__file__).parents[1] / "static"
_KINDS = {".css": "text/css", ".svg": "image/svg+xml"}


class RefusedAddressError(ValueError):
    """A document asked for something that is no static file of ours."""


def static_file(url: str) -> Path:
    """The file that an address of a document names. Raises RefusedAddressError.

    >>> static_file("https://regulars.invalid/static/tokens.css?v=1").name
    'tokens.css'
    """
    parts = urlsplit(url)
    if f"{parts.scheme}://{parts.netloc}/" != BASE or not parts.path.startswith("/static/"):
        raise RefusedAddressError(url)
    found = (STATIC / unquote(parts.path.removeprefix("/static/"))).resolve()
    if not found.is_relative_to(STATIC.resolve()) or found.suffix not in _KINDS:
        raise RefusedAddressError(url)
    return found


def open_document(html: str) -> Any:
    """The document as WeasyPrint reads it."""
    from weasyprint import HTML  # type: ignore[import-untyped]
    from weasyprint.urls import URLFetcher, URLFetcherResponse  # type: ignore[import-untyped]

    class OwnFiles(URLFetcher):  # type: ignore[misc]
        """Hands out our static files alone."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            del headers
            path = static_file(url)
            kind = Message()
            kind["Content-Type"] = _KINDS[path.suffix]
            return URLFetcherResponse(url, path.read_bytes(), kind)

    return HTML(string=html, base_url=BASE, url_fetcher=OwnFiles())


def print_pdf(html: str, **options: Any) -> bytes:
    """The document as a PDF, its structure tagged for screen readers."""
    written: bytes = open_document(html).write_pdf(pdf_tags=True, **options)
    return written


def main(source: str, target: str) -> None:
    """Print one file; the target appears whole or not at all."""
    made = print_pdf(Path(source).read_text(encoding="utf-8"))
    part = Path(target).with_suffix(".part")
    part.write_bytes(made)
    part.replace(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
