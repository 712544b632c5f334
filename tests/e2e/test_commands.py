"""The commands as a whole: the same answers as the API, in every form, and nothing that is passed over."""

import contextlib
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time

import pytest

from program import GOLDEN, TOP
from reports import record, report
from test_schema import check as keeps_to

USAGE, NOINPUT, CANTCREATE, IO, TEMP, CONFIG = 64, 66, 73, 74, 75, 78
OF_DOMAIN = ("readiness", "policies", "keys")


def kinds_of(ruad, command):
    """The names that `ruad help show` lists."""
    text = re.search(r"WHAT is one of(.*?)\(", ruad.run("help", command).out, re.S)[1]
    return [w for w in re.findall(r"[a-z]+", text) if w != "or"]


def asked(kind):
    """The words of the command line, and the path of the API that asks the same."""
    if kind == "problems":
        return [kind, "--range", "all"], "inputs", "outcome=rejected&dismissed=false&range=all"
    if kind in OF_DOMAIN:
        words, path = [kind, "--domain", "example.com"], f"domains/example.com/{kind}"
        return (words, path, "") if kind == "readiness" else (words + ["--range", "90d"], path, "range=90d")
    if kind in ("status", "changes"):
        return [kind], kind, ""
    return [kind, "--range", "90d"], kind, "range=90d"


KINDS = ("summary timeseries domains sources senders reporters coverage overrides changes readiness policies keys records "
         "reports inputs runs status problems").split()
LISTS = [k for k in KINDS if k not in ("summary", "readiness", "status")]


def body(server, path, query, suffix=""):
    return server.get(f"/api/v1/{path}{suffix}{'?' if query else ''}{query}").body


# --- what can be asked for ---

def test_every_resource_is_a_kind(ruad, extra):
    """A resource of the API can be shown, and exported if it has rows."""
    paths = json.loads(extra.get("/api/v1/openapi.json").body)["paths"]
    resources = {re.sub(r"^/api/v1", "", p).removeprefix("/domains/{domain}").strip("/") for p in paths}
    resources = {r for r in resources if re.fullmatch("[a-z]+", r)}
    known = set(kinds_of(ruad, "show"))
    assert set(KINDS) <= known
    assert {r for r in resources if r in KINDS} == set(KINDS) - {"problems"}
    assert set(LISTS) <= set(kinds_of(ruad, "export"))


def test_every_filter_is_a_flag(ruad):
    """Whatever name a list of the API takes is an option of `ruad show`."""
    spec = json.loads((TOP / "schema/openapi.json").read_text())
    shared = spec["components"]["parameters"]
    given = [p for path, methods in spec["paths"].items() if re.fullmatch(r"/api/v1/(domains/\{domain\}/)?[a-z]+", path)
             for p in methods.get("get", {}).get("parameters", []) + methods.get("parameters", [])]
    given = [shared[p["$ref"].rsplit("/", 1)[1]] if "$ref" in p else p for p in given]
    names = {p["name"].replace("_", "-") for p in given if p["in"] == "query"}
    told = set(re.findall(r"--([a-z-]+)", ruad.run("help", "show").out.split("Filters")[1].split("Options")[0]))
    assert len(names) > 20 and names - told == set()


@pytest.mark.parametrize("kind", KINDS)
def test_json_is_the_document_of_the_api(ruad, extra_db, extra, kind):
    words, path, query = asked(kind)
    out = ruad.run("show", *words, "--json", "--db", extra_db).out.removesuffix("\n")
    there = body(extra, path, query).removesuffix(b"\n").decode()
    if kind == "status":
        there = of_no_server(there)
    assert out == there


