"""Where this installation keeps its data. Parsed once, at the edge, and passed on."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Frozen settings of one installation.

    data_dir: the one folder that holds everything (database, tables, uploads, keys); private.
    database_url: SQLAlchemy address; SQLite inside `data_dir` unless told otherwise.
    """

    data_dir: Path
    database_url: str

    @property
    def uploads_dir(self) -> Path:
        """Uploaded files and what was worked out from them, one folder per import."""
        return self.data_dir / "uploads"

    def shop_dir(self, shop_id: int) -> Path:
        """The tables of one shop."""
        return self.data_dir / "shops" / str(shop_id)


def default_data_dir(environment: Mapping[str, str] | None = None) -> Path:
    """`$REGULARS_DATA`, else the user's data folder after the XDG rules."""
    env = os.environ if environment is None else environment
    if env.get("REGULARS_DATA"):
        return Path(env["REGULARS_DATA"]).expanduser()
    base = env.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "regulars"


def build_settings(data_dir: Path, database_url: str | None = None) -> Settings:
    """Settings for a data folder."""
    folder = data_dir.expanduser().resolve()
    return Settings(
        data_dir=folder, database_url=database_url or f"sqlite:///{folder / 'regulars.sqlite'}"
    )


def prepare_data_dir(settings: Settings) -> None:
    """Create the data folder so that only its owner can read it (mode 0700)."""
    for folder in (settings.data_dir, settings.uploads_dir, settings.data_dir / "shops"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
