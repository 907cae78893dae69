"""Serving for real: database, worker and web server in one go, and a clean end."""

import errno
import fcntl
import ipaddress
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from regulars_platform.accounts.service import has_owner
from regulars_platform.errors import RegularsError
from regulars_platform.settings import Settings, prepare_data_dir
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import upgrade
from regulars_platform.words import N_, Sentence
from regulars_web.job_watching import JobWatch
from regulars_web.security import LOOPBACK_NAMES
from regulars_web.spoken import gettext
from regulars_web.turns import Turns
from regulars_web.uploads import prepare_incoming_dir

MAX_BODY = 1 << 40  # bytes; the server's own default of 1 GiB would refuse large order files
PATIENCE = 5.0  # seconds that the worker gets to end


class ServingError(RegularsError):
    """The server cannot start."""

    @classmethod
    def port_taken(cls, host: str, port: int) -> "ServingError":
        """Another program listens there."""
        return cls(
            Sentence(
                N_("Port %(port)d on %(host)s is taken by another program."),
                {"port": port, "host": host},
            ),
            Sentence(
                N_("Stop that program, or choose another port: regulars serve --port %(other)d"),
                {"other": port + 1},
            ),
        )

    @classmethod
    def cannot_listen(cls, host: str, port: int, reason: str) -> "ServingError":
        """An address that is not ours, or a port that needs rights."""
        return cls(
            Sentence(
                N_("It is not possible to listen on %(host)s, port %(port)d: %(reason)s."),
                {"host": host, "port": port, "reason": reason},
            ),
        )

    @classmethod
    def folder_in_use(cls, data_dir: Path) -> "ServingError":
        """Two servers on one data folder would do everything twice."""
        return cls(
            Sentence(
                N_("Regulars is already being served from the data folder %(folder)s."),
                {"folder": str(data_dir)},
            ),
            Sentence(N_("Stop that one, or choose another folder with --data.")),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where to listen, and under which names others may call us."""

    host: str
    port: int
    names: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_reached_from_elsewhere(self) -> bool:
        """Whether other machines come here: by themselves, or by a proxy that has our name."""
        return not self.is_loopback or bool(self.names - LOOPBACK_NAMES)

    @property
    def url(self) -> str:
        """What to type into the browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    @property
    def known_names(self) -> frozenset[str]:
        """The Host names that are ours."""
        if self.is_loopback:
            return LOOPBACK_NAMES | self.names
        own = {socket.gethostname().lower(), self.host.lower()}
        return LOOPBACK_NAMES | self.names | own


def serve(
    settings: Settings,
    address: Address,
    *,
    threads: int,
    say: Callable[[str], None],
    demo_key: str | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. Errors: ServingError.

    say: prints one line for the person who started us. demo_key: a page asked for with
    ?demo=KEY opens signed in as the owner (see `demo_door`); for the demo on loopback only.
    """
    os.umask(0o077)  # whatever is written from here on, by the worker too, is the owner's alone
    prepare_data_dir(settings)
    with _sole_server(settings):
        upgrade(settings)
        tempfile.tempdir = str(prepare_incoming_dir(settings.data_dir))
        setup_code = _choose_setup_code(settings, address)
        edge = {
            "setup_code": setup_code,
            "demo_key": None if address.is_reached_from_elsewhere else demo_key,
        }
        # of the threads, less than half may be held by pages that are told of progress
        watch = JobWatch(lines=(threads - 1) // 2)
        server = _listen(settings, address, threads=threads, watch=watch, **edge)
        with _worker(settings), _ended_by_signals(watch.ending.set):
            _announce(address, setup_code, say)
            server.run()
        server.close()
    say(gettext("Regulars has ended."))


def refuse_taken_port(address: Address) -> None:
    """Raise ServingError now, before any long work, where `serve` would raise it later."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            raise ServingError.port_taken(address.host, address.port) from error


def _choose_setup_code(settings: Settings, address: Address) -> str | None:
    if not address.is_reached_from_elsewhere:
        return None
    database = Database(settings)
    with database.unit_of_work() as session:
        owned = has_owner(session)
    database.dispose()
    return None if owned else secrets.token_urlsafe(12)


def _announce(address: Address, setup_code: str | None, say: Callable[[str], None]) -> None:
    say(gettext("Regulars is at %(url)s  (Ctrl-C ends it)", url=address.url))
    if setup_code is not None:
        say(gettext("One-time code for the first start: %(code)s", code=setup_code))
    if address.is_reached_from_elsewhere:
        say(gettext("Sign-in works over HTTPS only here: put a proxy with a certificate in front."))


def _listen(
    settings: Settings,
    address: Address,
    *,
    threads: int,
    watch: JobWatch,
    setup_code: str | None,
    demo_key: str | None,
) -> Any:
    from waitress import create_server  # type: ignore[import-untyped]

    from regulars_web.app import create_app
    from regulars_web.demo_door import install_demo_door
    from regulars_web.pages.jobs.views import install_job_watch

    # a moment in which more ask than there are threads is nothing to write down
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app = create_app(
        settings,
        secure_cookies=address.is_reached_from_elsewhere,
        setup_code=setup_code,
        host_names=address.known_names,
    )
    install_job_watch(app, watch)
    if demo_key is not None:
        install_demo_door(app, demo_key)
    try:
        return create_server(
            Turns(app),
            host=address.host,
            port=address.port,
            threads=threads,
            max_request_body_size=MAX_BODY,
            ident="regulars",
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ServingError.port_taken(address.host, address.port) from error
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise ServingError.cannot_listen(address.host, address.port, reason) from error


@contextmanager
def _sole_server(settings: Settings) -> Iterator[None]:
    path = settings.data_dir / "serve.lock"
    with path.open("w") as handle:
        path.chmod(0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServingError.folder_in_use(settings.data_dir) from None
        yield


@contextmanager
def _ended_by_signals(beforehand: Callable[[], None]) -> Iterator[None]:
    """SIGTERM ends the server as Ctrl-C does; what takes long is told of it first."""

    def end(_number: int, _frame: FrameType | None) -> None:
        beforehand()
        raise SystemExit(0)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _worker(settings: Settings) -> Iterator[None]:
    """A worker process beside us, started again if it dies; it ends when its input closes."""
    keeper = WorkerKeeper(settings.data_dir)
    keeper.start()
    try:
        yield
    finally:
        keeper.stop()


class WorkerKeeper:
    """Keeps one worker process alive. The process is started anew, never forked: threads and
    table libraries do not survive a fork."""

    def __init__(self, data_dir: Path) -> None:
        self._command = [sys.executable, "-m", "regulars_platform.jobs.worker", str(data_dir)]
        self._ending = threading.Event()
        self._process = self._spawn()
        self._thread = threading.Thread(target=self._watch, name="worker-keeper", daemon=True)

    def start(self) -> None:
        """Watch over the worker from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Close its input, and give it a moment to end by itself."""
        self._ending.set()
        self._end_process()
        self._thread.join(PATIENCE)
        self._end_process()

    def _spawn(self) -> "subprocess.Popen[bytes]":
        # the worker gets our standard error for its log, and a pipe that closes when we die
        return subprocess.Popen(self._command, stdin=subprocess.PIPE)  # noqa: S603 -- ours

    def _end_process(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _watch(self) -> None:
        pause = 1.0
        while not self._ending.is_set():
            began = time.monotonic()
            self._process.wait()
            pause = 1.0 if time.monotonic() - began > 60 else min(2 * pause, 30.0)
            if not self._ending.wait(pause):
                self._process = self._spawn()
