"""What goes wrong outside: each ends in one clear sentence, the right exit code, and nothing lost."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time

import pytest

from program import GOLDEN
from reports import gz, record, report, small_mail

USAGE, DATA, NOINPUT, CANTCREATE, IO, TEMP, NOPERM, CONFIG = 64, 65, 66, 73, 74, 75, 77, 78


def told(ran, *words):
    """One line on stderr that names the program and has the words; nothing on stdout."""
    lines = [line for line in ran.err.strip().splitlines() if "ev=serve.root" not in line]
    assert lines and lines[0].startswith("ruad"), ran.err
    assert len(lines) <= 3, f"more than a sentence: {ran.err}"
    for word in words:
        assert str(word).lower() in ran.err.lower(), f"{word!r} is not in {ran.err!r}"


# --- the command line ---

def test_no_arguments(ruad):
    ran = ruad.run(code=USAGE)
    assert "import" in ran.out + ran.err and "serve" in ran.out + ran.err


@pytest.mark.parametrize("words, told_words", [
    (["imprt"], ["imprt", "import"]), (["import"], ["import what"]), (["import", "--dun", "seen", "x"], ["--dun", "--done"]),
    (["import", "--done", "sometimes", "x"], ["leave, seen or move"]), (["show"], ["summary"]), (["show", "recods"], ["records"]),
    (["show", "records", "--result", "maybe"], ["fail or pass"]), (["show", "records", "--from", "soon"], ["from"]),
    (["show", "records", "--json", "--csv"], ["--json and --csv"]), (["db"], ["status"]), (["explain"], []), (["report"], []),
    (["report", "abc"], []), (["import", "--set", "nonsense=1", "x"], ["limit"]), (["import", "--wait", "long", "x"], ["wait"]), (["import", "--wait", "2d", "x"], ["wait"]),
    (["serve", "--threads", "0"], ["threads"]), (["import", "--db"], ["--db"]), (["--db"], []),
    (["import", "-", "x"], ["standard input"]), (["version", "x"], ["version", "x"]), (["help", "show", "x"], ["one"]),
    (["show", "domains", "--reason", "empty"], ["domains", "reason"]), (["show", "summary", "--sort", "day"], ["summary", "sort"]),
    (["parse", "--csv", "x"], ["--csv"]), (["show", "summary", "--db", ""], ["--db"]),
])
def test_usage(ruad, tmp_path, words, told_words):
    ran = ruad.run(*words, code=USAGE, env={"RUAD_DATABASE": str(tmp_path / "x.db")})
    told(ran, *told_words)
    assert ran.out == ""


@pytest.mark.parametrize("words", [["help"], ["--help"], ["import", "--help"], ["help", "import"], ["help", "limits"],
                                   ["help", "reasons"], ["version"], ["--version"], ["show", "-h"], ["-q", "--help"], ["--db", "x", "--version"]])
def test_help(ruad, words):
    ran = ruad.run(*words)
    assert ran.out and not ran.err


# --- paths and permissions ---

def test_no_such_path(ruad, db, tmp_path):
    ran = ruad.run("import", "--db", db, tmp_path / "nowhere", code=NOINPUT)
    told(ran, tmp_path / "nowhere")
    assert not db.exists(), "a mistyped path makes no database"


def test_one_of_the_paths_is_missing(ruad, db, tmp_path):
    (tmp_path / "a.xml").write_bytes(report())
    told(ruad.run("import", "--db", db, tmp_path / "a.xml", tmp_path / "nowhere", code=NOINPUT), "nowhere")


def test_path_without_permission(nobody):
    box = nobody.folder / "locked"
    box.mkdir()
    (box / "a.xml").write_bytes(report())
    box.chmod(0)
    try:
        ran = nobody.run("import", "--db", nobody.state / "ruad.db", box, code=NOPERM)
        told(ran, box, "permission")
    finally:
        box.chmod(0o755)


def test_database_without_permission(nobody):
    (nobody.folder / "a.xml").write_bytes(report())
    nobody.state.chmod(0o555)
    if os.geteuid() != 0:
        pytest.skip("the folder is one's own")
    ran = nobody.run("import", "--db", nobody.state / "ruad.db", nobody.folder / "a.xml", code=(NOPERM, CANTCREATE, CONFIG))
    told(ran, nobody.state)


def test_reading_needs_no_right_to_write(nobody):
    """The dashboard of another user: the database is readable, its folder is not writable."""
    if os.geteuid() != 0:
        pytest.skip("the folder is one's own")
    db = nobody.state / "ruad.db"
    nobody.ruad.run("import", "--db", db, GOLDEN / "inputs")
    for file in nobody.state.iterdir():
        file.chmod(0o644)
    nobody.state.chmod(0o755)
    ran = nobody.run("show", "domains", "--json", "--range", "all", "--db", db, code=None)
    if ran.code == 0:
        assert ran.json()["totals"]["messages"] == 551
    else:
        told(ran, db)
        assert ran.code in (NOPERM, CONFIG)


# --- the database ---

def test_no_folder_for_the_database(ruad, tmp_path):
    (tmp_path / "a.xml").write_bytes(report())
    ran = ruad.run("import", "--db", tmp_path / "no/such/ruad.db", tmp_path / "a.xml", code=(CONFIG, CANTCREATE))
    told(ran, tmp_path / "no/such")
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("words", [["show", "summary"], ["db", "status"], ["db", "verify"], ["report", "1"], ["explain", "1.1"]])
def test_no_database_yet(ruad, db, words):
    ran = ruad.run(*words, "--db", db, code=(CONFIG, NOINPUT))
    told(ran, db)
    assert not db.exists()


def test_database_is_a_folder(ruad, tmp_path):
    (tmp_path / "a.xml").write_bytes(report())
    ran = ruad.run("import", "--db", tmp_path, tmp_path / "a.xml", code=(CONFIG, CANTCREATE))
    told(ran, tmp_path)


COMMANDS = [["import", GOLDEN / "inputs"], ["show", "summary"], ["db", "status"], ["serve", "--listen", "127.0.0.1:0"]]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda w: w[0])
@pytest.mark.parametrize("kind", ["text", "foreign", "newer", "garbage after the header"])
def test_not_our_database(ruad, db, words, kind):
    """A file that is not ours is refused and left as it was."""
    if kind == "text":
        db.write_text("these are my notes\n" * 100)
    elif kind == "foreign":
        with sqlite3.connect(db) as other:
            other.execute("create table invoice (id integer primary key, amount)")
            other.execute("insert into invoice values (1, 100)")
    elif kind == "newer":
        ruad.run("import", "--db", db, GOLDEN / "inputs/R7-mail.example!example.org.xml.gz")
        with sqlite3.connect(db) as ours:
            ours.execute("pragma user_version = 9999")
            ours.execute("pragma wal_checkpoint(truncate)")
    else:
        db.write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)
    before = db.read_bytes()
    ran = ruad.run(*words, "--db", db, code=(CONFIG, IO), timeout=30)
    told(ran, db)
    if kind == "newer":
        assert "newer" in ran.err and ran.code == CONFIG
    if kind == "foreign":
        assert ran.code == CONFIG
    assert db.read_bytes() == before


def test_damaged_database_is_told(ruad, db, tmp_path):
    (tmp_path / "many.xml").write_bytes(report("many", [record(f"10.1.{n >> 8}.{n & 255}") for n in range(3000)]))
    ruad.run("import", "--db", db, tmp_path / "many.xml")
    with sqlite3.connect(db) as ours:
        ours.execute("pragma wal_checkpoint(truncate)")
    data = bytearray(db.read_bytes())
    for at in range(4096 * 8, len(data) - 4096, 4096 * 3):
        data[at:at + 512] = b"\xa5" * 512
    db.write_bytes(data)
    ran = ruad.run("db", "verify", "--db", db, code=(DATA, IO))
    assert ran.err.strip()


def test_verify_finds_a_changed_sum(ruad, db):
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    ruad.run("db", "verify", "--db", db)
    with sqlite3.connect(db) as ours:
        tables = [t for (t,) in ours.execute("select name from sqlite_master where type='table' and sql like '%messages%'")]
        changed = 0
        for table in tables:
            columns = [c[1] for c in ours.execute(f"pragma table_info({table})")]
            if "messages" in columns and "day" in columns and not changed:
                changed = ours.execute(f"update {table} set messages = messages + 1 where rowid = (select min(rowid) from {table})"
                                       if "without rowid" not in
                                       ours.execute("select sql from sqlite_master where name=?", (table,)).fetchone()[0].lower()
                                       else f"update {table} set messages = messages + 1").rowcount
        assert changed, f"no daily sum to change among {tables}"
    ran = ruad.run("db", "verify", "--db", db, code=DATA)
    assert ran.out.strip() and "problem" in ran.err


def test_full_disk(ruad, small_disk, tmp_path):
    """The import stops with a sentence and 75; what was committed is whole, and the rest comes when there is room."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    for n in range(40):
        (folder / f"{n:02}.xml.gz").write_bytes(
            gz(report(f"full-{n}", [record(f"10.{n}.{i >> 8}.{i & 255}", 1) for i in range(1500)])))
    db = small_disk / "ruad.db"
    ran = ruad.run("import", "--db", db, folder, code=(TEMP, IO))
    told(ran, "full")
    if db.exists():
        subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)
        ruad.run("import", "--db", db, folder)
        ruad.run("db", "verify", "--db", db)
        status = ruad.run("db", "status", "--json", "--db", db).json()
        assert (status["reports"], status["messages"]) == (40, 60000)


