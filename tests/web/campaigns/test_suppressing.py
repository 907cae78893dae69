"""The suppression list."""

import io

from tests.web.campaigns.build import said_beside, text_of
from tests.web.conftest import Browser


def test_ids_are_pasted_uploaded_counted_and_taken_off(owner: Browser) -> None:
    file = (io.BytesIO("客户,原因\nc2,退订\nc3,\n".encode("gb18030")), "out.csv")
    answer = owner.post(
        "/campaigns/suppressions",
        {"ids": "c1", "file": file, "reason": "no consent"},
        follow_redirects=True,
    )
    text = text_of(answer.get_data(as_text=True))
    assert "3 customers on the list" in text
    assert "c2 退订" in text
    assert "c3 no consent" in text
    owner.post("/campaigns/suppressions/remove", {"ids": "c2"})
    text = text_of(owner.get("/campaigns/suppressions").get_data(as_text=True))
    assert "2 customers on the list" in text
    assert "c2" not in text


def test_the_same_id_twice_is_on_the_list_once(owner: Browser) -> None:
    owner.post("/campaigns/suppressions", {"ids": "c1\nc1"})
    answer = owner.post("/campaigns/suppressions", {"ids": "c1\nc4"}, follow_redirects=True)
    text = text_of(answer.get_data(as_text=True))
    assert "1 of 2 were put on the list" in text
    assert "2 customers on the list" in text


def test_a_file_that_is_no_text_is_refused_beside_its_field_and_nothing_is_kept(
    owner: Browser,
) -> None:
    file = (io.BytesIO(b"c1\n\x00\x01\x02"), "list.csv")
    answer = owner.post("/campaigns/suppressions", {"file": file})
    assert answer.status_code == 422
    assert "no text" in said_beside(answer.get_data(as_text=True), "file")
    text = text_of(owner.get("/campaigns/suppressions").get_data(as_text=True))
    assert "0 customers on the list" in text


def test_nothing_at_all_is_refused(owner: Browser) -> None:
    answer = owner.post("/campaigns/suppressions", {"ids": ""})
    assert answer.status_code == 422
    assert "No customer id came" in said_beside(answer.get_data(as_text=True), "ids")


def test_a_long_list_is_paged(owner: Browser) -> None:
    owner.post("/campaigns/suppressions", {"ids": "\n".join(f"c{n:03d}" for n in range(60))})
    first = text_of(owner.get("/campaigns/suppressions").get_data(as_text=True))
    second = text_of(owner.get("/campaigns/suppressions?page=2").get_data(as_text=True))
    assert "Page 1 of 2" in first
    assert second.count("Take off") == 1 + 10
