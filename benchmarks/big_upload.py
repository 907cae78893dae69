"""A file of several GB through the served product: how fast it arrives, how much memory that takes.

Starts the server and its worker on a new data folder, brings the file in pieces as the browser does
(8 MiB over loopback, the line cut once in the middle), has it looked at and checked, and measures
the resident memory of server and worker all the way. Removes what it made.
"""

import argparse
import base64
import hashlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PIECE = 8 << 20
UNUSED = b",".join([b"please ring the bell twice or ask next door"] * 10)
PASSWORD = "correct horse battery"  # noqa: S105 -- of a shop that is thrown away
TUS = {"Tus-Resumable": "1.0.0"}


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--gb", type=float, default=3.0, help="size of the file in 10^9 bytes")
    parser.add_argument("--folder", type=Path, help="where to work; needs eight times the size")
    parser.add_argument("--write", type=Path, help="Markdown file to write the table into")
    parser.add_argument("--date", default="", help="the day to write beside it")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="regulars-big-upload-", dir=options.folder))
    try:
        rows = measure(work, round(options.gb * 1e9))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    table = as_table(rows)
    print(table)
    if options.write:
        write_into(options.write, table, options.date)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One stretch of the way. seconds; server, worker: most resident memory in bytes."""

    what: str
    seconds: float
    amount: str
    server: int
    worker: int


def measure(work: Path, size: int) -> list[Row]:
    """Everything, step by step."""
    path = work / "orders.csv"
    lines, digest = write_orders(path, size)
    size = path.stat().st_size
    print(f"{size:,} bytes, {lines:,} lines", flush=True)
    rows = []
    with served(work / "data") as server, watching(server) as memory:
        client = Client(server.port)
        client.open_shop()
        memory.restart()
        rows.append(Row(what="idle", seconds=2.0, amount="", **memory.rest(2.0)))
        began = time.monotonic()
        there = upload(client, path, size)
        seconds = time.monotonic() - began
        amount = f"{size / seconds / 1e6:,.0f} MB/s"
        rows.append(Row(what="upload", seconds=seconds, amount=amount, **memory.most()))
        rows.append(wait_for(client, memory, there, "first rows and columns shown", lines, size))
        number = int(there.rsplit("/", 1)[1])
        kept = server.data / "uploads" / str(number) / "original"
        if hashed(kept) != digest:
            raise SystemExit("the file that arrived is not the file that was sent")
        columns = client.get(f"{there}/columns")
        client.post(f"{there}/columns", proposed(columns))
        memory.restart()
        rows.append(wait_for(client, memory, there, "every line checked", lines, size))
        page = client.get(there)
        if "rejects.csv" not in page:
            raise SystemExit("the file with rejected lines is missing")
        began = time.monotonic()
        memory.restart()
        rejected = client.count_bytes(f"{there}/rejects.csv")
        seconds = time.monotonic() - began
        amount = f"{rejected / 1e6:,.0f} MB"
        rows.append(
            Row(what="rejected lines downloaded", seconds=seconds, amount=amount, **memory.most())
        )
    return rows


def write_orders(path: Path, size: int) -> tuple[int, str]:
    """An order file as shops export them; one line in a thousand has no date. Lines and SHA-256."""
    digest = hashlib.sha256()
    number = written = 0
    with path.open("wb") as file:
        block = b"Order number,Customer,Ordered at,Product,Quantity,Amount,Status,"
        block += b",".join(b"Delivery %d" % n for n in range(1, 11)) + b"\n"
        while True:
            file.write(block)
            digest.update(block)
            written += len(block)
            if written >= size:
                return number, digest.hexdigest()
            block = b"".join(map(order_line, range(number, number + 20_000)))
            number += 20_000


def order_line(n: int) -> bytes:
    """Line `n`: as wide as exports are, most of it of no use here."""
    day = b"" if n % 1000 == 7 else b"2026-%02d-%02d %02d:30:00" % (n % 12 + 1, n % 28 + 1, n % 24)
    return b"A%09d,c%07d,%s,Green tea of %d g,%d,%d.50,Paid,%s\n" % (
        n,
        n * 7919 % 1_000_003,
        day,
        n % 9 * 50 + 50,
        n % 3 + 1,
        n % 190 + 4,
        UNUSED,
    )


@dataclass(frozen=True, slots=True)
class Server:
    """The product, served. pid: of the server; its worker is a child of it."""

    pid: int
    port: int
    data: Path


@contextmanager
def served(data: Path) -> Iterator[Server]:
    """`regulars serve` on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "regulars_web", "serve", "--data", str(data)]
    process = subprocess.Popen(  # noqa: S603 -- ours
        [*command, "--port", str(port)], start_new_session=True
    )
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.2)
        yield Server(process.pid, port, data)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


