"""Ids in addresses that are longer than the database can hold."""

import pytest

from tests.web.conftest import Browser

TOO_LONG = ("9223372036854775808", "99999999999999999999", "9" * 5000)


@pytest.mark.parametrize("number", ["9223372036854775807", *TOO_LONG])
@pytest.mark.parametrize(
    "address",
    [
        "/campaigns/{}",
        "/campaigns/{}/plan",
        "/campaigns/{}/contacts/1.csv",
        "/campaigns/{}/report",
        "/campaigns/{}/report/1.json",
        "/campaigns/1/report/{}.json",
        "/data/{}",
        "/data/{}/rejects.csv",
        "/segments/{}",
    ],
)
def test_what_no_id_can_be_is_not_found(owner: Browser, address: str, number: str) -> None:
    assert owner.get(address.format(number)).status_code == 404


@pytest.mark.parametrize("number", TOO_LONG)
def test_nothing_is_found_for_a_form_sent_there_either(owner: Browser, number: str) -> None:
    assert owner.post(f"/campaigns/{number}/report").status_code == 404
    assert owner.post(f"/data/{number}/store").status_code == 404
    assert owner.post(f"/segments/{number}/delete").status_code == 404


@pytest.mark.parametrize("number", TOO_LONG)
def test_a_segment_to_plan_for_that_cannot_be_one_is_as_none_asked_for(
    owner: Browser, number: str
) -> None:
    assert owner.get(f"/campaigns/new?segment={number}").status_code == 200
