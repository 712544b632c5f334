"""`ruad reparse` and `ruad input`: what is kept is read again by a program that knows more, or less, than the one before.

An older program is played by the database: a report is imported from one document, and another one is put into its
place as the original; bytes of a rejected input are exchanged for good ones; another Public Suffix List judges.
"""

import contextlib
import fcntl
import hashlib
import json
import re
import signal
import sqlite3
import time
import zlib

import pytest

import contract
from program import FIXTURES
from reports import BEGIN, DAY, gz, head, mail, record, report

PIECE = 256 * 1024
DATA, NOINPUT, TEMP, USAGE = 65, 66, 75, 64
PSL = (FIXTURES / "psl/test.dat").read_text()
A, B, C = record("192.0.2.1", 10), record("192.0.2.2", 20), record("192.0.2.3", 40)


@contextlib.contextmanager
def opened(db):
    with contextlib.closing(sqlite3.connect(db, timeout=20)) as connection:
        with connection:
            yield connection


def one(db, sql, *values):
    with opened(db) as at:
        return at.execute(sql, values).fetchone()[0]


def put_pieces(at, table, owner, data):
    at.execute(f"delete from {table} where id >> 20 = ?", (owner,))
    pieces = [zlib.compress(data[i:i + PIECE], 2) for i in range(0, len(data), PIECE)]
    at.executemany(f"insert into {table} (id, bytes) values (?, ?)", [(owner << 20 | n, p) for n, p in enumerate(pieces)])
    return len(pieces)


def sha256(data):
    return hashlib.sha256(data).digest()


def put_original(db, number, data):
    """This is what the report was made from."""
    with opened(db) as at:
        n = put_pieces(at, "document_piece", number, data)
        at.execute("update document set digest = ?, size_bytes = ?, pieces = ? where report = ?", (sha256(data), len(data), n, number))
        at.execute("update meta set raw_bytes = (select coalesce(sum(length(bytes)), 0) from document_piece)")


def drop_originals(db):
    with opened(db) as at:
        at.execute("delete from document_piece")
        at.execute("update document set pieces = 0")
        at.execute("update meta set raw_bytes = 0")


def put_kept(db, kept, data):
    """These are the bytes of the rejected input."""
    with opened(db) as at:
        n = put_pieces(at, "kept_piece", kept, data)
        at.execute("update kept set digest = ?, size_bytes = ?, pieces = ? where id = ?", (sha256(data), len(data), n, kept))
        at.execute("update meta set kept_bytes = (select coalesce(sum(size_bytes), 0) from kept)")


def put(ruad, db, tmp_path, *documents, psl=None):
    for n, data in enumerate(documents):
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}-{n}.in"
        file.write_bytes(data)
        ruad.import_(db, file, *(["--psl", psl] if psl else []))


def sound(ruad, db, psl=None, judged=True):
    """Sums, counters and originals fit; verdicts are those of the list, where all were judged by it."""
    words = ["--psl", psl] if psl else []
    ran = ruad.run("db", "verify", "--db", db, *words, code=0 if judged else (0, DATA))
    assert ran.code == 0 or re.findall(r"^ruad: (.*?):", ran.err, re.M)[0] == "verdicts", ran.err


def reparse(ruad, db, *words, psl=None, code=0):
    ran = ruad.run("reparse", "--json", "--db", db, *words, *(["--psl", psl] if psl else []), code=code)
    said = ran.json()
    contract.check("reparse", said)
    sound(ruad, db, psl, judged="--dry-run" not in words)
    return said


def exported(ruad, db):
    """All that reports say, but for numbers and times of this database."""
    rows = []
    for what in ("records", "reports"):
        for line in ruad.run("export", what, "--range", "all", "--format", "ndjson", "--db", db).lines():
            for name in ("id", "stored_at", "arrived_at"):
                line.pop(name, None)
            if "report" in line:
                line["report"].pop("id")
            rows.append(json.dumps(line, sort_keys=True))
    return sorted(rows)


