"""Many clients at once, some of them slow, idle or greedy, while an import writes: nobody gets a wrong answer or none."""

import contextlib
import http.client
import json
import resource
import socket
import threading

import pytest

from reports import BEGIN, DAY, record, report

CLIENTS = 64
REPORTS = 2000
RECORDS = 3
SUMMARY = "/api/v1/summary?range=all"
ASKED = [SUMMARY, "/api/v1/timeseries?range=all&interval=month", "/api/v1/domains?range=all",
         "/api/v1/senders?range=all&limit=5", "/api/v1/reports?range=all&limit=5", "/", "/domains/example.com",
         "/records?limit=25", "/api/v1/status"]


def write_reports(folder, first, count):
    folder.mkdir()
    for n in range(first, first + count):
        begin = BEGIN - DAY * (n % 20)
        records = [record(f"192.0.2.{(n + k) % 250 + 1}", 1 + n % 5, spf="fail" if k else "pass") for k in range(RECORDS)]
        (folder / f"{n}.xml").write_bytes(
            report(f"load-{n}", records, org=f"reporter{n % 9}.example", begin=begin, end=begin + DAY - 1))
    return folder


class Client(threading.Thread):
    """Asks over one connection until it is told to stop, and looks at every answer."""

    def __init__(self, server, number, stop):
        super().__init__()
        self.server, self.number, self.stop = server, number, stop
        self.wrong, self.answers, self.unchanged = [], 0, 0
        self.seen = []  # (address, tag, body) of what has a tag

    def run(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=120)
            with contextlib.closing(connection):
                turn = self.number
                tags = {}
                while not self.stop.is_set() or self.answers < len(ASKED):
                    self.ask(connection, ASKED[turn % len(ASKED)], tags)
                    turn += 1
        except OSError as e:
            self.wrong.append(f"connection: {e!r}")
        except http.client.HTTPException as e:
            self.wrong.append(f"answer: {e!r}")

    def ask(self, connection, address, tags):
        headers = {"Accept": "application/json" if address.startswith("/api") else "text/html"}
        if address in tags:
            headers["If-None-Match"] = tags[address]
        connection.request("GET", address, headers=headers)
        answer = connection.getresponse()
        body, tag = answer.read(), answer.headers["ETag"]
        self.answers += 1
        if answer.status == 304:
            self.unchanged += 1
            if tag != tags.get(address):
                self.wrong.append(f"{address}: 304 for {tags.get(address)} with {tag}")
            return
        if answer.status != 200:
            self.wrong.append(f"{address}: {answer.status} {body[:300]}")
            return
        if tag and tag == tags.get(address):
            self.wrong.append(f"{address}: 200 with the tag {tag} that it was asked with")
        if tag:
            tags[address] = tag
            self.seen.append((address, tag, body))
        self.add_up(address, body)

    def add_up(self, address, body):
        """The numbers of one answer agree with each other: they are of one moment."""
        if not address.startswith("/api/v1/") or address == "/api/v1/status":
            return
        document = json.loads(body)
        totals = document["totals"]
        if totals["messages"] != totals["pass"] + totals["fail"]:
            self.wrong.append(f"{address}: {totals}")
        if "/timeseries" in address or "/domains" in address:
            total = sum(row["messages"] for row in document["data"])
            if total != totals["messages"]:
                self.wrong.append(f"{address}: rows have {total} messages, totals {totals['messages']}")


@contextlib.contextmanager
def clients(server, count):
    stop = threading.Event()
    crowd = [Client(server, n, stop) for n in range(count)]
    for client in crowd:
        client.start()
    try:
        yield crowd
    finally:
        stop.set()
        for client in crowd:
            client.join(120)


