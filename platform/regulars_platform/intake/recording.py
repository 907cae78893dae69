"""Keeping with an import why a step of it failed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy.orm import Session

from regulars_platform.errors import RegularsError
from regulars_platform.intake.column_errors import UndecidedError
from regulars_platform.intake.errors import RefusedFileError, WrongStateError
from regulars_platform.intake.models import ImportState
from regulars_platform.intake.staging import Report
from regulars_platform.storage.database import Database
from regulars_platform.words import N_, Sentence


class Listener:
    """Passes progress on, and remembers whether the listener asked to stop."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.stopped = False

    def __call__(self, step: str, done: int, total: int | None) -> None:
        try:
            self._report(step, done, total)
        except BaseException:
            self.stopped = True
            raise


class ImportRow(Protocol):
    """What is written down of an import that failed, whatever kind of file it is of."""

    state: str
    problem: Any | None
    hint: Any | None


@contextmanager
def recording(
    database: Database, row_of: Callable[[Session], ImportRow], listener: Listener | None = None
) -> Iterator[None]:
    """Keeps with the import why a step failed. Being asked to stop is no failure, nor is a
    question that is still open."""
    try:
        yield
    except (UndecidedError, WrongStateError):
        raise
    except Exception as error:
        if listener is None or not listener.stopped:
            _record(database, row_of, error)
        raise


def _record(database: Database, row_of: Callable[[Session], ImportRow], error: Exception) -> None:
    if isinstance(error, RegularsError):
        problem, hint = error.problem, error.hint
    else:
        problem = Sentence(
            N_("Something went wrong inside (%(error)s). Nothing of this file was stored."),
            {"error": type(error).__name__},
        )
        hint = Sentence(N_("Try again; if it comes back, report it with the log."))
    refused = isinstance(error, RefusedFileError)
    with database.unit_of_work() as session:
        row = row_of(session)
        row.state = ImportState.REFUSED if refused else ImportState.FAILED
        row.problem = problem.as_json()
        row.hint = None if hint is None else hint.as_json()
