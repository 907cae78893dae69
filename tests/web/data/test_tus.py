"""Uploads in pieces, spoken to as any client of tus 1.0 would."""

import base64
import datetime as dt
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from regulars_platform.accounts.passwords import hash_password
from regulars_platform.accounts.tables import User
from regulars_platform.incoming.errors import UploadSettingError
from regulars_platform.incoming.models import Allowance, read_allowance
from regulars_platform.incoming.service import forget_expired, forget_strays
from regulars_platform.incoming.tables import IncomingUploadRow
from regulars_platform.intake.models import ImportId
from regulars_platform.intake.service import get_import
from regulars_platform.intake.staging import folder_of
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.web.conftest import NOW, PASSWORD, Browser

ORDERS = b"Order ID,Customer,Date,Amount\n1,mei,2026-01-05,3.00\n2,li,2026-01-06,4.50\n"
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = "application/offset+octet-stream"


class Client:
    """One person's uploads."""

    def __init__(self, browser: Browser) -> None:
        self.http: FlaskClient = browser.client
        self.headers = {**TUS, "X-CSRFToken": browser.token()}

    def create(
        self, size: int, *, purpose: str = "orders", filename: str = "orders.csv", **more: str
    ) -> TestResponse:
        said = {"filename": filename, "purpose": purpose, **more}
        metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in said.items())
        headers = {**self.headers, "Upload-Length": str(size), "Upload-Metadata": metadata}
        return self.http.post("/data/incoming/", headers=headers)

    def begin(self, size: int, **more: str) -> str:
        answer = self.create(size, **more)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return answer.headers["Location"]

    def head(self, address: str) -> TestResponse:
        return self.http.head(address, headers=TUS)

    def patch(self, address: str, offset: int, body: bytes, **more: str) -> TestResponse:
        headers = {**self.headers, "Upload-Offset": str(offset), **more}
        return self.http.patch(address, data=body, content_type=PIECE, headers=headers)

    def delete(self, address: str) -> TestResponse:
        return self.http.delete(address, headers=self.headers)


@pytest.fixture
def client(owner: Browser) -> Client:
    return Client(owner)


def said(answer: TestResponse) -> dict[str, Any]:
    body: dict[str, Any] = answer.get_json()
    return body


def arrived(client: Client, address: str) -> int:
    return int(client.head(address).headers["Upload-Offset"])


def test_a_file_in_pieces_becomes_the_import_that_a_form_makes(
    client: Client, settings: Settings, database: Database
) -> None:
    address = client.begin(len(ORDERS))
    assert arrived(client, address) == 0
    first = client.patch(address, 0, ORDERS[:40])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "40")
    assert "Regulars-Next" not in first.headers
    assert arrived(client, address) == 40
    last = client.patch(address, 40, ORDERS[40:])
    assert last.headers["Regulars-Next"] == "/data/1"
    with database.reading() as session:
        import_ = get_import(session, ImportId(1))
    assert import_.sha256 == hashlib.sha256(ORDERS).hexdigest()
    assert (import_.filename, import_.size, import_.user_id) == ("orders.csv", len(ORDERS), 1)
    assert folder_of(settings, import_.id).original.read_bytes() == ORDERS
    assert client.http.get("/data/1").location == "/data/1/columns"
    assert list((settings.data_dir / "incoming" / "pieces").iterdir()) == []


def test_asking_again_after_the_end_says_where_the_file_is_and_brings_it_once(
    client: Client, database: Database
) -> None:
    address = client.begin(len(ORDERS))
    client.patch(address, 0, ORDERS)
    again = client.head(address)
    assert again.headers["Regulars-Next"] == "/data/1"
    assert again.headers["Upload-Offset"] == again.headers["Upload-Length"] == str(len(ORDERS))
    assert client.patch(address, len(ORDERS), b"").headers["Regulars-Next"] == "/data/1"
    assert client.delete(address).status_code == 409
    with database.reading() as session:
        assert len(session.scalars(select(IncomingUploadRow)).all()) == 1
    assert client.http.get("/data/2").status_code == 404


def test_a_file_whole_on_the_disk_when_the_server_was_killed_is_taken_in_when_asked(
    client: Client, settings: Settings
) -> None:
    address = client.begin(len(ORDERS))
    client.patch(address, 0, ORDERS[:40])
    piece = next((settings.data_dir / "incoming" / "pieces").glob("*.piece"))
    with piece.open("ab") as file:
        file.write(ORDERS[40:])
    assert client.head(address).headers["Regulars-Next"] == "/data/1"
    assert folder_of(settings, ImportId(1)).original.read_bytes() == ORDERS


def test_a_wrong_offset_changes_nothing_and_says_so(client: Client) -> None:
    address = client.begin(len(ORDERS))
    client.patch(address, 0, ORDERS[:40])
    for offset in (0, 39, 41, 10**9):
        answer = client.patch(address, offset, b"x")
        assert answer.status_code == 409
        assert "byte 40" in said(answer)["problem"] or "40" in said(answer)["problem"]
    assert arrived(client, address) == 40