def totals(ruad, db):
    t = ruad.run("show", "summary", "--json", "--range", "all", "--db", db).json()["totals"]
    return t["messages"], t["pass"], t["fail"]


def inputs(ruad, db, *words):
    return ruad.run("show", "inputs", "--json", "--range", "all", "--db", db, *words).json()["data"]


@pytest.fixture
def lists(tmp_path):
    """Two Public Suffix Lists: in the newer one hosted.example is a suffix."""
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "new.dat").write_text(PSL)
    (folder / "old.dat").write_text(PSL.replace("hosted.example\n", ""))
    return folder / "old.dat", folder / "new.dat"


def hosted(name, count=1):
    """Mail of a.hosted.example that b.hosted.example signed: aligned by the older list alone."""
    signed = (f"<record><row><source_ip>192.0.2.7</source_ip><count>{count}</count><policy_evaluated><disposition>none</disposition>"
              "<dkim>pass</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>a.hosted.example</header_from>"
              "</identifiers><auth_results><dkim><domain>b.hosted.example</domain><selector>s1</selector><result>pass</result></dkim>"
              "<spf><domain>bounce.example.net</domain><scope>mfrom</scope><result>fail</result></spf></auth_results></record>\n")
    return (head(name, domain="a.hosted.example") + signed + A.replace("example.com", "a.hosted.example") + "</feedback>\n").encode()


# --- reports ---

def test_nothing_differs(ruad, db, golden_db):
    with contextlib.closing(sqlite3.connect(golden_db)) as source, contextlib.closing(sqlite3.connect(db)) as copy:
        source.backup(copy)
    before, generation = exported(ruad, db), one(db, "select generation from meta")
    said = reparse(ruad, db)
    assert said["reports"] == said["unchanged"] == one(db, "select count(*) from report") > 0
    assert said["changed"] == said["failed"] == said["merged"] == said["accepted"] == 0 and said["examples"] == []
    assert said["inputs"] == said["inputs_unchanged"]
    assert exported(ruad, db) == before
    if said["inputs"] == 0:
        assert one(db, "select generation from meta") == generation


def test_records_that_were_left_out(ruad, db, tmp_path):
    put(ruad, db, tmp_path, report("x", [A]), report("y", [B]))
    put_original(db, 1, report("x", [A, C]))
    dry = reparse(ruad, db, "--dry-run")
    assert totals(ruad, db) == (30, 30, 0)
    said = reparse(ruad, db)
    assert said | {"dry_run": True} == dry
    assert (said["changed"], said["unchanged"], said["changes"]["records"]) == (1, 1, 1)
    assert [(e["kind"], e["report"], e["changes"]) for e in said["examples"]] == [("changed", "1", ["records"])]
    assert totals(ruad, db) == (70, 70, 0)
    fresh = tmp_path / "fresh.db"
    put(ruad, fresh, tmp_path, report("x", [A, C]), report("y", [B]))
    assert exported(ruad, db) == exported(ruad, fresh)
    # The links to it hold, its original is there, its input too, and there is nothing left to do.
    assert one(db, "select records from report where id = 1") == 2
    assert ruad.run("show", "inputs", "--json", "--report", "1", "--range", "all", "--db", db).json()["data"][0]["outcome"] == "stored"
    assert reparse(ruad, db)["unchanged"] == 2