def of_no_server(text):
    """The status of a server without what only a server knows of itself."""
    status = json.loads(text)
    assert status["confinement"]["server"]["user"] and isinstance(status["limit_hits"], dict)
    status["confinement"]["server"] = status["limit_hits"] = None
    return json.dumps(status, separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize("kind", LISTS)
def test_csv_and_ndjson_are_those_of_the_api(ruad, extra_db, extra, kind):
    words, path, query = asked(kind)
    csv = body(extra, path, query, ".csv")
    assert csv.count(b"\r\n") > (kind not in ("changes",))

    def out(*words):
        done = subprocess.run([ruad.binary, *words, "--db", str(extra_db)], capture_output=True, env=ruad.env())
        assert done.returncode == 0 and done.stderr == b"", done.stderr
        return done.stdout

    assert out("show", *words, "--csv") == csv
    assert out("export", *words) == out("export", *words, "--csv") == out("export", *words, "--format", "csv") == csv
    assert out("export", *words, "--format", "ndjson") == body(extra, path, query, ".ndjson")


@pytest.mark.parametrize("kind", LISTS)
def test_export_as_json(ruad, extra_db, extra, kind):
    """With a limit it is the API's page, without one it has all rows."""
    words, path, query = asked(kind)
    every = ruad.run("export", *words, "--format", "json", "--db", extra_db).json()
    lines = ruad.run("export", *words, "--format", "ndjson", "--db", extra_db).lines()
    assert len(every["data"]) == len(lines)
    if kind not in ("coverage",):
        assert every["data"] == lines
    if kind in ("domains", "sources", "senders", "records", "reports", "inputs", "keys"):
        some = ruad.run("export", *words, "--json", "--limit", "2", "--db", extra_db).out
        assert some.encode().removesuffix(b"\n") == body(extra, path, f"{query}&limit=2").removesuffix(b"\n")


def test_filters_are_those_of_the_api(ruad, extra_db, extra):
    words = ["--range", "90d", "--domain", "example.com", "--result", "fail", "--source-ip", "203.0.113.0/24", "--sort", "-messages"]
    query = "range=90d&domain=example.com&result=fail&source_ip=203.0.113.0/24&sort=-messages"
    out = ruad.run("show", "records", *words, "--json", "--db", extra_db).out
    assert json.loads(out)["data"] and out.strip().encode() == body(extra, "records", query)
    out = ruad.run("export", "records", *words, "--format", "ndjson", "--db", extra_db).out
    assert out.encode() == body(extra, "records", query, ".ndjson") and out.count("\n") >= 2


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_table(ruad, extra_db, db, kind):
    words = asked(kind)[0]
    assert len(ruad.run("show", *words, "--db", extra_db).out) > 10
    with contextlib.suppress(FileNotFoundError):
        db.unlink()
    (db.parent / "none").mkdir()
    ruad.run("import", "--db", db, db.parent / "none")
    ran = ruad.run("show", *words, "--db", db, code=(0, NOINPUT))
    assert (ran.out if ran.code == 0 else ran.err).strip()
    assert ran.code == (NOINPUT if kind in OF_DOMAIN else 0)


def test_tables_say_what_the_api_says(ruad, extra_db, extra):
    """The columns that were added here: their numbers are those of the documents."""
    out = ruad.run("show", "timeseries", "--range", "90d", "--by", "result", "--db", extra_db).out
    rows = [line.split() for line in out.splitlines()[1:]]
    points = extra.api("timeseries?range=90d&by=result")["data"]
    assert [(r[0], int(r[2].replace(",", ""))) for r in rows] == [(p["day"], p["messages"]) for p in points]
    out = ruad.run("show", "overrides", "--range", "90d", "--db", extra_db).out
    rows = [line.split() for line in out.splitlines()[1:]]
    assert {r[0]: int(r[1]) for r in rows} == {o["type"]: o["messages"] for o in extra.api("overrides?range=90d")["data"]}
    rows = ruad.run("show", "inputs", "--range", "all", "--db", extra_db).out.splitlines()[1:]
    assert len(rows) == len(extra.api("inputs?range=all")["data"])
    assert all(any(re.search(rf"  {word}  ", row) for row in rows) for word in ("stored", "duplicate", "ignored", "rejected"))
    assert "stored" not in ruad.run("show", "problems", "--range", "all", "--db", extra_db).out


def test_one_domain_is_named(ruad, extra_db):
    for kind in OF_DOMAIN:
        assert "--domain NAME" in ruad.run("show", kind, "--db", extra_db, code=USAGE).err
        for form in ([], ["--json"]):
            ran = ruad.run("show", kind, "--domain", "nobody.example", *form, "--db", extra_db, code=NOINPUT)
            assert "nobody.example" in ran.err and ran.out == ""
    for form in ([], ["--json"]):
        ran = ruad.run("readiness", "nobody.example", *form, "--db", extra_db, code=NOINPUT)
        assert "nobody.example" in ran.err and ran.out == ""


# --- export ---

def test_export_to_a_file(ruad, extra_db, tmp_path):
    want = ruad.run("export", "records", "--range", "all", "--db", extra_db).out
    target = tmp_path / "records.csv"

    def export(*words, code=0, **more):
        return ruad.run("export", "records", "--range", "all", "--db", extra_db, *words, code=code, **more)

    assert export("-o", target).out == ""
    assert target.read_bytes().decode() == want
    target.chmod(0o640)
    target.write_text("old")
    (tmp_path / "link").symlink_to("records.csv")
    export("--output", tmp_path / "link")
    assert target.read_bytes().decode() == want and (tmp_path / "link").is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "records.csv"]
    assert export("-o", "-").out == want
    assert "nowhere" in export("-o", tmp_path / "nowhere" / "x.csv", code=CANTCREATE).err


