"""The folder of one import of another file: like that of an order file, under a name of its own."""

from regulars_platform.datasets.models import DatasetImportId
from regulars_platform.intake.staging import Folder
from regulars_platform.settings import Settings


def folder_of(settings: Settings, import_id: DatasetImportId) -> Folder:
    """The folder of an import, whether it exists or not."""
    return Folder(settings.uploads_dir / f"other-{import_id}")
