"""Uploads in pieces as tus 1.0 speaks (https://tus.io/protocols/resumable-upload): core, creation,
termination, expiration, checksum. A file is gone on with after a lost line, a closed tab, another
sign-in or a killed server, from the last byte that was safely on disk.

Beside the protocol: `Regulars-Next` on the answer that ends an upload is the page of its import,
and GET lists what the person has begun, with a token for writing (a header of every request that
changes something, as for forms).
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from http import HTTPStatus

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    flash,
    jsonify,
    redirect,
    request,
    url_for,
)
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.datasets.errors import KindUnknownError
from regulars_platform.datasets.models import read_kind
from regulars_platform.errors import RegularsError
from regulars_platform.incoming import service
from regulars_platform.incoming.errors import (
    AlreadyArrivedError,
    ChecksumError,
    NoRoomError,
    OffsetError,
    TooManyUploadsError,
    UploadBusyError,
    UploadNotFoundError,
    UploadTooLargeError,
)
from regulars_platform.incoming.models import Allowance, IncomingUpload, Purpose, read_allowance
from regulars_platform.incoming.pieces import Checksum
from regulars_platform.intake.uploads import ReceivedBytes
from regulars_platform.words import N_, Sentence
from regulars_web.csrf import csrf_token
from regulars_web.edge import current_shop, database, now, reading, settings, unit_of_work
from regulars_web.pages.data.taking import WAYS
from regulars_web.problems import problem_text
from regulars_web.signing_in import current_account

blueprint = Blueprint("incoming", __name__)

VERSION = "1.0.0"
PIECE = "application/offset+octet-stream"
NEXT = "Regulars-Next"
ALGORITHMS = {"sha1": "sha1", "sha256": "sha256"}  # sha1 is the one that every client knows
STATUS: dict[type[RegularsError], int] = {
    UploadNotFoundError: HTTPStatus.NOT_FOUND,
    UploadTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    NoRoomError: HTTPStatus.INSUFFICIENT_STORAGE,
    TooManyUploadsError: HTTPStatus.TOO_MANY_REQUESTS,
    OffsetError: HTTPStatus.CONFLICT,
    AlreadyArrivedError: HTTPStatus.CONFLICT,
    UploadBusyError: HTTPStatus.LOCKED,
    ChecksumError: 460,  # as the checksum extension has it
}
_NOT_TUS = Sentence(
    N_("Expected a request of the upload protocol tus %(version)s."), {"version": VERSION}
)


class NotTusError(RegularsError):
    """A request that the protocol does not know; with the status it asks for."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(_NOT_TUS, Sentence(N_("What is wrong: %(what)s."), {"what": what}))
        self.status = status


def install_allowance(app: Flask) -> None:
    """How much is let in, as the server's environment says. Raises UploadSettingError."""
    app.extensions["regulars_allowance"] = read_allowance(os.environ)


def allowance() -> Allowance:
    """How much is let in."""
    found: Allowance = current_app.extensions["regulars_allowance"]
    return found


@blueprint.before_request
def expect_tus() -> None:
    """Every request of the protocol says its version."""
    speaks = request.method in ("HEAD", "PATCH", "DELETE") or request.endpoint == "incoming.create"
    if speaks and request.headers.get("Tus-Resumable") != VERSION:
        raise NotTusError(HTTPStatus.PRECONDITION_FAILED, f"Tus-Resumable: {VERSION}")


@blueprint.after_request
def say_version(response: Response) -> Response:
    """As every answer of the protocol does."""
    response.headers["Tus-Resumable"] = VERSION
    if response.status_code == HTTPStatus.PRECONDITION_FAILED:
        response.headers["Tus-Version"] = VERSION
    return response


@blueprint.errorhandler(RegularsError)
def tell_problem(error: RegularsError) -> tuple[Response, int]:
    """A sentence for the person, a status for the client."""
    status = getattr(error, "status", None) or STATUS.get(type(error), HTTPStatus.BAD_REQUEST)
    return jsonify(problem=problem_text(error)), status


@blueprint.errorhandler(CSRFError)
def tell_stale_page(_error: CSRFError) -> tuple[Response, int]:
    """The token is of another session: ask for a new one, then go on."""
    return jsonify(problem=gettext("You were signed out in the meantime."), token=False), 403


@blueprint.errorhandler(HTTPException)
def tell_http(error: HTTPException) -> tuple[Response, int]:
    """What Flask itself refuses."""
    return jsonify(problem=error.name), error.code or 500


@blueprint.route("/", methods=["OPTIONS"], provide_automatic_options=False)
@blueprint.route("/<upload_id>", methods=["OPTIONS"], provide_automatic_options=False)
def about(upload_id: str = "") -> Response:
    """What of the protocol is spoken here."""
    del upload_id
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": "creation,termination,expiration,checksum",
        "Tus-Max-Size": str(allowance().largest),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }
    return Response(status=HTTPStatus.NO_CONTENT, headers=headers)


@blueprint.get("/")
def begun() -> Response:
    """What this person has begun and not ended, and a token for going on with it."""
    with reading() as work:
        uploads = list_mine(work)
    return jsonify(
        token=csrf_token(),
        uploads=[
            {
                "address": url_for("incoming.ask", upload_id=upload.id),
                "purpose": upload.purpose,
                "filename": upload.filename,
                "modified": upload.modified,
                "size": upload.size,
                "offset": upload.offset,
            }
            for upload in uploads
        ],
    )


