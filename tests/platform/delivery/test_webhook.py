"""The webhook: signed, patient, and never fooled into a network of ours."""

import datetime as dt
import hashlib
import hmac
import json
import socket
import threading
import time
from typing import Any

import pytest

from regulars_platform.dispatch.http_out import AddressError, post, split_address
from regulars_platform.dispatch.signing import is_signed, sign
from regulars_platform.dispatch.transports import DownError, Outgoing
from regulars_platform.dispatch.webhook import Webhook, WebhookSettings
from tests.platform.delivery.build import NOON
from tests.platform.delivery.servers import Call, Receiver, receiving

LOOPBACK = ("127.0.0.1",)


def message(number: int) -> Outgoing:
    return Outgoing(
        id=number,
        key=f"key-{number}",
        customer_id=f"c{number}",
        channel="sms",
        address="+44 20",
        subject="",
        text="满80包邮",
        source="programme",
        source_id=1,
        arm="told",
    )


def hook(receiver: Receiver, **other: object) -> Webhook:
    settings = WebhookSettings(url=receiver.url, allowed=LOOPBACK)
    fields: dict[str, Any] = {"settings": settings, "key": "secret", "clock": lambda: NOON} | other
    return Webhook(**fields)


def test_a_call_is_signed_over_moment_and_body() -> None:
    with receiving() as receiver:
        outcomes = hook(receiver).send([message(1)])
    call = receiver.calls[0]
    moment = call.headers["x-regulars-timestamp"]
    expected = hmac.new(b"secret", moment.encode() + b"." + call.body, hashlib.sha256).hexdigest()
    assert call.headers["x-regulars-signature"] == f"v1={expected}"
    assert moment == str(int(NOON.timestamp()))
    assert call.headers["idempotency-key"] == "key-1"
    assert json.loads(call.body)["messages"][0]["text"] == "满80包邮"
    assert [one.fate for one in outcomes] == ["accepted"]


def test_a_signature_holds_for_its_body_its_key_and_some_minutes() -> None:
    moment = str(int(NOON.timestamp()))
    good = sign("key", moment, b"body")
    assert is_signed("key", moment, good, b"body", now=NOON + dt.timedelta(minutes=4))
    assert not is_signed("key", moment, good, b"body", now=NOON + dt.timedelta(minutes=6))
    assert not is_signed("key", moment, good, b"other", now=NOON)
    assert not is_signed("other", moment, good, b"body", now=NOON)
    assert not is_signed("", moment, sign("", moment, b"body"), b"body", now=NOON)
    for bad in (None, "", "x", "-1", "1" * 40, "１"):
        assert not is_signed("key", bad, good, b"body", now=NOON)


def test_each_message_gets_the_answer_that_its_key_was_given() -> None:
    def answer(_: Call) -> tuple[int, dict[str, str], bytes]:
        results = [
            {"key": "key-1", "status": "delivered", "id": "p1"},
            {"key": "key-2", "status": "failed", "reason": "no such number"},
            {"key": "key-3", "status": "unsubscribed"},
        ]
        return 200, {}, json.dumps({"results": results}).encode()

    with receiving(answer) as receiver:
        outcomes = hook(receiver).send([message(n) for n in (1, 2, 3, 4)])
    assert [one.fate for one in outcomes] == ["delivered", "refused", "unsubscribed", "accepted"]
    assert outcomes[0].provider_id == "p1"
    assert "no such number" in str(outcomes[1].problem)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"results": 3}', b'{"results": [7]}'])
def test_an_answer_that_says_nothing_readable_still_took_the_call(body: bytes) -> None:
    with receiving(lambda _: (202, {}, body)) as receiver:
        assert hook(receiver).send([message(1)])[0].fate == "accepted"


def test_a_server_in_trouble_is_asked_again_later() -> None:
    with receiving(lambda _: (503, {"Retry-After": "120"}, b"")) as receiver:
        outcome = hook(receiver).send([message(1)])[0]
    assert (outcome.fate, outcome.wait, outcome.arrived) == ("retry", 120, True)


