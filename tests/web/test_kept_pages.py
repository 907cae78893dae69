"""Parts of pages that are kept: found by their whole key, and never more than may be."""

import gzip
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars_web.csrf import PLACE
from regulars_web.kept_pages import Kept, KeptPage, KeptPages


def test_what_was_kept_is_found_under_its_key_alone() -> None:
    pages = KeptPages()
    pages.keep(("en", 1), Kept(html="<p>one</p>"))

    found = pages.find(("en", 1))
    assert found is not None
    assert found.html == "<p>one</p>"
    assert pages.find(("en", 2)) is None
    assert pages.find(("zh_Hans", 1)) is None


def test_the_parts_used_longest_ago_go_when_too_much_is_kept() -> None:
    pages = KeptPages(most_bytes=300)
    for key in ("a", "b", "c"):
        pages.keep(key, Kept(html=key * 100))
    pages.find("a")
    pages.keep("d", Kept(html="d" * 100))

    assert pages.find("b") is None
    assert all(pages.find(key) for key in ("a", "c", "d"))
    assert pages.bytes_kept == 300


def test_what_is_larger_than_everything_is_not_kept() -> None:
    pages = KeptPages(most_bytes=300)
    pages.keep("small", Kept(html="x"))
    pages.keep("large", Kept(html="x" * 301))

    assert pages.find("large") is None
    assert pages.find("small") is not None


def test_kept_again_it_counts_once() -> None:
    pages = KeptPages(most_bytes=300)
    for _ in range(5):
        pages.keep("a", Kept(html="x" * 100))

    assert pages.bytes_kept == 100


def test_chinese_counts_as_it_lies_in_memory() -> None:
    pages = KeptPages(most_bytes=300)
    pages.keep("a", Kept(html="\u6ee1" * 100))

    assert pages.bytes_kept == 200


@given(st.lists(st.text(max_size=300), min_size=1, max_size=5), st.text("abc.-_", max_size=400))
def test_a_page_packed_in_pieces_is_one_gzip_file(pieces: list[str], token: str) -> None:
    kept = KeptPage(PLACE.join(pieces))

    assert gzip.decompress(kept.packed(token.encode())).decode() == token.join(pieces)


def test_the_length_of_a_packed_page_says_nothing_of_its_token() -> None:
    kept = KeptPage(f"secret-1 secret-2 {PLACE} secret-1")

    assert len(kept.packed(b"secret-1")) == len(kept.packed(b"xqzjwk-7"))


def test_of_many_who_want_the_same_part_one_makes_it() -> None:
    pages, made, started = KeptPages(), [], threading.Barrier(8)

    def want() -> None:
        started.wait()
        with pages.turn("page"):
            if pages.find("page") is None:
                made.append(threading.get_ident())
                time.sleep(0.05)
                pages.keep("page", Kept(html="made"))

    readers = [threading.Thread(target=want) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()

    assert len(made) == 1


def test_whoever_fails_to_make_a_part_leaves_the_turn_to_the_next() -> None:
    pages = KeptPages()
    with pytest.raises(ZeroDivisionError), pages.turn("page"):
        raise ZeroDivisionError
    with pages.turn("page"):
        assert pages.find("page") is None
