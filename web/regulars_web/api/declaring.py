"""How an operation is declared: once, and routes, checks and the document all follow from it.

A handler's signature says what it takes and answers::

    area = Area("jobs", "Work in the background")

    @area.post("/jobs/{job_id}/cancel", scope=Scope.WRITE_SHOP)
    def cancel_job(call: Call, work: Session, job_id: Key) -> Answer[JobShown]:
        \"\"\"Ask a job to stop.\"\"\"

`call`: the request. `work`: a session; of a write, its one transaction. `query`, `body`: models.
`upload`: the body as a file. Everything else is named in the path.
"""

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, ClassVar, Literal, get_type_hints

from flask import Response, send_file
from pydantic import Field, TypeAdapter
from pydantic_core import to_json

from regulars_platform.api_access.scopes import Scope
from regulars_web.api.models import NO_CONTROLS, Id, Model
from regulars_web.downloads import csv_file, json_file

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler = Callable[..., Any]

Key = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_CONTROLS)]
"""A text in a path."""


@dataclass(frozen=True, slots=True)
class Upload:
    """The body as a file, on disk already. sha256: of its bytes."""

    stream: BinaryIO
    sha256: str
    media_types: ClassVar[tuple[str, ...]] = ("application/octet-stream", "text/csv")


@dataclass(frozen=True, slots=True)
class CsvFile:
    """An answer that is a table: a file, or its bytes, also piece by piece."""

    content: Path | Iterable[bytes] | bytes | str
    name: str
    media_type: ClassVar[str] = "text/csv"

    def response(self) -> Response:
        """The answer itself."""
        if isinstance(self.content, Path):
            return send_file(
                self.content, mimetype="text/csv", as_attachment=True, download_name=self.name
            )
        return csv_file(self.content, self.name)


@dataclass(frozen=True, slots=True)
class JsonFile:
    """An answer that is a stored document, byte for byte, without anything around it."""

    content: str
    name: str
    media_type: ClassVar[str] = "application/json"

    def response(self) -> Response:
        """The answer itself."""
        return json_file(self.content, self.name)


@dataclass(frozen=True, slots=True)
class _Ready:
    """An answer that is a file, made already."""

    answer: Response

    def response(self) -> Response:
        """The answer itself."""
        return self.answer


class SvgFile(_Ready):
    """A drawing."""

    media_type: ClassVar[str] = "image/svg+xml"


class ZipFile(_Ready):
    """Several files in one."""

    media_type: ClassVar[str] = "application/zip"


class PdfFile(_Ready):
    """A document to print."""

    media_type: ClassVar[str] = "application/pdf"


FILES = (CsvFile, JsonFile, SvgFile, ZipFile, PdfFile)


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One declared operation.

    answers: a model, a file, or None for nothing (204). statuses: every status of a problem that
    it can answer. is_named: its path names a thing that may be missing. example: a body.
    """

    name: str
    tag: str
    method: Method
    path: str
    scope: Scope
    summary: str
    description: str
    handler: Handler
    in_path: dict[str, Any]
    query: type[Model] | None
    body: type[Model] | None
    takes_upload: bool
    takes_work: bool
    answers: Any
    status: int
    statuses: tuple[int, ...]
    example: dict[str, Any] | None
    is_write: bool

    @property
    def has_body(self) -> bool:
        """Whether something is sent along."""
        return self.body is not None or self.takes_upload

    @property
    def is_named(self) -> bool:
        """Whether 404 is among its answers."""
        return 404 in self.statuses

    @property
    def rule(self) -> str:
        """The path as the web framework writes it."""
        return re.sub(r"\{(\w+)\}", lambda found: self._placeholder(found[1]), self.path)

    def _placeholder(self, name: str) -> str:
        return f"<int:{name}>" if self.in_path[name] is Id else f"<{name}>"

    def parse_path(self, given: dict[str, Any]) -> dict[str, Any]:
        """The named parts of the path. Raises pydantic's ValidationError."""
        return {
            name: TypeAdapter(kind).validate_python(given[name], strict=False)
            for name, kind in self.in_path.items()
        }


class Area:
    """The operations about one thing. name: in the document's tags; about: a sentence on it.

    status: of a success, 200 (204 without an answer) where nothing is said. also: statuses of
    problems beside the usual ones. reads: of a POST that changes nothing and only has a body.
    """

    def __init__(self, name: str, about: str) -> None:
        self.name = name
        self.about = about
        self.operations: list[Operation] = []

    def get(self, path: str, **said: Any) -> Callable[[Handler], Handler]:
        """Declare what is read."""
        return self._declare("GET", path, **said)

    def post(self, path: str, **said: Any) -> Callable[[Handler], Handler]:
        """Declare what is made or started."""
        return self._declare("POST", path, **said)

    def put(self, path: str, **said: Any) -> Callable[[Handler], Handler]:
        """Declare what is replaced."""
        return self._declare("PUT", path, **said)

    def patch(self, path: str, **said: Any) -> Callable[[Handler], Handler]:
        """Declare what is changed in parts."""
        return self._declare("PATCH", path, **said)

    def delete(self, path: str, **said: Any) -> Callable[[Handler], Handler]:
        """Declare what is removed."""
        return self._declare("DELETE", path, **said)

    def _declare(
        self,
        method: Method,
        path: str,
        *,
        scope: Scope,
        status: int | None = None,
        also: tuple[int, ...] = (),
        example: dict[str, Any] | None = None,
        reads: bool = False,
    ) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            declared = Declared(
                tag=self.name,
                method=method,
                path=path,
                scope=scope,
                status=status,
                also=also,
                example=example,
                writes=method != "GET" and not reads,
            )
            self.operations.append(build_operation(handler, declared))
            return handler

        return declare


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """What stands in a decorator: see `Area`."""

    tag: str
    method: Method
    path: str
    scope: Scope
    status: int | None
    also: tuple[int, ...]
    example: dict[str, Any] | None
    writes: bool


def build_operation(handler: Handler, declared: Declared) -> Operation:
    """Read the signature of a handler. Raises TypeError where it does not fit its path."""
    hints = get_type_hints(handler, include_extras=True)
    answers = hints.pop("return", None)
    answers = None if answers is type(None) else answers
    named = re.findall(r"\{(\w+)\}", declared.path)
    in_path = {name: hints[name] for name in named}
    known = {"call", "work", "query", "body", "upload", *named}
    if strange := set(hints) - known:
        raise TypeError(f"{handler.__name__} asks for {strange}, which is not in its path")
    if declared.example is not None:
        hints["body"].model_validate_json(to_json(declared.example))
    summary, _, description = (inspect.getdoc(handler) or "").partition("\n")
    statuses = {401, 403, 422, 429, *declared.also}
    statuses |= {404} if named else set()
    statuses |= {400, 413, 415} if {"body", "upload"} & set(hints) else set()
    statuses |= {409} if declared.writes else set()
    return Operation(
        name=handler.__name__,
        tag=declared.tag,
        method=declared.method,
        path=declared.path,
        scope=declared.scope,
        summary=summary.rstrip("."),
        description=" ".join(description.split()),
        handler=handler,
        in_path=in_path,
        query=hints.get("query"),
        body=hints.get("body"),
        takes_upload="upload" in hints,
        takes_work="work" in hints,
        answers=answers,
        status=declared.status or (204 if answers is None else 200),
        statuses=tuple(sorted(statuses)),
        example=declared.example,
        is_write=declared.writes,
    )


def is_file(answers: Any) -> bool:
    """Whether an answer is a file, not a model."""
    return isinstance(answers, type) and issubclass(answers, FILES)
