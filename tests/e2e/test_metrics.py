"""/metrics and /readyz: the formats, and numbers that are those of the API."""

import concurrent.futures
import http.client
import json
import pathlib
import re
import time
import urllib.parse

import pytest
import yaml

import promtext
from program import GOLDEN, TOP, Answer
from reports import BEGIN, DAY, report
from test_feeds import config, source  # noqa: F401 (a fixture)
from test_schema import check as check_schema
from test_sources import BAD, good, maildir

OPEN = "application/openmetrics-text"
WINDOW = "from=2026-11-13&to=2026-11-20"  # the seven complete days before the fixed clock


def metrics(server):
    answer = server.get("/metrics", Accept="text/plain")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return promtext.read(answer.text)


def open_metrics(server):
    answer = server.get("/metrics", Accept=OPEN)
    assert answer.headers["Content-Type"] == f"{OPEN}; version=1.0.0; charset=utf-8"
    return promtext.read(answer.text, True)


# --- formats ---

@pytest.mark.parametrize("server", ["golden", "extra", "empty"])
def test_both_formats(server, request):
    """Sound, and the same numbers but for those that run on."""
    server = request.getfixturevalue(server)
    server.get("/api/v1/summary")
    one, other = metrics(server), open_metrics(server)

    def still(families):
        return {k: v for k, v in promtext.series_of(families).items() if not k[0].startswith(("process_", "ruad_http_"))}
    assert still(one) == still(other) and len(still(one)) > 5
    assert len(one) == len(other)
    units = {f.name: f.unit for f in other.values()}
    for name, unit in units.items():
        assert unit == next((u for u in ("seconds", "bytes") if name.endswith(u)), None), name


@pytest.mark.parametrize("accept, open_wanted", [
    (None, False), ("*/*", False), ("text/plain", False), ("text/plain;version=0.0.4", False), ("text/html,*/*;q=0.8", False),
    ("application/json", False), (f"{OPEN};version=1.0.0", True), (f"{OPEN};version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", True),
    (f"{OPEN};q=0.2,text/plain;q=0.9", False), (f"application/vnd.google.protobuf;q=0.9,{OPEN};version=1.0.0;q=0.8,text/plain;q=0.5", True),
])
def test_format_by_accept(golden, accept, open_wanted):
    connection = http.client.HTTPConnection("127.0.0.1", golden.port)
    connection.request("GET", "/metrics", headers={"Accept": accept} if accept else {})
    answer = Answer(connection.getresponse(), "GET", "/metrics")
    text = answer.text
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"].startswith(OPEN if open_wanted else "text/plain")
    promtext.read(text, open_wanted)
    connection.close()


def test_head(golden):
    answer = golden.get("/metrics", method="HEAD")
    assert answer.body == b"" and int(answer.headers["Content-Length"]) > 1000


def test_hostile_names(ruad, db, tmp_path):
    """They are label values and nothing else."""
    name = 'evil\\"},\u2028ruad_store_up 7\n# EOF\n' + "x" * 300
    xml = report("hostile", org="x", domain="hostile.example")
    wrapped = name.replace("&", "&amp;").replace("<", "&lt;").encode()
    (tmp_path / "x.xml").write_bytes(xml.replace(b"<domain>hostile.example</domain><adkim>", b"<domain>" + wrapped + b"</domain><adkim>"))
    ruad.run("import", "--db", db, tmp_path / "x.xml", GOLDEN / "extra/H1-hostile.xml")
    with ruad.serve(db) as server:
        families = metrics(server)
        assert families["ruad_store_up"].values() == {(): 1}
        domains = {k[0] for k in families["ruad_domain_messages"].values(spf="aligned", dkim="aligned")}
        assert {d["domain"] for d in server.api("domains?range=all")["data"]} == domains
        assert promtext.series_of(open_metrics(server)).keys() >= {("ruad_store_up",)}


# --- the data ---

def test_domain_messages_of_the_golden_set(golden):
    """The four cells add up to all messages."""
    messages = metrics(golden)["ruad_domain_messages"]
    cells = messages.values(domain="example.com")
    assert cells == {("aligned", "aligned"): 385, ("aligned", "unaligned"): 8, ("unaligned", "aligned"): 126, ("unaligned", "unaligned"): 22}
    assert sum(cells.values()) == 541


