"""A file of which nothing is stored can be thrown away at any step, bytes and all."""

import io

import pytest

from regulars_platform.datasets.folder import folder_of as dataset_folder
from regulars_platform.datasets.models import DatasetImportId
from regulars_platform.intake.models import ImportId
from regulars_platform.intake.staging import folder_of
from regulars_platform.settings import Settings
from tests.web.conftest import Browser
from tests.web.data.test_data_pages import ORDERS, FinishJobs, confirm, upload

PEOPLE = b"customer_id,birthday\nmei,1990-04-23\n"


@pytest.mark.parametrize("step", ["columns", "review", "refused", "cancelled"])
def test_an_order_file_is_thrown_away_at_any_step_before_it_is_stored(
    owner: Browser, settings: Settings, finish_jobs: FinishJobs, step: str
) -> None:
    upload(owner, b"\x00\x01" * 50 if step == "refused" else ORDERS)
    if step in ("review", "cancelled"):
        confirm(owner)
        if step == "cancelled":
            page = owner.get("/data/1").get_data(as_text=True)
            job = page.partition('data-job="')[2].partition('"')[0]
            owner.post(f"/jobs/{job}/cancel")
        finish_jobs()
    there = owner.get("/data/1", follow_redirects=True).get_data(as_text=True)
    assert "Throw this file away" in there
    gone = owner.post("/data/1/discard", follow_redirects=True).get_data(as_text=True)
    assert "is thrown away" in gone
    assert "None yet" in gone
    assert not folder_of(settings, ImportId(1)).root.exists()
    assert owner.get("/data/1").status_code == 404
    assert owner.post("/data/1/store").status_code == 404
    assert upload(owner, ORDERS).location == "/data/2"


def test_what_is_stored_or_under_way_cannot_be_thrown_away(
    owner: Browser, settings: Settings, finish_jobs: FinishJobs
) -> None:
    upload(owner, ORDERS)
    confirm(owner)
    assert owner.post("/data/1/discard").location == "/data/1"
    finish_jobs()
    owner.post("/data/1/store")
    assert owner.post("/data/1/discard").location == "/data/1"
    finish_jobs()
    assert owner.post("/data/1/discard").location == "/data/1"
    page = owner.get("/data/1").get_data(as_text=True)
    assert "Throw this file away" not in page
    assert folder_of(settings, ImportId(1)).original.exists()


def test_a_file_of_another_kind_is_thrown_away_too(owner: Browser, settings: Settings) -> None:
    owner.post("/data/other/upload", {"file": (io.BytesIO(PEOPLE), "people.csv")})
    there = owner.get("/data/other/1/columns").get_data(as_text=True)
    assert "Throw this file away" in there
    gone = owner.post("/data/other/1/discard", follow_redirects=True).get_data(as_text=True)
    assert "is thrown away" in gone
    assert not dataset_folder(settings, DatasetImportId(1)).root.exists()
    assert owner.get("/data/other/1").status_code == 404
