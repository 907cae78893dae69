"""Passwords and keys of sending: files beside the secret key, readable by their owner alone.

They are not in the database, so that a copy of it gives none of them away.
"""

import secrets
from pathlib import Path
from typing import Literal

from regulars_platform.settings import Settings
from regulars_platform.storage.placing import place

Secret = Literal["smtp-password", "webhook-key", "unsubscribe-key"]


def _path(settings: Settings, shop_id: int, name: Secret) -> Path:
    return settings.data_dir / "secrets" / f"shop-{shop_id}-{name}"


def read_secret(settings: Settings, shop_id: int, name: Secret) -> str | None:
    """The secret, or None where it was never kept."""
    try:
        return _path(settings, shop_id, name).read_text("utf-8")
    except FileNotFoundError:
        return None


def keep_secret(settings: Settings, shop_id: int, name: Secret, value: str) -> None:
    """Keep a secret in the place of the one before; an empty one forgets it."""
    path = _path(settings, shop_id, name)
    if value:
        place(path, value.encode())
    else:
        path.unlink(missing_ok=True)


def read_or_make_secret(settings: Settings, shop_id: int, name: Secret) -> str:
    """The secret; a random one is made and kept where there is none."""
    found = read_secret(settings, shop_id, name)
    if found is None:
        keep_secret(settings, shop_id, name, secrets.token_urlsafe(32))
        found = read_secret(settings, shop_id, name)
    if found is None:
        raise RuntimeError("a secret that was just kept is gone")
    return found
