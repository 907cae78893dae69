"""One POST to a receiver that the shop named, and nothing else on the network.

The name is looked up once and only public addresses are called, unless the shop allowed this very
host; no redirect is followed; the whole call ends by its deadline, however slowly the other side
drips its answer.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from regulars_platform.errors import RegularsError
from regulars_platform.words import N_, Sentence

MAX_ANSWER = 1_000_000

Resolve = Callable[[str, int], list[str]]


class AddressError(RegularsError):
    """A receiver's address is none that we call."""

    @classmethod
    def unreadable(cls) -> "AddressError":
        """It is no address."""
        return cls(
            Sentence(N_("An address as in https://example.org/messages is expected.")), field="url"
        )

    @classmethod
    def open_text(cls, host: str) -> "AddressError":
        """It would go over the network in the clear."""
        return cls(
            Sentence(N_("Messages to %(host)s have to go by https."), {"host": host}), field="url"
        )

    @classmethod
    def private(cls, host: str) -> "AddressError":
        """It leads into a network of our own."""
        return cls(
            Sentence(N_("%(host)s is a machine of a private network."), {"host": host}),
            Sentence(N_("If that is meant, name it under the private hosts that are allowed.")),
            field="url",
        )


class NoAnswerError(Exception):
    """There was no answer. arrived: the call may have got there all the same."""

    def __init__(self, *, arrived: bool) -> None:
        self.arrived = arrived
        super().__init__()


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (small letters) and body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def split_address(url: str, *, allowed: Collection[str]) -> SplitResult:
    """The parts of a receiver's address. Raises AddressError; looks nothing up."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise AddressError.unreadable() from None
    good = parts.scheme in ("http", "https") and host and port != 0 and parts.username is None
    if not good or host is None or not url.strip().isascii() or not url.strip().isprintable():
        raise AddressError.unreadable()
    if parts.scheme == "http" and host not in allowed:
        raise AddressError.open_text(host)
    if host not in allowed and _is_private_number(host):
        raise AddressError.private(host)
    return parts


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, in numbers."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allowed: Collection[str],
    deadline: float,
    resolve: Resolve = look_up,
) -> Answer:
    """Send a body and read the answer within `deadline` seconds.

    Raises AddressError, NoAnswerError.
    """
    parts = split_address(url, allowed=allowed)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        numbers = resolve(host, port)
    except OSError:
        raise NoAnswerError(arrived=False) from None
    if host not in allowed and any(not _is_public(number) for number in numbers):
        raise AddressError.private(host)
    connection = _Connection(host, port, numbers, secure=parts.scheme == "https", limit=deadline)
    return connection.call(parts, body, headers)


class _Connection:
    """A connection to one of the looked-up numbers, cut at the deadline."""

    def __init__(
        self, host: str, port: int, numbers: list[str], *, secure: bool, limit: float
    ) -> None:
        self._host, self._port, self._numbers = host, port, numbers
        self._secure, self._limit = secure, limit
        self._socket: socket.socket | None = None

    def call(self, parts: SplitResult, body: bytes, headers: Mapping[str, str]) -> Answer:
        timer = threading.Timer(self._limit, self._cut)
        timer.daemon = True
        timer.start()
        arrived = False
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._limit)
        try:
            self._socket = self._connect()
            connection.sock = self._socket
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            arrived = True
            connection.request("POST", path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            content = answer.read(MAX_ANSWER + 1)
        except (OSError, http.client.HTTPException):
            raise NoAnswerError(arrived=arrived) from None
        finally:
            timer.cancel()
            connection.close()
        if len(content) > MAX_ANSWER:
            content = b""
        return Answer(
            answer.status, {name.lower(): value for name, value in answer.getheaders()}, content
        )

    def _connect(self) -> socket.socket:
        problem: OSError = OSError("no address")
        for number in self._numbers[:4]:
            try:
                plain = socket.create_connection((number, self._port), timeout=self._limit)
            except OSError as error:
                problem = error
                continue
            self._socket = plain
            if not self._secure:
                return plain
            try:
                context = ssl.create_default_context()
                return context.wrap_socket(plain, server_hostname=self._host)
            except OSError:
                plain.close()
                raise
        raise problem

    def _cut(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _is_public(number: str) -> bool:
    try:
        found = ipaddress.ip_address(number.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (mapped is None or mapped.is_global)


def _is_private_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return not _is_public(host)