@pytest.mark.parametrize("old, new, changes", [
    ("<p>none</p>", "<p>reject</p>", ["policy"]),
    ("<email>dmarc@", "<email>post@", ["metadata"]),
    ("<version>1.0</version>", "<version>1.0</version><strange/>", ["notes"]),
    ("<spf>pass</spf>", "<spf>fail</spf>", ["records"]),
    ("<count>10</count>", "<count>11</count>", ["records"]),
    (f"<end>{BEGIN + DAY - 1}</end>", f"<end>{BEGIN + 3 * DAY - 1}</end>", ["metadata"]),
    ("<domain>example.com</domain><adkim>", "<domain>other.example</domain><adkim>", ["metadata"]),
], ids=["policy", "email", "notes", "evaluated", "count", "period", "domain"])
def test_what_changed_is_told(ruad, db, tmp_path, old, new, changes):
    before = report("x", [A, B])
    after = before.replace(old.encode(), new.encode())
    assert before != after
    put(ruad, db, tmp_path, before)
    put_original(db, 1, after)
    said = reparse(ruad, db)
    named = said["examples"][0]["changes"]
    assert set(changes) <= set(named) and said["changed"] == 1, named
    fresh = tmp_path / "fresh.db"
    put(ruad, fresh, tmp_path, after)
    assert exported(ruad, db) == exported(ruad, fresh)
    assert one(db, "select name from domain where reports > 0") == one(fresh, "select name from domain where reports > 0")
    assert one(db, "select sum(reports) from domain") == 1


def test_new_list_judges_again(ruad, db, tmp_path, lists):
    old, new = lists
    documents = [hosted("x", 5), hosted("y", 7), report("z", [B])]
    put(ruad, db, tmp_path, *documents, psl=old)
    assert totals(ruad, db) == (52, 52, 0)
    said = reparse(ruad, db, psl=new)
    assert (said["changed"], said["unchanged"], said["judged_from_rows"]) == (2, 1, 0)
    assert said["changes"]["result"] == 2 and said["changes"]["records"] == 0
    assert totals(ruad, db) == (52, 40, 12)
    fresh = tmp_path / "fresh.db"
    put(ruad, fresh, tmp_path, *documents, psl=new)
    assert exported(ruad, db) == exported(ruad, fresh)


def test_without_originals(ruad, db, tmp_path, lists):
    old, new = lists
    put(ruad, db, tmp_path, hosted("x", 5), report("z", [B]), psl=old)
    drop_originals(db)
    said = reparse(ruad, db, psl=new)
    assert (said["reports"], said["changed"], said["unchanged"], said["judged_from_rows"]) == (2, 1, 1, 2)
    assert totals(ruad, db) == (35, 30, 5)


def test_an_original_that_is_refused_now(ruad, db, tmp_path, lists):
    """It stays as it was stored; its verdicts are still those of the present list."""
    old, new = lists
    put(ruad, db, tmp_path, hosted("x", 5), report("z", [B]), psl=old)
    put_original(db, 1, b"<feedback><report_metadata><org_name>broken")
    put_original(db, 2, b'<!DOCTYPE feedback [<!ENTITY a "b">]>' + report("z", [B]))
    said = reparse(ruad, db, psl=new, code=DATA)
    assert (said["failed"], said["changed"], said["unchanged"]) == (2, 1, 0)
    failed = {e["report"]: e["reason"] for e in said["examples"] if e["kind"] == "failed"}
    assert failed == {"1": "xml-malformed", "2": "xml-doctype"}
    assert totals(ruad, db) == (35, 30, 5)
    text = ruad.run("reparse", "--db", db, "--psl", new, code=DATA).out
    assert "report 1 xml-malformed" in text and "report 2 xml-doctype" in text


def test_two_that_are_one_now(ruad, db, tmp_path):
    put(ruad, db, tmp_path, report("x", [A, B]), report("y", [C]))
    put_original(db, 2, report("x", [B, A]))
    said = reparse(ruad, db)
    assert said["merged"] == 1 and [(e["report"], e["into"]) for e in said["examples"]] == [("2", "1")]
    assert totals(ruad, db) == (30, 30, 0)
    rows = inputs(ruad, db)
    assert {r["report"] for r in rows} == {"1"}
    assert one(db, "select again from report where id = 1") == 1


