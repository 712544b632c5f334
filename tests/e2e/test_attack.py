"""Inputs that mean harm (attacks.py): each ends with its outcome and reason, in little memory and time, and is shown as text."""

import contextlib
import os
import pathlib
import re
import socket
import threading
import time

import pytest

from attacks import ATTACKS, REJECTED, STORED
from program import GOLDEN
from reports import gz, head, mail, record, report, small_mail

# What all processes of an import may take together, and the one that keeps what the others find.
TREE_KIB = 400 * 1024
PARENT_KIB = 48 * 1024
ALL = ("--json", "--range", "all")
EVERY_OUTCOME = ("--outcome", "stored,duplicate,ignored,rejected")
# What a terminal obeys, or what turns words around.
COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def inputs(ruad, db):
    rows = ruad.run("show", "problems", *ALL, *EVERY_OUTCOME, "--limit", "1000", "--db", db).json()
    assert not rows["page"]["next"]
    return rows["data"]


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attack") / "box"
    folder.mkdir()
    for attack in ATTACKS:
        (folder / attack.file).write_bytes(attack.make())
    return folder


@pytest.fixture(scope="module")
def attacked(ruad, box):
    """All of them, read by the program with sanitizers. Time is bounded, so that what takes its square of it has another reason."""
    db = box.parent / "ruad.db"
    ran = ruad.run("import", "--json", "--set", "worker_seconds=30", "--db", db, box, timeout=500)
    found = {}
    for row in inputs(ruad, db):
        found.setdefault(pathlib.Path(row["locator"]).name, []).append(row)
    return db, ran, found


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.file)
def test_outcome(ruad, attacked, attack):
    db, _, found = attacked
    rows = found[attack.file]
    assert {r["outcome"] for r in rows} == {attack.outcome}, rows
    assert {r["reason"] for r in rows} <= set(attack.reasons), [(r["reason"], r["detail"]) for r in rows]
    if attack.outcome == STORED:
        notes = {n["code"] for r in rows for n in ruad.run("report", r["report"], "--json", "--db", db).json()["notes"]}
        assert set(attack.notes) <= notes


def test_all_is_well_afterwards(ruad, attacked):
    db, ran, found = attacked
    assert ran.err == "" and len(found) == len(ATTACKS)
    ruad.run("db", "verify", "--db", db)
    assert not pathlib.Path("/tmp/ruad-attack.xml").exists()


def test_nothing_of_it_is_done_again(ruad, attacked, box):
    """What was stored is a duplicate, all else is refused once more; nothing counts twice."""
    db, ran, _ = attacked
    before = ruad.run("show", "summary", *ALL, "--db", db).json()["totals"]
    small = [box / a.file for a in ATTACKS if (box / a.file).stat().st_size < 300_000]
    again = ruad.import_(db, *small)
    assert again["stored"] == 0 and again["duplicate"] > 0
    assert ruad.run("show", "summary", *ALL, "--db", db).json()["totals"] == before


def test_parse_says_the_same(ruad, attacked, box):
    """One line for each report or error, in order; the reasons are those of the import."""
    _, _, found = attacked
    attacks = [a for a in ATTACKS if (box / a.file).stat().st_size < 3_000_000 and a.name != "xml of distinct domains"]
    lines = ruad.run("parse", *(box / a.file for a in attacks), code=65, timeout=300).lines()
    errors = {}
    for line in lines:
        if line["kind"] == "error":
            errors.setdefault(pathlib.Path(line["file"]).name, set()).add(line["reason"])
    for attack in attacks:
        assert errors.get(attack.file, set()) == {r["reason"] for r in found[attack.file] if r["reason"]}, attack.name


def test_explain_gives_up_too(ruad, box):
    small = [a for a in ATTACKS if a.outcome == REJECTED and (box / a.file).stat().st_size < 100_000]
    for attack in small[::6]:
        ran = ruad.run("explain", box / attack.file, code=65)
        assert not COMMANDS.search(ran.out + ran.err), attack.name