def test_a_piece_over_the_end_is_refused(client: Client) -> None:
    address = client.begin(10)
    assert client.patch(address, 0, b"x" * 11).status_code == 413
    assert arrived(client, address) == 0


def test_a_damaged_piece_is_refused_and_can_be_sent_again(client: Client) -> None:
    address = client.begin(len(ORDERS))
    right = (
        "sha1 " + base64.b64encode(hashlib.sha1(ORDERS, usedforsecurity=False).digest()).decode()
    )
    damaged = client.patch(address, 0, ORDERS[:-1] + b"x", **{"Upload-Checksum": right})
    assert damaged.status_code == 460
    assert arrived(client, address) == 0
    whole = client.patch(address, 0, ORDERS, **{"Upload-Checksum": right})
    assert whole.headers["Regulars-Next"] == "/data/1"


def test_a_file_of_another_kind_keeps_the_kind_it_was_brought_as(client: Client) -> None:
    text = b"customer_id,birthday\nmei,1990-04-23\n"
    address = client.begin(len(text), purpose="dataset", kind="customers", filename="people.csv")
    there = client.patch(address, 0, text).headers["Regulars-Next"]
    assert there == "/data/other/1"
    assert "people.csv" in client.http.get("/data/other/1/columns").get_data(as_text=True)


def test_a_file_that_cannot_be_read_says_so_on_its_page(client: Client) -> None:
    address = client.begin(9)
    there = client.patch(address, 0, b"\x00" * 9).headers["Regulars-Next"]
    assert "binary data" in client.http.get(there).get_data(as_text=True)


def test_an_empty_file_is_whole_at_once(client: Client) -> None:
    address = client.begin(0)
    there = client.head(address).headers["Regulars-Next"]
    assert "empty" in client.http.get(there).get_data(as_text=True)


def test_cancelling_leaves_nothing(client: Client, settings: Settings) -> None:
    address = client.begin(len(ORDERS))
    client.patch(address, 0, ORDERS[:40])
    assert client.delete(address).status_code == 204
    assert client.head(address).status_code == 404
    assert client.patch(address, 40, b"x").status_code == 404
    assert list((settings.data_dir / "incoming" / "pieces").iterdir()) == []


def test_what_was_begun_is_listed_with_how_much_is_here(client: Client, owner: Browser) -> None:
    address = client.begin(len(ORDERS), modified="1700000000000")
    client.patch(address, 0, ORDERS[:40])
    listed = said(client.http.get("/data/incoming/"))
    assert listed["uploads"] == [
        {
            "address": address,
            "purpose": "orders",
            "filename": "orders.csv",
            "modified": 1700000000000,
            "size": len(ORDERS),
            "offset": 40,
        }
    ]
    page = owner.get("/data/").get_data(as_text=True)
    assert "choose the same file" in page
    answer = owner.post(f"{address}/discard", follow_redirects=True)
    assert "The unfinished upload is gone" in answer.get_data(as_text=True)
    assert said(client.http.get("/data/incoming/"))["uploads"] == []


def test_another_person_of_the_shop_knows_nothing_of_it(
    client: Client, app: Flask, database: Database
) -> None:
    address = client.begin(len(ORDERS))
    with database.unit_of_work() as session:
        session.add(
            User(
                name="Li",
                email="li@example.com",
                password_hash=hash_password(PASSWORD),
                role="owner",
                locale="en",
                session_epoch=0,
                created_at=NOW,
            )
        )
    browser = Browser(app.test_client())
    browser.post("/sign-in", {"email": "li@example.com", "password": PASSWORD})
    other = Client(browser)
    assert other.head(address).status_code == 404
    assert other.patch(address, 0, b"x").status_code == 404
    assert other.delete(address).status_code == 404
    assert said(other.http.get("/data/incoming/"))["uploads"] == []


def test_a_stranger_is_told_to_sign_in_by_the_status_alone(
    client: Client, stranger: Browser
) -> None:
    address = client.begin(len(ORDERS))
    assert stranger.client.head(address, headers=TUS).status_code == 401
    assert stranger.client.get("/data/incoming/").status_code == 401


def test_the_same_person_goes_on_after_signing_in_again(client: Client, app: Flask) -> None:
    address = client.begin(len(ORDERS))
    client.patch(address, 0, ORDERS[:40])
    browser = Browser(app.test_client())
    browser.post("/sign-in", {"email": "mei@example.com", "password": PASSWORD})
    again = Client(browser)
    assert arrived(again, address) == 40
    assert again.patch(address, 40, ORDERS[40:]).headers["Regulars-Next"] == "/data/1"


def test_a_piece_on_its_way_signs_nobody_in_again_who_has_just_signed_out(client: Client) -> None:
    address = client.begin(len(ORDERS))
    assert "Set-Cookie" not in client.patch(address, 0, ORDERS[:40]).headers
    assert "Set-Cookie" in client.http.get("/data/").headers