class Memory:
    """The most resident memory of server and worker since `restart`, read four times a second."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._most = {"server": 0, "worker": 0}
        self.over = threading.Event()

    def keep_reading(self) -> None:
        """Until `over`."""
        while not self.over.wait(0.25):
            children = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children")
            try:
                pids = {"server": self._server.pid, "worker": int(children.read_text().split()[0])}
                for name, pid in pids.items():
                    self._most[name] = max(self._most[name], resident(pid))
            except (OSError, IndexError):
                continue

    def restart(self) -> None:
        """Forget the past."""
        self._most = dict.fromkeys(self._most, 0)

    def rest(self, seconds: float) -> dict[str, int]:
        """What nothing at all takes."""
        time.sleep(seconds)
        return self.most()

    def most(self) -> dict[str, int]:
        """Bytes; and begin anew."""
        time.sleep(0.5)
        found = dict(self._most)
        self.restart()
        return found


def resident(pid: int) -> int:
    """Bytes of a process in memory that are its own (files mapped into it come and go)."""
    said = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"RssAnon:\s+(\d+) kB", said)
    return int(found[1]) * 1024 if found else 0


@contextmanager
def watching(server: Server) -> Iterator[Memory]:
    """Memory, read in a thread."""
    memory = Memory(server)
    thread = threading.Thread(target=memory.keep_reading, daemon=True)
    thread.start()
    yield memory
    memory.over.set()
    thread.join()


@dataclass(slots=True)
class Client:
    """One person's browser, as far as it is needed."""

    port: int
    cookie: str = ""
    token: str = ""
    line: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connect()

    def connect(self) -> None:
        """A new line."""
        self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)

    def ask(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """A request and its whole answer."""
        sent = {**headers, "Cookie": self.cookie, "X-CSRFToken": self.token}
        self.line.request(method, path, body=body, headers=sent)
        answer = self.line.getresponse()
        content = answer.read()
        cookie = answer.getheader("Set-Cookie")
        if cookie:
            self.cookie = cookie.partition(";")[0]
        return answer, content

    def get(self, path: str) -> str:
        """A page, wherever it leads."""
        answer, content = self.ask("GET", path, None, {})
        if answer.status == 302:
            return self.get(str(answer.getheader("Location")))
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        text = content.decode()
        found = re.search(r'name="csrf-token" content="([^"]+)"', text)
        if found:
            self.token = found[1]
        return text

    def post(self, path: str, fields: list[tuple[str, str]]) -> None:
        """A form."""
        body = urllib.parse.urlencode([*fields, ("csrf_token", self.token)]).encode()
        kind = "application/x-www-form-urlencoded"
        answer, content = self.ask("POST", path, body, {"Content-Type": kind})
        if answer.status != 302:
            raise SystemExit(f"{path}: {answer.status} {content[:2000]!r}")

    def open_shop(self) -> None:
        """The first start."""
        self.get("/")
        self.post(
            "/setup",
            [
                ("shop_name", "Tea"),
                ("currency", "EUR"),
                ("timezone", "UTC"),
                ("name", "Ada"),
                ("email", "ada@example.org"),
                ("password", PASSWORD),
            ],
        )
        self.get("/data/")

    def count_bytes(self, path: str) -> int:
        """How long a download is; it is not kept."""
        self.line.request("GET", path, headers={"Cookie": self.cookie})
        answer, size = self.line.getresponse(), 0
        while block := answer.read(1 << 20):
            size += len(block)
        return size


def upload(client: Client, path: Path, size: int) -> str:
    """In pieces; the line is cut once in the middle of one. The address of the import."""
    said = {"filename": path.name, "purpose": "orders"}
    metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in said.items())
    answer, _ = client.ask(
        "POST",
        "/data/incoming/",
        None,
        {**TUS, "Upload-Length": str(size), "Upload-Metadata": metadata},
    )
    address = str(answer.getheader("Location"))
    offset, cut = 0, False
    with path.open("rb") as file:
        while True:
            if offset > size // 2 and not cut:
                cut = True
                cut_line(client, address, offset, file.read(PIECE))
                answer, _ = client.ask("HEAD", address, None, TUS)
                offset = int(str(answer.getheader("Upload-Offset")))
            file.seek(offset)
            kind = "application/offset+octet-stream"
            answer, content = client.ask(
                "PATCH",
                address,
                file.read(PIECE),
                {**TUS, "Upload-Offset": str(offset), "Content-Type": kind},
            )
            if answer.status != 204:
                raise SystemExit(f"PATCH at {offset}: {answer.status} {content!r}")
            offset = int(str(answer.getheader("Upload-Offset")))
            there = answer.getheader("Regulars-Next")
            if there:
                return there


