"""Answers come packed where the browser takes it, and as they are where it does not."""

import gzip

import pytest

from tests.web.conftest import Browser

PACKED = {"Accept-Encoding": "gzip, deflate, br"}


def test_a_page_comes_packed_and_says_so(owner: Browser) -> None:
    plain = owner.get("/settings/")
    packed = owner.get("/settings/", headers=PACKED)

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.get_data())
    page = gzip.decompress(packed.get_data()).decode()
    assert page.startswith("<!doctype html>")
    assert len(packed.get_data()) < len(plain.get_data()) / 2


@pytest.mark.parametrize("name", ["parts.css", "app.js", "mark.svg"])
def test_a_static_file_is_the_same_packed(owner: Browser, name: str) -> None:
    plain = owner.get(f"/static/{name}?v=1")
    packed = owner.get(f"/static/{name}?v=1", headers=PACKED)

    if "Content-Encoding" in packed.headers:
        assert gzip.decompress(packed.get_data()) == plain.get_data()
    else:
        assert packed.get_data() == plain.get_data()
    assert "immutable" in packed.headers["Cache-Control"]
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_who_has_the_file_already_is_told_so(owner: Browser) -> None:
    first = owner.get("/static/parts.css", headers=PACKED)
    again = owner.get(
        "/static/parts.css", headers=PACKED | {"If-None-Match": first.headers["ETag"]}
    )

    assert again.status_code == 304
    assert again.get_data() == b""


@pytest.mark.parametrize("wanted", ["identity", "gzip;q=0", "br"])
def test_who_takes_no_gzip_gets_none(owner: Browser, wanted: str) -> None:
    answer = owner.get("/settings/", headers={"Accept-Encoding": wanted})

    assert "Content-Encoding" not in answer.headers
    assert b"<!doctype html>" in answer.get_data()


def test_downloads_go_as_they_are(owner: Browser) -> None:
    answer = owner.get("/nothing-here", headers=PACKED)

    assert answer.status_code == 404
    assert "Content-Encoding" not in answer.headers
