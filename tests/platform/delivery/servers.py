"""A receiver and a mail server that run for real, and misbehave as they are told."""

import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Call:
    """One call that the receiver got."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers each call with what `answer` gives: (status, headers, body)."""

    answer: Callable[[Call], tuple[int, dict[str, str], bytes]]
    calls: list[Call] = field(default_factory=list)
    url: str = ""


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Whoever called has hung up, as tests have it."""


@contextmanager
def receiving(
    answer: Callable[[Call], tuple[int, dict[str, str], bytes]] = lambda _: (200, {}, b"{}"),
) -> Iterator[Receiver]:
    """A receiver on loopback."""
    receiver = Receiver(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            call = Call({name.lower(): value for name, value in self.headers.items()}, body)
            receiver.calls.append(call)
            status, headers, content = receiver.answer(call)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with _Quiet(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver.url = f"http://127.0.0.1:{server.server_port}/messages"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield receiver
        finally:
            server.shutdown()


@dataclass
class MailServer:
    """A mail server. hang_up: (number of the mail, "mail"|"data"|"taken") -> after how many mails
    and at which moment the line drops; refuse: recipients and what they are answered; closed_for:
    after how many mails nobody is greeted for so many seconds; cut: whom a mail was for that was
    being handed over when the line dropped."""

    port: int = 0
    mails: list[tuple[str, str]] = field(default_factory=list)
    hang_up: dict[tuple[int, str], bool] = field(default_factory=dict)
    refuse: dict[str, str] = field(default_factory=dict)
    closed_for: dict[int, float] = field(default_factory=dict)
    closed_until: float = 0.0
    cut: list[str] = field(default_factory=list)
    connections: int = 0
    seen: int = 0
    lock: Any = field(default_factory=threading.Lock)


class _Conversation(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        state = self.server.state
        state.connections += 1
        self._recipient = ""
        if time.monotonic() < state.closed_until:
            return
        self._say("220 ready")
        while line := self.rfile.readline().decode("utf-8", "replace").strip():
            command = getattr(self, f"_{line[:4].strip().lower()}", None)
            if not (self._say("250 ok") if command is None else command(line)):
                return

    def _mail(self, _: str) -> bool:
        state = self.server.state
        with state.lock:
            state.seen += 1
            self._place = state.seen
            closed = state.closed_for.pop(state.seen, 0.0)
            if closed:
                state.closed_until = time.monotonic() + closed
        if closed or time.monotonic() < state.closed_until:
            return False
        return not state.hang_up.pop((self._place, "mail"), False) and self._say("250 ok")

    def _rcpt(self, line: str) -> bool:
        self._recipient = line.partition("<")[2].partition(">")[0]
        return self._say(self.server.state.refuse.get(self._recipient, "250 ok"))

    def _data(self, _: str) -> bool:
        state = self.server.state
        self._say("354 go on")
        content = []
        while (line := self.rfile.readline().decode("utf-8", "replace")) not in (".\r\n", ""):
            content.append(line)
            if state.hang_up.pop((self._place, "data"), False):
                state.cut.append(self._recipient)
                return False
        state.mails.append((self._recipient, "".join(content)))
        if state.hang_up.pop((self._place, "taken"), False):
            state.cut.append(self._recipient)
            return False
        return self._say("250 taken")

    def _quit(self, _: str) -> bool:
        self._say("221 bye")
        return False

    def _say(self, text: str) -> bool:
        self.wfile.write(f"{text}\r\n".encode())
        return True


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    state: MailServer

    def handle_error(self, *_: object) -> None:
        """The worker at the other end was killed."""


@contextmanager
def mailing_server() -> Iterator[MailServer]:
    """A mail server on loopback, without encryption or passwords."""
    state = MailServer()
    with _Server(("127.0.0.1", 0), _Conversation) as server:
        server.state = state
        state.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield state
        finally:
            server.shutdown()
