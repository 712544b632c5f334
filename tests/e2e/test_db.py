"""`ruad db`: backup, verify, prune, vacuum, migrate, and what pages say of what was deleted."""

import html
import os
import shutil
import signal
import sqlite3
import time

import pytest

import reports
from contract import check
from program import GOLDEN

DAY = reports.DAY
TODAY = 1795262400 - 43200  # RUAD_NOW is 2026-11-21T12:00:00Z: 2026-11-21T00:00:00Z
OLD, NEW = 100, 5  # days ago
EXPORTS = ("records", "reports", "senders", "sources", "reporters", "domains", "timeseries")


def day_report(days_ago, org="reporter.example", domain="example.com", ips=("192.0.2.1",), n=0):
    begin = TODAY - days_ago * DAY
    return reports.report(f"{org}-{days_ago}-{n}", [reports.record(ip, 1 + i, domain) for i, ip in enumerate(ips)],
                          org=org, domain=domain, begin=begin, end=begin + DAY - 1)


def write_all(folder, documents):
    folder.mkdir()
    for i, document in enumerate(documents):
        (folder / f"{i:05}.xml").write_bytes(document)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    top = tmp_path_factory.mktemp("db")
    old = [day_report(OLD + i, "old.example", ips=(f"198.51.100.{i}", "192.0.2.1")) for i in range(20)]
    old.append(day_report(OLD, "old.example", "gone.example"))
    new = [day_report(NEW + i, ips=("192.0.2.1", "2001:db8::1")) for i in range(5)]
    return write_all(top / "old", old), write_all(top / "new", new)


@pytest.fixture
def filled(ruad, folders, tmp_path):
    db = tmp_path / "ruad.db"
    ruad.import_(db, *folders)
    return db


def exports(ruad, db):
    """All rows of all lists, without what belongs to this database alone."""
    def rows(kind):
        out = ruad.run("export", kind, "--db", db, "--range", "all", "--format", "ndjson").lines()
        for row in out:
            for key in ("id", "report", "report_internal_id", "arrived_at", "stored_at"):
                row.pop(key, None)
        return sorted(map(str, out))
    return {kind: rows(kind) for kind in EXPORTS}


def text_of(server, path):
    return html.unescape(server.get(path).body.decode())


def sound(ruad, db):
    return ruad.run("db", "verify", "--db", db)


# --- prune ---

def test_what_stays_is_as_if_only_it_had_been_imported(ruad, filled, folders, tmp_path):
    counted = ruad.run("db", "prune", "--db", filled, "--older-than", "50d", "--dry-run", "--json").json()
    done = ruad.run("db", "prune", "--db", filled, "--older-than", "50d", "--json").json()
    check("prune", done)
    assert done["reports"] == counted["reports"] == 21
    assert done["records"] == counted["records"] == 41
    assert done["sums"] == counted["sums"] > 0
    assert done["unused"] >= 22, "addresses, a reporter, a domain"
    assert done["finished"] and done["records_from"] == "2026-10-02"
    sound(ruad, filled)
    fresh = tmp_path / "fresh.db"
    ruad.import_(fresh, folders[1])
    assert exports(ruad, filled) == exports(ruad, fresh)
    with sqlite3.connect(filled) as a, sqlite3.connect(fresh) as b:
        for what in ("name ORDER BY text", "domain ORDER BY name", "reporter ORDER BY key", "evidence ORDER BY digest"):
            column = what.split()[-1]
            ask = f"SELECT {column} FROM {what}"
            assert a.execute(ask).fetchall() == b.execute(ask).fetchall()


def test_what_is_too_old_is_ignored_with_a_reason(ruad, filled, folders):
    ruad.run("db", "prune", "--db", filled, "--older-than", "50d")
    again = ruad.import_(filled, folders[0])
    assert again["stored"] == 0 and again["ignored"] == 21
    inputs = ruad.run("show", "inputs", "--db", filled, "--reason", "too-old", "--range", "all", "--json").json()
    assert inputs["data"][0]["reason"] == "too-old"
    sound(ruad, filled)


