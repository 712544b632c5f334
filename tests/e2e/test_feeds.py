"""Configured sources: read by `ruad import`, by `ruad serve` on schedule, tried by `ruad source`."""

import fcntl
import json
import os
import signal
import time

import pytest

from reports import record, report
from test_sources import BAD, good, maildir


@pytest.fixture
def config(tmp_path):
    """Writes a configuration with these sections; the words for the command line."""
    def write(*sections, db=tmp_path / "ruad.db"):
        file = tmp_path / "ruad.conf"
        file.write_text(f'database = "{db}"\n' + "\n".join(sections))
        file.chmod(0o600)
        return "--config", file
    return write


def source(name, path, more="", kind="maildir"):
    return f'source {name} {{\n  type = {kind}\n  path = "{path}"\n  {more}\n}}\n'


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to be")


def test_all_sources_are_read(ruad, config, tmp_path):
    one = maildir(tmp_path / "One", [good(1), good(2)])
    two = maildir(tmp_path / "Two", [good(2), BAD])
    words = config(source("first", one, "done = move"), source("second", two))
    ran = ruad.run("import", *words)
    assert (ran.out, ran.err) == ("", ""), "silent in cron"
    runs = ruad.run("show", "runs", "--json", *words).json()["data"]
    assert {r["source"]: (r["stored"], r["rejected"]) for r in runs}.keys() == {"first", "second"}
    assert sum(r["stored"] for r in runs) == 2 and sum(r["duplicate"] for r in runs) == 1
    assert not list((one / "new").iterdir()) and len(list((two / "new").iterdir())) == 2
    ruad.run("db", "verify", *words)


def test_one_source_by_its_name(ruad, config, tmp_path):
    words = config(source("first", maildir(tmp_path / "One", [good(1)])),
                   source("second", maildir(tmp_path / "Two", [good(2)])))
    got = ruad.run("import", "second", "--json", *words).json()
    assert got["stored"] == 1
    assert {i["source"] for i in ruad.run("show", "problems", "--json", "--outcome", "stored", *words).json()["data"]} == {"second"}
    ran = ruad.run("import", "second", tmp_path / "One", *words, code=64)
    assert "./second" in ran.err
    assert "--done" in ruad.run("import", "second", "--done", "seen", *words, code=64).err


def test_without_any_source(ruad, config):
    assert "man ruad.conf" in ruad.run("import", *config(), code=64).err


def test_a_broken_source_does_not_stop_the_others(ruad, config, tmp_path):
    words = config(source("gone", tmp_path / "nowhere"), source("here", maildir(tmp_path / "Here", [good(1)])))
    ran = ruad.run("import", "--json", *words, code=66)
    assert ran.json()["stored"] == 1
    lines = ran.err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("ruad: gone: ") and "nowhere" in lines[0], ran.err
    failed = [r for r in ruad.run("show", "runs", "--json", *words).json()["data"] if r["source"] == "gone"]
    assert len(failed) == 1 and "nowhere" in failed[0]["error"]
    status = ruad.run("show", "problems", *words).out
    assert "gone" in status


def test_more_sources_than_are_read_at_once(ruad, config, tmp_path):
    words = config(*(source(f"s{n}", maildir(tmp_path / f"M{n}", [good(n), good(100)])) for n in range(20)))
    got = ruad.run("import", "--json", *words).json()
    assert (got["stored"], got["duplicate"]) == (21, 19)
    ruad.run("db", "verify", *words)


