"""POST /api/v1/inputs: files that are handed in, what becomes of them, and who may."""

import base64
import contextlib
import http.client
import os
import random
import signal
import socket
import subprocess
import threading
import time

import pytest

from contract import check
from program import GOLDEN, Answer
from reports import gz, mail, record, report, zipped

FILE = {"Content-Type": "application/octet-stream"}
MIB = 1 << 20


def post(server, body, target="/api/v1/inputs", method="POST", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    try:
        connection.request(method, target, body=body, headers=FILE | {k.replace("_", "-"): v for k, v in headers.items()})
        answer = Answer(connection.getresponse(), method, target)
    finally:
        connection.close()
    if answer.status in (200, 201):
        check("upload", answer.json())
    else:
        check("problem", answer.json())
        assert answer.type == "application/problem+json" and answer.json()["status"] == answer.status
    return answer


def letter(*attachments):
    m = mail()
    m.set_content("Reports attached.")
    for name, data in attachments:
        m.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return m.as_bytes()


def outcomes(answer):
    said = answer.json()
    return answer.status, said["outcome"], [i["outcome"] for i in said["inputs"]]


@pytest.fixture
def conf(tmp_path):
    def write(more="", top=""):
        file = tmp_path / "ruad.conf"
        file.write_text(f"web {{ upload = yes {more} }}\n{top}\n".replace("PATH", str(tmp_path)))
        file.chmod(0o600)
        return file
    return write


@pytest.fixture
def own(ruad, db, conf):
    with ruad.serve(db, "-c", conf()) as server:
        yield server


# --- Outcomes ---

def test_stored_then_duplicate(own):
    answer = post(own, report("r-1"), "/api/v1/inputs?name=november.xml")
    assert outcomes(answer) == (201, "stored", ["stored"])
    entry = answer.json()["inputs"][0]
    assert answer.headers["Location"] == entry["link"] and answer.headers["Cache-Control"] == "no-store"
    row = own.get(entry["link"]).json()
    assert (row["source"], row["locator"], row["outcome"], row["report"]) == ("upload", "november.xml", "stored", entry["report"])
    assert own.api(f"reports/{entry['report']}")["report_metadata"]["report_id"] == "r-1"
    run = own.api("runs")["data"][0]
    assert (run["source"], run["inputs"], run["stored"], run["reports"], run["error"]) == ("upload", 1, 1, 1, None)

    again = post(own, report("r-1"))
    assert outcomes(again) == (200, "duplicate", ["duplicate"]) and "Location" not in again.headers
    assert again.json()["reason"] == "duplicate" and again.json()["inputs"][0]["report"] == entry["report"]
    third = post(own, gz(report("r-1")))
    assert outcomes(third)[:2] == (200, "duplicate")
    assert own.api("summary?range=all")["totals"]["messages"] == 1


@pytest.mark.parametrize("body, status, outcome, reason", [
    (gz(report("z")), 201, "stored", None),
    (zipped(("a.xml", report("z"))), 201, "stored", None),
    (letter(("a.xml.gz", gz(report("z")))), 201, "stored", None),
    (letter(("a.xml.gz", gz(report("z"))), ("b.txt", b"hello\n")), 201, "stored", None),
    (b"From: a@b\nSubject: hello\n\nnothing here\n", 200, "ignored", "no-report-in-mail"),
    (b"junk", 422, "rejected", "not-a-report"),
    (b"", 422, "rejected", "empty"),
    (gz(report("z"))[:-20], 422, "rejected", "archive-truncated"),
    (report("z")[:-30], 422, "rejected", "xml-malformed"),
    (b'<!DOCTYPE feedback [<!ENTITY a "b">]>' + report("z"), 422, "rejected", "xml-doctype"),
    (random.Random(3).randbytes(3 * MIB), 422, "rejected", "not-a-report"),
], ids=lambda v: v[:4].hex() if isinstance(v, bytes) else str(v))
def test_outcome(own, body, status, outcome, reason):
    answer = post(own, body)
    said = answer.json()
    assert (answer.status, said["outcome"], said["reason"]) == (status, outcome, reason)
    row = own.get(said["inputs"][0]["link"]).json()
    assert (row["outcome"], row["reason"], row["locator"]) == (outcome, reason, "unnamed")
    if status == 422:
        assert said["type"] == "/help/api#rejected-input" and said["detail"]
        if body:
            assert row["has_bytes"] and own.get(said["inputs"][0]["link"] + "/bytes").body == body


def test_several_documents(own):
    answer = post(own, letter(("a.xml", report("a")), ("b.xml", report("b")[:-30]), ("c.xml", report("c"))))
    assert outcomes(answer) == (422, "rejected", ["stored", "rejected", "stored"])
    parts = [i["part"] for i in answer.json()["inputs"]]
    assert parts == ["a.xml", "b.xml", "c.xml"] and answer.json()["inputs"][1]["reason"] == "xml-malformed"
    assert own.api("summary?range=all")["totals"]["messages"] == 2
    again = post(own, letter(("a.xml", report("a")), ("d.xml", report("d"))))
    assert outcomes(again) == (201, "stored", ["duplicate", "stored"])


def test_large_report_goes_through_a_file(own):
    body = report("large", [record(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}") for i in range(12000)])
    assert len(body) > 4 * MIB
    assert outcomes(post(own, body))[:2] == (201, "stored")
    assert own.api("summary?range=all")["totals"]["messages"] == 12000


def test_golden_files_as_an_import(ruad, own, golden):
    for file in sorted((GOLDEN / "inputs").iterdir()):
        assert post(own, file.read_bytes()).status in (200, 201, 422)
    assert own.api("summary?range=all") == golden.api("summary?range=all") | {"generation": own.api("summary?range=all")["generation"]}


# --- Refusals ---

def test_off(ruad, db, golden_db):
    with ruad.serve(db) as server:
        answer = post(server, report("r"))
        assert answer.status == 403 and "upload = yes" in answer.json()["detail"]
        assert answer.headers["Connection"] == "close"
        assert server.api("inputs?range=all")["data"] == []


@pytest.mark.parametrize("name, status", [("a%20b.xml", 201), ("%C3%A4.xml", 201), ("", 201), ("x" * 255, 201), ("x" * 256, 400),
                                          ("a%0Ab", 400), ("%1b[31m", 400), ("%ff", 400)])
def test_name(own, name, status):
    assert post(own, report("n"), f"/api/v1/inputs?name={name}").status == status


def test_unknown_parameter(own):
    answer = post(own, report("n"), "/api/v1/inputs?nane=x")
    assert answer.status == 400 and answer.json()["errors"] == [{"parameter": "nane"}]
    assert post(own, report("n"), "/api/v1/inputs?limit=3").status == 400


@pytest.mark.parametrize("headers, status", [
    ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
    ({"Content-Type": "text/plain"}, 415),
    ({"Content-Type": ""}, 415),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-origin"}, 201),
    ({"Content-Type": "message/rfc822"}, 201),
])
def test_pages_of_other_sites(own, headers, status):
    assert post(own, report("n"), **headers).status == status


def test_methods(own):
    for method in ("PUT", "DELETE", "PATCH"):
        answer = post(own, b"x", method=method)
        assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD, POST"
    for path in ("/api/v1/inputs.json", "/api/v1/inputs/1", "/api/v1/records"):
        answer = post(own, b"x", path)
        assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD", path


def test_too_large_is_not_read(ruad, db, conf):
    with ruad.serve(db, "-c", conf(top="limits { mail_size = 1M }")) as server:
        for size in (MIB + 1, 1 << 40):
            with begin(server, size) as s:
                assert s.recv(100).startswith(b"HTTP/1.1 413")
        # Without a length it is read on, and not kept.
        assert post(server, (bytes(MIB // 4) for _ in range(5))).status == 413
        assert outcomes(post(server, (report("c") for _ in range(1))))[:2] == (201, "stored")
        assert outcomes(post(server, bytes(MIB)))[:2] == (422, "rejected")
        assert len(server.api("inputs?range=all")["data"]) == 2


def test_scopes(ruad, db, conf, tmp_path):
    for name, scope in (("reader", "read,mark,metrics"), ("sender", "import")):
        ruad.run("user", "add", name, "--file", tmp_path / "users", "--scope", scope, stdin=b"geheim\n")
    tokens = {scope: ruad.run("token", "add", scope, "--db", db, "--scope", scope).out.split()[-1] for scope in ("read", "import")}

    def basic(name, password="geheim"):
        return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}

    with ruad.serve(db, "-c", conf('auth = basic users_file = "PATH/users"')) as server:
        for headers, status in ({}, 401), (basic("reader"), 403), (basic("sender", "x"), 401), (basic("sender"), 201), \
                ({"Authorization": "Bearer " + tokens["read"]}, 403), ({"Authorization": "Bearer " + tokens["import"]}, 200):
            answer = post(server, report("s"), **headers)
            assert answer.status == status, (headers, answer.body)
        # Who may not is told before anything is read.
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
            s.sendall(b"POST /api/v1/inputs HTTP/1.1\r\nHost: localhost\r\nContent-Type: a/b\r\nContent-Length: 1000\r\n\r\n")
            assert s.recv(100).startswith(b"HTTP/1.1 401")


# --- Beside others ---

def at_once(work, count):
    answers = [None] * count

    def run(i):
        answers[i] = work(i)
    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return answers


def test_same_file_at_once(own):
    answers = at_once(lambda i: post(own, report("same", [record(count=7)])), 6)
    assert sorted(a.status for a in answers) == [200] * 5 + [201]
    assert own.api("summary?range=all")["totals"]["messages"] == 7


def test_other_files_at_once(own):
    answers = at_once(lambda i: post(own, report(f"r-{i}")), 6)
    assert [a.status for a in answers] == [201] * 6
    assert own.api("summary?range=all")["totals"]["messages"] == 6


@contextlib.contextmanager
def importing(ruad, db):
    """`ruad import` that has the database and waits for its standard input."""
    process = subprocess.Popen([ruad.binary, "import", "--wait", "60", "--db", str(db), "-"], env=ruad.env(), stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        for _ in range(300):
            if ruad.run("import", "--db", db, GOLDEN / "extra", "--dry-run", code=None).code == 75:
                break
        else:
            raise AssertionError("the import does not hold the database")
        yield process
    finally:
        process.communicate(report("by-import"))
        assert process.returncode == 0


def test_while_an_import_runs(ruad, db, own):
    post(own, report("first"))
    with importing(ruad, db):
        answer = post(own, report("busy"))
        assert answer.status == 503 and answer.json()["type"] == "/help/api#store-busy"
        assert int(answer.headers["Retry-After"]) > 0 and str(db) not in answer.text
        # Pages are served meanwhile.
        waiting = threading.Thread(target=lambda: post(own, report("busy")))
        waiting.start()
        for _ in range(3):
            own.get("/api/v1/summary?range=all")
        waiting.join()
    assert outcomes(post(own, report("busy")))[:2] == (201, "stored")
    assert own.api("summary?range=all")["totals"]["messages"] == 3


def begin(server, length=1000):
    s = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    s.sendall(f"POST /api/v1/inputs HTTP/1.1\r\nHost: localhost\r\nContent-Type: a/b\r\nContent-Length: {length}\r\n\r\nx".encode())
    return s


def test_too_many_at_once(own):
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(begin(own))
        for _ in range(200):  # until all of them have come in
            answer = post(own, report("ninth"))
            if answer.status == 503:
                break
        assert answer.status == 503 and "too many" in answer.json()["detail"]
        own.get("/api/v1/summary")
    for _ in range(200):  # until the server has seen them go
        answer = post(own, report("tenth"))
        if answer.status != 503:
            break
    assert answer.status == 201


def test_client_goes_away(ruad, db, own):
    with importing(ruad, db):
        s = begin(own, len(report("gone")))
        s.sendall(report("gone")[1:])
        s.close()
    for i in range(3):
        assert post(own, report(f"after-{i}")).status == 201


def test_stop_while_one_waits(ruad, db, conf):
    """The server ends, and who waits gets an answer."""
    with importing(ruad, db), ruad.serve(db, "-c", conf()) as server:
        body = report("late")
        with begin(server, len(body)) as s:
            s.sendall(body[1:])
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            assert s.recv(100).startswith(b"HTTP/1.1 503")
        server.process.wait(30)  # a second signal would end it at once


def test_killed_in_the_middle(ruad, db, conf):
    """kill -9 at any moment: the file is in the database whole or not at all, and may be sent again."""
    rnd = random.Random(int(os.environ.get("RUAD_KILL_SEED", "7")))
    wanted = 0
    for i in range(int(os.environ.get("RUAD_UPLOAD_KILLS", "8"))):
        body = report(f"k-{i}", [record(f"10.0.{n >> 8}.{n & 255}") for n in range(3000)])
        with ruad_to_kill(ruad, db, conf()) as server:
            timer = threading.Timer(rnd.uniform(0.0, 0.6), server.process.kill)
            timer.start()
            with contextlib.suppress(OSError, http.client.HTTPException):
                post(server, body)
            timer.join()
            server.process.wait()
        with ruad.serve(db, "-c", conf()) as server:
            before = server.api("summary?range=all")["totals"]["messages"]
            assert before in (wanted, wanted + 3000)
            answer = post(server, body)
            assert answer.status == (200 if before > wanted else 201)
            wanted += 3000
            assert server.api("summary?range=all")["totals"]["messages"] == wanted
    assert "ok" in ruad.run("db", "verify", "--db", db).out.lower()


@contextlib.contextmanager
def ruad_to_kill(ruad, db, file):
    process = ruad.start("serve", "--db", db, "--listen", "127.0.0.1:0", "-c", file)
    said = b""
    while b"(database" not in said:
        more = os.read(process.stderr.fileno(), 4096)
        assert more, said
        said += more

    class Server:
        port = int(said.decode().split("127.0.0.1:")[1].split("/")[0])
    Server.process = process
    yield Server
    process.communicate()