def test_sums_may_stay(ruad, filled, tmp_path):
    before = exports(ruad, filled)["timeseries"]
    conf = tmp_path / "ruad.conf"
    conf.write_text('keep = "50d"\nkeep_sums = "0"\n')
    ruad.run("db", "prune", "--db", filled, "--config", conf)
    assert exports(ruad, filled)["timeseries"] == before
    assert len(exports(ruad, filled)["reports"]) == 5
    sound(ruad, filled)
    days = ruad.run("show", "status", "--db", filled, "--json").json()["days"]
    assert days["first"] < "2026-08-20"


def kill_in_the_middle(ruad, db, tell, *words):
    """kill -9 once the progress line says `tell`."""
    process = ruad.start(*words, "--db", db, "--progress", "always")
    said = b""
    while tell not in said:
        more = os.read(process.stderr.fileno(), 200)
        if not more:
            break
        said += more
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return said


def test_killed_in_the_middle_it_goes_on(ruad, folders, tmp_path):
    whole, db = tmp_path / "whole.db", tmp_path / "ruad.db"
    ruad.import_(db, *folders)
    shutil.copy(db, whole)
    ruad.run("db", "prune", "--db", whole, "--older-than", "50d")
    for tell in (b"reports", b"sums", b"evidence", b"name", b"domain"):
        kill_in_the_middle(ruad, db, tell, "db", "prune", "--older-than", "50d")
        sound(ruad, db)
    ruad.run("db", "prune", "--db", db, "--older-than", "50d")
    sound(ruad, db)
    assert exports(ruad, db) == exports(ruad, whole)


def test_many_records_go_in_small_steps(release, tmp_path):
    db = tmp_path / "ruad.db"
    records = [reports.record(f"10.{i >> 12 & 255}.{i >> 6 & 63}.{i & 63}") for i in range(100000)]
    begin = TODAY - OLD * DAY
    big = reports.report("big", records, begin=begin, end=begin + DAY - 1)
    (tmp_path / "big.xml").write_bytes(big)
    release.import_(db, tmp_path / "big.xml")
    done = release.run("db", "prune", "--db", db, "--older-than", "50d", "--json", timeout=600).json()
    assert done["records"] == 100000 and done["reports"] == 1
    assert done["sums"] > 100000
    assert done["steps"] > 1, "not all at once: a step ends by the clock, so a fast machine takes few"
    sound(release, db)


def test_import_and_serve_prune_by_themselves(ruad, folders, tmp_path):
    conf = tmp_path / "ruad.conf"
    db = tmp_path / "ruad.db"
    ruad.import_(db, *folders)
    conf.write_text('keep = "50d"\nkeep_raw = "30d"\n')
    assert ruad.import_(db, folders[1], "--config", conf)["stored"] == 0
    status = ruad.run("show", "status", "--db", db, "--json", "--config", conf).json()
    assert status["reports"] == 5
    assert status["keep"] == {"records_days": 50, "sums_days": 50, "raw_days": 30, "records_from": "2026-10-02",
                              "sums_from": "2026-10-02", "raw_from": "2026-10-22"}
    other = tmp_path / "other.db"
    ruad.import_(other, *folders)
    with ruad.serve(other, "--config", conf) as server:
        for _ in range(200):
            if server.api("status")["reports"] == 5:
                break
            time.sleep(0.1)
        assert server.api("status")["reports"] == 5
    sound(ruad, other)


@pytest.mark.parametrize("conf, said", [
    ('keep = "1h"', "keep"), ('keep = "90d"\nkeep_sums = "60d"', "at least as long"), ('keep_sums = "60d"', "keep_sums"),
    ('keep_raw = "soon"', "a time with its unit")])
def test_settings_that_cannot_be(ruad, tmp_path, conf, said):
    path = tmp_path / "ruad.conf"
    path.write_text(conf + "\n")
    assert said in ruad.run("config", "check", "--config", path, code=78).err


