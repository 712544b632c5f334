"""The program under test: run it, serve with it, ask it over HTTP."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import time
import urllib.parse

import contract

TOP = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = TOP / "tests/fixtures"
GOLDEN = FIXTURES / "golden"
NOW = "2026-11-21T12:00:00Z"
RANGE = "from=2026-11-17&to=2026-11-20"
DAYS = ("--from", "2026-11-17", "--to", "2026-11-20")


class Ran:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode(errors="replace")

    def json(self):
        return json.loads(self.out.splitlines()[-1])

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


class Ruad:
    """One binary; every run with a fixed clock and without settings of this machine."""

    def __init__(self, binary):
        self.binary = str(binary)

    def env(self, **more):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("RUAD_")}
        return kept | {"RUAD_NOW": NOW, "RUAD_CONFIG": "none", "LC_ALL": "C.UTF-8"} | more

    def run(self, *words, code=0, stdin=b"", env=None, timeout=120, prefix=(), cwd=None):
        done = subprocess.run([*prefix, self.binary, *map(str, words)], input=stdin, capture_output=True,
                              env=self.env(**(env or {})), timeout=timeout, cwd=cwd)
        ran = Ran(done)
        wanted = (code,) if isinstance(code, int) else code
        assert "Sanitizer" not in ran.err, ran.err[-6000:]
        assert "runtime error:" not in ran.err, ran.err[-6000:]
        if wanted is not None:
            assert ran.code in wanted, f"`ruad {' '.join(map(str, words))}`: {ran.code}\n{ran.err[-4000:]}"
        return ran

    def import_(self, db, *paths, **more):
        """Import and return the summary."""
        return self.run("import", "--json", "--db", db, *paths, **more).json()

    def start(self, *words, **more):
        return subprocess.Popen([self.binary, *map(str, words)], env=self.env(), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    @contextlib.contextmanager
    def serve(self, db, *words):
        process = self.start("serve", "--db", db, "--listen", "127.0.0.1:0", *words)
        try:
            said = ""
            found = None
            end = time.monotonic() + 30
            while not found and time.monotonic() < end and process.poll() is None:
                if select.select([process.stderr], [], [], 0.2)[0]:
                    said += os.read(process.stderr.fileno(), 4096).decode()
                    found = re.search(r"http://127\.0\.0\.1:(\d+)/", said)
            assert found, f"serve did not start: {said or process.stderr.read().decode()}"
            yield Server(int(found[1]), process)
        finally:
            process.terminate()
            try:
                rest = process.communicate(timeout=20)[1].decode(errors="replace")
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                raise AssertionError("serve did not end within 20 s of SIGTERM")
        assert "Sanitizer" not in rest and "runtime error:" not in rest, rest[-6000:]
        assert process.returncode == 0, f"serve ended with {process.returncode}: {rest[-2000:]}"


# Runs a command and tells its peak of memory. A process of its own, because a child begins with the peak of its parent.
PEAK = """
import os, sys
pid = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, state, usage = os.wait4(pid, 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(state))
"""


def peak_kib(ruad, *words):
    """Peak resident memory of one run."""
    done = subprocess.run([sys.executable, "-c", PEAK, ruad.binary, *map(str, words)], env=ruad.env(),
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return int(done.stderr.split()[-1])


class Answer:
    """An answer that has come; to a request for target it is what schema/openapi.json says."""

    def __init__(self, response, method, target):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()
        self.type = self.headers.get_content_type()
        contract.check_answer(method, target, self.status, self.headers, self.body)

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


class Server:
    def __init__(self, port, process):
        self.port = port
        self.process = process
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path, status=200, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            wants = {} if path.startswith("/api/") else {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
            connection.request(method, path, headers=wants | {k.replace("_", "-"): v for k, v in headers.items()})
            answer = Answer(connection.getresponse(), method, path)
        finally:
            connection.close()
        if status is not None:
            assert answer.status == status, f"{method} {path}: {answer.status}\n{answer.body[:2000]!r}"
        return answer

    def drain(self, path):
        """Read an answer without keeping it; its size."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET", path)
        response = connection.getresponse()
        assert response.status == 200, f"{path}: {response.status}\n{response.read(2000)!r}"
        size = 0
        while piece := response.read(1 << 20):
            size += len(piece)
        connection.close()
        return size

    def api(self, path, **more):
        answer = self.get("/api/v1/" + path, **more)
        assert answer.type == "application/json", answer.type
        return answer.json()

    def all(self, resource, query="", limit=1000):
        """Every row of a list, page by page."""
        cursor = ""
        while True:
            more = f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""
            answer = self.api(f"{resource}?limit={limit}{'&' if query else ''}{query}{more}")
            yield from answer["data"]
            cursor = answer["page"]["next"]
            if not cursor:
                return