@pytest.mark.parametrize("server", ["golden", "extra"])
def test_numbers_are_those_of_the_api(server, request):
    server = request.getfixturevalue(server)
    families = metrics(server)
    rows = server.api("domains?range=all&limit=1000")["data"]
    assert families["ruad_domains"].value() == len(rows)
    assert families["ruad_store_generation"].value() == server.api("summary")["generation"]
    assert families["ruad_store_size_bytes"].value() == server.api("status")["size_bytes"]
    for row in rows:
        domain = row["domain"]
        summary = server.api(f"summary?{WINDOW}&domain={urllib.parse.quote(domain)}")
        cells, aligned = families["ruad_domain_messages"], summary["aligned"]
        assert cells.value(domain=domain, spf="aligned", dkim="aligned") == aligned["both"]
        assert cells.value(domain=domain, spf="aligned", dkim="unaligned") == aligned["spf_only"]
        assert cells.value(domain=domain, spf="unaligned", dkim="aligned") == aligned["dkim_only"]
        assert cells.value(domain=domain, spf="unaligned", dkim="unaligned") == aligned["none"]
        assert families["ruad_domain_passed_messages"].value(domain=domain) == summary["totals"]["pass"]
        assert families["ruad_domain_explained_failures"].value(domain=domain) == summary["totals"]["explained"]
        undecided = [s for s in server.all("senders", "domain=" + urllib.parse.quote(domain)) if s["undecided"]]
        assert families["ruad_domain_undecided_senders"].value(domain=domain) == len(undecided)
        assert families["ruad_domain_new_senders"].value(domain=domain) == 0
        at = families["ruad_domain_last_report_timestamp_seconds"].value(domain=domain)
        assert time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) == row["last_report"]
        told = {k: row["policy"][k] or "" for k in ("p", "sp", "np", "adkim", "aspf", "testing")}
        assert families["ruad_domain_policy_info"].value(domain=domain, **told) == 1


def test_problems(golden):
    assert metrics(golden)["ruad_problems_open"].values() == {
        ("input",): golden.api("status")["problems"], ("held",): 0, ("source",): 0}


def test_reporters_that_are_expected(ruad, db, tmp_path):
    """Steady for four weeks; a visitor of one day is not there."""
    for day in range(30):
        begin = BEGIN - day * DAY
        (tmp_path / f"s{day}.xml").write_bytes(report(f"s{day}", org="steady.example", begin=begin, end=begin + DAY - 1))
    (tmp_path / "v.xml").write_bytes(report("v", org="visitor.example"))
    ruad.run("import", "--db", db, tmp_path)
    with ruad.serve(db) as server:
        seen = metrics(server)["ruad_reporter_last_report_timestamp_seconds"].values()
        assert seen == {("steady.example",): BEGIN + DAY - 1}


def test_report_of_the_future_hides_nothing(ruad, db, tmp_path):
    """A clock that is wrong by years does not make the newest report new."""
    (tmp_path / "a.xml").write_bytes(report("a"))
    (tmp_path / "b.xml").write_bytes(report("b", begin=BEGIN + 3000 * DAY, end=BEGIN + 3001 * DAY - 1))
    ruad.run("import", "--db", db, tmp_path)
    with ruad.serve(db) as server:
        assert metrics(server)["ruad_domain_last_report_timestamp_seconds"].values() == {("example.com",): BEGIN + DAY - 1}


def test_number_of_domains_is_bounded(ruad, db, tmp_path):
    """Whoever sends reports about more and more domains does not push out those that were there."""
    (tmp_path / "first").mkdir()
    (tmp_path / "first/a.xml").write_bytes(report("first"))
    ruad.run("import", "--db", db, tmp_path / "first")
    (tmp_path / "more").mkdir()
    for i in range(1100):
        (tmp_path / f"more/{i}.xml").write_bytes(report(f"r{i}", domain=f"d{i:04}.example"))
    ruad.run("import", "--db", db, tmp_path / "more", timeout=300)
    with ruad.serve(db) as server:
        families = metrics(server)
        shown = families["ruad_domain_passed_messages"].values()
        assert len(shown) == 1000 and shown[("example.com",)] == 1
        assert families["ruad_domains"].value() == 1101


# --- the program ---