def test_pages_say_what_was_deleted(ruad, filled, tmp_path):
    conf = tmp_path / "ruad.conf"
    conf.write_text('keep = "50d"\nkeep_sums = "0"\nkeep_raw = "1d"\n')
    ruad.run("db", "prune", "--db", filled, "--config", conf)
    report = ruad.run("show", "reports", "--db", filled, "--range", "all", "--json").json()["data"][0]["id"]
    with ruad.serve(filled, "--config", conf) as server:
        said = "Reports and records before 2026-10-02 were deleted (keep)"
        assert said in text_of(server, "/records?range=all")
        assert said in text_of(server, "/domains/example.com?from=2026-08-01&to=2026-11-20")
        assert said not in text_of(server, "/records?range=30d")
        page = text_of(server, f"/reports/{report}")
        assert "The original was deleted after 1 day (keep_raw); the rows above are complete." in page
        assert "was deleted after 1 day (keep_raw)" in text_of(server, f"/reports/{report}/xml")
        status = text_of(server, "/status")
        assert "50 days" in status and "before 2026-10-02" in status and "for ever" in status
        # The chart still has the old days.
        days = server.api("timeseries?from=2026-08-01&to=2026-09-01")
        assert days["totals"]["messages"] > 0


def test_nothing_to_do_is_a_usage_error(ruad, filled):
    assert "how old" in ruad.run("db", "prune", "--db", filled, code=64).err
    ruad.run("db", "prune", "--db", filled, "--older-than", "1h", code=64)
    ruad.run("db", "prune", "--db", filled, "--sums-older-than", "60d", code=64)
    ruad.run("db", "prune", "--db", filled, "--older-than", "60d", "--sums-older-than", "50d", code=64)
    assert "no database" in ruad.run("db", "prune", "--db", filled.parent / "none.db", "--older-than", "60d", code=78).err


# --- backup ---

def test_a_restored_backup_is_the_same(ruad, filled, tmp_path):
    copy = tmp_path / "copy.db"
    ruad.run("db", "backup", copy, "--db", filled)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert sorted(p.name for p in tmp_path.glob("copy*")) == ["copy.db"]
    assert exports(ruad, copy) == exports(ruad, filled)
    sound(ruad, copy)
    assert "--force" in ruad.run("db", "backup", copy, "--db", filled, code=73).err
    ruad.run("db", "backup", copy, "--db", filled, "--force")
    assert "itself" in ruad.run("db", "backup", filled, "--db", filled, "--force", code=73).err
    ruad.run("db", "backup", "-", "--db", filled, code=64)
    ruad.run("db", "backup", tmp_path / "none" / "x", "--db", filled, code=73)


def test_a_backup_while_an_import_writes(ruad, tmp_path):
    folder = write_all(tmp_path / "in", [day_report(NEW, n=i, ips=(f"10.0.{i % 256}.1",)) for i in range(200)])
    db = tmp_path / "ruad.db"
    ruad.import_(db, folder / "00000.xml")
    importing = ruad.start("import", "--db", db, folder)
    made = 0
    while importing.poll() is None and made < 6:
        copy = tmp_path / f"copy{made}.db"
        ruad.run("db", "backup", copy, "--db", db)
        made += 1
    importing.communicate()
    assert importing.returncode == 0 and made > 0
    for i in range(made):
        sound(ruad, tmp_path / f"copy{i}.db")
        assert len(exports(ruad, tmp_path / f"copy{i}.db")["reports"]) <= 200


# --- verify ---

DAMAGES = {
    "sums per reporter": "UPDATE sum_reporter SET messages = messages + 1",
    "sums per source": "DELETE FROM sum_source WHERE source = 1",
    "sums per evidence": "UPDATE sum_evidence SET records = records + 1",
    "coverage": "UPDATE sum_coverage SET reports = reports + 1",
    "verdicts": "UPDATE evidence SET facts = facts & ~1",
    "evidence": "UPDATE evidence SET disposition = NULL",
    "reports": "UPDATE report SET messages = messages + 1 WHERE id = 1",
    "counters": "UPDATE meta SET messages = messages + 1",
    "originals": "UPDATE document_piece SET bytes = zeroblob(20) WHERE id = 1 << 20",
    "kept originals": "UPDATE kept SET digest = zeroblob(32) WHERE id = 1",
    "records": "INSERT INTO record VALUES (1, 99, 9999, 9999, 1, 1, NULL)",
    "references": "DELETE FROM reporter WHERE id = 1",
}


