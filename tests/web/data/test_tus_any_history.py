"""Whatever happens on the way, in whatever order: what the server says is here is a beginning of
the file, and in the end the file is taken in once, byte for byte."""

import base64
import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from regulars_platform.incoming import pieces
from regulars_platform.intake import service as intake
from regulars_platform.intake.models import ImportId
from regulars_platform.intake.staging import folder_of
from regulars_platform.intake.tables import OrderImportRow
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.web.conftest import Browser
from tests.web.data.test_tus import PIECE, Client

HEADINGS = b"Order ID,Customer,Date,Amount\n"


class KilledError(BaseException):
    """The process ends here."""


class CutLine(io.RawIOBase):
    """A body that breaks off after some bytes."""

    def __init__(self, content: bytes) -> None:
        self._left = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        block = self._left.read(len(view))
        if not block:
            raise ConnectionResetError
        view[: len(block)] = block
        return len(block)


class Uploading(RuleBasedStateMachine):
    """One upload, and what may come in between."""

    client: Client
    settings: Settings
    database: Database
    monkeypatch: pytest.MonkeyPatch

    @initialize(lines=st.integers(0, 9_000))
    def begin(self, lines: int) -> None:
        self.content = HEADINGS + b"".join(
            b"%d,c%d,2026-01-05,%d.50\n" % (n, n, n % 70) for n in range(lines)
        )
        self.here = 0
        self.imports = self.count_imports()
        self.address = self.client.begin(len(self.content))

    @property
    def left(self) -> int:
        return len(self.content) - self.here

    def head(self) -> int:
        return int(self.client.head(self.address).headers["Upload-Offset"])

    def count_imports(self) -> int:
        with self.database.reading() as session:
            return len(session.scalars(select(OrderImportRow.id)).all())

    @precondition(lambda self: self.left > 1)
    @rule(share=st.floats(0, 0.99), checksum=st.booleans())
    def send_a_piece(self, share: float, checksum: bool) -> None:
        body = self.content[self.here : self.here + int(share * self.left)]
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        more = {"Upload-Checksum": f"sha256 {digest}"} if checksum else {}
        answer = self.client.patch(self.address, self.here, body, **more)
        assert answer.status_code == 204
        self.here += len(body)
        assert answer.headers["Upload-Offset"] == str(self.here)

    @precondition(lambda self: self.left > 1)
    @rule(away=st.integers(-(10**6), 10**6).filter(bool))
    def send_a_piece_from_the_wrong_place(self, away: int) -> None:
        if self.here + away >= 0:
            answer = self.client.patch(self.address, self.here + away, b"x")
            assert answer.status_code == 409

    @precondition(lambda self: self.left > 1)
    @rule()
    def send_a_damaged_piece(self) -> None:
        other = base64.b64encode(hashlib.sha1(b"else", usedforsecurity=False).digest()).decode()
        body = b"y" * min(self.left, 100_000)
        answer = self.client.patch(
            self.address, self.here, body, **{"Upload-Checksum": f"sha1 {other}"}
        )
        assert answer.status_code == 460

    @precondition(lambda self: self.left > 1)
    @rule()
    def send_more_than_is_left(self) -> None:
        answer = self.client.patch(self.address, self.here, b"x" * (self.left + 1))
        assert answer.status_code == 413

    @precondition(lambda self: self.left > 1)
    @rule(share=st.floats(0, 0.99))
    def the_line_is_cut(self, share: float) -> None:
        body = self.content[self.here : self.here + int(share * self.left)]
        headers = {**self.client.headers, "Upload-Offset": str(self.here)}
        self.client.http.patch(
            self.address,
            content_type=PIECE,
            environ_overrides={
                "wsgi.input": io.BufferedReader(CutLine(body)),
                "CONTENT_LENGTH": str(self.left),
            },
            headers=headers,
        )
        there = self.head()
        assert self.here <= there <= self.here + len(body)
        self.here = there

    @precondition(lambda self: self.left > 1)
    @rule(share=st.floats(0, 0.99))
    def the_server_is_killed_while_it_writes(self, share: float) -> None:
        body = self.content[self.here : self.here + int(share * self.left)]

        def killed(_handle: int) -> None:
            raise KilledError

        with self.monkeypatch.context() as patched:
            patched.setattr("regulars_platform.incoming.pieces.os.fsync", killed)
            headers = {**self.client.headers, "Upload-Offset": str(self.here)}
            with pytest.raises(KilledError):
                self.client.http.patch(self.address, data=body, content_type=PIECE, headers=headers)
        self.the_server_is_started_again()
        there = self.head()
        assert self.here <= there <= self.here + len(body)
        self.here = there

    @rule()
    def the_server_is_started_again(self) -> None:
        self.monkeypatch.setattr(pieces, "_HASHING", pieces._Hashing())

    @rule()
    def it_is_cancelled_and_begun_again(self) -> None:
        assert self.client.delete(self.address).status_code == 204
        assert self.client.head(self.address).status_code == 404
        self.here = 0
        self.address = self.client.begin(len(self.content))

    @invariant()
    def what_is_here_is_a_beginning_of_the_file(self) -> None:
        if hasattr(self, "address"):
            assert self.head() == self.here
            assert self.piece().read_bytes() == self.content[: self.here]
            assert self.count_imports() == self.imports

    def piece(self) -> Path:
        name = self.address.rsplit("/", 1)[1]
        return self.settings.data_dir / "incoming" / "pieces" / f"{name}.piece"

    def teardown(self) -> None:
        """The rest arrives, but the server is killed when the import is about to be written."""
        if not hasattr(self, "address"):
            return
        record = intake.record_upload

        def killed(*everything: object) -> None:
            record(*everything)  # type: ignore[arg-type]
            raise KilledError

        with self.monkeypatch.context() as patched:
            patched.setattr(intake, "record_upload", killed)
            headers = {**self.client.headers, "Upload-Offset": str(self.here)}
            body = self.content[self.here :]
            with pytest.raises(KilledError):
                self.client.http.patch(self.address, data=body, content_type=PIECE, headers=headers)
        assert self.count_imports() == self.imports
        self.the_server_is_started_again()
        for _ in range(2):
            there = self.client.head(self.address).headers["Regulars-Next"]
        assert self.count_imports() == self.imports + 1
        import_id = ImportId(int(there.rsplit("/", 1)[1]))
        with self.database.reading() as session:
            import_ = intake.get_import(session, import_id)
        assert import_.sha256 == hashlib.sha256(self.content).hexdigest()
        assert folder_of(self.settings, import_id).original.read_bytes() == self.content
        assert not self.piece().exists()


def test_any_history_ends_with_the_file_once_and_whole(
    owner: Browser,
    settings: Settings,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = type(
        "Machine",
        (Uploading,),
        {
            "client": Client(owner),
            "settings": settings,
            "database": database,
            "monkeypatch": monkeypatch,
        },
    )
    run_state_machine_as_test(machine, settings=MANY)


MANY = settings(
    max_examples=15,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
