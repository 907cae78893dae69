"""A shop with something of everything, for tests that ask whatever there is."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from regulars_platform.accounts.service import create_owner
from regulars_platform.api_access.scopes import Scope
from regulars_platform.api_access.tokens import create_token
from regulars_platform.settings import build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_web.app import create_app


@contextmanager
def load_shop(folder: Path) -> Iterator[tuple[Flask, str]]:
    """An application on a loaded shop, and the secret of a token that may do everything."""
    settings = build_settings(folder / "data")
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    now = dt.datetime.now(dt.UTC)
    with database.unit_of_work() as session:
        shop = open_shop(
            session, name="Green Hill", currency="GBP", timezone="Asia/Shanghai", now=now
        )
        owner = create_owner(
            session, name="Mei", email="mei@example.com", password="ten letters", locale="en",
            now=now,
        )  # fmt: skip
        _token, secret = create_token(
            session,
            shop_id=shop.id,
            user_id=owner.id,
            name="everything",
            scopes=tuple(Scope),
            days=None,
            now=now,
        )
    app = create_app(settings, secure_cookies=False, setup_code=None)
    app.testing = True
    yield app, secret
    app.extensions["regulars"].database.dispose()
    database.dispose()