@pytest.fixture(scope="module")
def golden_db(ruad, tmp_path_factory):
    db = tmp_path_factory.mktemp("golden") / "ruad.db"
    ruad.import_(db, GOLDEN / "inputs")
    return db


@pytest.mark.parametrize("kind", DAMAGES)
def test_damage_is_found(ruad, golden_db, tmp_path, kind):
    db = tmp_path / "ruad.db"
    shutil.copy(golden_db, db)
    with sqlite3.connect(db) as c:
        c.execute(DAMAGES[kind])
    ran = ruad.run("db", "verify", "--db", db, "--json", code=65)
    told = ran.json()
    check("verify", told)
    assert told["problems"] > 0
    assert {c["check"]: c["problems"] for c in told["checks"]}[kind] > 0
    assert any(f["check"] == kind for f in told["found"])
    assert kind in ruad.run("db", "verify", "--db", db, code=65).out


def test_a_sound_one_says_so(ruad, golden_db):
    told = ruad.run("db", "verify", "--db", golden_db, "--json").json()
    assert told["problems"] == 0 and told["found"] == [] and told["verdicts_judged"] > 0
    assert sound(ruad, golden_db).out.startswith("ok")


def test_another_suffix_list_is_no_damage(ruad, golden_db, tmp_path):
    psl = tmp_path / "psl.dat"
    psl.write_text("com\norg\nnet\nexample\nedu\ninfo\nexample.com\n")
    ran = ruad.run("db", "verify", "--db", golden_db, "--psl", psl, code=65)
    assert "verdicts" in ran.out and "ruad reparse" in ran.err


# --- vacuum, migrate ---

def test_vacuum(ruad, filled):
    with sqlite3.connect(filled) as c:
        c.execute("CREATE TABLE filler (b BLOB)")
        c.execute("INSERT INTO filler VALUES (zeroblob(3000000))")
        c.execute("DROP TABLE filler")
    c.close()
    before = exports(ruad, filled)
    ruad.run("db", "vacuum", "--db", filled)
    assert filled.stat().st_size < 2000000
    assert exports(ruad, filled) == before
    other = sqlite3.connect(filled, isolation_level=None)
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.execute("BEGIN IMMEDIATE")
    assert "busy" in ruad.run("db", "vacuum", "--db", filled, code=75).err
    other.close()


def test_migrate(ruad, filled, tmp_path):
    copy = tmp_path / "before.db"
    done = ruad.run("db", "migrate", "--db", filled, "--backup", copy)
    assert done.out == "" and not copy.exists(), "nothing to do"
    none = tmp_path / "none.db"
    ruad.run("db", "migrate", "--db", none, "--backup", copy)
    assert not none.exists() and not copy.exists()


def test_migrate_copies_what_was(ruad, tmp_path):
    """A database of the first schema: with nothing in it, which is enough for the order of things."""
    db, copy = tmp_path / "old.db", tmp_path / "before.db"
    first = (GOLDEN.parents[2] / "schema/0001_first.sql").read_text()
    c = sqlite3.connect(db)
    c.executescript(first + "PRAGMA application_id = 1381318980; PRAGMA user_version = 1;")
    c.close()
    ruad.run("db", "backup", tmp_path / "plain.db", "--db", db)
    assert version(db) == version(tmp_path / "plain.db") == 1, "a backup does not upgrade"
    out = ruad.run("db", "migrate", "--db", db, "--backup", copy).out
    assert "version 1 is now" in out
    assert version(copy) == 1 and version(db) > 8
    sound(ruad, db)


def version(path):
    c = sqlite3.connect(path)
    try:
        return c.execute("PRAGMA user_version").fetchone()[0]
    finally:
        c.close()