def test_another_import_has_the_lock(ruad, config, tmp_path):
    words = config(source("box", maildir(tmp_path / "M", [good(1)])))
    ruad.run("import", *words)

    with open(tmp_path / "ruad.db.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another import" in ruad.run("import", *words, code=75).err
        begun = time.monotonic()
        ruad.run("import", "--wait", "1", *words, code=75)
        assert time.monotonic() - begun >= 1
    ruad.run("import", *words)


def test_serve_reads_what_has_every(ruad, config, db, tmp_path):
    often = maildir(tmp_path / "Often", [good(1)])
    never = maildir(tmp_path / "Never", [good(2)])
    words = config(source("often", often, 'every = "1m"'), source("never", never), db=db)
    with ruad.serve(db, *words) as server:
        wait_for(lambda: server.api("status")["reports"] == 1)
        imports = {i["source"]: i for i in server.api("status")["imports"]}
        assert imports["often"]["every_seconds"] == 60 and imports["often"]["state"] == "ok"
        assert imports["never"]["every_seconds"] is None and imports["never"]["state"] == "never"
        # An import of somebody else goes on beside it.
        got = ruad.run("import", "never", "--json", "--wait", "10", *words).json()
        assert got["stored"] == 1
        assert server.api("status")["reports"] == 2


def test_serve_without_imports(ruad, config, db, tmp_path):
    words = config(source("often", maildir(tmp_path / "Often", [good(1)]), 'every = "1m"'), db=db)
    with ruad.serve(db, "--no-import", *words) as server:
        time.sleep(1)
        assert server.api("status")["reports"] == 0


def test_serve_says_that_a_source_fails(ruad, config, db, tmp_path):
    words = config(source("gone", tmp_path / "nowhere", 'every = "1m"'), db=db)
    with ruad.serve(db, *words) as server:
        wait_for(lambda: server.api("status")["imports"][0]["state"] == "failing")
        gone = server.api("status")["imports"][0]
        assert gone["failures"] >= 1 and "nowhere" in gone["error"]
        assert "nowhere" in server.get("/problems/runs").text


def test_serve_ends_in_the_middle_of_an_import(ruad, config, db, tmp_path):
    box = maildir(tmp_path / "Large", [good(n) for n in range(3000)])
    words = config(source("large", box, 'every = "1m"'), db=db)
    with ruad.serve(db, *words) as server:
        wait_for(lambda: server.api("status")["reports"] > 0)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
    ruad.run("db", "verify", *words)
    before = ruad.run("db", "status", "--json", *words).json()["reports"]
    assert 0 < before < 3000
    got = ruad.run("import", "--json", *words).json()
    # It goes on where the first run was: what that had settled is neither stored nor counted again.
    assert (got["inputs"], got["stored"], got["duplicate"]) == (3000 - before, 3000 - before, 0)
    assert ruad.run("db", "status", "--json", *words).json()["reports"] == 3000
    ruad.run("db", "verify", *words)


def test_stop_in_the_middle_of_a_large_report(release, db, tmp_path):
    """What was read before it is stored; of the large one nothing is."""
    folder = tmp_path / "in"
    folder.mkdir()
    for n in range(20):
        (folder / f"a{n:02}.xml").write_bytes(report(f"small-{n}"))
    (folder / "zz.xml").write_bytes(report("large", [record(f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}") for n in range(400000)]))
    process = release.start("import", "--db", db, "-v", folder)
    said = b""
    while said.count(b"ev=report.stored") < 20:
        said += os.read(process.stderr.fileno(), 4096)
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    said += process.communicate(timeout=30)[1]
    assert process.returncode == 75, said
    assert release.run("db", "status", "--json", "--db", db).json()["reports"] == 20
    assert release.import_(db, folder)["stored"] == 1
    release.run("db", "verify", "--db", db)


def test_source_list_and_test(ruad, config, tmp_path):
    words = config(source("box", maildir(tmp_path / "M", [good(1)])), source("gone", tmp_path / "nowhere", 'every = "1h"'))
    listed = ruad.run("source", "list", *words).out
    assert "box" in listed and "nowhere" in listed
    rows = json.loads(ruad.run("source", "list", "--json", *words).out)["data"]
    assert [(r["source"], r["kind"], r["every_seconds"]) for r in rows] == [("box", "maildir", None), ("gone", "maildir", 3600)]
    assert "All is well" in ruad.run("source", "test", "box", *words).out
    ran = ruad.run("source", "test", "gone", *words, code=66)
    assert "nowhere" in ran.out and "All is well" not in ran.out
    steps = ruad.run("source", "test", "gone", "--json", *words, code=66).lines()
    assert steps[-1]["ok"] is False
    assert "Did you mean 'gone'" in ruad.run("source", "test", "gonr", *words, code=64).err
    ruad.run("source", *words, code=64)