def test_shown(ruad, attacked):
    """Names, details and bytes that were kept can be looked at, as text."""
    db, _, found = attacked
    with ruad.serve(db) as server:
        for path in ("/problems?range=all", "/problems?range=all&outcome=stored", "/reports?range=all", "/domains/example.com?range=all", "/status"):
            page = server.get(path).text
            assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page), path
        for rows in found.values():
            for row in rows[:1]:
                shown = server.api(f"inputs/{row['id']}")
                assert shown["outcome"] == row["outcome"] and shown["reason"] == row["reason"]
                assert not COMMANDS.search((shown["part"] or "") + (shown["detail"] or "")), row
        totals = server.api("summary?range=all")["totals"]
        assert 0 < totals["messages"] < 1 << 63 and totals["messages"] == totals["pass"] + totals["fail"]


# --- memory ---

def status_kib(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    return 0


def children(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):
            found += map(int, pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    return found


def watch(process, seconds=300):
    """Peaks of the process, and of all of them that live at once: each one's own peak counts, whenever it was."""
    parent = tree = 0
    end = time.monotonic() + seconds
    while process.poll() is None:
        assert time.monotonic() < end, "it does not end"
        with contextlib.suppress(OSError):
            own = status_kib(process.pid, "VmHWM")
            others = 0
            for pid in children(process.pid):
                with contextlib.suppress(OSError):
                    others += status_kib(pid, "VmHWM")
            parent, tree = max(parent, own), max(tree, own + others)
        time.sleep(0.003)
    return parent, tree


def test_memory(release, box, tmp_path):
    """Of all attacks, one after the other in one run: no peak of any of them is above the bounds."""
    process = release.start("import", "--db", tmp_path / "ruad.db", box)
    parent, tree = watch(process)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err.decode(errors="replace")
    assert 0 < parent <= PARENT_KIB, f"{parent} KiB"
    assert parent < tree <= TREE_KIB, f"{tree} KiB"


# --- one that says it were somebody else ---

def sent(data, sender):
    m = mail(message_id=f"<{abs(hash(sender))}@x>")
    m.replace_header("From", sender)
    m.set_content("A report.")
    m.add_attachment(gz(data), maintype="application", subtype="gzip", filename="r.xml.gz")
    return m.as_bytes()


REAL = report("r-1", [record("192.0.2.1", 10), record("192.0.2.2", 20)])


def flags(ruad, db):
    rows = ruad.run("show", "reports", *ALL, "--db", db).json()["data"]
    return [(row["messages"], tuple(sorted(set(row["flags"]) & {"key-conflict", "replaced"}))) for row in sorted(rows, key=lambda r: r["id"])]


def test_forged_before_the_real_one(ruad, db, tmp_path):
    """Somebody who guesses the key sends another report first: the real one is stored all the same, and both say that they conflict."""
    (tmp_path / "1.eml").write_bytes(sent(report("r-1", [record("203.0.113.66", 7)]), "mallory@evil.example"))
    (tmp_path / "2.eml").write_bytes(sent(REAL, "dmarc@reporter.example"))
    assert ruad.import_(db, tmp_path / "1.eml")["stored"] == 1
    assert ruad.import_(db, tmp_path / "2.eml")["stored"] == 1
    assert flags(ruad, db) == [(7, ("key-conflict",)), (30, ("key-conflict",))]
    senders = {row["from"] for row in inputs(ruad, db)}
    assert senders == {"mallory@evil.example", "dmarc@reporter.example"}
    ruad.run("db", "verify", "--db", db)


def test_forged_with_all_of_the_real_one(ruad, db, tmp_path):
    """Who knows the real one sends it with more in it: it is taken for one that grew, in either order, and says so."""
    for order in ((0, 1), (1, 0)):
        here = tmp_path / f"{order[0]}.db"
        mails = [sent(REAL, "dmarc@reporter.example"),
                 sent(REAL.replace(b"</feedback>", record("203.0.113.66", 7).encode() + b"</feedback>"), "mallory@evil.example")]
        for n in order:
            (tmp_path / "m.eml").write_bytes(mails[n])
            ruad.import_(here, tmp_path / "m.eml")
        assert flags(ruad, here) == [(37, ("replaced",))], order
        assert {row["from"] for row in inputs(ruad, here)} == {"mallory@evil.example", "dmarc@reporter.example"}
        ruad.run("db", "verify", "--db", here)


def test_many_of_one_key(ruad, db, tmp_path):
    """More reports of one key than are compared."""
    for n in range(300):
        (tmp_path / f"{n:03}.xml").write_bytes(report("r-1", [record("192.0.2.1", n + 1)]))
    files = sorted(tmp_path.glob("*.xml"))
    assert ruad.import_(db, *files)["stored"] == 300
    assert ruad.import_(db, *files)["duplicate"] == 300
    assert ruad.run("show", "summary", *ALL, "--db", db).json()["totals"]["messages"] == 300 * 301 // 2
    ruad.run("db", "verify", "--db", db)


def test_a_report_of_a_foreign_domain(ruad, db, tmp_path):
    """Anybody can report about anything: it is there under its own domain, and in nobody else's numbers."""
    (tmp_path / "ours.xml").write_bytes(report("a"))
    (tmp_path / "other.xml").write_bytes(report("b", [record(domain="victim.example", count=1000)], domain="victim.example"))
    ruad.import_(db, tmp_path / "ours.xml", tmp_path / "other.xml")
    rows = ruad.run("show", "domains", *ALL, "--db", db).json()["data"]
    assert {row["domain"]: row["messages"] for row in rows} == {"example.com": 1, "victim.example": 1000}


# --- folders ---

NAMES = [b"with\nline.xml", b"with\x1b[2Jescape.xml", b"\xff\xfe\x80.xml", b"\xc2\x9b31m.xml", "\u202egnp.xml".encode(), b"-n.xml", b"--help.xml",
         b" .xml", b"a" * 251 + b".xml", "ü".encode() * 125 + b".xml", b"$(reboot).xml", b"%s%n.xml", b"'\";.xml", b"<script>.xml"]


def strange(folder, names):
    """Whatever can lie in a folder but files, and files with names."""
    folder.mkdir()
    for n, name in enumerate(names):
        pathlib.Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(report(f"name-{n}"))
    os.mkfifo(folder / "fifo.xml")
    os.symlink("/dev/zero", folder / "zero.xml")
    os.symlink("/dev/stdin", folder / "stdin.xml")
    os.symlink("loop.xml", folder / "loop.xml")
    os.symlink("..", folder / "up")
    os.symlink(GOLDEN / "inputs", folder / "elsewhere")
    os.symlink("/proc/self/mem", folder / "mem.xml")
    with socket.socket(socket.AF_UNIX) as s, contextlib.chdir(folder):
        s.bind("socket.xml")
    with contextlib.suppress(PermissionError):
        os.mknod(folder / "device.xml", 0o20666, os.makedev(1, 5))
    (folder / "a" / "b").mkdir(parents=True)
    os.symlink("../..", folder / "a" / "b" / "round")


def check_strange(ruad, db, count):
    rows = inputs(ruad, db)
    assert [r["outcome"] for r in rows] == ["stored"] * count, [(r["locator"], r["reason"]) for r in rows if r["outcome"] != "stored"]
    shown = ruad.run("show", "problems", "--range", "all", *EVERY_OUTCOME, "--db", db).out
    assert not COMMANDS.search(shown)
    with ruad.serve(db) as server:
        assert len(server.api("inputs?range=all&limit=1000&outcome=stored")["data"]) == count
        assert "<script>" not in server.get("/problems?range=all&outcome=stored").text


def test_folder_of_strange_things(ruad, db, tmp_path):
    strange(tmp_path / "box", NAMES)
    ran = ruad.run("import", "-v", "--db", db, tmp_path / "box", timeout=60)
    assert not COMMANDS.search(ran.err)
    check_strange(ruad, db, len(NAMES))


def test_maildir_of_strange_things(ruad, db, tmp_path):
    box = tmp_path / "M"
    box.mkdir()
    names = [name for name in NAMES if len(name) < 250]  # a longer one has no room for its flags
    strange(box / "new", names)
    for name in ("cur", "tmp"):
        (box / name).mkdir()
    ruad.run("import", "--done", "seen", "--db", db, box, timeout=60)
    check_strange(ruad, db, len(names))
    assert not [p for p in (box / "new").iterdir() if p.is_file() and not p.is_symlink()], "those that were read are filed"


def test_folder_that_cannot_be_read(nobody):
    box = nobody.folder / "box"
    (box / "closed" / "more").mkdir(parents=True)
    (box / "good.xml").write_bytes(report("good"))
    (box / "closed" / "x.xml").write_bytes(report("x"))
    (box / "secret.xml").write_bytes(report("secret"))
    (box / "secret.xml").chmod(0)
    (box / "closed").chmod(0)
    try:
        ran = nobody.run("import", "--json", "--db", nobody.state / "ruad.db", box, code=None)
    finally:
        (box / "closed").chmod(0o755)
    assert ran.code in (0, 66, 74, 77) and "Sanitizer" not in ran.err
    assert "closed" in ran.err or ran.code == 0
    rows = inputs(nobody, nobody.state / "ruad.db")
    assert {pathlib.Path(r["locator"]).name: r["outcome"] for r in rows}["good.xml"] == "stored"


def keep_changing(folder, stop):
    """Files that grow, shrink, go, come back, and are something else for a moment."""
    whole = report("changing", [record(f"10.0.{n >> 8}.{n & 255}") for n in range(3000)])
    packed = gz(whole)
    n = 0
    while not stop.is_set():
        n += 1
        with contextlib.suppress(OSError):
            (folder / "grows.xml").write_bytes(whole[: n % 20 * len(whole) // 20])
            os.truncate(folder / "shrinks.xml", n % 13 * 1000)
            (folder / "packed.xml.gz").write_bytes(packed[: n % 7 * len(packed) // 7])
            (folder / "swaps.xml").unlink(missing_ok=True)
            os.mkfifo(folder / "swaps.xml") if n % 3 == 0 else (folder / "swaps.xml").write_bytes(report(f"swap-{n % 3}"))
            os.rename(folder / "moves.xml", folder / "moved.xml") if n % 2 else os.rename(folder / "moved.xml", folder / "moves.xml")


def test_files_that_change_while_they_are_read(ruad, db, tmp_path):
    """Whatever is seen of them, each run ends, nothing crashes, and what lies still is stored once."""
    box = tmp_path / "box"
    box.mkdir()
    for name in ("grows.xml", "shrinks.xml", "moves.xml"):
        (box / name).write_bytes(report(name, [record(f"10.9.{n >> 8}.{n & 255}") for n in range(500)]))
    for n in range(5):
        (box / f"still-{n}.eml").write_bytes(small_mail(n))
    stop = threading.Event()
    thread = threading.Thread(target=keep_changing, args=(box, stop))
    thread.start()
    try:
        for _ in range(6):
            ran = ruad.run("import", "--json", "--db", db, box, timeout=60)
            assert not [w for w in ("worker-crashed", "worker-protocol", "worker-timeout") if w in ran.out + ran.err]
    finally:
        stop.set()
        thread.join()
    rows = inputs(ruad, db)
    assert not [r for r in rows if (r["reason"] or "").startswith("worker-")], rows
    still = [r for r in rows if "still-" in r["locator"]]
    assert sorted((r["outcome"], r["times"]) for r in still) == [("duplicate", 5)] * 5 + [("stored", 1)] * 5
    ruad.run("db", "verify", "--db", db)


# --- slow because of much ---

def test_long_periods_are_no_lever(release, db, tmp_path):
    """A record of a long period counts on each of its days: a small report must not become many millions of rows."""
    begin = 1795046400
    data = head("lever", begin=begin - 1000 * 86400) + "".join(
        record(f"10.0.{n >> 8}.{n & 255}", 100_000, domain=f"d{n}.example.com") for n in range(2000)) + "</feedback>"
    (tmp_path / "lever.xml").write_text(data)
    assert release.import_(db, tmp_path / "lever.xml")["stored"] == 1
    release.run("db", "verify", "--db", db)
    assert db.stat().st_size < 20 << 20
    series = release.run("show", "timeseries", *ALL, "--db", db).json()
    assert [d["messages"] for d in series["data"] if d["messages"]] == [200_000_000]


def test_records_of_a_long_period_count_for_each_day(ruad, db, tmp_path):
    begin = 1795046400
    for name, days in (("day", 1), ("long", 50)):
        (tmp_path / f"{name}.xml").write_bytes(report(name, [record(f"10.0.0.{n}") for n in range(100)], begin=begin - (days - 1) * 86400))
        ruad.run("import", "--set", "records=1000", "--db", db, tmp_path / f"{name}.xml")
    assert sorted((r["outcome"], r["reason"]) for r in inputs(ruad, db)) == [("rejected", "too-many-records"), ("stored", None)]
