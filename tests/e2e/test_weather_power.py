"""The power fails: what a disk may then have of the files of the database replays to one that is whole.

Each operation of an import on a file is recorded (tests/tools/weather.c).  At every sync, and at every mail that is filed
away, the power fails: what was synced is there; of what was written since, nothing, all, or any of its sectors of 512
bytes.  No file has a name before it or its folder was synced.
"""

import os
import random
import shutil
import sqlite3
import struct

import pytest

from conftest import missing
from weather import Weather, assert_equal, contents, files, mails, maildir, sound, tables, tool

SEED = int(os.environ.get("RUAD_WEATHER_SEED", "1"))
SECTOR = 512
DATABASE = ("", "-wal", "-journal")


class Deed:
    def __init__(self, kind, path, to, offset, data):
        self.kind, self.path, self.to, self.offset, self.data = kind, path, to, offset, data


def read_log(path):
    log, at, head = path.read_bytes(), 0, struct.Struct("<cIIqQ")
    while at < len(log):
        kind, n, to_n, offset, size = head.unpack_from(log, at)
        at += head.size
        end = at + n + to_n
        yield Deed(kind.decode(), log[at:at + n].decode(), log[at + n:end].decode(), offset, log[end:end + size])
        at = end + size


class File:
    def __init__(self):
        self.named = self.gone = False  # for sure
        self.unlinked = False
        self.kept = bytearray()
        self.since = []

    def synced(self):
        for deed in self.since:
            self.apply(self.kept, deed)
        self.since.clear()
        self.named = True

    @staticmethod
    def apply(content, deed, sectors=None):
        if deed.kind == "t":
            del content[deed.offset:]
            content.extend(bytes(deed.offset - len(content)))
            return
        for start in range(0, len(deed.data), SECTOR):
            if sectors and not sectors():
                continue
            part, at = deed.data[start:start + SECTOR], deed.offset + start
            content.extend(bytes(max(0, at + len(part) - len(content))))
            content[at:at + len(part)] = part

    def after(self, how, rnd):
        """Its content after the power failed; None: there is no such file."""
        there = self.named or how == "all" or (how == "some" and rnd.random() < 0.5)
        if self.gone or not there or (self.unlinked and (how == "all" or (how == "some" and rnd.random() < 0.5))):
            return None
        content = bytearray(self.kept)
        for deed in self.since if how != "none" else []:
            if how == "all":
                self.apply(content, deed)
            elif deed.kind != "t" or rnd.random() < 0.5:
                share = rnd.choice([0.1, 0.5, 0.9])
                self.apply(content, deed, lambda: rnd.random() < share)
        return bytes(content)


class Disk:
    """The files of one database while the log is played; filed: mails that were moved so far."""

    def __init__(self, db):
        self.files = {str(db) + suffix: File() for suffix in DATABASE}
        self.folder, self.filed = str(db.parent), []

    def play(self, deed):
        file = self.files.get(deed.path)
        if deed.kind == "s" and deed.path == self.folder:
            for f in self.files.values():
                f.named = f.named or bool(f.kept or f.since)
                f.gone = f.unlinked
        elif deed.kind == "r" and deed.path.startswith(self.folder):
            self.filed.append((deed.path, deed.to))
        elif file is None:
            return
        elif deed.kind == "s":
            file.synced()
        elif deed.kind == "u":
            file.unlinked = True
        elif deed.kind == "o":
            if file.unlinked:
                file.__init__()
        else:
            file.since.append(deed)

    def fail(self, how, rnd):
        return {path: content for path, f in self.files.items() if (content := f.after(how, rnd)) is not None}


def failures(log, db, seed):
    """Every state that is worth a look, once: (files of the database, mails that were filed, what it is)."""
    disk, seen, rnd = Disk(db), set(), random.Random(seed)
    deeds = list(log)
    for n, deed in enumerate(deeds):
        before_sync = deed.kind == "s"
        if before_sync:
            for how in ("none", "all", "some", "some"):
                state = disk.fail(how, rnd)
                key = hash((tuple(sorted(state.items())), len(disk.filed)))
                if key not in seen:
                    seen.add(key)
                    yield state, list(disk.filed), f"{how} of what was written before operation {n} ({deed.path})"
        disk.play(deed)
        last_filed = deed.kind == "r" and (n + 1 == len(deeds) or deeds[n + 1].kind != "r")
        if last_filed or n + 1 == len(deeds):
            yield disk.fail("none", rnd), list(disk.filed), f"nothing of what was not synced after operation {n}"


@pytest.fixture(scope="module")
def library():
    return tool("weather", missing)


def lay(folder, state, filed):
    """The disk as the program finds it again."""
    for path, content in state.items():
        with open(path, "wb") as f:
            f.write(content)
    for path, to in filed:
        os.makedirs(os.path.dirname(to), exist_ok=True)
        os.rename(path, to)


def check_file(db, what):
    connection = sqlite3.connect(db)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], what
    known = {os.path.basename(row[0]) for row in connection.execute("SELECT locator FROM input")} \
        if connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'input'").fetchone()[0] else set()
    ended = known and connection.execute("SELECT ended_at FROM run ORDER BY id DESC LIMIT 1").fetchone()[0]
    connection.close()
    return known, ended


@pytest.mark.parametrize("kind, words", [("files", []), ("maildir", ["--done", "move"])])
def test_power_fails_at_any_sync(release, library, tmp_path, kind, words):
    folder = tmp_path / "w"
    weather = Weather(release, library, folder)
    made = mails(30)

    def fresh():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return (files if kind == "files" else maildir)(folder / "M", made)

    source, db, log = fresh(), folder / "ruad.db", tmp_path / "log"
    weather.run("import", "--db", db, *words, source, log=log)
    whole, rows = contents(release, db), tables(db)
    states = 0
    for state, filed, what in failures(read_log(log), db, SEED):
        fresh()
        lay(folder, state, filed)
        states += 1
        known, ended = check_file(db, what) if state.get(str(db)) else (set(), None)
        lost = {os.path.basename(path) for path, _ in filed} - known
        assert not lost, f"filed away, and not in the database: {lost}; {what}"
        if known:
            sound(release, db)
        if not ended:
            release.run("import", "--db", db, *words, source)
        found = tables(db)
        assert [t for t in rows if found[t] != rows[t]] == [], what
    assert states > 20
    assert_equal(release, db, whole)
