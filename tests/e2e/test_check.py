"""`ruad check`: what a monitoring system gets."""

import re
import subprocess

import pytest

from mailsite import Site
from program import GOLDEN, NOW
from reports import BEGIN, DAY, record, report
from test_sources import good, maildir

STATES = {"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3}
NUMBER = r"-?\d+(?:\.\d+)?"
RANGE = rf"@?(?:(?:~|{NUMBER}):)?(?:{NUMBER})?"
PERF = re.compile(rf"([a-z_]+)=({NUMBER}|U)(%|s|B|);({RANGE});({RANGE});0(?:;100)?\Z")


class Line:
    def __init__(self, ran):
        found = re.fullmatch(r"DMARC (OK|WARNING|CRITICAL|UNKNOWN) - ([^|\n]+?)(?: \| ([^|\n]+))?\n", ran.out)
        assert found, ran.out
        self.line = ran.out[:-1]
        self.state, self.text, perf = found.groups()
        assert ran.code == STATES[self.state], (ran.code, ran.out)
        self.perf = {}
        for item in (perf or "").split():
            read = PERF.match(item)
            assert read, item
            assert (read[3] == "%") == item.endswith(";100")
            self.perf[read[1]] = read.groups()[1:]

    def value(self, label):
        return float(self.perf[label][0])


def check(ruad, *words, **more):
    ran = ruad.run("check", *words, code=(0, 1, 2, 3), **more)
    return Line(ran)


@pytest.mark.parametrize("words, code, line", [
    ("-w 98: -c 95:", 1, "DMARC WARNING - example.com: 95.9% of 541 messages passed in 7 days | pass_rate=95.93%;98:;95:;0;100 messages=541;;;0"),
    ("-w 98: -c 96:", 2, "DMARC CRITICAL - example.com: 95.9% of 541 messages passed in 7 days | pass_rate=95.93%;98:;96:;0;100 messages=541;;;0"),
    ("-w 95:", 0, "DMARC OK - example.com: 95.9% of 541 messages passed in 7 days | pass_rate=95.93%;95:;;0;100 messages=541;;;0"),
    ("-c 95.94:", 2, "DMARC CRITICAL - example.com: 95.9% of 541 messages passed in 7 days | pass_rate=95.93%;;95.94:;0;100 messages=541;;;0"),
    ("", 1, "DMARC WARNING - example.com: 95.9% of 541 messages passed in 7 days | pass_rate=95.93%;98:;95:;0;100 messages=541;;;0"),
    ("--days 1", 2, "DMARC CRITICAL - example.com: 94.4% of 213 messages passed in 1 day | pass_rate=94.36%;98:;95:;0;100 messages=213;;;0"),
])
def test_pass_rate(ruad, golden_db, words, code, line):
    ran = ruad.run("check", "pass-rate", "--db", golden_db, "--domain", "example.com", *words.split(), code=code)
    assert ran.out == line + "\n" and ran.err == ""


def test_pass_rate_is_that_of_the_api(ruad, extra_db, extra):
    for domain in ("example.com", "example.org", "long.example", "example.com,example.org", "!example.com", None):
        words = ("--domain", domain) if domain else ()
        for days in (1, 2, 7, 30):
            begin = {1: "2026-11-19", 2: "2026-11-18", 7: "2026-11-13", 30: "2026-10-21"}[days]
            totals = extra.api(f"summary?from={begin}&to=2026-11-20" + (f"&domain={domain}" if domain else ""))["totals"]
            line = check(ruad, "pass-rate", "--db", extra_db, "--days", days, *words)
            assert line.value("messages") == totals["messages"]
            if totals["messages"]:
                assert line.value("pass_rate") == int(10000 * totals["pass"] / totals["messages"] + 1e-6) / 100
            else:
                assert line.state == "UNKNOWN"


def test_nothing_to_judge(ruad, golden_db):
    line = check(ruad, "pass-rate", "--db", golden_db, "--domain", "exmaple.com")
    assert line.line == "DMARC UNKNOWN - exmaple.com: no messages in 7 days | messages=0;;;0"


@pytest.mark.parametrize("words, state", [
    ("", "OK"), ("-w 1d", "WARNING"), ("-w 36h -c 37h", "OK"), ("-w 35h -c 2d", "WARNING"), ("-w 1h -c 35h", "CRITICAL"),
    ("-w 129599", "WARNING"), ("-w 129600", "OK"), ("-w 2160m", "OK"), ("-c @0:2d", "CRITICAL"),
])
def test_freshness(ruad, golden_db, words, state):
    line = check(ruad, "freshness", "--db", golden_db, "--domain", "example.com", *words.split())
    assert line.state == state
    assert line.text == "example.com: the newest report ended 1 d 12 h ago" and line.perf["age"][:2] == ("129600", "s")


def test_freshness_without_a_report(ruad, db, golden_db):
    ruad.run("import", "--db", db, GOLDEN / "inputs/B8-logo-only.eml")
    assert check(ruad, "freshness", "--db", db).line == "DMARC CRITICAL - all domains: no report yet"
    assert check(ruad, "freshness", "--db", golden_db, "--domain", "nothing.example", "-w", "1h").state == "WARNING"


def test_freshness_does_not_believe_clocks(ruad, db, tmp_path):
    """Reports of days to come do not make the newest one new."""
    (tmp_path / "a.xml").write_bytes(report("a"))
    (tmp_path / "b.xml").write_bytes(report("b", begin=BEGIN + 900 * DAY, end=BEGIN + 901 * DAY - 1))
    (tmp_path / "c.xml").write_bytes(report("c", begin=BEGIN - 900 * DAY, end=BEGIN + 900 * DAY))
    ruad.run("import", "--db", db, tmp_path)
    assert check(ruad, "freshness", "--db", db).value("age") == 36 * 3600 + 1


def test_freshness_is_that_of_the_metrics(ruad, extra_db, extra):
    for domain in ("example.com", "example.org", "long.example", "xss.example"):
        text = extra.get("/metrics").text
        at = int(re.search(rf'ruad_domain_last_report_timestamp_seconds{{domain="{domain}"}} (\d+)', text)[1])
        now = 1795262400
        assert NOW == "2026-11-21T12:00:00Z"
        assert check(ruad, "freshness", "--db", extra_db, "--domain", domain).value("age") == now - at


def test_import(ruad, tmp_path):
    """The configured source that waits longest."""
    site = Site(ruad, tmp_path / "site")
    site.source("first", type="maildir", path=maildir(tmp_path / "One", [good(1)]))
    site.source("second", type="maildir", path=tmp_path / "Two")
    words = ("import", "--config", site.file)
    assert check(ruad, *words).line.startswith("DMARC UNKNOWN - there is no database at")
    ruad.run("import", "--config", site.file, code=66)
    line = check(ruad, *words)
    assert line.state == "CRITICAL" and line.perf["age"] == ("U", "", "93600", "180000") and line.value("failing") == 1
    assert line.text.startswith("2 sources, of these second: never read; failing for 0 s (1 run): ")
    assert check(ruad, *words, "--source", "first").line == (
        "DMARC OK - first: last success 0 s ago | age=0s;93600;180000;0 failing=0;;;0")
    maildir(tmp_path / "Two", [good(2)])
    ruad.run("import", "--config", site.file)
    later = {"RUAD_NOW": "2026-11-22T15:00:00Z"}
    assert check(ruad, *words, env=later).state == "WARNING"
    ruad.run("import", "first", "--config", site.file, env=later)
    line = check(ruad, *words, env=later)
    assert line.text == "2 sources, of these second: last success 1 d 3 h ago" and line.value("age") == 27 * 3600
    assert check(ruad, *words, "--source", "first", env=later).state == "OK"
    assert check(ruad, *words, "--source", "third").line == "DMARC UNKNOWN - there is no source third (`ruad source list`)"


def test_import_without_configuration(ruad, golden_db, db):
    assert check(ruad, "import", "--db", golden_db).text == "files: last success 0 s ago"
    with ruad.serve(db):  # makes it
        pass
    assert check(ruad, "import", "--db", db).line == "DMARC UNKNOWN - no source is configured, and nothing was imported yet"


def test_strangers_text_stays_text(ruad, tmp_path):
    """A bar would begin performance data, a line end the long output."""
    site = Site(ruad, tmp_path / "site")
    site.source("bad", type="maildir", path=tmp_path / "a|b=1;2\u2028x")
    ruad.run("import", "--config", site.file, code=66)
    line = check(ruad, "import", "--config", site.file)
    assert "a/b=1;2" in line.text
    assert check(ruad, "pass-rate", "--config", site.file, "--domain", "x|y").text.startswith("x/y: ")
    assert "\x1b" not in check(ruad, "pass-rate", "--config", site.file, "--domain", "x\n\x1b[31mz").line


def test_store(ruad, golden_db, golden):
    status = golden.api("status")
    line = check(ruad, "store", "--db", golden_db)
    assert line.state == "OK" and line.perf["size"] == (str(status["size_bytes"]), "B", "", "")
    assert (line.value("reports"), line.value("messages"), line.value("problems")) == (7, 551, 5)
    assert check(ruad, "store", "--db", golden_db, "-w", "100K").state == "WARNING"
    assert check(ruad, "store", "--db", golden_db, "-w", "1K", "-c", "100K").state == "CRITICAL"
    assert check(ruad, "store", "--db", golden_db, "-c", "1G").state == "OK"


def test_store_that_is_none(ruad, tmp_path):
    bad = tmp_path / "bad.db"
    bad.write_bytes(b"this is no database" * 1000)
    assert check(ruad, "store", "--db", bad).state == "UNKNOWN"


@pytest.mark.parametrize("words, text", [
    ("", "check what?"), ("pass-rat", "check what?"), ("store store", "check what?"), ("pass-rate -w x", "is no range"),
    ("pass-rate -w 60h", "is no range"), ("freshness -c 3x", "is no range"), ("store --domain x", "takes no --domain"),
    ("import --days 3", "takes no --days"), ("pass-rate --days 0", "--days"), ("pass-rate --days 7d", "--days"),
    ("pass-rate --bogus", "--bogus"), ("pass-rate -w", "wants a value"), ("store --json", "no JSON form"), ("store --color x", "--color"),
    ("store --config /nonexistent/ruad.conf", "configuration"), ("store --set nothing=1", "configuration"),
    ("pass-rate --db /nonexistent/ruad.db", "no folder"), ("pass-rate --db /tmp/nonexistent.db", "no database"), ("freshness --domain a,,b", "domain"),
])
def test_unknown(ruad, words, text):
    """Whatever is wrong: one line on standard output, and exit status 3."""
    ran = ruad.run("check", *words.split(), code=3)
    line = Line(ran)
    assert line.state == "UNKNOWN" and text in line.text and not line.perf


def test_unknown_with_options_before_the_command(ruad, golden_db):
    assert Line(ruad.run("--db", golden_db, "check", "store")).state == "OK"
    assert Line(ruad.run("--db", golden_db, "--bogus", "check", "store", code=3)).state == "UNKNOWN"


def test_output_that_cannot_be_written(ruad, golden_db):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([ruad.binary, "check", "store", "--db", golden_db], stdout=full, stderr=subprocess.PIPE, env=ruad.env())
    assert done.returncode == 3


def test_locked_out(nobody):
    """Who may not read the database gets no traceback and no other exit code."""
    nobody.ruad.run("import", "--db", nobody.state / "ruad.db", GOLDEN / "inputs")
    (nobody.state / "ruad.db").chmod(0o600)
    line = Line(nobody.run("check", "store", "--db", nobody.state / "ruad.db", code=(0, 3)))
    assert line.state in ("UNKNOWN", "OK")


def test_many_messages(ruad, db, tmp_path):
    (tmp_path / "a.xml").write_bytes(report("a", records=[record(count=9_999_999), record(ip="192.0.2.2", dkim="fail", spf="fail")]))
    ruad.run("import", "--db", db, tmp_path)
    line = check(ruad, "pass-rate", "--db", db, "-w", "100:", "-c", "99.99:")
    assert line.line == ("DMARC WARNING - all domains: >99.9% of 10,000,000 messages passed in 7 days | "
                         "pass_rate=99.99%;100:;99.99:;0;100 messages=10000000;;;0")