def test_requests_are_counted(ruad, db):
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    with ruad.serve(db) as server:
        for path in ("/api/v1/reports/1", "/api/v1/reports/2", "/api/v1/reports/1/xml", "/api/v1/records.csv", "/api/v1/records",
                     "/", "/domains/example.com", "/domains/example.org", "/healthz"):
            server.get(path)
        for path in ("/secret", "/api/v1/secret", "/api/v1/reports/999", "/api/v1/secret/1"):
            server.get(path, status=404)
        server.get("/records?secret=1", status=400)
        server.get("/api/v1/summary", method="HEAD")
        server.get("/api/v1/summary", method="BREW", status=405)
        families = metrics(server)
        text = server.get("/metrics").text
    assert "secret" not in text and "BREW" not in text and "example.com" not in "".join(
        line for line in text.splitlines() if line.startswith("ruad_http"))
    assert families["ruad_http_requests_total"].values() == {
        ("/api/v1/reports/{}", "GET", "200"): 2, ("/api/v1/reports/{}/xml", "GET", "200"): 1, ("/api/v1/records", "GET", "200"): 2,
        ("/", "GET", "200"): 1, ("/domains/{}", "GET", "200"): 2, ("/healthz", "GET", "200"): 1, ("other", "GET", "404"): 3,
        ("/api/v1/reports/{}", "GET", "404"): 1, ("/records", "GET", "400"): 1, ("/api/v1/summary", "HEAD", "200"): 1,
        ("/api/v1/summary", "other", "405"): 1}
    counts = {tuple(v for k, v in labels.items()): value for name, labels, value in
              families["ruad_http_request_duration_seconds"].samples if name.endswith("_count")}
    assert counts == families["ruad_http_requests_total"].values()


def test_no_request_is_lost(ruad, db):
    """Counted from many threads at once, while others read."""
    with ruad.serve(db) as server, concurrent.futures.ThreadPoolExecutor(8) as pool:
        def ask(n):
            server.get("/healthz" if n % 2 else "/api/v1/summary")
            return n % 20 or metrics(server)
        list(pool.map(ask, range(200)))
        counted = metrics(server)["ruad_http_requests_total"]
        assert counted.value(route="/healthz", method="GET", code="200") == 100
        assert counted.value(route="/api/v1/summary", method="GET", code="200") == 100


def test_process(golden):
    families = metrics(golden)
    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds", "process_max_fds"):
        assert families[name].value() > 0, name
    assert abs(families["process_start_time_seconds"].value() - time.time()) < 3600
    proc = pathlib.Path(f"/proc/{golden.process.pid}")
    assert abs(families["process_open_fds"].value() - len(list((proc / "fd").iterdir()))) <= 3
    build = families["ruad_build_info"].values()
    assert len(build) == 1 and all(re.fullmatch(r"[\w.]+", v) for v in next(iter(build)))


# --- imports ---

def test_imports_of_others_are_counted(ruad, db):
    """`ruad import` under cron counts, from zero when the server begins."""
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    with ruad.serve(db) as server:
        assert metrics(server)["ruad_inputs_total"].samples == []
        ruad.run("import", "--db", db, GOLDEN / "inputs")
        ruad.run("import", "--db", db, GOLDEN / "extra")
        families = metrics(server)
        assert families["ruad_inputs_total"].values(source="files") == {
            ("stored",): 3, ("duplicate",): 8, ("ignored",): 2, ("rejected",): 5}
        assert families["ruad_inputs_rejected_total"].values(source="files") == {
            ("archive-truncated",): 1, ("archive-too-large",): 1, ("not-a-report",): 1, ("xml-malformed",): 1, ("xml-doctype",): 1}
        assert families["ruad_import_runs_total"].values(source="files") == {("ok",): 2, ("partial",): 0, ("failed",): 0}
        count = [v for n, _, v in families["ruad_import_duration_seconds"].samples if n.endswith("_count")]
        assert count == [2]
        again = metrics(server)["ruad_inputs_total"].values(source="files")
        assert again[("stored",)] == 3, "looking does not count"
        assert sum(families["ruad_domain_messages"].values(domain="long.example").values()) == 100, "the data are the newest"


def test_configured_sources_begin_with_zeros(ruad, config, tmp_path):  # noqa: F811
    """So that the first of a kind is an increase."""
    one = maildir(tmp_path / "One", [good(1)])
    words = config(source("first", one), source("second", tmp_path / "gone"), source("third", maildir(tmp_path / "Three", [BAD]), "every = 1h"),
                   db=tmp_path / "s.db")
    with ruad.serve(tmp_path / "s.db", "--no-import", *words) as server:
        families = metrics(server)
        for name in ("first", "second", "third"):
            assert set(families["ruad_inputs_total"].values(source=name).values()) == {0}
            assert families["ruad_inputs_rejected_total"].value(source=name, reason="xml-malformed") == 0
        ruad.run("import", *words, code=66)
        families = metrics(server)
        runs = families["ruad_import_runs_total"]
        assert runs.value(source="first", outcome="ok") == 1 and runs.value(source="second", outcome="failed") == 1
        assert families["ruad_inputs_total"].value(source="first", outcome="stored") == 1
        assert families["ruad_inputs_total"].value(source="third", outcome="rejected") == 1
        assert families["ruad_import_failures"].values() == {("first",): 0, ("second",): 1, ("third",): 0}
        assert set(families["ruad_import_last_success_timestamp_seconds"].values()) == {("first",), ("third",)}
        assert families["ruad_problems_open"].values() == {("input",): 1, ("held",): 0, ("source",): 1}