def test_one_that_holds_another_now(ruad, db, tmp_path):
    put(ruad, db, tmp_path, report("x", [A]), report("y", [C]))
    put_original(db, 2, report("x", [A, B]))
    said = reparse(ruad, db)
    assert said["changed"] == 1 and totals(ruad, db) == (30, 30, 0)
    fresh = tmp_path / "fresh.db"
    put(ruad, fresh, tmp_path, report("x", [A]), report("x", [A, B]))
    assert exported(ruad, db) == exported(ruad, fresh)


def test_notes_of_the_container_stay(ruad, db, tmp_path):
    """What is kept of a report is its XML: the archive that it came in is not there any more."""
    put(ruad, db, tmp_path, gz(gz(report("x"))))
    assert "notes" in ruad.run("show", "reports", "--json", "--range", "all", "--db", db).json()["data"][0]["flags"]
    assert reparse(ruad, db)["unchanged"] == 1


def test_some_of_them(ruad, db, tmp_path):
    put(ruad, db, tmp_path, report("x", [A]), report("y", [A], domain="other.example"),
        report("z", [A], begin=BEGIN - 30 * DAY, end=BEGIN - 29 * DAY - 1))
    for n, data in ((1, report("x", [B])), (2, report("y", [B], domain="other.example")),
                    (3, report("z", [B], begin=BEGIN - 30 * DAY, end=BEGIN - 29 * DAY - 1))):
        put_original(db, n, data)

    def changed(*words):
        return sorted(e["report"] for e in reparse(ruad, db, "--dry-run", *words)["examples"])

    assert changed() == ["1", "2", "3"]
    assert changed("--domain", "Other.Example") == ["2"]
    assert changed("--report", "3") == ["3"] and changed("--report", "9") == []
    assert changed("--since", "2026-11-01") == ["1", "2"] == changed("--since", "20d")
    assert changed("--domain", "nobody.example") == []
    for words in (["--since", "soon"], ["--report", "x"], ["x"], ["--wait", "long"]):
        ruad.run("reparse", "--db", db, *words, code=USAGE)


def test_large_originals_go_through_a_file(ruad, db, tmp_path):
    records = [record(f"192.0.{n >> 8}.{n & 255}", 1) for n in range(4000)]
    put(ruad, db, tmp_path, report("x", records[:-1]))
    put_original(db, 1, report("x", records))
    said = reparse(ruad, db)
    assert said["changes"]["records"] == 1 and totals(ruad, db)[0] == 4000


# --- at any time ---

def many(n):
    return [hosted(f"r-{i}", 1 + i % 7) for i in range(n)]


def fill(ruad, db, tmp_path, n, psl):
    folder = tmp_path / "many"
    if not folder.exists():
        folder.mkdir()
        for i, data in enumerate(many(n)):
            (folder / f"{i:05}.xml").write_bytes(data)
    ruad.import_(db, folder, "--psl", psl)


def test_killed_in_the_middle(release, db, tmp_path, lists):
    """Killed after each of the first commits: what is written is whole, and the last run does the rest."""
    old, new = lists
    ruad, n, fresh = release, 1200, tmp_path / "fresh.db"
    fill(ruad, db, tmp_path, n, old)
    fill(ruad, fresh, tmp_path, n, new)
    halves = 0
    for _ in range(3):
        generation = one(db, "select generation from meta")
        running = ruad.start("reparse", "--db", db, "--psl", new)
        while running.poll() is None and one(db, "select generation from meta") == generation:
            time.sleep(0.005)
        running.kill()
        running.communicate()
        sound(ruad, db, new, judged=False)
        left = reparse(ruad, db, "--dry-run", psl=new)
        halves += 0 < left["changed"] < n
    assert halves >= 1
    said = reparse(ruad, db, psl=new)
    assert said["changed"] == left["changed"] and said["reports"] == n
    assert exported(ruad, db) == exported(ruad, fresh)
    assert reparse(ruad, db, psl=new)["unchanged"] == n