def test_export_that_fails_leaves_the_old_file(ruad, extra_db, tmp_path):
    """What was there stays, and nothing lies beside it."""
    target = tmp_path / "records.csv"
    target.write_text("old")
    ran = ruad.run("export", "records", "--sort", "nonsense", "--db", extra_db, "-o", target, code=USAGE)
    assert "nonsense" in ran.err
    assert target.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["records.csv"]


def test_export_to_a_full_disk(ruad, small_disk, tmp_path):
    db = tmp_path / "many.db"
    (tmp_path / "many.xml").write_bytes(report(records=[record(f"192.0.{i // 256}.{i % 256}") for i in range(6000)]))
    ruad.run("import", "--db", db, tmp_path / "many.xml")
    target = small_disk / "records.ndjson"
    target.write_text("old")
    ran = ruad.run("export", "records", "--range", "all", "--format", "ndjson", "--db", db, "-o", target, code=IO)
    assert "No space left" in ran.err and str(target) in ran.err
    assert target.read_text() == "old" and [p.name for p in small_disk.iterdir()] == ["records.ndjson"]


@pytest.mark.parametrize("form", ["csv", "ndjson", "json"])
def test_export_to_a_full_device(ruad, extra_db, form):
    for words, code in ((["-o", "/dev/full"], IO), ([], IO)):
        with open("/dev/full", "w") as full:
            done = subprocess.run([ruad.binary, "export", "records", "--range", "all", "--format", form, *words, "--db", extra_db],
                                  stdout=full, stderr=subprocess.PIPE, env=ruad.env())
        assert done.returncode == code and done.stderr.count(b"\n") == 1 and b"No space left" in done.stderr
    assert os.path.exists("/dev/full")


@pytest.fixture(scope="module")
def many_db(ruad, session_folder):
    folder = session_folder / "many"
    folder.mkdir()
    (folder / "many.xml").write_bytes(report(records=[record(f"10.{i // 65536}.{i // 256 % 256}.{i % 256}") for i in range(20000)]))
    ruad.run("import", "--db", folder / "many.db", folder / "many.xml")
    return folder / "many.db"


