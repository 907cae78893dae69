"""A shop whose figures can be worked out by hand, and what a page says without its markup."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from werkzeug.test import TestResponse

from regulars_platform.accounts.service import create_owner
from regulars_platform.settings import build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_web.app import create_app
from tests.platform.customers.build import line, lines
from tests.web.conftest import EMAIL, NOW, PASSWORD, Browser


class Reader(Browser):
    """Signed in for a whole module; one session has one token, so it is looked up once."""

    @cached_property
    def _token(self) -> str:
        return super().token()

    def token(self) -> str:
        """The token of this session."""
        return self._token


@contextmanager
def open_reader(data_dir: Path) -> Iterator[Reader]:
    """The owner of a shop with orders, for tests that change nothing."""
    settings = build_settings(data_dir)
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as session:
        open_shop(session, name="Green Hill", currency="GBP", timezone="Asia/Shanghai", now=NOW)
        create_owner(session, name="Mei", email=EMAIL, password=PASSWORD, locale="en", now=NOW)
    database.dispose()
    write_orders(settings.shop_dir(1))
    app = create_app(settings, secure_cookies=False, setup_code=None)
    app.testing = True
    reader = Reader(app.test_client())
    Browser(reader.client).post("/sign-in", {"email": EMAIL, "password": PASSWORD})
    yield reader
    app.extensions["regulars"].database.dispose()


def write_orders(shop_dir: Path) -> None:
    """60 customers c00 to c59. Each bought for 10 + number on 2 October 2026; c00 to c19 for the
    same again on 12 October, in the app. Last there is "unpaid", who never paid."""
    rows = [
        line(f"1-{n:02d}", f"c{n:02d}", "2026-10-02", 10 + n, channel="Shop") for n in range(60)
    ]
    rows += [
        line(f"2-{n:02d}", f"c{n:02d}", "2026-10-12", 10 + n, channel="App") for n in range(20)
    ]
    rows.append(line("3", "unpaid", "2026-10-05", 500, status="unpaid"))
    lines(*rows).collect().write_delta(shop_dir / "orders")


def words(response: TestResponse) -> str:
    """The text of a page, its blanks run together."""
    text = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))
    return " ".join(html.unescape(text).split())


def first_column(response: TestResponse) -> list[str]:
    """Customers in the order of the table."""
    text = response.get_data(as_text=True)
    return re.findall(r'class="customer-id">(?:<a [^>]*>)?([^<]+)<', text)