def cut_line(client: Client, address: str, offset: int, piece: bytes) -> None:
    """Half a piece, and then nothing."""
    client.line.putrequest("PATCH", address)
    said = {**TUS, "Upload-Offset": str(offset), "Content-Length": str(len(piece))}
    said |= {"Content-Type": "application/offset+octet-stream"}
    said |= {"Cookie": client.cookie, "X-CSRFToken": client.token}
    for name, value in said.items():
        client.line.putheader(name, value)
    client.line.endheaders()
    client.line.send(piece[: len(piece) // 2])
    client.line.close()
    client.connect()


def wait_for(client: Client, memory: Memory, there: str, what: str, lines: int, size: int) -> Row:
    """Until the work on the import is over."""
    began = time.monotonic()
    while True:
        page = client.get(there)
        if "data-events=" not in page:
            break
        time.sleep(0.2)
    seconds = time.monotonic() - began
    amount = f"{lines / seconds:,.0f} lines/s, {size / seconds / 1e6:,.0f} MB/s"
    return Row(what=what, seconds=seconds, amount=amount, **memory.most())


def proposed(page: str) -> list[tuple[str, str]]:
    """The form of the columns as it stands."""
    fields = []
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields.append((name, chosen[1] if chosen else ""))
    return fields


def hashed(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_table(rows: list[Row]) -> str:
    """In Markdown."""
    lines = ["| step | seconds | | server, MB | worker, MB |", "| --- | --: | --: | --: | --: |"]
    lines += [
        f"| {row.what} | {row.seconds:,.1f} | {row.amount} | {row.server / 1e6:,.0f}"
        f" | {row.worker / 1e6:,.0f} |"
        for row in rows
    ]
    return "\n".join(lines)


def write_into(path: Path, table: str, date: str) -> None:
    """Between the two marks of the file."""
    text = path.read_text(encoding="utf-8")
    marks = ("<!-- measured -->", "<!-- end -->")
    before, _, rest = text.partition(marks[0])
    _, _, after = rest.partition(marks[1])
    cores, load = os.cpu_count(), os.getloadavg()[2]
    said = f"Measured on {date or 'an unnamed day'} on {cores} cores, with {load:.0f} processes at"
    said += f" work beside each other on the machine in the last minutes.\n\n{table}"
    path.write_text(f"{before}{marks[0]}\n{said}\n{marks[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
