"""Databases of every earlier version are brought up to date, at once or not at all, and say then what a new one says."""

import gzip
import os
import random
import shutil
import signal
import sqlite3

import pytest

from conftest import missing
from program import FIXTURES, GOLDEN, TOP
from reports import report
from weather import CONFIG, TEMP, Weather, contents, sound, told, tool

SCHEMA = sorted((TOP / "schema").glob("[0-9]*.sql"))
NEWEST = int(SCHEMA[-1].name[:4])
SEED = int(os.environ.get("RUAD_WEATHER_SEED", "1"))
KILLS = 6  # of each version
MADE_AT = 1795000000
TOKEN = "INSERT INTO token (name, digest, scopes, created_at) VALUES ('old', zeroblob(32), 1, 0)"
MARK = "INSERT INTO mark (domain, key, word, at) SELECT id, 'example.net', 2, 0 FROM domain WHERE name = 'example.com'"


def written(version):
    """The newest fixture that is not newer, and the steps from there."""
    base = max(int(p.name[1:].partition(".")[0]) for p in (FIXTURES / "databases").glob("v*.sql.gz")
               if int(p.name[1:].partition(".")[0]) <= version)
    return base, gzip.decompress((FIXTURES / f"databases/v{base}.sql.gz").read_bytes()).decode()


def make(db, version):
    """A database of that version, with all that the golden inputs have, and what its owner said."""
    base, text = written(version)
    for suffix in ("", "-wal", "-shm", ".lock"):
        db.with_name(db.name + suffix).unlink(missing_ok=True)
    connection = sqlite3.connect(db)
    connection.executescript(text)
    for step in SCHEMA[base:version]:
        connection.executescript(step.read_text())
    for since, sql in ((3, MARK), (4, TOKEN)):
        if version >= since:
            connection.execute(sql)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return db


def version_of(db):
    connection = sqlite3.connect(db)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return version


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The inputs, with the times of files that the fixtures have, and one more."""
    folder = tmp_path_factory.mktemp("upgrade")
    for name in ("inputs", "extra"):
        shutil.copytree(GOLDEN / name, folder / name)
    (folder / "more.xml").write_bytes(report("more"))
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (MADE_AT, MADE_AT))
    return folder


@pytest.fixture(scope="module")
def fresh(ruad, folder):
    """What a database has that this program made."""
    db = folder / "fresh.db"
    ruad.run("import", "--db", db, "inputs", "extra", cwd=folder)
    ruad.run("import", "--db", db, "more.xml", cwd=folder)
    return contents(ruad, db)


def check(program, db, fresh, version):
    assert version_of(db) == NEWEST
    connection = sqlite3.connect(db)
    assert connection.execute("SELECT count(*) FROM token").fetchone()[0] == (version >= 4)
    marks = connection.execute("DELETE FROM mark RETURNING word").fetchall()
    connection.commit()
    connection.close()
    assert marks == ([(2,)] if version >= 3 else [])
    found = contents(program, db)
    assert [kind for kind in fresh if found[kind] != fresh[kind]] == [], f"exports of version {version} that differ"
    sound(program, db)


@pytest.mark.parametrize("version", range(1, NEWEST))
def test_import_upgrades(ruad, folder, fresh, version):
    db = make(folder / "old.db", version)
    told(ruad.run("show", "domains", "--range", "all", "--db", db, code=CONFIG), str(db), "ruad import")
    assert version_of(db) == version, "reading changes nothing"
    ruad.run("import", "--db", db, "more.xml", cwd=folder)
    check(ruad, db, fresh, version)


@pytest.mark.parametrize("version", [1, 4, NEWEST - 1])
def test_serve_upgrades(ruad, folder, version):
    db = make(folder / "served.db", version)
    with ruad.serve(db) as server:
        assert server.api("summary?range=all")["totals"]["messages"] == 657
        assert server.get("/readyz").json()["ready"]
    sound(ruad, db)


@pytest.mark.parametrize("version", [1, 2, 4, NEWEST - 1])
def test_upgrade_in_bad_weather(release, folder, fresh, tmp_path, version):
    """Killed, or without room, at any operation: the old version or the new one, never between."""
    library, rnd, killed = tool("weather", missing), random.Random(f"{SEED} {version}"), 0
    place = tmp_path / "w"
    place.mkdir()
    weather, db = Weather(release, library, place), place / "old.db"
    words = ("import", "--db", db, "more.xml")
    make(db, version)
    weather.run(*words, rule="wstrou:0:kill", cwd=folder)
    operations = weather.operations()
    for n in range(KILLS):
        make(db, version)
        how = "ENOSPC" if n % 3 == 2 else rnd.choice(["kill", "killed", "torn"])
        kinds = "wst+" if how == "ENOSPC" else "wstrou"
        at = f"{rnd.randrange(1, operations)}{'+' if how == 'ENOSPC' else ''}"
        ran = weather.run(*words, rule=f"{kinds.strip('+')}:{at}:{how}", cwd=folder, code=None)
        if how == "ENOSPC":
            assert ran.code in (0, TEMP, 74, CONFIG), ran.err
        else:
            assert ran.code == -signal.SIGKILL
            killed += 1
        assert version_of(db) in (version, NEWEST)
        connection = sqlite3.connect(db)
        stored = connection.execute("SELECT count(*) FROM report WHERE report_id = 'more'").fetchone()[0]
        last = connection.execute("SELECT ended_at FROM run ORDER BY id DESC LIMIT 1").fetchone()[0]
        connection.close()
        if not (stored and last):
            release.run(*words, cwd=folder)
        check(release, db, fresh, version)
    assert killed


def test_newer_than_the_program(ruad, folder, tmp_path):
    db = make(tmp_path / "new.db", 1)
    connection = sqlite3.connect(db)
    connection.execute(f"PRAGMA user_version = {NEWEST + 1}")
    connection.close()
    for words in (("import", "--db", db, "more.xml"), ("show", "domains", "--db", db)):
        told(ruad.run(*words, cwd=folder, code=CONFIG), "newer ruad")
    assert version_of(db) == NEWEST + 1