def test_nothing_is_written_without_the_token_of_the_session(client: Client) -> None:
    address = client.begin(len(ORDERS))
    client.headers.pop("X-CSRFToken")
    assert client.create(3).status_code == 403
    assert client.patch(address, 0, b"x").status_code == 403
    assert client.delete(address).status_code == 403
    assert arrived(client, address) == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "1" * 30}, 400),
        ({"Upload-Metadata": "filename !!!"}, 400),
        ({"Upload-Metadata": ""}, 400),
        ({"Upload-Metadata": "purpose b3JkZXJz,kind eA=="}, 400),
    ],
)
def test_what_is_not_the_protocol_is_refused(
    client: Client, headers: dict[str, str], status: int
) -> None:
    usual = {
        **client.headers,
        "Upload-Length": "5",
        "Upload-Metadata": "purpose b3JkZXJz,filename eA==",
    }
    answer = client.http.post("/data/incoming/", headers={**usual, **headers})
    assert answer.status_code == status
    assert client.http.post("/data/incoming/", headers=usual).status_code == 201


def test_a_piece_of_another_content_type_is_refused(client: Client) -> None:
    address = client.begin(5)
    headers = {**client.headers, "Upload-Offset": "0"}
    answer = client.http.patch(address, data=b"x", content_type="text/csv", headers=headers)
    assert answer.status_code == 415


def test_clients_are_told_what_is_spoken(client: Client) -> None:
    told = client.http.options("/data/incoming/").headers
    assert told["Tus-Version"] == told["Tus-Resumable"] == "1.0.0"
    assert set(told["Tus-Extension"].split(",")) == {
        "creation",
        "termination",
        "expiration",
        "checksum",
    }
    assert told["Tus-Max-Size"] == str(50 << 30)


def test_limits_of_the_operator_are_kept_and_told(client: Client, app: Flask) -> None:
    app.extensions["regulars_allowance"] = Allowance(largest=1 << 20, at_once=2)
    too_large = client.create((1 << 20) + 1)
    assert too_large.status_code == 413
    assert "takes files of up to 1 MiB" in said(too_large)["problem"]
    client.begin(5)
    client.begin(5)
    too_many = client.create(5)
    assert too_many.status_code == 429
    assert "2 uploads of this shop" in said(too_many)["problem"]


def test_a_file_that_does_not_fit_on_the_disk_is_refused_before_its_first_byte(
    client: Client, app: Flask
) -> None:
    app.extensions["regulars_allowance"] = Allowance(spare=1 << 60)
    answer = client.create(5)
    assert answer.status_code == 507
    assert "no room" in said(answer)["problem"]


def test_a_disk_that_fills_up_on_the_way_keeps_what_arrived(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = client.begin(len(ORDERS))
    client.patch(address, 0, ORDERS[:40])

    def full(_handle: int, _data: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("regulars_platform.incoming.pieces.os.write", full)
        answer = client.patch(address, 40, ORDERS[40:])
    assert answer.status_code == 507
    assert "what has arrived so far is kept" in said(answer)["problem"]
    assert client.patch(address, 40, ORDERS[40:]).headers["Regulars-Next"] == "/data/1"


def test_after_a_week_without_a_piece_an_upload_is_gone(
    client: Client, settings: Settings, database: Database
) -> None:
    old, new = client.begin(10), client.begin(10)
    folder = settings.data_dir / "incoming" / "pieces"
    stray = folder / "0123.piece"
    stray.write_bytes(b"x")
    now = dt.datetime.now(dt.UTC)
    for path in (folder / f"{old.rsplit('/', 1)[1]}.piece", stray):
        _touched(path, now - dt.timedelta(days=8))
    with database.unit_of_work() as session:
        row = session.get_one(IncomingUploadRow, old.rsplit("/", 1)[1])
        row.created_at = now - dt.timedelta(days=9)
    assert len(said(client.http.get("/data/incoming/"))["uploads"]) == 1
    with database.unit_of_work() as session:
        assert forget_expired(session, settings, Allowance(), 1, now) == 1
        assert forget_strays(session, settings, Allowance(), now) == 1
    assert client.head(old).status_code == 404
    assert client.head(new).status_code == 200
    assert [path.name for path in folder.iterdir()] == [f"{new.rsplit('/', 1)[1]}.piece"]


def test_settings_of_the_environment_are_read_and_checked() -> None:
    told = {"REGULARS_UPLOAD_GIB": "3", "REGULARS_UPLOADS_AT_ONCE": "4", "REGULARS_UPLOAD_DAYS": ""}
    assert read_allowance(told) == Allowance(largest=3 << 30, at_once=4, days=7)
    for wrong in ("0", "-1", "3.5", "many", "9" * 7):
        with pytest.raises(UploadSettingError, match="REGULARS_UPLOAD_DAYS"):
            read_allowance({"REGULARS_UPLOAD_DAYS": wrong})


def _touched(path: Path, moment: dt.datetime) -> None:
    os.utime(path, (moment.timestamp(), moment.timestamp()))
