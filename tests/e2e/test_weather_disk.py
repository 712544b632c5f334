"""A disk that fails, is full, or may not be written to; memory that comes to an end; a clock that jumps; a database that
others hold or damaged.  The program ends with a sentence and a code that says what to do, changes nothing that it had
committed, and the next import in fair weather leaves what an undisturbed one leaves.
"""

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import struct
import subprocess
import time

import pytest

from conftest import missing
from program import GOLDEN, Ruad
from reports import gz, record, report
from weather import (CANTCREATE, CONFIG, DATA, IO, NOPERM, TEMP, Weather, assert_equal, contents, maildir, mails, sound,
                     tables, told, tool, was_killed)

SEED = int(os.environ.get("RUAD_WEATHER_SEED", "1"))
ROUNDS = int(os.environ.get("RUAD_WEATHER_FAULTS", "30"))


@pytest.fixture(scope="module")
def library():
    return tool("weather", missing)


class Place:
    """A maildir and its database, to be imported again and again from the beginning."""

    def __init__(self, program, library, folder, made):
        self.program, self.folder, self.made = program, folder, made
        self.weather = Weather(program, library, folder)
        self.db = folder / "ruad.db"
        self.words = ["import", "--db", self.db, "--done", "move", folder / "M"]

    def fresh(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        maildir(self.folder / "M", self.made)

    def undisturbed(self):
        self.fresh()
        self.program.run(*self.words)
        self.rows, self.whole = tables(self.db), contents(self.program, self.db)

    def count(self, kinds):
        self.fresh()
        self.weather.run(*self.words, rule=f"{kinds}:0:EIO")
        return self.weather.operations()

    def recovers(self, ran, what):
        """After an import that did not come to its end, another one does."""
        if ran.code != 0:
            self.program.run(*self.words)
        found = tables(self.db)
        assert [t for t in self.rows if found[t] != self.rows[t]] == [], f"{what}: {ran.code} {ran.err}"


# --- Disks ---

CODES = {"EIO": (0, IO, TEMP, CONFIG), "ENOSPC": (0, TEMP, IO, CONFIG), "short": (0, TEMP), "EROFS": (0, IO, CONFIG, NOPERM)}


def fail_at_random(place, rnd, rounds):
    operations = {kinds: place.count(kinds) for kinds in "wstroum"}
    seen = set()
    for n in range(rounds):
        kinds = rnd.choice("wwwwssttroum")
        at, on, what = rnd.randrange(operations[kinds]) + 1, rnd.choice(["", "+"]), rnd.choice(list(CODES))
        rule = f"{kinds}:{at}{on}:{what}"
        place.fresh()
        ran = place.weather.run(*place.words, rule=rule, code=None)
        assert ran.code in CODES[what], f"{rule}: {ran.code} {ran.err}"
        if ran.code != 0:
            told(ran)
        seen.add(ran.code)
        place.recovers(ran, rule)
    return seen


def test_disk_that_fails(release, library, tmp_path):
    place = Place(release, library, tmp_path / "w", mails(12))
    place.undisturbed()
    seen = fail_at_random(place, random.Random(f"{SEED} disk"), ROUNDS)
    assert {0, IO, TEMP} <= seen
    assert_equal(release, place.db, place.whole)


def test_disk_that_fails_under_sanitizers(ruad, library, tmp_path):
    place = Place(ruad, library, tmp_path / "w", mails(12))
    place.undisturbed()
    fail_at_random(place, random.Random(f"{SEED} sanitizers"), ROUNDS // 5)


@pytest.mark.parametrize("what, code, word", [("EIO", IO, "disk"), ("ENOSPC", TEMP, "no space left")])
@pytest.mark.parametrize("kinds", "ws")
def test_every_write_fails(release, library, tmp_path, kinds, what, code, word):
    place = Place(release, library, tmp_path / "w", mails(12))
    place.fresh()
    ran = place.weather.run(*place.words, rule=f"{kinds}:20+:{what}" if kinds == "w" else f"{kinds}:1+:{what}", code=(code, IO))
    told(ran, str(place.db))
    assert kinds == "s" or word in ran.err


def fill(folder):
    """Until nothing more fits."""
    with open(folder / "ballast", "wb", buffering=0) as f, contextlib.suppress(OSError):
        for size in (1 << 16, 512, 1):
            with contextlib.suppress(OSError):
                while f.write(bytes(size)) == size:
                    pass


def many(folder, n=6):
    folder.mkdir()
    for i in range(n):
        (folder / f"{i:02}.xml.gz").write_bytes(gz(report(f"more-{i}", [record(f"10.{i}.{j >> 8}.{j & 255}", 1) for j in range(900)])))
    return folder


def test_full_disk_while_serving(ruad, small_disk, tmp_path):
    """What is stored is served; /readyz and the status say what is the matter; with room the import goes on."""
    subprocess.run(["mount", "-o", "remount,size=40m", small_disk], check=True)
    db = small_disk / "ruad.db"
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    more = many(tmp_path / "more")
    with ruad.serve(db) as server:
        disk = {c["name"]: c for c in server.api("status")["checks"]}["disk"]
        assert disk["status"] == "ok" and disk["value"] == 0
        fill(small_disk)
        told(ruad.run("import", "--db", db, more, code=TEMP), "no space left")
        assert server.api("summary?range=all")["totals"]["messages"] == 551
        server.get("/?range=all")
        ready = server.get("/readyz").json()
        assert ready["ready"] and {c["name"]: c["status"] for c in ready["checks"]} == {"store": "ok", "schema": "ok", "disk": "crit"}
        assert "full" in ready["checks"][2]["detail"]
        status = server.api("status")
        disk = {c["name"]: c for c in status["checks"]}["disk"]
        assert disk["status"] == "crit" and disk["value"] > 15 << 20
        assert "Free on its disk" in server.get("/status").text
        (small_disk / "ballast").unlink()
        ruad.run("import", "--db", db, more)
        assert server.api("summary?range=all")["totals"]["messages"] == 551 + 6 * 900
        assert server.get("/readyz").json()["checks"][2]["status"] == "ok"
    sound(ruad, db)


def test_no_room_for_standard_input(release, small_disk, tmp_path):
    """Much of it goes through a file; without room for that it is told, and nothing is stored by halves."""
    letter = b"From a@b.example Fri Nov 20 03:10:00 2026\nSubject: x\n\n" + b"x" * 70 + b"\n"
    stdin = letter * (40 * (1 << 20) // len(letter))
    db = tmp_path / "ruad.db"
    ran = release.run("import", "--db", db, "-", stdin=stdin, env={"TMPDIR": str(small_disk)}, code=TEMP)
    told(ran, "make room")
    assert list(small_disk.iterdir()) == []
    assert not db.exists() or release.run("show", "inputs", "--json", "--db", db).json()["data"] == []


# --- Databases that may not be written to ---

@contextlib.contextmanager
def read_only(folder):
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def refused(ran, *words):
    assert ran.code in (CONFIG, NOPERM, CANTCREATE, IO), f"{ran.code} {ran.err}"
    told(ran, *words)


@pytest.mark.parametrize("closed", ["in order", "killed"])
def test_read_only_file_system(ruad, release, library, tmp_path, closed):
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    folder = tmp_path / "ro"
    folder.mkdir()
    db = folder / "ruad.db"
    if closed == "in order":
        ruad.run("import", "--db", db, GOLDEN / "inputs")
    else:  # at its end, when all is in the write-ahead log still
        weather = Weather(release, library, folder)
        weather.run("import", "--db", db, GOLDEN / "inputs", rule="s:0:kill")
        ran, last = None, weather.operations()
        while ran is None or not was_killed(ran):  # on a busy machine there may be one commit less
            shutil.rmtree(folder)
            folder.mkdir()
            ran = weather.run("import", "--db", db, GOLDEN / "inputs", rule=f"s:{last}:kill", code=(0, -signal.SIGKILL))
            last -= 1
        assert (folder / "ruad.db-wal").stat().st_size > 0
    try:
        with read_only(folder):
            refused(ruad.run("import", "--db", db, GOLDEN / "inputs", code=None), str(db))
            shown = ruad.run("show", "domains", "--json", "--range", "all", "--db", db, code=None)
            if shown.code == 0:
                assert shown.json()["totals"]["messages"] == 551
                with ruad.serve(db) as server:
                    assert server.api("summary?range=all")["totals"]["messages"] == 551
                    assert server.get("/readyz").json()["checks"][2]["status"] == "crit"
            else:
                told(shown, str(db))
    except subprocess.CalledProcessError:
        pytest.skip("nothing can be mounted here")
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    sound(ruad, db)


def test_read_only_file(nobody):
    """The user may read the files of the database, and its folder: it is shown and served, not written."""
    if os.geteuid() != 0:
        pytest.skip("the files are one's own")
    db = nobody.state / "ruad.db"
    nobody.ruad.run("import", "--db", db, GOLDEN / "inputs")
    for file in nobody.state.iterdir():
        file.chmod(0o644)
    nobody.state.chmod(0o755)
    shutil.copytree(GOLDEN / "inputs", nobody.folder / "inputs")
    refused(nobody.run("import", "--db", db, nobody.folder / "inputs", code=None), str(db))
    assert nobody.run("show", "domains", "--json", "--range", "all", "--db", db).json()["totals"]["messages"] == 551
    told(nobody.run("mark", "example.net", "--domain", "example.com", "--ours", "--db", db, code=(CONFIG, NOPERM, IO, 64)))


# --- Memory ---

def test_memory_comes_to_an_end(release, library, tmp_path):
    """One sentence and 75, wherever it happens; nothing is lost."""
    place = Place(release, library, tmp_path / "w", mails(12))
    place.undisturbed()
    drought, counted = tool("drought", missing), tmp_path / "count"
    counted.write_bytes(bytes(8))
    place.fresh()
    release.run(*place.words, env={"LD_PRELOAD": str(drought), "DROUGHT_COUNT": str(counted)})
    pieces = struct.unpack("<Q", counted.read_bytes())[0]
    assert pieces > 1000
    rnd, ends = random.Random(f"{SEED} memory"), 0
    for _ in range(ROUNDS):
        at = f"{rnd.randrange(1, pieces)}{rnd.choice(['', '+'])}"
        place.fresh()
        ran = release.run(*place.words, env={"LD_PRELOAD": str(drought), "DROUGHT_AT": at}, code=None)
        assert ran.code in (0, TEMP) or (ran.code > 0 and "memory" in ran.err), f"{at}: {ran.code} {ran.err}"
        ends += ran.code == TEMP and "ruad: out of memory" in ran.err
        place.recovers(ran, at)
    assert ends > ROUNDS // 2


def test_memory_of_the_address_space(release, tmp_path, db):
    for mib in (24, 40, 80):
        ran = release.run("import", "--db", db, GOLDEN / "inputs", prefix=["prlimit", f"--as={mib << 20}"], code=None)
        assert ran.code >= 0, f"{mib} MiB: signal {-ran.code} {ran.err}"
    release.run("import", "--db", db, GOLDEN / "inputs")
    sound(release, db)


# --- Clocks ---

class Clockless(Ruad):
    """With the clock of the machine, which the library shifts."""

    def env(self, **more):
        env = super().env(**more)
        env.pop("RUAD_NOW")
        return env


def test_clock_jumps(release, library, tmp_path):
    """Backward and forward by years, between imports, while one runs and while serving: data do not depend on it."""
    program = Clockless(release.binary)
    place = Place(program, library, tmp_path / "w", mails(40))
    place.fresh()
    years = 365 * 86400
    env = place.weather.env()
    place.weather.clock(0)
    program.run(*place.words, env=env)
    whole = program.run("export", "records", "--range", "all", "--db", place.db).out
    for shifts in ([-6 * years, 3 * years, 0], [8 * years, -2 * years, -years]):
        place.fresh()
        process = subprocess.Popen([program.binary, *map(str, place.words)], env=program.env(**env), stderr=subprocess.PIPE)
        while process.poll() is None:
            for shift in shifts:
                place.weather.clock(shift)
                time.sleep(0.004)
        assert process.returncode == 0, process.stderr.read()
        process.stderr.close()
        place.weather.clock(shifts[-1])
        again = program.import_(place.db, GOLDEN / "inputs", env=env)
        assert again["stored"] == 7
        sound(program, place.db)
        lines = set(program.run("export", "records", "--range", "all", "--db", place.db).out.splitlines())
        assert set(whole.splitlines()) <= lines


def test_clock_jumps_while_serving(release, library, tmp_path):
    program = Clockless(release.binary)
    folder = tmp_path / "w"
    folder.mkdir()
    weather, db = Weather(program, library, folder), folder / "ruad.db"
    program.run("import", "--db", db, GOLDEN / "inputs")

    class Shifted(Clockless):
        def env(self, **more):
            return super().env(**weather.env(), **more)

    with Shifted(program.binary).serve(db) as server:
        for shift in (0, -9, 9, -3, 0):
            weather.clock(shift * 365 * 86400)
            begun = time.monotonic()
            assert server.api("summary?range=all")["totals"]["messages"] == 551
            for path in ("/", "/senders", "/coverage", "/changes", "/status", "/metrics", "/readyz"):
                server.get(path)
            assert time.monotonic() - begun < 60


# --- Others at the same database ---

@contextlib.contextmanager
def held(db, how):
    """Somebody else's program is in the middle of something."""
    connection = sqlite3.connect(db, isolation_level=None)
    connection.execute(how)
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@pytest.mark.parametrize("how", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"])
def test_database_that_is_held(release, tmp_path, db, how):
    """75 after some seconds and a sentence; reading goes on."""
    release.run("import", "--db", db, GOLDEN / "inputs")
    rows = tables(db)
    (tmp_path / "x.xml").write_bytes(report("held"))
    with held(db, how):
        told(release.run("import", "--db", db, tmp_path / "x.xml", code=TEMP), "busy")
        assert release.run("show", "domains", "--json", "--range", "all", "--db", db).json()["totals"]["messages"] == 551
        release.run("db", "verify", "--db", db)
    assert tables(db) == rows
    assert release.import_(db, tmp_path / "x.xml")["stored"] == 1


def test_database_that_is_held_for_a_moment(release, tmp_path, db):
    release.run("import", "--db", db, GOLDEN / "inputs")
    (tmp_path / "x.xml").write_bytes(report("held"))
    with held(db, "BEGIN IMMEDIATE"):
        process = release.start("import", "--db", db, tmp_path / "x.xml")
        time.sleep(0.5)
    assert process.communicate(timeout=30)[1] == b"" and process.returncode == 0


def test_imports_servers_and_checks_at_once(ruad, tmp_path, db):
    """Two imports, one of which waits, a server that is asked, and `db verify` meanwhile: each has a whole view."""
    box, other = maildir(tmp_path / "A", mails(60)), maildir(tmp_path / "B", mails(90)[60:])
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    with ruad.serve(db) as server:
        imports = [ruad.start("import", "--wait", "100", "--db", db, "--done", "move", folder) for folder in (box, other)]
        checks = 0
        while any(p.poll() is None for p in imports) or checks < 2:
            sound(ruad, db)
            totals = server.api("summary?range=all")["totals"]
            assert totals["pass"] + totals["fail"] == totals["messages"]
            assert sum(d["messages"] for d in server.api("domains?range=all")["data"]) >= totals["messages"]
            server.get("/")
            checks += 1
        for process in imports:
            out, err = process.communicate(timeout=100)
            assert process.returncode == 0 and b"Sanitizer" not in err, err
    alone = tmp_path / "alone.db"
    for source in (GOLDEN / "inputs", box / ".Done", other / ".Done"):
        ruad.run("import", "--db", alone, source)
    assert ruad.run("export", "sources", "--range", "all", "--db", db).out == \
        ruad.run("export", "sources", "--range", "all", "--db", alone).out
    sound(ruad, db)


# --- Damage ---

def pages_by_kind(db):
    """A page of each table and index, and the numbers of some that lie inside."""
    connection = sqlite3.connect(db)
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0"))
    count = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.close()
    return size, roots, count


TABLES = ["sqlite_schema", "meta", "name", "source", "evidence", "report", "record", "sum_reporter", "sum_source",
          "sum_evidence", "input", "run", "document", "document_piece", "report_day", "input_last"]


@pytest.mark.parametrize("how", ["noise", "zero", "header"])
def test_damaged_page(ruad, golden_db, tmp_path, how):
    """A page of each kind: `db verify` says it, an import does not make it worse, pages answer or say what is wrong."""
    clean = tmp_path / "clean.db"
    shutil.copyfile(golden_db, clean)
    size, roots, _ = pages_by_kind(clean)
    roots["sqlite_schema"] = 1
    (tmp_path / "x.xml").write_bytes(report("new"))
    rnd, served = random.Random(f"{SEED} {how}"), 0
    chosen = TABLES if how == "noise" else rnd.sample(TABLES, 5)
    for n, table in enumerate(chosen):
        db = tmp_path / f"{n}.db"
        shutil.copyfile(clean, db)
        start = (roots[table] - 1) * size
        with open(db, "r+b") as f:
            if how == "header":
                f.seek(start + (100 if table == "sqlite_schema" else 0))
                f.write(bytes([13, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))
            else:
                f.seek(start + (100 if table == "sqlite_schema" else 0))
                f.write(rnd.randbytes(size - 200) if how == "noise" else bytes(size - 200))
        ran = ruad.run("db", "verify", "--db", db, code=None)
        assert ran.code in (DATA, IO, CONFIG), f"{table}: {ran.code} {ran.out} {ran.err}"
        assert ran.err.startswith("ruad: ") and str(db) in ran.err
        ran = ruad.run("import", "--db", db, tmp_path / "x.xml", code=None)
        assert ran.code in (0, IO, CONFIG, TEMP), f"{table}: {ran.code} {ran.err}"
        if ran.code != 0:
            told(ran, str(db))
        for words in (("show", "records"), ("show", "senders"), ("show", "sources"), ("report", "1")):
            ran = ruad.run(*words, "--db", db, *(["--range", "all"] if words[0] == "show" else []), code=None)
            assert ran.code in (0, IO, CONFIG, 66), f"{table} {words}: {ran.code} {ran.err}"
        if n % 4 == 0:
            shutil.copyfile(clean, tmp_path / "served.db")
            with ruad.serve(tmp_path / "served.db") as server:
                server.get("/?range=all")
                shutil.copyfile(db, tmp_path / "served.db")  # in place, as a disk would do it
                for path in ("/?range=all", "/records?range=all", "/sources?range=all", "/api/v1/records?range=all",
                             "/api/v1/senders?range=all", "/reports/1", "/status", "/readyz", "/metrics"):
                    answer = server.get(path, status=None)
                    assert answer.status in (200, 404, 500, 503), f"{table} {path}: {answer.status}"
                    assert answer.body
                server.get("/healthz")
            served += 1
    assert served


def test_cut_file(ruad, golden_db, tmp_path):
    """Its end is missing, or its beginning is another file."""
    (tmp_path / "x.xml").write_bytes(report("new"))
    whole = golden_db.read_bytes()
    for n, data in enumerate([whole[:len(whole) // 2], whole[:4096], whole[:100], b"\0" * 4096 + whole[4096:]]):
        db = tmp_path / f"{n}.db"
        db.write_bytes(data)
        for words in (("db", "verify"), ("import", tmp_path / "x.xml"), ("show", "records", "--range", "all")):
            ran = ruad.run(*words, "--db", db, code=None)
            assert ran.code in (DATA, IO, CONFIG), f"{n} {words}: {ran.code} {ran.out} {ran.err}"
            assert ran.err.startswith("ruad: ")
