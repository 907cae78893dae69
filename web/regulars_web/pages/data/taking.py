"""From bytes that have arrived to an import of theirs, whichever way they came."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from regulars_platform.datasets import jobs as dataset_jobs
from regulars_platform.datasets import service as datasets
from regulars_platform.datasets.folder import folder_of as dataset_folder
from regulars_platform.datasets.models import DatasetImportId, read_kind
from regulars_platform.incoming.models import IncomingUpload, Purpose
from regulars_platform.intake import jobs as order_jobs
from regulars_platform.intake import service as intake
from regulars_platform.intake.errors import RefusedFileError
from regulars_platform.intake.models import ImportId
from regulars_platform.intake.sniff import is_slow_to_sniff
from regulars_platform.intake.staging import folder_of
from regulars_platform.intake.uploads import ReceivedBytes
from regulars_web.edge import database, now, settings


def ask_to_look_at_orders(work: Session, import_id: ImportId) -> bool:
    """Have a large order file looked at in the background; False: it is small, look now."""
    if not is_slow_to_sniff(folder_of(settings(), import_id).original):
        return False
    order_jobs.ask_for(work, "look_import", import_id, now())
    return True


def look_at_orders(import_id: ImportId) -> None:
    """Look at a small order file; if it is refused, its page says why."""
    try:
        intake.look(settings(), database(), import_id)
    except RefusedFileError:
        return


def ask_to_look_at_dataset(work: Session, import_id: DatasetImportId) -> bool:
    """Have a large file of another kind looked at in the background; False: look now."""
    if not is_slow_to_sniff(dataset_folder(settings(), import_id).original):
        return False
    dataset_jobs.ask_for(work, "look_dataset", import_id, now())
    return True


def look_at_dataset(import_id: DatasetImportId) -> None:
    """Look at a small file of another kind; if it is refused, its page says why."""
    try:
        datasets.look(settings(), database(), import_id)
    except RefusedFileError:
        return


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """What becomes of files brought for one purpose. endpoint: the page of such an import; record:
    make the import; ask: have it looked at in the background if that takes long; look: now."""

    endpoint: str
    record: Callable[[Session, IncomingUpload, ReceivedBytes], int]
    ask: Callable[[Session, int], bool]
    look: Callable[[int], None]

    def address(self, import_id: int) -> str:
        """The page of one."""
        return url_for(self.endpoint, import_id=import_id)


def _record_orders(work: Session, upload: IncomingUpload, received: ReceivedBytes) -> int:
    return intake.record_upload(
        work, settings(), upload.shop_id, upload.filename, received, now(), upload.user_id
    )


def _record_dataset(work: Session, upload: IncomingUpload, received: ReceivedBytes) -> int:
    return datasets.record_upload(
        work,
        settings(),
        upload.shop_id,
        upload.filename,
        received,
        now(),
        kind=read_kind(upload.kind),
        user_id=upload.user_id,
    )


WAYS = {
    Purpose.ORDERS: Way(
        endpoint="data.one",
        record=_record_orders,
        ask=lambda work, number: ask_to_look_at_orders(work, ImportId(number)),
        look=lambda number: look_at_orders(ImportId(number)),
    ),
    Purpose.DATASET: Way(
        endpoint="datasets.one",
        record=_record_dataset,
        ask=lambda work, number: ask_to_look_at_dataset(work, DatasetImportId(number)),
        look=lambda number: look_at_dataset(DatasetImportId(number)),
    ),
}
