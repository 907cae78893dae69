"""What pages that take in a file share: the upload itself, its answer, the rejected lines."""

from collections.abc import Callable
from pathlib import Path

from flask import Response, jsonify, redirect, request, send_file, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.errors import RegularsError
from regulars_platform.jobs.models import Job
from regulars_platform.words import Sentence
from regulars_web.problems import problem_text


def sent_file(missing: Sentence) -> tuple[FileStorage, str]:
    """The file of the form and its name. Raises RegularsError with these words without one."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise RegularsError(missing, field="file")
    return file, file.filename


def answer_upload(
    receive: Callable[[], int], endpoint: str, page: Callable[[RegularsError], str]
) -> BaseResponse | tuple[str | Response, int]:
    """Take in a file and lead to its page; `page` shows the form again with what was wrong.

    Answers with JSON where a script asks: it shows how much has arrived.
    """
    wants_json = request.accept_mimetypes.best == "application/json"
    try:
        there = url_for(endpoint, import_id=receive())
    except RegularsError as error:
        if wants_json:
            return jsonify(problem=problem_text(error)), 422
        return page(error), 422
    return jsonify(next=there) if wants_json else redirect(there)


def send_rejects(path: Path | None, filename: str, otherwise: str) -> Response:
    """The rejected lines of a file as a download named after it. Raises NotFound without any."""
    if path is None:
        raise NotFound
    stem = filename.partition(".")[0] or otherwise
    return send_file(
        path, mimetype="text/csv", as_attachment=True, download_name=f"{stem}-rejected.csv"
    )


def is_busy(job: Job | None) -> bool:
    """Whether a step of a file is under way."""
    return job is not None and not job.is_over
