"""Values kept in memory: what is known is not made again, and no more is kept than may be."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from regulars_platform.storage.at_hand import AtHand


def size(value: bytes) -> int:
    return len(value)


def test_a_value_is_made_once_and_what_was_not_asked_for_longest_goes_first() -> None:
    kept, made = AtHand(100), []

    def ask(name: str) -> bytes:
        def build() -> bytes:
            made.append(name)
            return bytes(40)

        return kept.get(name, build, size)

    for name in ("a", "b", "a", "c", "a", "b"):
        ask(name)
    # c took the place of b, which had not been asked for since; then b that of c
    assert made == ["a", "b", "c", "b"]
    assert kept.bytes == 80
    assert kept.knows("a")
    assert not kept.knows("c")


def test_what_is_too_large_is_told_and_not_kept() -> None:
    kept = AtHand(100)
    assert len(kept.get("large", lambda: bytes(51), size)) == 51
    assert kept.bytes == 0
    assert not kept.knows("large")


def test_what_fails_is_tried_again() -> None:
    kept = AtHand(100)

    def fail() -> bytes:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"):
        kept.get("a", fail, size)
    assert kept.get("a", lambda: b"x", size) == b"x"


def test_forgetting_is_like_a_restart() -> None:
    kept = AtHand(100)
    kept.get("a", lambda: b"old", size)
    kept.forget()
    assert kept.bytes == 0
    assert kept.get("a", lambda: b"new", size) == b"new"


def test_threads_that_ask_at_once_wait_for_the_first_and_others_do_not() -> None:
    kept, made, slow = AtHand(1_000), [], threading.Event()

    def build() -> bytes:
        made.append(threading.get_ident())
        slow.wait(5)
        return b"value"

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(kept.get, "same", build, size) for _ in range(7)]
        while not made:
            time.sleep(0.001)
        assert kept.get("other", lambda: b"at once", size) == b"at once"
        slow.set()
        assert {one.result() for one in asked} == {b"value"}
    assert len(made) == 1


def test_many_threads_never_keep_more_than_may_be() -> None:
    kept = AtHand(1_000)

    def ask(number: int) -> int:
        return len(kept.get(number % 37, lambda: bytes(10 * (number % 37)), size))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(2_000)))
    assert found == [10 * (number % 37) for number in range(2_000)]
    assert kept.bytes <= 1_000