def test_asked_to_end(ruad, db, tmp_path, lists):
    old, new = lists
    fill(ruad, db, tmp_path, 300, old)
    generation = one(db, "select generation from meta")
    running = ruad.start("reparse", "--json", "--db", db, "--psl", new)
    while running.poll() is None and one(db, "select generation from meta") == generation:
        time.sleep(0.005)
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=60)
    said = json.loads(out)
    contract.check("reparse", said)
    sound(ruad, db, new, judged=False)
    assert (running.returncode == TEMP) == said["interrupted"], err
    assert reparse(ruad, db, psl=new)["changed"] == 300 - said["changed"]


def test_one_at_a_time(ruad, db, tmp_path):
    put(ruad, db, tmp_path, report("x"))
    with open(f"{db}.lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another import" in ruad.run("reparse", "--db", db, code=TEMP).err
        ruad.run("reparse", "--db", db, "--wait", "0", code=TEMP)
    ruad.run("reparse", "--db", tmp_path / "none.db", code=(NOINPUT, 78))
    assert not (tmp_path / "none.db").exists()


# --- inputs ---

def rejected(ruad, db, tmp_path, was, now):
    """An input that was rejected, and what it turns out to be; the kept number."""
    put(ruad, db, tmp_path, was)
    kept = one(db, "select max(id) from kept")
    put_kept(db, kept, now)
    return kept


def test_rejected_inputs_are_stored(ruad, db, tmp_path):
    rejected(ruad, db, tmp_path, b"junk 1", gz(report("x", [A])))
    rejected(ruad, db, tmp_path, b"junk 2", b"still junk")
    rejected(ruad, db, tmp_path, b"junk 3", gz(report("y", [A]))[:-20])
    first_at = inputs(ruad, db)[-1]["first_at"]
    dry = reparse(ruad, db, "--dry-run")
    assert [i["outcome"] for i in inputs(ruad, db)] == ["rejected"] * 3
    said = reparse(ruad, db)
    assert said | {"dry_run": True} == dry
    assert (said["inputs"], said["accepted"], said["other_reason"], said["inputs_unchanged"]) == (3, 1, 1, 1)
    assert [(e["kind"], e["input"], e["report"], e["reason"]) for e in said["examples"]] == [
        ("accepted", "1", "1", None), ("other_reason", "3", None, "archive-truncated")]
    rows = {i["id"]: i for i in inputs(ruad, db)}
    assert (rows["1"]["outcome"], rows["1"]["was"], rows["1"]["report"], rows["1"]["has_bytes"]) == ("stored", "not-a-report", "1", False)
    assert rows["1"]["first_at"] == first_at and rows["1"]["again_at"] and rows["1"]["times"] == 1
    assert (rows["2"]["outcome"], rows["2"]["was"], rows["2"]["has_bytes"]) == ("rejected", None, True) and rows["2"]["again_at"]
    assert (rows["3"]["outcome"], rows["3"]["reason"], rows["3"]["was"]) == ("rejected", "archive-truncated", "not-a-report")
    assert totals(ruad, db) == (10, 10, 0)
    again = reparse(ruad, db)
    assert (again["inputs"], again["accepted"], again["inputs_unchanged"]) == (2, 0, 2)


def letter(*documents):
    m = mail()
    m.set_content("Reports attached.")
    for n, data in enumerate(documents):
        m.add_attachment(data, maintype="application", subtype="xml", filename=f"r{n}.xml")
    return m.as_bytes()


def test_one_document_of_two(ruad, db, tmp_path):
    """The mail had a good one and a bad one. The good one has not come again; the bad one is stored now."""
    rejected(ruad, db, tmp_path, letter(report("x", [A]), b"<feedback>"), letter(report("x", [A]), report("y", [B])))
    assert reparse(ruad, db)["accepted"] == 1
    rows = inputs(ruad, db)
    assert sorted((i["part"], i["outcome"], i["report"]) for i in rows) == [("r0.xml", "stored", "1"), ("r1.xml", "stored", "2")]
    assert one(db, "select sum(again) from report") == 0 and one(db, "select count(*) from kept") == 0
    assert totals(ruad, db) == (30, 30, 0)


def test_more_documents_than_before(ruad, db, tmp_path):
    rejected(ruad, db, tmp_path, b"junk", letter(report("x", [A]), b"<feedback>", report("z", [C])))
    put(ruad, db, tmp_path, report("x", [A]))
    reparse(ruad, db)
    rows = sorted((i["part"], i["outcome"], i["reason"]) for i in inputs(ruad, db) if i["part"])
    assert rows == [("r0.xml", "duplicate", "duplicate"), ("r1.xml", "rejected", "xml-malformed"), ("r2.xml", "stored", None)]
    assert one(db, "select count(*) from kept") == 1
    assert reparse(ruad, db)["inputs_unchanged"] == 1


def test_documents_of_one_name(ruad, db, tmp_path):
    """Rejected for different reasons, they become the same: one entry of the ledger then."""
    was = letter(b"<feedback>", gz(report("y", [B]))[:-20]).replace(b"r1.xml", b"r0.xml")
    now = letter(report("x", [A]), report("y", [B])).replace(b"r1.xml", b"r0.xml")
    rejected(ruad, db, tmp_path, was, now)
    assert len(inputs(ruad, db)) == 2
    assert reparse(ruad, db)["accepted"] == 1
    assert [(i["part"], i["outcome"]) for i in inputs(ruad, db)] == [("r0.xml", "stored")]
    assert one(db, "select count(*) from kept") == 0 and totals(ruad, db) == (30, 30, 0)


def test_retry_by_hand(ruad, db, tmp_path):
    rejected(ruad, db, tmp_path, b"junk 1", report("x", [A]))
    put(ruad, db, tmp_path, b"junk 2")
    ran = ruad.run("input", "retry", 1, "--db", db)
    assert ran.out == "input 1: stored, report 1\n"
    ran = ruad.run("input", "retry", 2, "--db", db, code=DATA)
    assert ran.out.startswith("input 2: still rejected (not-a-report)")
    said = ruad.run("input", "retry", 2, "--json", "--db", db, code=DATA).json()
    assert (said["outcome"], said["changed"], said["inputs"][0]["id"]) == ("rejected", False, "2")
    contract.check("input", said["inputs"][0])
    assert "not kept" in ruad.run("input", "retry", 1, "--db", db, code=(USAGE, DATA)).err
    assert "no input 9" in ruad.run("input", "retry", 9, "--db", db, code=NOINPUT).err
    for words in (["retry"], ["retry", "x"], ["retry", "0"], ["forget", "1"], ["dismiss", "1", "--wait", "3"]):
        ruad.run("input", *words, "--db", db, code=USAGE)
    ruad.run("db", "verify", "--db", db)


def test_dismissed(ruad, db, tmp_path):
    put(ruad, db, tmp_path, b"junk 1", b"junk 2", report("x"))
    problems = ruad.run("show", "problems", "--range", "all", "--db", db).out
    assert problems.splitlines()[0].split()[0] == "Id" and "not-a-report" in problems

    def count():
        return ruad.run("db", "status", "--json", "--db", db).json()["problems"]

    assert count() == 2
    ruad.run("input", "dismiss", 1, "--db", db)
    assert count() == 1
    assert [i["id"] for i in inputs(ruad, db, "--dismissed", "true")] == ["1"]
    assert [i["id"] for i in ruad.run("show", "problems", "--json", "--range", "all", "--db", db).json()["data"]] == ["2"]
    put(ruad, db, tmp_path, b"junk 1")  # the same again: nobody needs to look at it
    assert count() == 1
    ruad.run("input", "reopen", 1, "--db", db)
    assert count() == 2
    assert "nothing to dismiss" in ruad.run("input", "dismiss", 3, "--db", db, code=USAGE).err
    ruad.run("input", "dismiss", 9, "--db", db, code=NOINPUT)
    ruad.run("db", "verify", "--db", db)