@pytest.mark.parametrize("words", ["export records", "export records --format json", "show records --csv", "show records --limit 1000 --json"])
@pytest.mark.parametrize("ignored", [False, True])
def test_reader_that_goes_away(ruad, many_db, words, ignored):
    """Quiet, also where SIGPIPE is ignored by whoever started the program, as systemd does."""
    process = subprocess.Popen([ruad.binary, *words.split(), "--range", "all", "--db", str(many_db)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=ruad.env(), restore_signals=not ignored)
    process.stdout.read(10)
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(30) == -signal.SIGPIPE and err == b""


def test_interrupted_export_leaves_nothing(ruad, many_db, tmp_path):
    target = tmp_path / "x.ndjson"
    for number in (signal.SIGINT, signal.SIGTERM):
        process = subprocess.Popen([ruad.binary, "export", "records", "--range", "all", "--format", "ndjson", "-o", str(target),
                                    "--db", str(many_db)], stderr=subprocess.PIPE, env=ruad.env())
        end = time.monotonic() + 20
        while not list(tmp_path.iterdir()) and time.monotonic() < end and process.poll() is None:
            pass
        process.send_signal(number)
        err = process.stderr.read()
        if process.wait(30) == 0:  # it was done before the signal came
            target.unlink()
            continue
        assert process.returncode in (TEMP, -number), err
        if process.returncode == TEMP:
            assert b"interrupted" in err and not list(tmp_path.iterdir())


def test_export_is_not_paged(ruad, many_db):
    out = ruad.run("export", "records", "--range", "all", "--format", "ndjson", "--db", many_db).out
    assert out.count("\n") == 20000
    assert ruad.run("export", "records", "--range", "all", "--limit", "7", "--db", many_db).out.count("\n") == 8
    every = ruad.run("export", "records", "--range", "all", "--format", "json", "--db", many_db).json()
    assert len(every["data"]) == 20000 and every["totals"]["records"] == 20000 and every["page"]["next"] is None


# --- forms and options that a command does not have ---

@pytest.mark.parametrize("words, says", [
    ("digest --json", "no JSON form"), ("digest --csv", "no CSV form"), ("serve --json", "no JSON form"), ("import --csv x", "no CSV form"),
    ("report 1 --csv", "no CSV form"), ("db vacuum --json", "no JSON form"), ("config check --json", "no JSON form"),
    ("config example --json", "no JSON form"), ("token revoke x --json", "no JSON form"), ("token list --scope read", "no --scope"),
    ("token revoke x --expires 3d", "no --expires"), ("user list --file x --scope read", "no --scope"),
    ("user remove anna --file x --scope read", "no --scope"), ("explain README.md --json", "no JSON form"),
    ("show summary --csv", "no CSV form"), ("show status --csv", "no CSV form"), ("export summary", "export what?"),
    ("export records --format xml", "--format is"), ("export records --format csv --json", "choose one"),
    ("show runs --mark ours", "no --mark"), ("export runs --class aligned", "no --class"),
    ("readiness example.com --range 7d", "--range"), ("sender example.com x --domain y", "--domain"), ("user", "add|passwd|remove"),
    ("token add", "takes one NAME"), ("token list x", "takes no argument"), ("source test", "takes one NAME"), ("db status x", "takes no argument"),
    ("version --csv", "no CSV form"), ("show domains --log-format xml", "logfmt or json"),
])
def test_what_is_not_there_is_refused(ruad, golden_db, words, says):
    ran = ruad.run(*words.split(), code=USAGE, env={"RUAD_DATABASE": str(golden_db)})
    assert says in ran.err and ran.out == ""


def test_version_as_json(ruad):
    lines = dict(line.rsplit(" ", 1) for line in ruad.run("version").out.splitlines()[:3])
    told = ruad.run("version", "--json").json()
    keeps_to("version", told)
    assert (told["version"], str(told["schema"]), told["sqlite"]) == (lines["ruad"], lines["schema"], lines["sqlite"])
    assert told["public_suffix_list"] in ruad.run("version").out


def test_sources_as_json(ruad, tmp_path):
    conf = tmp_path / "ruad.conf"
    conf.write_text(f'source box {{\n    type = maildir\n    path = "{tmp_path}"\n    every = 15m\n}}\n'
                    f'source other {{\n    type = maildir\n    path = "{tmp_path}"\n}}\n')
    listed = ruad.run("source", "list", "--json", "-c", conf).json()
    keeps_to("source_list", listed)
    assert [(s["source"], s["every_seconds"]) for s in listed["data"]] == [("box", 900), ("other", None)]
    assert "every 15 min" in ruad.run("source", "list", "-c", conf).out


# --- help and manual ---

def test_help_of_every_command(ruad):
    """Each command says how it is used; each option has its sentence, and stands in the manual."""
    page = (TOP / "man/ruad.1").read_text().replace("\\-", "-").replace("\\&", "")
    commands = re.findall(r"^  ([a-z]+) +\S", ruad.run("help").out.split("Options of every command")[0], re.M)
    assert {"import", "show", "export", "report", "check", "serve"} <= set(commands)
    for command in commands:
        text = ruad.run(command, "--help").out
        assert text == ruad.run("help", command).out and text.startswith(f"usage: ruad {command}")
        assert re.search(rf"^\.Ss {command}$", page, re.M), command
        assert re.search(rf"^\.Cm {command}\b", page.split(".Sh DESCRIPTION")[0], re.M), f"{command} is not in the synopsis"
        for line in text.split("Options")[1].splitlines()[1:]:
            if line.startswith("  ") and "--" in line and not line.startswith("  --"):
                assert re.match(r"  (-\w,|   ) --[\w-]+( \S+)?  +\S|  (-\w,|   ) --[\w-]+( \S+)? \S", line), line
    for kind in KINDS:
        assert re.search(rf"\b{kind}\b", page.split(".Ss show")[1].split(".Ss ")[0]), f"{kind} is not in the manual"


# --- terminals ---

class Terminal:
    """A program at a terminal of so many columns."""

    def __init__(self, ruad, *words, columns=80, **env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # The size is there before the program asks for it.
            import fcntl
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.execve(ruad.binary, [ruad.binary, *map(str, words)], ruad.env(**env))
        self.seen = b""

    def until(self, text):
        while text not in self.seen:
            self.seen += os.read(self.fd, 4096)

    def end(self):
        with contextlib.suppress(OSError):
            while piece := os.read(self.fd, 65536):
                self.seen += piece
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return code, self.seen.decode()


@pytest.mark.parametrize("kind", ["records", "senders", "sources", "reports", "domains", "inputs", "timeseries", "coverage"])
@pytest.mark.parametrize("columns", [60, 100])
def test_tables_fit_the_terminal(ruad, extra_db, kind, columns):
    words = ["--range", "7d"] if kind == "coverage" else ["--range", "90d"]
    code, out = Terminal(ruad, "show", kind, *words, "--db", extra_db, "--color", "never", columns=columns).end()
    assert code == 0
    lines = [line for line in out.splitlines() if not re.match(r"no room for|more:|data complete|\d+ messages, ", line)]
    assert len(lines) > 3 and max(map(len, lines)) <= columns, out


def test_marks_and_colours(ruad, extra_db):
    """A word beside each mark; colour only at a terminal, or when it is asked for."""
    words = ("show", "records", "--range", "all", "--db", extra_db)
    plain = ruad.run(*words).out
    assert "✓ pass" in plain and "✕ fail" in plain and "\x1b" not in plain
    ascii_only = ruad.run(*words, env={"LC_ALL": "C"}).out
    assert "+ pass" in ascii_only and "x fail" in ascii_only and "✓" not in ascii_only and "✕" not in ascii_only
    assert "\x1b[31m✕ fail\x1b[0m" in ruad.run(*words, "--color", "always").out
    assert "\x1b" in Terminal(ruad, *words).end()[1]
    assert "\x1b" not in Terminal(ruad, *words, NO_COLOR="1").end()[1]
    assert "\x1b" not in Terminal(ruad, *words, "--color", "never").end()[1]
    assert "\x1b" in Terminal(ruad, *words, "--color", "always", NO_COLOR="1").end()[1]


def test_progress_of_an_export(ruad, many_db, tmp_path):
    """A line at the terminal that is gone at the end, and none elsewhere."""
    words = ("export", "records", "--range", "all", "--db", many_db, "-o", tmp_path / "x.csv")
    code, seen = Terminal(ruad, *words).end()
    assert code == 0 and re.search(r"records  \d+ rows  \d+\.\d MiB", seen) and seen.endswith("\r\x1b[K")
    assert ruad.run(*words).err == ""
    assert Terminal(ruad, *words, "--progress", "never").end()[1] == ""


def test_no_escape_reaches_the_terminal(ruad, db, tmp_path):
    """Whatever a stranger writes into a report, in every table and colour is never his."""
    evil = b"&#x9b;31m\xc2\x9b\xe2\x80\xae evil"
    data = report("x").replace(b"reporter.example</org", evil + b"</org").replace(b"<report_id>x", b"<report_id>" + evil)
    data = data.replace(b"pass</result>", evil + b"</result>").replace(b"<p>none", b"<p>" + evil).replace(
        b"<selector>s1", b"<selector>" + evil).replace(b"</disposition>", b"</disposition><reason><type>" + evil + b"</type></reason>")
    (tmp_path / "x\x1b[31m.xml").write_bytes(data)
    (tmp_path / "y\x1b[31m.xml").write_bytes(b"<feedback>")
    ruad.run("import", "--db", db, tmp_path)
    for kind in KINDS:
        out = ruad.run("show", *asked(kind)[0], "--db", db).out
        bad = [c for c in out if ord(c) < 32 and c != "\n" or 0x7f <= ord(c) < 0xa0 or c == "\u202e"]
        assert not bad, (kind, out)


@pytest.mark.parametrize("key, number", [(b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT)])
def test_a_password_that_is_not_given(ruad, tmp_path, key, number):
    """Ctrl-C at the question ends the program at once, and the terminal shows again what is typed."""
    terminal = Terminal(ruad, "user", "add", "anna", "--file", tmp_path / "users")
    terminal.until(b"password of anna: ")
    assert not termios.tcgetattr(terminal.fd)[3] & termios.ECHO
    os.write(terminal.fd, key)
    end = time.monotonic() + 20
    while not termios.tcgetattr(terminal.fd)[3] & termios.ECHO and time.monotonic() < end:
        time.sleep(0.01)
    assert termios.tcgetattr(terminal.fd)[3] & termios.ECHO
    assert terminal.end()[0] == -number
    assert not (tmp_path / "users").exists()


# --- the log ---

def test_log_as_json(ruad, golden_db, tmp_path):
    """Each line is an object, whatever is in it."""
    (tmp_path / 'x".xml').write_bytes(b"<feedback>\xff\x1b[31m")
    box = tmp_path / "box"
    conf = tmp_path / "ruad.conf"
    conf.write_text(f'database = "{tmp_path}/x.db"\nsource "box" {{\n    type = maildir\n    path = "{box}"\n    every = 60s\n}}\n')
    process = ruad.start("serve", "-c", str(conf), "--listen", "127.0.0.1:0", "-v", "-v", "--log-format", "json", "-q")
    said = b""
    while b"import." not in said:
        said += os.read(process.stderr.fileno(), 4096)
    process.terminate()
    said += process.communicate(timeout=20)[1]
    events = [json.loads(line) for line in said.decode().splitlines() if line.startswith("{")]
    assert events and all(e["at"].endswith("Z") and e["lvl"] and e["ev"] for e in events)
    assert any(e["ev"].startswith("import.") for e in events)
    assert not re.search(r"^at=", said.decode(), re.M)


# --- settings ---

def test_a_text_file_is_no_suffix_list(ruad, golden_db):
    for words in (["version"], ["parse", GOLDEN / "inputs"]):
        ran = ruad.run(*words, "--psl", TOP / "README.md", code=CONFIG)
        assert "no Public Suffix List" in ran.err and ran.out == ""


def test_misspelt_variable_of_the_web_server(ruad):
    ran = ruad.run("config", "check", code=CONFIG, env={"RUAD_WEB_USER_FILE": "/x"})
    assert "RUAD_WEB_USER_FILE" in ran.err and "RUAD_WEB_USERS_FILE" in ran.err
    ruad.run("config", "check", env={"RUAD_HOME": "/x"})


def test_inbox_in_any_case(ruad, tmp_path):
    (tmp_path / "password").write_text("x\n")
    (tmp_path / "password").chmod(0o600)
    conf = tmp_path / "ruad.conf"

    def check(folders, code=0, done=""):
        conf.write_text(f'source rua {{\n    type = imap\n    host = imap.example.com\n    user = u\n'
                        f'    password_file = "{tmp_path}/password"\n    folders = {folders}\n{done}\n}}\n')
        return ruad.run("config", "check", "-c", conf, code=code).err

    assert "twice" in check('{"INBOX", "inbox"}', CONFIG)
    assert "circles" in check('{"INBOX"}', CONFIG, 'done = move\ndone_folder = "Inbox"')
    check('{"Reports", "reports"}')


def test_folder_of_fragments(ruad, tmp_path):
    conf, folder = tmp_path / "ruad.conf", tmp_path / "conf.d"
    conf.write_text(f'database = "{tmp_path}/x.db"\n')
    folder.mkdir()
    (folder / "x.conf").write_text("")
    for file in (conf, folder / "x.conf"):
        file.chmod(0o600)
    folder.chmod(0o755)
    assert "warning" not in ruad.run("config", "check", "-c", conf).err
    folder.chmod(0o775)
    assert f"{folder}: the group" in ruad.run("config", "check", "-c", conf).err
    folder.chmod(0o755)
    for i in range(1001):
        (folder / f"{i}.conf").touch()
    assert "more than 1000" in ruad.run("config", "check", "-c", conf, code=CONFIG).err
