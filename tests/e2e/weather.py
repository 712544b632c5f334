"""Bad weather for the program: the libraries of tests/tools that stand between it and its files, memory and clock."""

import os
import pathlib
import signal
import sqlite3
import struct

from program import TOP
from reports import gz, record, report, small_mail

KINDS = ["reports", "records", "sources", "senders", "reporters", "domains", "timeseries", "coverage", "inputs"]
TEMP, IO, CONFIG, NOPERM, CANTCREATE, DATA = 75, 74, 78, 77, 73, 65


def tool(name, missing):
    beside = pathlib.Path(os.environ.get("RUAD_DEV_BIN", TOP / "build/dev/ruad")).parent / f"lib{name}.so"
    path = pathlib.Path(os.environ.get("RUAD_TOOLS", beside.parent)) / beside.name
    if not path.exists():
        missing(f"{path} is not built (or set RUAD_TOOLS to its folder)")
    return path


class Weather:
    """Runs one binary in weather; only files below `folder` are touched by it."""

    def __init__(self, program, library, folder):
        self.program, self.library, self.folder = program, library, folder
        self.state = folder.parent / f"{folder.name}.state"
        self.state.write_bytes(bytes(16))

    def env(self, rule=None, log=None, below=None):
        env = {"LD_PRELOAD": str(self.library), "WEATHER_PATH": str(below or self.folder), "WEATHER_STATE": str(self.state),
               "ASAN_OPTIONS": "verify_asan_link_order=0"}
        if rule:
            env["WEATHER_RULE"] = rule
        if log:
            env["WEATHER_LOG"] = str(log)
        return env

    def run(self, *words, rule=None, log=None, below=None, **more):
        self.state.write_bytes(bytes(16))
        return self.program.run(*words, env=self.env(rule, log, below), **more)

    def operations(self):
        """Of the kinds of the rule, in the last run."""
        return struct.unpack("<qQ", self.state.read_bytes())[1]

    def clock(self, seconds):
        with open(self.state, "r+b") as f:
            f.write(struct.pack("<q", seconds))


# --- Inputs, and what becomes of them ---

def mails(n):
    """n mails, some of them bad, one of them larger than a page cache of pages changed."""
    made = [small_mail(i) for i in range(n)]
    made[n // 3] = b"From: a@b.example\r\nSubject: letter\r\n\r\nNo report.\r\n"
    made[n // 2] = gz(b"<feedback><broken>")
    made[n // 4] = gz(report("large", [record(f"10.7.{i >> 8}.{i & 255}", 2) for i in range(400)]))
    made[n // 5] = made[0]  # the same mail twice
    return made


def maildir(folder, made):
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    for n, data in enumerate(made):
        path = folder / "new" / f"{n:04}.M1P1.host"
        path.write_bytes(data)
        os.utime(path, (1795000000, 1795000000))
    return folder


def files(folder, made):
    folder.mkdir()
    for n, data in enumerate(made):
        path = folder / f"{n:04}.eml"
        path.write_bytes(data)
        os.utime(path, (1795000000, 1795000000))
    return folder


def mbox(path, made):
    with open(path, "wb") as f:
        for data in made:
            f.write(b"From a@b.example Fri Nov 20 03:10:00 2026\n" + data.replace(b"\r\n", b"\n").replace(b"\nFrom ", b"\n>From ") + b"\n")
    os.utime(path, (1795000000, 1795000000))
    return path


def contents(program, db):
    """All that can be exported but the list of runs, which says how often it was tried."""
    return {kind: program.run("export", kind, "--range", "all", "--format", "ndjson", "--db", db).out for kind in KINDS}


def tables(db):
    """Every row of every table, but what tells how often it was tried."""
    connection = sqlite3.connect(db)
    names = [n for (n,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    found = {}
    for name in names:
        columns = [c[1] for c in connection.execute(f"PRAGMA table_info({name})") if (name, c[1]) != ("input", "run")]
        if name not in ("run", "meta", "import_state"):
            found[name] = sorted(map(repr, connection.execute(f"SELECT {', '.join(columns)} FROM {name}")))
    connection.close()
    return found


def assert_equal(program, db, undisturbed):
    """undisturbed: the contents of another database."""
    found = contents(program, db)
    for kind in KINDS:
        assert found[kind] == undisturbed[kind], f"export {kind} differs"
    sound(program, db)


def sound(program, db):
    program.run("db", "verify", "--db", db, timeout=120)


def was_killed(ran):
    return ran.code == -signal.SIGKILL


def told(ran, *words):
    """It ended with one sentence that has these words, and nothing worse."""
    lines = [line for line in ran.err.splitlines() if line.startswith("ruad")]
    assert len(lines) == 1, ran.err
    for word in words:
        assert word in lines[0], lines[0]
