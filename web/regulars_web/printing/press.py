"""Making PDFs and keeping them: each under the digest of its HTML, so the same page is made once.

The request waits a moment; what takes longer goes on, and the page that waits asks again.
"""

import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from flask import current_app

from regulars_platform.canonical import sha256_of
from regulars_platform.errors import RegularsError
from regulars_platform.words import N_, Sentence
from regulars_web.edge import settings

PATIENCE = 2.0  # seconds that a request waits for its PDF
_LONGEST = 120.0  # seconds that one PDF may take
_MOST_WAITING = 20
_MOST_KEPT = 200
_COMMAND = (sys.executable, "-m", "regulars_web.printing.child")


class PrintingError(RegularsError):
    """There is no PDF."""

    @classmethod
    def not_installed(cls) -> "PrintingError":
        """The extra is missing."""
        return cls(
            Sentence(N_("This installation cannot make PDFs yet.")),
            Sentence(
                N_(
                    "Whoever runs it can add that: pip install 'regulars[pdf]', and on Debian "
                    "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 "
                    "fonts-noto-cjk. Until then the browser can print the page."
                )
            ),
        )

    @classmethod
    def failed(cls) -> "PrintingError":
        """WeasyPrint, or a library that it needs, did not do it."""
        return cls(
            Sentence(N_("The PDF could not be made.")),
            Sentence(
                N_(
                    "The server's log says why; often a library is missing (pango). Until then "
                    "the browser can print the page."
                )
            ),
        )

    @classmethod
    def busy(cls) -> "PrintingError":
        """Too many at once."""
        return cls(
            Sentence(N_("Too many PDFs are being made just now.")),
            Sentence(N_("Wait a minute, then try again.")),
        )


def can_print() -> bool:
    """Whether the extra is installed. The libraries it needs are seen only when it is used."""
    return find_spec("weasyprint") is not None


@dataclass(kw_only=True)
class Press:
    """Makes one PDF at a time. folder: where they are kept."""

    folder: Path
    command: Sequence[str] = _COMMAND
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _under_way: dict[str, threading.Event] = field(default_factory=dict)
    _failed: set[str] = field(default_factory=set)

    def pdf(self, html: str, *, patience: float = PATIENCE) -> Path | None:
        """The PDF of this HTML, made now if it is not there; None while it is being made.

        Raises PrintingError.
        """
        key = sha256_of(html)
        target = self.folder / f"{key}.pdf"
        if target.exists():
            return target
        if not can_print():
            raise PrintingError.not_installed()
        self._begin(key, html).wait(patience)
        with self._guard:
            if key in self._failed:
                self._failed.discard(key)  # the next one to ask tries anew
                raise PrintingError.failed()
        return target if target.exists() else None

    def _begin(self, key: str, html: str) -> threading.Event:
        with self._guard:
            if key in self._under_way:
                return self._under_way[key]
            if len(self._under_way) >= _MOST_WAITING:
                raise PrintingError.busy()
            done = self._under_way[key] = threading.Event()
        threading.Thread(target=self._make, args=(key, html, done), daemon=True).start()
        return done

    def _make(self, key: str, html: str, done: threading.Event) -> None:
        source = self.folder / f"{key}.html"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            source.write_text(html, encoding="utf-8")
            command = (*self.command, str(source), str(self.folder / f"{key}.pdf"))
            with self._turn:
                subprocess.run(command, check=True, timeout=_LONGEST)  # noqa: S603 -- ours
            self._forget_oldest()
        except (OSError, subprocess.SubprocessError):
            with self._guard:
                self._failed.add(key)
        finally:
            source.unlink(missing_ok=True)
            with self._guard:
                del self._under_way[key]
            done.set()

    def _forget_oldest(self) -> None:
        def age(path: Path) -> float:
            with suppress(OSError):
                return path.stat().st_mtime
            return 0.0

        for path in sorted(self.folder.glob("*.pdf"), key=age)[:-_MOST_KEPT]:
            path.unlink(missing_ok=True)


_making = threading.Lock()


def press() -> Press:
    """The current application's press."""
    with _making:
        found = current_app.extensions.get("regulars_press")
        if not isinstance(found, Press):
            found = Press(folder=settings().data_dir / "cache" / "pdf")
            current_app.extensions["regulars_press"] = found
    return found
