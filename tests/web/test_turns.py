"""Pages are made one after the other, and a slow one holds nobody up."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Response

from regulars_web.turns import Line, Turns

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def ask(application: Application, count: int, method: str = "GET") -> None:
    """So many at once; back when all are answered."""
    threads = [
        threading.Thread(target=Client(application).open, kwargs={"path": "/", "method": method})
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)


class Inside:
    """An application that notes how many are in it at once."""

    def __init__(self, lasts: float) -> None:
        self.lasts = lasts
        self.now, self.most = 0, 0
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self.lasts)
        with self._lock:
            self.now -= 1
        return Response("made")(environ, start_response)


def test_pages_are_made_one_after_the_other() -> None:
    inside = Inside(0.01)
    ask(Turns(inside, patience=20), 8)
    assert inside.most == 1


def test_what_is_sent_waits_for_nobody() -> None:
    together = threading.Barrier(4)

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        together.wait(timeout=20)
        return Response("taken")(environ, start_response)

    ask(Turns(application, patience=60), 4, method="POST")


def test_behind_a_slow_page_nobody_waits_longer_than_a_moment() -> None:
    began, release = threading.Event(), threading.Event()

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/slow":
            began.set()
            release.wait(20)
        return Response("made")(environ, start_response)

    turns = Turns(application, patience=0.01)
    slow = threading.Thread(target=Client(turns).get, args=("/slow",))
    slow.start()
    assert began.wait(20)

    assert Client(turns).get("/quick").text == "made"
    assert slow.is_alive()
    release.set()
    slow.join(timeout=20)
    assert not slow.is_alive()


def test_the_turn_is_over_when_a_page_failed_or_begins_to_be_sent() -> None:
    def failing(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raise ZeroDivisionError

    def streaming(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return Response(iter(["a", "b"]))(environ, start_response)

    began = time.monotonic()
    broken = Client(Turns(failing, patience=60))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            broken.get("/")
    streams = Client(Turns(streaming, patience=60))
    first, second = streams.get("/"), streams.get("/")
    assert first.text == second.text == "ab"
    assert time.monotonic() - began < 60


def test_whoever_waits_longest_is_next() -> None:
    line, came = Line(), []
    assert line.take(0)

    def wait(name: int) -> None:
        assert line.take(20)
        came.append(name)
        line.leave()

    threads = [threading.Thread(target=wait, args=(name,)) for name in range(6)]
    for count, thread in enumerate(threads, start=1):
        thread.start()
        while len(line) < count:
            time.sleep(0.001)
    line.leave()
    for thread in threads:
        thread.join(timeout=20)
    assert came == list(range(6))


def test_whoever_gave_up_is_not_waited_for() -> None:
    line = Line()
    assert line.take(0)
    assert not line.take(0.01)
    line.leave()
    assert line.take(0)
