"""Keeping with an import of another file why a step of it failed."""

from collections.abc import Iterator
from contextlib import contextmanager

from regulars_platform.datasets import repository
from regulars_platform.datasets.models import DatasetImportId
from regulars_platform.errors import RegularsError
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


@contextmanager
def recording(
    database: Database, import_id: DatasetImportId, listener: Listener | None = None
) -> Iterator[None]:
    """Keeps with the import why a step failed. Being asked to stop is no failure."""
    try:
        yield
    except WrongStateError:
        raise
    except Exception as error:
        if listener is None or not listener.stopped:
            _record(database, import_id, error)
        raise


def _record(database: Database, import_id: DatasetImportId, error: Exception) -> None:
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
        row = repository.get_row(session, import_id)
        row.state = ImportState.REFUSED if refused else ImportState.FAILED
        row.problem = problem.as_json()
        row.hint = None if hint is None else hint.as_json()
