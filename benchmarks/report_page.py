"""How long the server takes for the report page while 20 people read it, and how much it sends.

Starts `regulars serve` on this machine alone, on the sample shop with its report, and 20 clients
that ask for the page again as soon as they have it (closed loop, one connection each, gzip).
Time is that from asking to the answer's last byte. Ends by itself.
"""

import argparse
import gzip
import http.client
import os
import platform
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

REPORT = "/campaigns/1/report"
WANTED_MS, WANTED_BYTES = 150, 300_000


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Milliseconds of every request, requests per second of all clients together, and milliseconds
    of a processor's work that each took the server."""

    times: list[float]
    rate: float
    work: float

    def share(self, part: float) -> float:
        """The time within which this part of the requests was answered."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def command(*arguments: str) -> list[str]:
    """A command of the product."""
    return [sys.executable, "-m", "regulars_web", *arguments]


def sample(folder: Path) -> tuple[str, str]:
    """The sample shop with its report in a new folder; how to sign in."""
    told = subprocess.run(  # noqa: S603 -- ours
        command("demo", "--no-serve", "--data", str(folder)),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    found = re.search(r"Sign in as (\S+) with (\S+)", told)
    if found is None:
        raise SystemExit("the sample shop does not say how to sign in")
    return found[1], found[2]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(folder: Path, port: int, cores: int) -> Iterator[int]:
    """The product, served on so many cores; the number of its process."""
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    running = subprocess.Popen(  # noqa: S603 -- ours
        command("serve", "--data", str(folder), "--port", str(port)), stdout=subprocess.DEVNULL
    )
    os.sched_setaffinity(running.pid, allowed)  # before it has started any thread or process
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield running.pid
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)


def sign_in(port: int, email: str, password: str) -> str:
    """A session's cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/sign-in")
    answer = connection.getresponse()
    page, cookie = answer.read().decode(), answer.getheader("Set-Cookie", "").partition(";")[0]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    body = urlencode({"csrf_token": token and token[1], "email": email, "password": password})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/sign-in", body, headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 302:
        raise SystemExit(f"signing in was answered with {answer.status}")
    return answer.getheader("Set-Cookie", "").partition(";")[0]


def wait_for_jobs(port: int, cookie: str) -> None:
    """Until the sample's models are worked out: the page is at its longest then."""
    for _ in range(900):
        page = gzip.decompress(fetch(port, cookie, "/jobs/")[1]).decode()
        if not re.search(r"</svg>\s*(Waiting|Running|Stopping)\s*</span>", page):
            return
        time.sleep(1)


def fetch(port: int, cookie: str, path: str) -> tuple[int, bytes]:
    """One answer, as it comes over the wire."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def worked(process: int) -> float:
    """Seconds that a process has had of the processors (user and system)."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Client:
    """One reader's connection. It does as little as it can: it has the same two cores."""

    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self._room = bytearray(1 << 20)
        self._length, self._whole = 0, 0
        self.began = 0.0

    def ask(self) -> None:
        """Send the request."""
        self._length, self._whole = 0, 0
        self.began = time.perf_counter()
        self.socket.sendall(self._request)

    def take(self) -> bool:
        """Take what has come; whether the answer is whole."""
        self._length += self.socket.recv_into(memoryview(self._room)[self._length :])
        if not self._whole:
            head = self._room.find(b"\r\n\r\n", 0, self._length)
            if head < 0:
                return False
            told = bytes(self._room[:head])
            length = re.search(rb"(?i)content-length: (\d+)", told)
            if not told.startswith(b"HTTP/1.1 200") or length is None:
                raise SystemExit(f"the report was answered with {told[:60]!r}")
            self._whole = head + 4 + int(length[1])
        return self._length >= self._whole


def read_closed(port: int, cookie: str, process: int, *, clients: int, requests: int) -> Measured:
    """Each client reads the page so many times, one after the other, on one thread for them all."""
    request = (
        f"GET {REPORT} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
        "Accept-Encoding: gzip\r\n\r\n"
    ).encode()
    readers = [Client(port, request) for _ in range(clients)]
    left = dict.fromkeys(readers, requests)
    times: list[float] = []
    waiting = selectors.DefaultSelector()
    for reader in readers:
        waiting.register(reader.socket, selectors.EVENT_READ, reader)
    before, began = worked(process), time.perf_counter()
    for reader in readers:
        reader.ask()
    while len(times) < clients * requests:
        for key, _ in waiting.select():
            reader = key.data
            if reader.take():
                times.append(1000 * (time.perf_counter() - reader.began))
                left[reader] -= 1
                if left[reader]:
                    reader.ask()
    spent = time.perf_counter() - began
    waiting.close()
    for reader in readers:
        reader.socket.close()
    return Measured(
        times=times,
        rate=len(times) / spent,
        work=1000 * (worked(process) - before) / len(times),
    )


def first_view(port: int, cookie: str) -> dict[str, int]:
    """Bytes over the wire of the page and of everything that it asks for, bodies as packed."""
    _, packed = fetch(port, cookie, REPORT)
    page = gzip.decompress(packed).decode()
    sizes = {REPORT: len(packed)}
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        if address not in sizes:
            sizes[address] = len(fetch(port, cookie, address)[1])
    return sizes


def told(
    measured: Measured, first: float, sizes: dict[str, int], options: argparse.Namespace
) -> str:
    """The result as Markdown. first: milliseconds of the first reading."""
    total = sum(sizes.values())
    files = "\n".join(f"| `{name.partition('?')[0]}` | {size:,} |" for name, size in sizes.items())
    day = f" on {options.date}" if options.date else ""
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return f"""# The report page under {options.clients} readers

Made by `make bench-report`{day}: `regulars serve` with the sample shop on {options.cores} of
{os.cpu_count()} cores ({machine}), {options.clients} clients in a closed loop on the same machine,
each reading the page {options.requests} times, after it was read once. Load of the machine when it
ended: {load}.

| | measured | wanted |
| --- | --- | --- |
| half of the answers within | {measured.share(0.5):.0f} ms | |
| 95% of the answers within | {measured.share(0.95):.0f} ms | {WANTED_MS} ms |
| 99% of the answers within | {measured.share(0.99):.0f} ms | |
| answers per second | {measured.rate:.0f} | |
| the server's work for each | {measured.work:.1f} ms of a core | |
| the first reading, rendered | {first:.0f} ms | |
| over the wire at first view, gzip | {total:,} bytes | {WANTED_BYTES:,} bytes |

Every request is answered from the database as it stands: who asks, which shop, which version, and
whether a decision, a job or a file has come. What has not changed since is not rendered again.

| first view | bytes |
| --- | --- |
{files}
"""


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--data", type=Path, help="a sample shop that was made before")
    parser.add_argument("--sign-in", nargs=2, metavar=("EMAIL", "PASSWORD"))
    parser.add_argument("--write", type=Path)
    parser.add_argument("--date", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "data"
        if options.data is None:
            who = sample(folder)
        else:
            shutil.copytree(options.data, folder)
            who = options.sign_in
        port = free_port()
        with served(folder, port, options.cores) as process:
            cookie = sign_in(port, *who)
            wait_for_jobs(port, cookie)
            began = time.perf_counter()
            fetch(port, cookie, REPORT)
            first = 1000 * (time.perf_counter() - began)
            read_closed(port, cookie, process, clients=options.clients, requests=2)
            measured = read_closed(
                port, cookie, process, clients=options.clients, requests=options.requests
            )
            text = told(measured, first, first_view(port, cookie), options)
    print(text)
    if options.write is not None:
        options.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
