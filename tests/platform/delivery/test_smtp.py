"""Mails by a server that refuses, hangs up and comes back: nobody twice, nobody lost."""

import email
import email.policy
from collections.abc import Iterator
from typing import Any

import pytest

from regulars_platform.delivery.addresses import is_address
from regulars_platform.dispatch.smtp import Mailer, SmtpSettings
from regulars_platform.dispatch.transports import DownError, Outgoing
from tests.platform.delivery.servers import MailServer, mailing_server


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mailing_server() as found:
        yield found


@pytest.fixture
def mailer(server: MailServer) -> Iterator[Mailer]:
    settings = SmtpSettings(
        host="127.0.0.1",
        port=server.port,
        security="none",
        user="",
        sender="shop@tea.example",
        sender_name="Green Hill 茶",
    )
    mailer = Mailer(
        settings=settings,
        password="",
        unsubscribe=lambda name: f"https://tea.example/u/{name}",
        deadline=2,
    )
    yield mailer
    mailer.close()


def mail(number: int, **other: object) -> Outgoing:
    fields: dict[str, Any] = {
        "id": number,
        "key": f"key{number}",
        "customer_id": f"c{number}",
        "channel": "email",
        "address": f"c{number}@example.org",
        "subject": "For you: 满80包邮",
        "text": "Dear Ann,\n.\ncome by. 再来",
        "source": "campaign",
        "source_id": 1,
        "arm": "told",
    } | other
    return Outgoing(**fields)


def test_a_mail_arrives_as_it_was_written(server: MailServer, mailer: Mailer) -> None:
    assert mailer.send([mail(1)])[0].fate == "accepted"
    recipient, content = server.mails[0]
    read = email.message_from_string(
        content.replace("\r\n..", "\r\n."), policy=email.policy.default
    )
    assert recipient == "c1@example.org"
    assert read["Subject"] == "For you: 满80包邮"
    assert read["From"].addresses[0].display_name == "Green Hill 茶"
    assert read["List-Unsubscribe"] == "<https://tea.example/u/c1>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["Message-ID"] == "<key1@tea.example>"
    assert read.get_content().replace("\r\n", "\n") == "Dear Ann,\n.\ncome by. 再来\n"


def test_a_long_link_to_unsubscribe_stands_in_its_header_as_it_is(server: MailServer) -> None:
    """Mail programs look for <https://...> there, and read no encoded words (RFC 2369, 2)."""
    link = "https://regulars.tea.example/hooks/unsubscribe/" + "WzEsICJDMTAwMDQiXQ.vHM6d1rhk--g" * 6
    settings = SmtpSettings(
        host="127.0.0.1",
        port=server.port,
        security="none",
        user="",
        sender="shop@a-rather-long-name-of-a-shop.of-tea.example",
        sender_name="Green Hill 茶",
    )
    mailer = Mailer(settings=settings, password="", unsubscribe=lambda _: link, deadline=2)
    assert mailer.send([mail(1, key="0f" * 32, text="long " * 400)])[0].fate == "accepted"
    mailer.close()
    lines = server.mails[0][1].split("\r\n")
    headers = lines[: lines.index("")]
    assert f"List-Unsubscribe: <{link}>" in headers
    assert f"Message-ID: <{'0f' * 32}@a-rather-long-name-of-a-shop.of-tea.example>" in headers
    assert max(len(line) for line in lines) <= 998  # RFC 5322, 2.1.1


def test_many_mails_go_in_one_conversation(server: MailServer, mailer: Mailer) -> None:
    assert {one.fate for one in mailer.send([mail(n) for n in range(30)])} == {"accepted"}
    assert (len(server.mails), server.connections) == (30, 1)


def test_a_line_that_drops_between_two_mails_is_taken_up_again(
    server: MailServer, mailer: Mailer
) -> None:
    server.hang_up[4, "mail"] = True
    outcomes = mailer.send([mail(n) for n in range(1, 9)])
    assert [one.fate for one in outcomes] == ["accepted"] * 8
    assert [name for name, _ in server.mails] == [f"c{n}@example.org" for n in range(1, 9)]
    assert server.connections == 2


@pytest.mark.parametrize(("moment", "arrived"), [("data", False), ("taken", True)])
def test_a_line_that_drops_while_a_mail_is_taken_leaves_that_one_unsure(
    server: MailServer, mailer: Mailer, moment: str, arrived: bool
) -> None:
    server.hang_up[3, moment] = True
    outcomes = mailer.send([mail(n) for n in range(1, 6)])
    assert [one.fate for one in outcomes] == [
        "accepted",
        "accepted",
        "unsure",
        "accepted",
        "accepted",
    ]
    names = [name for name, _ in server.mails]
    assert ("c3@example.org" in names) == arrived
    assert len(names) == len(set(names))


def test_a_refused_recipient_does_not_stop_the_others(server: MailServer, mailer: Mailer) -> None:
    server.refuse = {"c2@example.org": "550 no such box", "c3@example.org": "451 later"}
    outcomes = mailer.send([mail(n) for n in range(1, 5)])
    assert [one.fate for one in outcomes] == ["accepted", "refused", "retry", "accepted"]
    assert "no such box" in str(outcomes[1].problem)


@pytest.mark.parametrize(
    "address",
    ["", "ann", "a@b@c", "ann@example.org, ben@example.org", "a\r\nDATA@x.org", "安@x.org"],
)
def test_what_is_no_address_never_reaches_the_server(
    server: MailServer, mailer: Mailer, address: str
) -> None:
    assert not is_address(address)
    assert mailer.send([mail(1, address=address)])[0].fate == "refused"
    assert server.connections == 0


def test_a_subject_cannot_bring_headers_of_its_own(server: MailServer, mailer: Mailer) -> None:
    mailer.send([mail(1, subject="Hi\r\nBcc: all@example.org")])
    read = email.message_from_string(server.mails[0][1], policy=email.policy.default)
    assert read["Bcc"] is None
    assert read["Subject"] == "Hi Bcc: all@example.org"


def test_a_server_that_is_not_there_takes_nothing() -> None:
    nowhere = SmtpSettings(
        host="127.0.0.1", port=1, security="none", user="", sender="a@b.org", sender_name=""
    )
    mailer = Mailer(settings=nowhere, password="", unsubscribe=lambda _: "", deadline=1)
    with pytest.raises(DownError, match="cannot be reached"):
        mailer.send([mail(1)])