@pytest.mark.parametrize("words", [
    "show records --range all --json", "show records --range all --csv", "show records --range all", "show summary", "show problems",
    "report 1", "report 1 --json", "report 1 --xml", "explain 1.1", "explain 1.1 --json", "db status", "db status --json", "db verify",
    "version", "help", "show --help", f"parse {GOLDEN / 'inputs'}", f"explain {GOLDEN / 'inputs/R6-yahoo!example.com!1795046400!1795132799.zip'}",
    f"import -n --json {GOLDEN / 'inputs'}"])
def test_full_output(ruad, golden_db, words):
    """An answer that did not reach its file is a failure, told in one line."""
    with open("/dev/full", "w") as full:
        done = subprocess.run([ruad.binary, *words.split(), "--db", golden_db], stdout=full, stderr=subprocess.PIPE, env=ruad.env())
    assert done.returncode == IO and done.stderr.startswith(b"ruad") and done.stderr.count(b"\n") == 1, done.stderr


def test_second_import_refuses(ruad, db, tmp_path):
    """While one import runs another says so and ends with 75; nothing is done twice."""
    first = subprocess.Popen([ruad.binary, "import", "--db", str(db), "-"], stdin=subprocess.PIPE, env=ruad.env(),
                             stderr=subprocess.PIPE)
    try:
        held = None
        for _ in range(100):
            time.sleep(0.1)
            if (tmp_path / "ruad.db.lock").exists():
                held = ruad.run("import", "--db", db, GOLDEN / "inputs", code=(0, TEMP))
                break
        if held is None or held.code == 0:
            pytest.skip("the first import read standard input before it took the lock")
        told(held, "import", "running")
    finally:
        first.communicate(report("late"), timeout=30)
    assert first.returncode == 0