def list_mine(work: Session, purpose: Purpose | None = None) -> list[IncomingUpload]:
    """What this person has begun and not ended."""
    return service.list_open(
        work,
        settings(),
        allowance(),
        current_shop().id,
        now=now(),
        user_id=current_account().id,
        purpose=purpose,
    )


@blueprint.post("/")
def create() -> Response:
    """Begin an upload."""
    size = _whole_number("Upload-Length")
    said = read_metadata(request.headers.get("Upload-Metadata", ""))
    purpose = said.get("purpose", "")
    if purpose not in list(Purpose):
        raise NotTusError(HTTPStatus.BAD_REQUEST, "Upload-Metadata purpose")
    kind = said.get("kind") or None
    if kind is not None and read_kind(kind) is None:
        raise KindUnknownError.of(kind)
    modified = said.get("modified", "")
    with unit_of_work() as work:
        upload = service.open_upload(
            work,
            settings(),
            allowance(),
            shop_id=current_shop().id,
            user_id=current_account().id,
            purpose=Purpose(purpose),
            kind=kind,
            filename=said.get("filename", ""),
            modified=int(modified) if modified.isdigit() and len(modified) < 18 else None,
            size=size,
            now=now(),
        )
    headers = {"Location": url_for("incoming.ask", upload_id=upload.id)} | _standing(upload)
    return Response(status=HTTPStatus.CREATED, headers=headers)


@blueprint.route("/<upload_id>", methods=["HEAD"])
def ask(upload_id: str) -> Response:
    """How much has arrived. A file that is whole and was not taken in yet is taken in now: the
    server may have been killed between its last byte and that."""
    upload = _get(upload_id)
    headers = {"Upload-Length": str(upload.size)} | _standing(upload)
    if upload.is_whole:
        headers[NEXT] = _take_in(upload)
    return Response(status=HTTPStatus.OK, headers=headers)


@blueprint.patch("/<upload_id>")
def append(upload_id: str) -> Response:
    """The next piece; the last one makes the import."""
    if request.mimetype != PIECE:
        raise NotTusError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type: {PIECE}")
    offset = _whole_number("Upload-Offset")
    upload = _get(upload_id)
    if offset == upload.offset and (request.content_length or 0) > upload.size - offset:
        raise UploadTooLargeError.piece(upload.size - offset)
    if upload.import_id is None:
        there = service.append(
            settings(), upload, request.stream, offset=offset, checksum=_read_checksum()
        )
    elif offset == upload.size:
        there = offset
    else:
        raise OffsetError.of(upload.size, offset)
    headers = _standing(upload) | {"Upload-Offset": str(there)}
    if there >= upload.size:
        headers[NEXT] = _take_in(upload)
    return Response(status=HTTPStatus.NO_CONTENT, headers=headers)


@blueprint.delete("/<upload_id>")
def cancel(upload_id: str) -> Response:
    """Throw it away."""
    _cancel(upload_id)
    return Response(status=HTTPStatus.NO_CONTENT)


@blueprint.post("/<upload_id>/discard")
def discard(upload_id: str) -> BaseResponse:
    """The same, as a form asks it."""
    try:
        _cancel(upload_id)
        flash(gettext("The unfinished upload is gone."), "good")
    except (UploadNotFoundError, AlreadyArrivedError) as error:
        flash(problem_text(error), "caution")
    there = "datasets.overview" if request.form.get("purpose") == "dataset" else "data.overview"
    return redirect(url_for(there))


def _cancel(upload_id: str) -> None:
    with unit_of_work() as work:
        service.cancel(
            work,
            settings(),
            upload_id,
            shop_id=current_shop().id,
            user_id=current_account().id,
        )


def _get(upload_id: str) -> IncomingUpload:
    with reading() as work:
        return service.get_upload(
            work,
            settings(),
            allowance(),
            upload_id,
            shop_id=current_shop().id,
            user_id=current_account().id,
        )


def _take_in(upload: IncomingUpload) -> str:
    """Make the import, exactly as a form with the file in it does; the address of its page."""
    way = WAYS[upload.purpose]
    small: list[int] = []

    def take(work: Session, received: ReceivedBytes) -> int:
        import_id = way.record(work, upload, received)
        if not way.ask(work, import_id):
            small.append(import_id)
        return import_id

    there = way.address(service.take_in(settings(), database(), upload, take, now()))
    for import_id in small:
        way.look(import_id)
    return there


def _standing(upload: IncomingUpload) -> dict[str, str]:
    return {
        "Upload-Offset": str(upload.offset),
        "Upload-Expires": http_date(upload.expires_at),
    }


def _whole_number(header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise NotTusError(HTTPStatus.BAD_REQUEST, header)
    return int(text)


def _read_checksum() -> Checksum | None:
    said = request.headers.get("Upload-Checksum")
    if said is None:
        return None
    algorithm, _, text = said.partition(" ")
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotTusError(HTTPStatus.BAD_REQUEST, "Upload-Checksum") from error
    name = ALGORITHMS.get(algorithm)
    if name is None or len(digest) != hashlib.new(name).digest_size:
        raise NotTusError(HTTPStatus.BAD_REQUEST, "Upload-Checksum")
    return Checksum(algorithm=name, digest=digest)


def read_metadata(header: str) -> Mapping[str, str]:
    """`Upload-Metadata`: keys with values in Base64. Raises NotTusError.

    >>> read_metadata("filename d29ybGQuY3N2,empty")
    {'filename': 'world.csv', 'empty': ''}
    """
    found = {}
    for pair in filter(None, map(str.strip, header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise NotTusError(HTTPStatus.BAD_REQUEST, "Upload-Metadata") from error
    return found