@pytest.mark.parametrize(("given", "seconds"), [("7", 7), ("999999999", 86_400), ("soon", None)])
def test_too_many_calls_wait_as_long_as_the_receiver_says(given: str, seconds: int | None) -> None:
    later = {"Retry-After": given if given != "999999999" else "99999999"}
    with receiving(lambda _: (429, later, b"")) as receiver, pytest.raises(DownError) as down:
        hook(receiver).send([message(1)])
    assert down.value.wait == seconds


def test_a_date_to_wait_for_is_read_too() -> None:
    later = {"Retry-After": "Mon, 02 Mar 2026 12:05:00 GMT"}
    with receiving(lambda _: (429, later, b"")) as receiver, pytest.raises(DownError) as down:
        hook(receiver).send([message(1)])
    assert down.value.wait == 300


@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 404])
def test_no_redirect_is_followed_and_no_message_blamed_for_a_wrong_address(status: int) -> None:
    with (
        receiving() as elsewhere,
        receiving(lambda _: (status, {"Location": elsewhere.url}, b"")) as receiver,
    ):
        with pytest.raises(DownError, match=str(status)):
            hook(receiver).send([message(1), message(2)])
        assert len(receiver.calls) == 1
        assert not elsewhere.calls


def test_one_message_that_is_refused_does_not_take_the_others_with_it() -> None:
    def answer(call: Call) -> tuple[int, dict[str, str], bytes]:
        return (422, {}, b"") if b"key-3" in call.body else (200, {}, b"")

    with receiving(answer) as receiver:
        outcomes = hook(receiver).send([message(n) for n in range(1, 8)])
    assert {one.id: one.fate for one in outcomes} == {
        n: "refused" if n == 3 else "accepted" for n in range(1, 8)
    }


def test_a_receiver_that_hangs_may_have_got_it() -> None:
    free = threading.Event()

    def answer(_: Call) -> tuple[int, dict[str, str], bytes]:
        free.wait(5)
        return 200, {}, b""

    with receiving(answer) as receiver:
        began = time.monotonic()
        outcome = hook(receiver, deadline=0.3).send([message(1)])[0]
        assert time.monotonic() - began < 2
        free.set()
    assert (outcome.fate, outcome.arrived) == ("retry", True)


def test_a_receiver_that_drips_is_cut_at_the_deadline() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        line, _ = listener.accept()
        line.recv(65_536)
        try:
            for letter in b"HTTP/1.1 200 OK\r\n" + b"X-A: 1\r\n" * 100:
                line.sendall(bytes([letter]))
                time.sleep(0.05)
        except OSError:
            pass

    threading.Thread(target=drip, daemon=True).start()
    settings = WebhookSettings(
        url=f"http://127.0.0.1:{listener.getsockname()[1]}/", allowed=LOOPBACK
    )
    began = time.monotonic()
    slow = Webhook(settings=settings, key="k", clock=lambda: NOON, deadline=0.4)
    assert slow.send([message(1)])[0].fate == "retry"
    assert time.monotonic() - began < 2
    listener.close()


def test_nobody_there_means_that_nothing_left() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    listener.close()
    settings = WebhookSettings(url=url, allowed=LOOPBACK)
    with pytest.raises(DownError):
        Webhook(settings=settings, key="k", clock=lambda: NOON).send([message(1)])


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://10.0.0.8/x",
        "https://192.168.1.1/x",
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]/x",
        "https://localhost/x",
        "http://example.org/x",
        "ftp://example.org/x",
        "https://user:word@example.org/x",
        "https://example.org:99999/x",
        "https:///x",
        "example.org",
        "https://exa\nmple.org/",
        "",
    ],
)
def test_addresses_that_are_never_called(url: str) -> None:
    with pytest.raises(AddressError):
        split_address(url, allowed=())


@pytest.mark.parametrize(
    "number", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:192.168.0.1"]
)
def test_a_public_name_that_leads_into_a_private_network_is_not_called(number: str) -> None:
    with pytest.raises(AddressError, match="private"):
        post(
            "https://hooks.example.org/x",
            b"{}",
            {},
            allowed=(),
            deadline=1,
            resolve=lambda *_: ["93.184.216.34", number],
        )
