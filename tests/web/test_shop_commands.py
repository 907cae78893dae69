"""The shop on the command line: opened, filled with orders, asked for segments."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.intake.encodings import CHOICES
from regulars_platform.orders.table import OrdersTable
from regulars_web.cli import group
from regulars_web.commands.opening import ENCODINGS

FILE = """Order number,Customer,Ordered at,Status,Amount
A1,c1,2026-01-02 10:00,paid,10.00
A2,c1,2026-01-09 10:00,paid,20.50
A3,c2,2026-01-03 10:00,cancelled,30.00
1.2E+18,c3,2026-01-03 10:00,paid,40.00
A5,,2026-01-03 10:00,paid,5.00
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(group, [*words, "--data", str(data)])


@pytest.fixture
def shop(data: Path) -> Path:
    opened = run(
        data, "init", "Tea", "--currency", "EUR", "--timezone", "UTC",
        "--owner-name", "Wen", "--owner-email", "wen@example.org",
        "--owner-password", "a long password",
    )  # fmt: skip
    assert opened.exit_code == 0, opened.output
    return data


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(FILE)
    return path


def test_a_shop_is_opened_once(shop: Path) -> None:
    again = run(
        shop, "init", "Coffee", "--currency", "EUR", "--timezone", "UTC", "--owner-name", "W",
        "--owner-email", "w@example.org", "--owner-password", "a long password",
    )  # fmt: skip

    assert again.exit_code == 1
    assert "has an owner already" in again.output


def test_without_a_shop_a_command_says_how_to_open_one(data: Path, orders: Path) -> None:
    answer = run(data, "import", str(orders))

    assert answer.exit_code == 1
    assert "regulars init" in answer.output


def test_an_import_accounts_for_every_line_and_writes_the_rejected_ones(
    shop: Path, orders: Path, tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects.csv"
    answer = run(shop, "import", str(orders), "--rejects", str(rejects))

    assert answer.exit_code == 0, answer.output
    rows = {line.split()[0]: line.split()[1:] for line in answer.output.splitlines()[:4]}
    assert rows == {
        "read": ["5", "lines", "105.5000", "EUR"],
        "stored": ["4", "lines", "65.5000", "EUR"],
        "repeated": ["0", "lines", "0.0000", "EUR"],
        "rejected": ["1", "lines", "40.0000", "EUR"],
    }
    assert "scientific notation" in answer.output
    assert "1.2E+18" in rejects.read_text()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--map", "price=Amount"), "expected FIELD=HEADING with a field of: order_id"),
        (("--status", "gone"), "expected WORD=MEANING"),
    ],
)
def test_options_that_do_not_hold_are_refused(
    shop: Path, orders: Path, option: tuple[str, str], said: str
) -> None:
    answer = run(shop, "import", str(orders), *option)

    assert answer.exit_code == 2
    assert said in " ".join(answer.output.split())


def test_an_encoding_that_nothing_tells_is_said_by_an_option(shop: Path, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    # a name that reads in Chinese and in Western European alike
    path.write_bytes(
        "Order number,Customer,Ordered at,Status,Amount\n"
        "A1,José,2026-01-02 10:00,paid,10.00\n".encode("cp1252")
    )
    asked = run(shop, "import", str(path))
    assert asked.exit_code == 1
    assert "Say which of these reads right" in str(asked.exception)

    answer = run(shop, "import", str(path), "--encoding", "cp1252")
    assert answer.exit_code == 0, answer.output
    table = OrdersTable(shop / "shops" / "1")
    assert table.scan().select("customer_id").collect().to_series().to_list() == ["José"]

    people = tmp_path / "customers.csv"
    people.write_bytes("Customer id,City\nJosé,Málaga\n".encode("cp1252"))
    assert run(shop, "import-data", "customers", str(people)).exit_code == 1
    told = run(shop, "import-data", "customers", str(people), "--encoding", "cp1252")
    assert told.exit_code == 0, told.output
    cities = DatasetTable(shop / "shops" / "1", "customers").scan().select("city").collect()
    assert cities.to_series().to_list() == ["Málaga"]


def test_the_encodings_of_the_option_are_those_of_the_page() -> None:
    assert ENCODINGS == CHOICES


def test_columns_may_be_said_outright(shop: Path, orders: Path) -> None:
    fields = {
        "order_id": "Order number",
        "customer_id": "Customer",
        "ordered_at": "Ordered at",
        "amount": "Amount",
    }
    options = [part for name, head in fields.items() for part in ("--map", f"{name}={head}")]
    answer = run(shop, "import", str(orders), *options)

    assert answer.exit_code == 0, answer.output
    assert "4 orders, 2 customers, 1 lines without a customer" in answer.output


def test_segments_are_counted_kept_and_listed(shop: Path, orders: Path, tmp_path: Path) -> None:
    run(shop, "import", str(orders))
    rule = tmp_path / "rule.json"
    rule.write_text(json.dumps({"feature": "orders", "op": ">=", "value": "2"}))

    counted = run(shop, "segment", "count", str(rule), "--as-of", "2026-02-01")
    kept = run(shop, "segment", "save", "regulars", str(rule))
    listed = run(shop, "segment", "list")
    sized = run(shop, "segment", "sizes")
    assert sized.output == "1 segment counted\n"

    # a cancelled order is no purchase, but its customer is known
    assert counted.output == "1 of 2 customers\n"
    assert kept.exit_code == 0
    assert listed.output.startswith("1\tregulars\t")


def test_a_rule_that_is_no_json_is_refused(shop: Path, orders: Path) -> None:
    answer = run(shop, "segment", "count", str(orders))

    assert answer.exit_code == 1
    assert "The rule is not JSON" in answer.output


def test_other_files_come_in_by_their_kind(shop: Path, tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("customer_id,age,opted out\nc1,30,no\nc2,300,yes\n,20,no\n")
    rejects = tmp_path / "rejects.csv"

    stored = run(
        shop, "import-data", "auto", str(path), "--as-of", "2026-01-31", "--rejects", str(rejects)
    )

    assert stored.exit_code == 0, stored.output
    assert "taken for    customers" in stored.output
    assert "new                     2 lines" in stored.output
    assert "It is not an age from 0 to 120. (“300”)" in stored.output
    assert "1 customers want no contact" in stored.output
    assert "Nobody is named" in rejects.read_text(encoding="utf-8-sig")
    again = run(shop, "import-data", "customers", str(path), "--as-of", "2026-01-31")
    assert "repeated                2 lines" in again.output
    other = run(shop, "import-data", "points", str(path))
    assert other.exception is not None
    assert "No column says when it happened" in str(other.exception)
