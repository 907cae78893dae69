"""How large a request may be, and where its files go while they arrive."""

import tempfile
from pathlib import Path
from typing import IO

from flask import Flask, Request, request

UPLOADS = frozenset(
    {
        "data.upload",
        "datasets.upload",
        "campaigns.suppress",
        "campaigns.record_failed",
        "incoming.append",
    }
)
"""Endpoints that take files of any size; the disk is their limit."""

NO_LIMIT = 1 << 62  # bytes; Flask takes None for "as configured"


def install_upload_limits(app: Flask) -> None:
    """Before the body is read (the CSRF check reads it): lift the limit for uploads only."""

    @app.before_request
    def lift_limit() -> None:
        if request.endpoint in UPLOADS:
            request.max_content_length = NO_LIMIT

    incoming = prepare_incoming_dir(Path(app.instance_path))

    class StreamingRequest(Request):
        """Files of a form go to the data folder at once, never through memory or /tmp."""

        def _get_file_stream(
            self,
            total_content_length: int | None,
            content_type: str | None,
            filename: str | None = None,
            content_length: int | None = None,
        ) -> IO[bytes]:
            del total_content_length, content_type, filename, content_length
            return tempfile.TemporaryFile("wb+", dir=incoming)

    app.request_class = StreamingRequest


def prepare_incoming_dir(data_dir: Path) -> Path:
    """The private folder in which bodies of requests wait; on the same disk as what they become."""
    incoming = data_dir / "incoming"
    incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
    return incoming
