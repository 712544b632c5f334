"""kill -9 at any point of an import: what is in the database afterwards is, byte for byte, what an undisturbed run leaves.

The point is an operation on a file, counted by a library that the program is started with (tests/tools/weather.c), so
that each run of the suite kills at the same points.  RUAD_WEATHER_SEED chooses others, RUAD_WEATHER_KILLS how many.
"""

import os
import random
import shutil
import sqlite3

import pytest

from conftest import missing
from weather import Weather, assert_equal, contents, files, mails, maildir, mbox, sound, tables, tool, was_killed

KILLS = int(os.environ.get("RUAD_WEATHER_KILLS", "210"))
SEED = int(os.environ.get("RUAD_WEATHER_SEED", "1"))
DEEDS = "wstroum"  # write, sync, truncate, rename, open, unlink, make a folder


class Case:
    """An import of one kind of source; `prepare` lays the mails out and says what is imported."""

    def __init__(self, name, words, prepare, stdin=False, mails=40, share=0.2):
        self.name, self.words, self.prepare, self.stdin, self.mails = name, words, prepare, stdin, mails
        self.kills = round(share * KILLS)

    def run(self, weather, db, source, rule=None, code=0):
        words = ["import", "--db", db, *self.words, "-" if self.stdin else source]
        stdin = source.read_bytes() if self.stdin else b""
        return weather.run(*words, rule=rule, below=weather.folder, stdin=stdin, code=code)


CASES = [
    Case("files", [], lambda folder, made: files(folder / "F", made)),
    Case("maildir-move", ["--done", "move"], lambda folder, made: maildir(folder / "M", made)),
    Case("two-transactions", ["--done", "move"], lambda folder, made: maildir(folder / "M", made), mails=520, share=0.05),
    Case("maildir-seen", ["--done", "seen"], lambda folder, made: maildir(folder / "M", made)),
    Case("mbox", [], lambda folder, made: mbox(folder / "mbox", made)),
    Case("stdin", [], lambda folder, made: mbox(folder / "mbox", made), stdin=True),
]


@pytest.fixture(scope="module")
def library():
    return tool("weather", missing)


def places(folder):
    """Where each mail of a maildir lies, by its unique name."""
    found = {}
    for path in folder.rglob("*.host*"):
        found.setdefault(path.name.partition(":")[0], []).append(str(path.relative_to(folder)))
    return found


def fresh(case, folder, made):
    """A folder anew; of the same name each time, because the ledger has it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return case.prepare(folder, made)


def ask(db, question):
    connection = sqlite3.connect(db)  # which recovers it, as the program would
    try:
        return connection.execute(question).fetchone()
    finally:
        connection.close()


def has_content(db):
    return db.exists() and db.stat().st_size > 0 and ask(db, "SELECT count(*) FROM sqlite_schema")[0] > 0


def done(db):
    """The last run came to its end: one more would read all of it a second time."""
    last = ask(db, "SELECT ended_at FROM run ORDER BY id DESC LIMIT 1") if has_content(db) else None
    return bool(last and last[0])


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_killed_at_any_operation(release, library, tmp_path, case):
    rnd = random.Random(f"{SEED} {case.name}")
    folder = tmp_path / "w"
    weather = Weather(release, library, folder)
    made = mails(case.mails)
    source = fresh(case, folder, made)
    db = folder / "ruad.db"
    case.run(weather, db, source, rule=f"{DEEDS}:0:kill")
    operations = weather.operations()
    undisturbed, rows, laid = contents(release, db), tables(db), places(folder)
    assert operations > 30 and '"outcome":"stored"' in undisturbed["inputs"]
    killed = 0
    while killed < case.kills:
        source = fresh(case, folder, made)
        while not done(db):
            at = rnd.randrange(1, operations + operations // 20)
            how = rnd.choice(["kill", "kill", "killed", "torn"])
            ran = case.run(weather, db, source, rule=f"{DEEDS}:{at}:{how}" if rnd.random() < 0.7 else None, code=None)
            assert ran.code == 0 or was_killed(ran), ran.err
            killed += was_killed(ran)
            if was_killed(ran) and rnd.random() < 0.1 and has_content(db):
                sound(release, db)
        found = tables(db)
        assert [t for t in rows if found[t] != rows[t]] == [], "tables that differ"
        assert places(folder) == laid
    assert_equal(release, db, undisturbed)