def test_locked_database(ruad, db):
    """Another program holds the database: the import gives up with 75 and tells which file."""
    ruad.run("import", "--db", db, GOLDEN / "inputs/R7-mail.example!example.org.xml.gz")
    import fcntl
    with open(f"{db}.lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fcntl.lockf(lock, fcntl.LOCK_EX)
        ran = ruad.run("import", "--db", db, GOLDEN / "inputs", code=TEMP, timeout=60)
        told(ran, "import")
    ruad.run("import", "--db", db, GOLDEN / "inputs")


def test_wait_for_the_lock(ruad, db):
    ruad.run("import", "--db", db, GOLDEN / "inputs/R7-mail.example!example.org.xml.gz")
    import fcntl
    with open(f"{db}.lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fcntl.lockf(lock, fcntl.LOCK_EX)
        waiting = ruad.start("import", "--wait", "30s", "--db", db, GOLDEN / "inputs")
        time.sleep(1.0)
        assert waiting.poll() is None
    out, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, err


def test_write_lock_of_sqlite(ruad, db):
    """A backup program holds SQLite's own lock for long."""
    ruad.run("import", "--db", db, GOLDEN / "inputs/R7-mail.example!example.org.xml.gz")
    other = sqlite3.connect(db, isolation_level=None)
    other.execute("begin immediate")
    ran = ruad.run("import", "--db", db, GOLDEN / "inputs", code=TEMP, timeout=120)
    told(ran, db, "busy")
    other.execute("rollback")
    assert ruad.import_(db, GOLDEN / "inputs")["stored"] == 6


def test_import_beside_serve(ruad, db):
    with ruad.serve(db) as server:
        assert server.api("summary")["totals"]["messages"] == 0
        ruad.run("import", "--db", db, GOLDEN / "inputs")
        assert server.api("summary?range=all")["totals"]["messages"] == 551


# --- serve ---

def test_port_in_use(ruad, golden_db):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = ruad.run("serve", "--db", golden_db, "--listen", f"127.0.0.1:{port}", code=(TEMP, CONFIG, 69), timeout=20)
        told(ran, port)


@pytest.mark.parametrize("address", ["0.0.0.0:8425", "192.0.2.1:8425", "[::]:8425", "example.com:8425", "127.0.0.1:99999",
                                     "nonsense", ""])
def test_not_a_loopback_address(ruad, golden_db, address):
    ran = ruad.run("serve", "--db", golden_db, "--listen", address, code=(CONFIG, USAGE), timeout=20)
    told(ran)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_ends_on_a_signal(ruad, golden_db, number):
    with ruad.serve(golden_db) as server:
        assert server.get("/healthz").text.strip() == "ok"
        server.process.send_signal(number)
        assert server.process.wait(10) == 0


# --- documents ---

@pytest.mark.parametrize("data", [b"junk\n", b"", bytes(1000), b"\xff\xfe\0\0" * 100, b"<" * 10000, b"From " * 1000, b"From x\n", b"PK\3\4", b"\x1f\x8b"],
                         ids=["word", "nothing", "zeros", "bytes", "angles", "From", "mbox line", "zip mark", "gzip mark"])
def test_junk_on_stdin(ruad, db, data):
    """Junk is recorded and is no failure: anyone can mail it."""
    ran = ruad.run("import", "--json", "--db", db, "-", stdin=data)
    got = ran.json()
    assert (got["stored"], got["inputs"]) == (0, 1)
    assert ran.err == ""


def test_parse_says_what_is_wrong(ruad, tmp_path):
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(report())
    bad.write_bytes(report()[:-30])
    ran = ruad.run("parse", good, bad, good, code=DATA)
    lines = ran.lines()
    assert [line["kind"] for line in lines] == ["aggregate", "error", "aggregate"]
    assert lines[1]["reason"] == "xml-malformed" and lines[1]["file"] == str(bad)


def test_parse_without_a_file(ruad, tmp_path):
    ran = ruad.run("parse", tmp_path / "nowhere.xml", code=(NOINPUT, DATA))
    assert "nowhere.xml" in ran.err + ran.out


def test_explain_a_file(ruad):
    ran = ruad.run("explain", GOLDEN / "inputs/R3-google.com!example.com!1795046400!1795132799.xml.gz")
    assert "Passes for crm.example.net, not for example.com." in ran.out
    assert "crm.example.net is not in example.com (relaxed)" in ran.out


def test_explain_bad_data(ruad, tmp_path):
    (tmp_path / "bad.xml").write_bytes(report()[:-30])
    told(ruad.run("explain", tmp_path / "bad.xml", code=DATA))


def test_explain_what_is_not_there(ruad, tmp_path):
    ran = ruad.run("explain", tmp_path / "nowhere.xml", code=NOINPUT)
    told(ran, "nowhere.xml")
    assert ran.err.count("nowhere.xml") == 1


def test_a_file_in_a_folder_has_its_name(ruad, tmp_path):
    (tmp_path / "bad.xml").write_bytes(report()[:-30])
    ran = ruad.run("parse", tmp_path, code=DATA)
    assert ran.json()["file"] == str(tmp_path / "bad.xml")
    assert str(tmp_path / "bad.xml") in ruad.run("explain", tmp_path, code=DATA).err


@pytest.mark.parametrize("what", ["domains", "senders", "sources", "reporters", "records", "reports", "problems", "runs"])
def test_no_such_sort_key(ruad, golden_db, golden, what):
    told(ruad.run("show", what, "--sort", "nonsense", "--db", golden_db, code=USAGE), "nonsense" if what not in ("problems", "runs") else "sort")
    resource = {"problems": "inputs"}.get(what, what)
    golden.get(f"/api/v1/{resource}?sort=nonsense", status=400)
    golden.get("/healthz")


def test_no_such_report(ruad, golden_db):
    told(ruad.run("report", "--db", golden_db, "999", "--xml", code=NOINPUT), "there is no report 999")
    told(ruad.run("report", "--db", golden_db, "999", code=NOINPUT), "999")
    told(ruad.run("explain", "--db", golden_db, "999.1", code=NOINPUT), "999")


def test_report_and_its_xml(ruad, golden_db):
    document = ruad.run("report", "1", "--json", "--db", golden_db).json()
    assert document["kind"] == "aggregate"
    original = ruad.run("report", "1", "--xml", "--db", golden_db).out
    assert original.startswith("<?xml") and document["report_metadata"]["report_id"] in original


def test_output_is_safe_for_a_terminal(ruad, db, tmp_path):
    """Names come from strangers: no escape sequence reaches the terminal."""
    evil = b"&#x9b;31m\xc2\x9b\xe2\x80\xae evil"
    data = report("x").replace(b"reporter.example</org", evil + b"</org").replace(b"pass</result>", evil + b"</result>")
    assert data.count(evil) == 3
    (tmp_path / "x.xml").write_bytes(data)
    ruad.run("import", "--db", db, tmp_path / "x.xml")
    for words in (["show", "reports"], ["show", "records"], ["show", "reporters"], ["report", "1"], ["explain", "1.1"], ["explain", tmp_path / "x.xml"]):
        out = ruad.run(*words, "--db", db, *(["--range", "all"] if words[0] == "show" else [])).out
        assert not any(ord(c) < 32 and c != "\n" or 0x7f <= ord(c) < 0xa0 or c == "\u202e" for c in out), words


def test_closed_pipe(ruad, golden_db):
    """`ruad show … | head` ends quietly."""
    process = subprocess.Popen([ruad.binary, "show", "records", "--range", "all", "--db", str(golden_db)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ruad.env())
    process.stdout.close()
    err = process.stderr.read()
    process.wait(20)
    assert b"Sanitizer" not in err
    assert process.returncode in (IO, 141, -signal.SIGPIPE, 0)


# --- killed ---

def status(ruad, db):
    s = ruad.run("db", "status", "--json", "--db", db).json()
    return {k: s[k] for k in ("reports", "records", "messages", "domains")}


def test_killed_at_any_point(ruad, release, tmp_path):
    """kill -9 while importing, again and again; at the end the data are as if it had never happened."""
    import random
    random.seed(4711)
    box = tmp_path / "M"
    for name in ("new", "cur", "tmp"):
        (box / name).mkdir(parents=True)
    for n in range(400):
        (box / "new" / f"{n}.M1P1.host").write_bytes(small_mail(n))
    (box / "new" / "big.M1P1.host").write_bytes(
        gz(report("big", [record(f"10.7.{i >> 8}.{i & 255}", 2) for i in range(20000)])))
    undisturbed = tmp_path / "undisturbed.db"
    release.run("import", "--db", undisturbed, box)
    db = tmp_path / "killed.db"
    killed = 0
    for n in range(12):
        # The first are killed while the database is made, the others while mails are read.
        process = release.start("import", "--done", "seen", "--db", db, box)
        time.sleep(random.uniform(0.0, 0.02) if n < 4 else random.uniform(0.0, 0.12))
        process.kill()
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        if db.exists() and n % 4 == 3:
            ran = release.run("db", "verify", "--db", db, code=None)
            assert ran.code in (0, CONFIG, NOINPUT), ran.out + ran.err
    assert killed, "every import was faster than the kill"
    ruad.run("import", "--done", "seen", "--db", db, box, timeout=300)
    assert status(ruad, db) == status(ruad, undisturbed)
    ruad.run("db", "verify", "--db", db)
    assert not list((box / "new").iterdir())


def test_terminated(ruad, release, tmp_path):
    """SIGTERM: the document in hand is finished and committed, the rest is told with 75."""
    box = tmp_path / "M"
    for name in ("new", "cur", "tmp"):
        (box / name).mkdir(parents=True)
    for n in range(3000):
        (box / "new" / f"{n}.M1P1.host").write_bytes(small_mail(n))
    db = tmp_path / "ruad.db"
    process = release.start("import", "--json", "--done", "seen", "--db", db, box)
    for _ in range(200):
        time.sleep(0.005)
        if any((box / "cur").iterdir()) or process.poll() is not None:
            break
    process.terminate()
    out, err = process.communicate(timeout=30)
    if process.returncode == 0:
        pytest.skip("the import was faster than the signal")
    assert process.returncode == TEMP and b"interrupted" in err
    done = json.loads(out)
    stored = ruad.run("db", "status", "--json", "--db", db).json()["reports"]
    assert stored == done["stored"] == len(list((box / "cur").iterdir()))
    ruad.run("db", "verify", "--db", db)
    ruad.run("import", "--db", db, box, timeout=300)
    assert ruad.run("db", "status", "--json", "--db", db).json()["reports"] == 3000