# --- when the database is gone ---

def test_ready(golden):
    answer = golden.get("/readyz")
    check_schema("ready", answer.json())
    assert answer.json()["ready"] and answer.headers["Cache-Control"] == "no-store" and answer.type == "application/json"
    assert {c["name"]: c["status"] for c in answer.json()["checks"]} == {"store": "ok", "schema": "ok", "disk": "ok"}


def test_database_goes_and_comes_back(ruad, db):
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    away = db.with_name("away.db")
    with ruad.serve(db) as server:
        assert metrics(server)["ruad_store_up"].value() == 1
        db.rename(away)
        answer = server.get("/readyz", status=503).json()
        check_schema("ready", answer)
        assert not answer["ready"]
        assert {c["name"]: c["status"] for c in answer["checks"]} == {"store": "crit", "schema": "unknown", "disk": "unknown"}
        assert str(db) in answer["checks"][0]["detail"]
        families = metrics(server)
        assert families["ruad_store_up"].value() == 0 and "ruad_domain_messages" not in families
        assert families["ruad_http_requests_total"].value(route="/readyz", method="GET", code="503") == 1
        open_metrics(server)
        assert server.get("/healthz").text == "ok\n"
        away.rename(db)
        assert server.get("/readyz").json()["ready"]
        assert metrics(server)["ruad_store_up"].value() == 1


# --- what is shipped, and what is told ---

def names_of(server):
    """Names of samples, with those of families that have none now."""
    families = metrics(server)
    names = {name: set(labels) for f in families.values() for name, labels, _ in f.samples}
    for f in families.values():
        for ending in ("_bucket", "_count", "_sum") if f.type == "histogram" else ("",):
            names.setdefault(f.name + ending, None)
    return names


def expressions():
    rules = yaml.safe_load((TOP / "contrib/prometheus/ruad-alerts.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    board = json.loads((TOP / "contrib/grafana/ruad.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["definition"]


@pytest.mark.parametrize("what, expr", list(expressions()))
def test_examples_use_what_there_is(extra, what, expr):
    extra.get("/healthz")
    known = names_of(extra)
    used = set(re.findall(r"\b(?:ruad|process)_\w+", expr))
    assert used or "up{" in expr
    for name in used:
        assert name in known, f"{what}: there is no {name}"
    for name, inside in re.findall(r"\b((?:ruad|process)_\w+)\{([^}]*)\}", expr):
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', "", inside)):
            assert label in {"job", "instance"} | (known[name] or set()) or known[name] is None, f"{what}: {name} has no label {label}"
    depth = re.sub(r'"[^"]*"', "", expr)
    for left, right in ("()", "{}", "[]"):
        assert depth.count(left) == depth.count(right), what


def test_dashboard_is_sound():
    board = json.loads((TOP / "contrib/grafana/ruad.json").read_text())
    ids = [p["id"] for p in board["panels"]]
    assert len(ids) == len(set(ids))
    taken = set()
    for p in board["panels"]:
        g = p["gridPos"]
        assert g["x"] + g["w"] <= 24
        cells = {(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])}
        assert not cells & taken, f"{p['title']} lies over another panel"
        taken |= cells
        assert len({t["refId"] for t in p["targets"]}) == len(p["targets"])


def test_icinga_uses_options_there_are(ruad):
    text = (TOP / "contrib/icinga/ruad.conf").read_text()
    help_text = ruad.run("check", "--help").out
    for option in re.findall(r'"(--[\w-]+)"', text):
        assert re.search(rf"(?<![\w-]){option}\b", help_text), option
    for kind in re.findall(r'ruad_check = "([\w-]+)"', text):
        assert re.search(rf"[ |]{kind}\b", help_text), kind
    assert text.count("{") == text.count("}") and text.count('"') % 2 == 0


def test_manual_has_every_metric(extra):
    extra.get("/healthz")
    page = (TOP / "man/ruad.1").read_text().replace("\\-", "-").replace("\\&", "")
    section = page.split(".Sh METRICS")[1].split(".Sh ")[0]
    told = set(re.findall(r"\b(?:ruad|process)_\w+", section))
    known = set(metrics(extra))
    assert known <= told, known - told
    assert told <= known, told - known
