"""Pages take turns: threads that all want the interpreter at once only hinder each other.

A page looks at the database several times, and gives the interpreter away each time. With many
readers every such moment becomes a struggle for it, which is paid in processor time (see `make
bench-report`). So one page is made after the other; whoever has waited a moment behind a slow one
goes ahead beside it.
"""

import threading
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATIENCE = 0.1  # seconds


class Line:
    """Who comes first is first: at a lock alone one may wait while others pass again and again."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._is_taken = False

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def take(self, patience: float) -> bool:
        """Wait for one's turn for so many seconds; whether it came."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            place = threading.Lock()
            place.acquire()
            self._waiting.append(place)
        if place.acquire(timeout=patience):
            return True
        with self._guard:
            if place in self._waiting:
                self._waiting.remove(place)
                return False
        return True  # it was handed over in this moment

    def leave(self) -> None:
        """Hand the turn to whoever waits longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


class Turns:
    """WSGI middleware. patience: seconds that a reader waits behind another one's page.

    What sends something (an upload takes its time) waits for nobody, and an answer that is streamed
    holds nobody up: the turn is over when the page begins to be sent.
    """

    def __init__(self, inner: "WSGIApplication", patience: float = _PATIENCE) -> None:
        self._inner = inner
        self._patience = patience
        self._line = Line()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """The application's answer."""
        if environ["REQUEST_METHOD"] != "GET":
            return self._inner(environ, start_response)
        has_turn = self._line.take(self._patience)
        try:
            return self._inner(environ, start_response)
        finally:
            if has_turn:
                self._line.leave()
