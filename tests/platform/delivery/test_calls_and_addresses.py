"""Call lists ask what messages ask; and nobody is reached by another id with the same address."""

from pathlib import Path

import pytest
from sqlalchemy import select

from regulars_platform.delivery.outbox import Queued, queue_messages
from regulars_platform.delivery.tables import MessageRow
from regulars_platform.dispatch.calls import calls_csv, open_calls
from regulars_platform.dispatch.claims import claim
from regulars_platform.dispatch.control import resume_batch, stop_batch
from regulars_platform.reach.addresses import plain_address
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_platform.suppressions.service import suppress
from tests.platform.delivery.build import (
    NOON,
    bring_customers,
    let_in,
    mailing,
    open_programme,
    open_sending_shop,
    people,
)

NAMES = ("anna", "anna2", "bert")


class Shopkeeper:
    """A shop whose programme writes to or calls three customers, two of them with one address."""

    def __init__(self, folder: Path) -> None:
        self.settings: Settings = build_settings(folder)
        prepare_data_dir(self.settings)
        self.database = Database(self.settings)
        create_all_tables(self.database)

    def queue(self, channel: str, *, held: tuple[str, ...] = (), silent: bool = False) -> Queued:
        with self.database.unit_of_work() as session:
            via = "calls" if channel == "phone" else "smtp"
            open_sending_shop(session, via=via, channel=channel)
            bring_customers(
                self.settings,
                1,
                [
                    {"customer_id": "anna", "email": "a@x.org", "phone": "13800000001"},
                    {"customer_id": "anna2", "email": " A@X.org", "phone": "+86 138 0000 0001"},
                    {"customer_id": "bert", "email": "b@x.org", "phone": "13800000002"},
                ],
            )
            open_programme(session)
            let_in(session, 1, list(NAMES), held=list(held))
            if silent:
                self._suppress(session)
            return queue_messages(
                session, self.settings, mailing(channel=channel), people(*NAMES), now=NOON
            )

    def _suppress(self, session: object) -> None:
        suppress(session, shop_id=1, customers=["anna"], reason="asked", now=NOON)  # type: ignore[arg-type]

    def silence(self) -> None:
        with self.database.unit_of_work() as session:
            self._suppress(session)

    def to_call(self, batch: int | None) -> list[str]:
        assert batch is not None
        with self.database.unit_of_work() as session:
            calls = open_calls(session, self.settings, 1, batch, now=NOON)
        return [call.customer_id for call in calls]


@pytest.fixture
def shop(tmp_path: Path) -> Shopkeeper:
    return Shopkeeper(tmp_path / "data")


def test_a_stopped_call_list_calls_nobody_until_it_goes_on(shop: Shopkeeper) -> None:
    batch = shop.queue("phone").batch_id
    assert batch is not None
    assert shop.to_call(batch) == list(NAMES)
    with shop.database.unit_of_work() as session:
        stop_batch(session, 1, batch)
    assert shop.to_call(batch) == []
    with shop.database.unit_of_work() as session:
        text = b"".join(calls_csv(session, shop.settings, 1, batch, now=NOON)).decode()
        assert len(text.splitlines()) == 1
        resume_batch(session, 1, batch, now=NOON)
    assert shop.to_call(batch) == list(NAMES)


def test_nobody_is_called_whom_the_programme_holds_back(shop: Shopkeeper) -> None:
    batch = shop.queue("phone", held=("bert",)).batch_id
    assert shop.to_call(batch) == ["anna", "anna2"]


def test_nor_whoever_has_the_telephone_of_somebody_it_holds_back(shop: Shopkeeper) -> None:
    batch = shop.queue("phone", held=("anna",)).batch_id
    assert shop.to_call(batch) == ["bert"]
    with shop.database.unit_of_work() as session:
        why = dict(session.execute(select(MessageRow.customer_id, MessageRow.problem)).all())
    assert "address of somebody" in str(why["anna2"])


def test_nobody_who_opted_out_is_called_under_another_id(shop: Shopkeeper) -> None:
    batch = shop.queue("phone").batch_id
    shop.silence()
    assert shop.to_call(batch) == ["bert"]


def test_nor_written_to_though_they_were_queued_before(shop: Shopkeeper) -> None:
    batch = shop.queue("email").batch_id
    assert batch is not None
    shop.silence()
    with shop.database.unit_of_work() as session:
        left = claim(session, shop.settings, batch, most=10, attempt_id="a", now=NOON)
    assert [message.customer_id for message in left.messages] == ["bert"]
    assert left.barred == 2


def test_who_opted_out_under_another_id_is_not_even_queued(shop: Shopkeeper) -> None:
    made = shop.queue("email", silent=True)
    assert (made.queued, dict(made.barred)) == (1, {"opted_out": 1, "same_address": 1})


@pytest.mark.parametrize(
    ("told", "plain"),
    [
        ("+86 138-0000-0001", "13800000001"),
        ("008613800000001", "13800000001"),
        ("13800000001", "13800000001"),
        # German, Austrian: no code of China, and not shortened
        ("+49 861 3800001", "498613800001"),
        ("+43 1 5880010", "4315880010"),
    ],
)
def test_a_telephone_number_is_known_in_every_spelling(told: str, plain: str) -> None:
    assert plain_address("phone", told) == plain