def test_answers_while_an_import_runs(release, tmp_path):
    db = tmp_path / "load.db"
    release.run("import", "--db", db, write_reports(tmp_path / "before", 0, 100))
    more = write_reports(tmp_path / "more", 100, REPORTS)
    with release.serve(db, "--threads", "4") as server:
        with clients(server, CLIENTS) as crowd:
            done = release.run("import", "--json", "--db", db, more, timeout=600)
        final = server.api("summary?range=all")
    assert done.json()["stored"] == REPORTS
    assert "locked" not in done.err and "busy" not in done.err
    assert final["totals"]["records"] == (100 + REPORTS) * RECORDS
    wrong = [w for client in crowd for w in client.wrong]
    assert not wrong, wrong[:10]
    assert all(client.answers >= len(ASKED) for client in crowd)
    bodies = {}
    for client in crowd:
        for address, tag, body in client.seen:
            bodies.setdefault((address, tag), set()).add(without_time(address, body))
    twice = [key for key, different in bodies.items() if len(different) > 1]
    assert not twice, f"one tag stands for two answers: {twice[:5]}"
    assert len({tag for address, tag in bodies if address == SUMMARY}) > 1, "the data did not change meanwhile"


def without_time(address, body):
    """Pages carry a token of a form that is another one each time; of them only documents are compared."""
    return body if address.startswith("/api/") else b""


# --- Those who hold connections ---

def open_files(wanted):
    """So many more files for this process, or as many as it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(wanted, hard - 500)


def opened(port):
    s = socket.create_connection(("127.0.0.1", port), timeout=20)
    s.setblocking(False)
    return s


@pytest.fixture
def sockets():
    with contextlib.ExitStack() as stack:
        yield lambda s: stack.enter_context(contextlib.closing(s))


def test_ten_thousand_idle_connections(ruad, extra_db, sockets):
    count = open_files(10_000)
    assert count >= 1000
    with ruad.serve(extra_db) as server:
        for n in range(count):
            sockets(opened(server.port))
            if n % 1000 == 999:
                assert server.get("/api/v1/status").status == 200
        server.get("/domains/example.com")


def test_slow_writers(ruad, extra_db, sockets):
    """Headers that come a byte at a time."""
    with ruad.serve(extra_db) as server:
        slow = [sockets(opened(server.port)) for _ in range(300)]
        for byte in b"GET / HTTP/1.1\r\nHost: 127.":
            for s in slow:
                with contextlib.suppress(OSError):
                    s.send(bytes([byte]))
        for _ in range(5):
            server.get("/domains/example.com")
            server.get(SUMMARY)


def test_slow_readers(release, tmp_path, sockets):
    """Downloads that nobody reads: more than there are handles for, and still others are answered."""
    db = tmp_path / "slow.db"
    release.run("import", "--db", db, write_reports(tmp_path / "reports", 0, 2000))
    with release.serve(db) as server:
        size = server.drain("/api/v1/records.csv?range=all")
        assert size > 1_000_000, "the answer must not fit into the buffers of the sockets"
        for _ in range(100):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect(("127.0.0.1", server.port))
            s.sendall(b"GET /api/v1/records.csv?range=all HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            sockets(s)
        for _ in range(5):
            server.get("/domains/example.com")
            server.get(SUMMARY)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", "/api/v1/records.csv?range=all")
            more = connection.getresponse()
            assert more.status == 503 and more.headers["Retry-After"]
            assert "downloads" in json.load(more)["detail"]


def test_an_answer_that_takes_too_long_is_stopped(release, tmp_path):
    db = tmp_path / "long.db"
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(4):
        (folder / f"{n}.xml").write_bytes(report(f"many-{n}", [
            record(f"10.{n}.{k >> 8}.{k & 255}", dkim="fail", spf="fail") for k in range(1500)]))
    release.run("import", "--db", db, folder)
    asked = "/api/v1/senders?range=all"
    with release.serve(db, "--set", "answer_ms=1") as server:
        stopped = server.get(asked, status=503)
        assert stopped.headers["Retry-After"]
        assert stopped.json()["type"].endswith("#store-busy") and "took longer" in stopped.json()["detail"]
        server.get(asked, status=503)
        server.get("/healthz")
    with release.serve(db) as server:
        assert server.api("senders?range=all")["totals"]["messages"] == 6000
