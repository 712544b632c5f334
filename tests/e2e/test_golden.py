"""The golden data set: its totals are known, and come out of command line, API and pages alike."""

import csv
import io
import json
import re

import pytest

from html_page import Page
from program import DAYS, GOLDEN, RANGE
from reports import report

EXPECTED = json.loads((GOLDEN / "expected.json").read_text())
DOMAIN = ("--domain", "example.com")
Q = f"domain=example.com&{RANGE}"
SENDERS = {key: row for key, row in EXPECTED["by_sender"].items()}


def show(ruad, db, what, *words):
    return ruad.run("show", what, "--json", "--db", db, *DAYS, *words).json()


def sums(totals):
    return totals["messages"], totals["pass"], totals["fail"]


def of(row):
    """messages, pass, fail of a row of expected.json"""
    return row["messages"], row["pass"], row["messages"] - row["pass"]


@pytest.fixture(params=["command line", "API"])
def ask(request, ruad, golden_db, golden):
    """The same question on both ways; the pages have tests of their own."""
    if request.param == "API":
        return lambda what, *filters: golden.api("&".join([f"{what}?{RANGE}", *filters]))

    def by_command(what, *filters):
        words = [w for f in filters for w in ("--" + f.split("=")[0].replace("_", "-"), f.split("=", 1)[1])]
        return show(ruad, golden_db, what, *words)
    return by_command


def test_totals(ask):
    totals = ask("summary", "domain=example.com")["totals"]
    assert sums(totals) == (541, 519, 22)
    assert totals["explained"] == 4
    assert totals["records"] == 17


def test_alignment(ask):
    assert ask("summary", "domain=example.com")["aligned"] == {
        "both": EXPECTED["totals"]["both"], "spf_only": EXPECTED["totals"]["spf_only"],
        "dkim_only": EXPECTED["totals"]["dkim_only"], "none": 22}


def test_causes(ask):
    assert ask("summary", "domain=example.com")["by_cause"] == {
        "both": 385, "dkim_only": 126, "spf_only": 8, "dkim_broken": 4, "spf_unauthorised": 6, "unaligned": 12}


def test_both_domains(ask):
    answer = ask("domains")
    assert {d["domain"]: sums(d) for d in answer["data"]} == {
        "example.com": (541, 519, 22), "example.org": (10, 9, 1)}
    assert answer["totals"]["messages"] == 551


def test_by_reporter(ask):
    answer = ask("reporters", "domain=example.com")
    assert {r["reporter"]: r["messages"] for r in answer["data"]} == EXPECTED["by_reporter"]


def test_by_sender(ask):
    answer = ask("senders", "domain=example.com")
    assert {s["key"]: sums(s) for s in answer["data"]} == {k: of(v) for k, v in SENDERS.items()}
    assert answer["totals"]["messages"] == 541


def test_by_source(ask):
    answer = ask("sources", "domain=example.com")
    by_ip = {s["source_ip"]: s for s in answer["data"]}
    assert sum(s["messages"] for s in answer["data"]) == 541
    assert by_ip["203.0.113.30"]["sender"] == {"key": "example.net", "name": "example.net", "named_by": "dkim"}
    assert sums(by_ip["2001:db8:f::25"]) == (6, 6, 0)
    assert len(by_ip) == 7


def test_records(ask):
    answer = ask("records", "domain=example.com")
    assert len(answer["data"]) == 17
    assert sum(r["messages"] for r in answer["data"]) == 541
    failing = ask("records", "domain=example.com", "result=fail")
    assert len(failing["data"]) == 6
    assert sum(r["messages"] for r in failing["data"]) == 22
    assert sums(failing["totals"]) == (22, 0, 22)


FILTERS = {
    "reporter=google.com": 471, "reporter=GOOGLE.com": 471, "reporter=google.com,Yahoo": 482, "reporter=!google.com": 70,
    "result=fail": 22, "result=pass": 519, "explained=true": 4, "spf=aligned": 393, "dkim=aligned": 511,
    "source_ip=203.0.113.0/24": 18, "source_ip=2001:db8:f::25": 6, "sender=example.net": 12,
    "cause=unaligned": 12, "cause=unaligned,spf_unauthorised": 18, "disposition=none": 541, "override=mailing_list": 4,
    "spf_domain=example.com": 399, "dkim_selector=s1": 395, "dkim_domain=esp.example": 120, "header_from=example.com": 541,
    "disagrees=true": 0,
}


@pytest.mark.parametrize("text", FILTERS)
def test_filter(ask, text):
    """Every filter says the same for sums and for records."""
    assert ask("summary", "domain=example.com", text)["totals"]["messages"] == FILTERS[text]
    rows = ask("records", "domain=example.com", text)
    assert sum(r["messages"] for r in rows["data"]) == FILTERS[text]
    assert rows["totals"]["messages"] == FILTERS[text]


def test_one_signature(ask):
    """The three DKIM filters are about one signature: esp.example has two, of different domains."""
    both = ask("records", "domain=example.com", "dkim_domain=example.com", "dkim_selector=e1")
    assert both["data"] == []
    one = ask("records", "domain=example.com", "dkim_domain=esp.example", "dkim_selector=e1")
    assert sum(r["messages"] for r in one["data"]) == 120


def test_by_day(golden):
    rows = golden.api(f"timeseries?{Q}")["data"]
    assert {r["day"]: sums(r) for r in rows} == {day: of(row) for day, row in EXPECTED["by_day"].items()}
    for row in rows:
        want = EXPECTED["by_day"][row["day"]]
        assert (row["both"], row["one"]) == (want["both"], want.get("dkim_only", 0) + want.get("spf_only", 0))
        assert row["explained"] == want.get("fail_explained", 0)
        assert row["complete"] is True and row["has_data"] is True


def test_parts_of_the_series_add_up(golden):
    for split in ("result", "cause", "disposition", "sender", "reporter"):
        rows = golden.api(f"timeseries?{Q}&by={split}")["data"]
        assert sum(r["messages"] for r in rows) == 541, split


def test_reports(ask):
    rows = ask("reports")["data"]
    assert {r["report_id"]: (r["reporter"], r["messages"], r["records"]) for r in rows} == {
        "golden-0001": ("google.com", 143, 3), "golden-0002": ("google.com", 159, 4),
        "golden-0003": ("google.com", 169, 4), "golden-0004": ("Outlook.com", 26, 2),
        "golden-0005": ("Outlook.com", 33, 2), "golden-0006": ("Yahoo", 11, 2), "golden-0007": ("mail.example", 10, 2)}


REJECTED = {
    "B2-truncated.xml.gz": "archive-truncated", "B3-bomb.xml.gz": "archive-too-large", "B4-doctype.xml": "xml-doctype",
    "B5-cut.xml": "xml-malformed", "B6-other-root.xml": "not-a-report",
}


def test_outcomes(ruad, db):
    first = ruad.import_(db, GOLDEN / "inputs")
    assert {k: first[k] for k in ("inputs", "stored", "duplicate", "ignored", "rejected")} == {
        "inputs": 15, **EXPECTED["inputs"]}
    assert (first["reports"], first["records"], first["messages"]) == (7, 19, 551)


def test_reasons(ruad, golden_db, golden):
    rows = golden.api("inputs?range=all&outcome=rejected")["data"]
    assert ruad.run("show", "problems", "--json", "--range", "all", "--db", golden_db).json()["data"] == rows
    assert {r["locator"].rsplit("/", 1)[-1]: r["reason"] for r in rows} == REJECTED
    cut = next(r for r in rows if r["reason"] == "xml-malformed")
    assert cut["line"] > 0, "a malformed document is rejected with its line"


def test_ignored_and_duplicate(golden):
    rows = golden.api("inputs?range=all&outcome=ignored")["data"]
    assert {r["locator"].rsplit("/", 1)[-1]: r["reason"] for r in rows} == {
        "B7-newsletter.eml": "no-report-in-mail", "B8-logo-only.eml": "no-report-in-mail"}
    assert {r["message_id"].strip("<>") for r in rows} == {"b7@example.net", "b8@example.net"}
    rows = golden.api("inputs?range=all&outcome=duplicate")["data"]
    assert [r["reason"] for r in rows] == ["duplicate"]
    # Which of the two came first is the order of their names.
    assert rows[0]["locator"].rsplit("/", 1)[-1][:2] in ("B1", "R2")


def test_again_stores_nothing(ruad, db):
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    before = show(ruad, db, "summary", *DOMAIN)
    second = ruad.import_(db, GOLDEN / "inputs")
    assert (second["stored"], second["duplicate"], second["ignored"], second["rejected"]) == (0, 8, 2, 5)
    assert (second["reports"], second["records"], second["messages"]) == (0, 0, 0)
    after = show(ruad, db, "summary", *DOMAIN)
    for key in ("totals", "aligned", "by_cause", "by_disposition", "reports", "sources"):
        assert before[key] == after[key], key
    ruad.run("db", "verify", "--db", db)


def test_cron_is_silent(ruad, db):
    ran = ruad.run("import", "--db", db, GOLDEN / "inputs")
    assert (ran.out, ran.err) == ("", "")


def test_receivers_word(ruad, extra_db):
    """basis=reported counts what the receivers said."""
    def ours(*words):
        ran = ruad.run("show", "summary", "--json", "--db", extra_db, *DAYS, "--domain", "example.com", *words)
        return sums(ran.json()["totals"])
    assert ours("--basis", "reported") == (541, 519, 22)


# --- pages ---

def test_one_domain(golden):
    """The document of a domain says what summary, domains and senders say of it."""
    for domain, query in (("example.com", RANGE), ("example.org", RANGE), ("example.com", f"{RANGE}&basis=reported"), ("example.com", "range=1d")):
        one = golden.api(f"domains/{domain}?{query}")
        summary = golden.api(f"summary?domain={domain}&{query}")
        for key in set(summary) - {"query"}:
            assert one[key] == summary[key], (domain, query, key)
        rows = golden.api(f"domains?domain={domain}&{query}")["data"]
        for key in ("policy", "last_report"):
            assert one[key] == (rows[0][key] if rows else None), (domain, query, key)
        senders = golden.api(f"senders?domain={domain}&limit=1000&{query}")["data"]
        assert one["senders"] == {"senders": len(senders), "undecided": sum(s["undecided"] for s in senders), "new": sum(s["new"] for s in senders)}
    assert golden.api("domains/EXAMPLE.com.")["domain"] == "example.com"
    golden.get("/api/v1/domains/nowhere.example", status=404)
    golden.get(f"/api/v1/domains/example.com?{RANGE}&reporter=x", status=400)


def test_checks_of_the_status(golden, empty):
    checks = {c["name"]: (c["status"], c["value"]) for c in golden.api("status")["checks"]}
    assert checks == {"imports": ("ok", 0), "newest_report": ("ok", 36 * 3600), "complete_data": ("ok", 2), "disk": ("ok", 0)}
    checks = {c["name"]: (c["status"], c["value"]) for c in empty.api("status")["checks"]}
    assert checks == {"imports": ("ok", 0), "newest_report": ("warn", None), "complete_data": ("warn", None), "disk": ("ok", 0)}


def test_sources_of_the_domain_page(golden):
    page = Page(golden.get(f"/domains/example.com?{RANGE}").text)
    for number in ("385", "120", "12", "8", "6", "4"):
        assert re.search(rf"(?<!\d){number}(?!\d)", page.text), number
    for name in SENDERS:
        assert name in page.text, name


@pytest.mark.parametrize("path", ["/?", "/domains/example.com?", "/domains/example.org?", "/?result=fail&", "/?result=pass&",
                                  "/domains/example.com?result=fail&", "/domains/example.com?basis=reported&", "/?explained=false&"])
def test_each_number_counts_what_it_opens(ruad, db, tmp_path, path):
    """Filters that contradict a link, and a reporter without a name, too."""
    name = b"<org_name>reporter.example</org_name>"
    data = report("nameless", begin=1795046400, end=1795132799)
    assert name in data
    (tmp_path / "x.xml").write_bytes(data.replace(name, b"<org_name></org_name>"))
    ruad.run("import", "--db", db, GOLDEN / "inputs", tmp_path / "x.xml")
    with ruad.serve(db) as server:
        page = Page(server.get(path + RANGE).text)
        links = [(a.get("href"), Page.text_of(a)) for a in page.find("a")]
        links = [(href, re.search(r"^([\d,]+)( messages?| failed| explained|$)|\((\d+)\)$", text)) for href, text in links
                 if href.startswith("/records?")]
        links = [(href, found[1] or found[3]) for href, found in links if found]
        assert len(links) > 5
        for href, number in links:
            said = re.search(r"([\d,]+) messages? in", server.get(href).text)
            assert said and said[1] == number, (href, number, said and said[1])


@pytest.mark.parametrize("path", ["/?reportr=x", "/records?reportr=x", "/domains/example.com?reportr=x"])
def test_unknown_parameter(golden, path):
    answer = golden.get(path, status=400)
    assert answer.type == "text/html"
    text = Page(answer.text).text.replace("‘", "'").replace("’", "'")
    assert "Did you mean 'reporter'?" in text


def test_unknown_parameter_of_the_api(golden):
    answer = golden.get("/api/v1/records?domian=x", status=400)
    assert answer.type == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "/help/api#unknown-parameter"
    assert problem["errors"] == [{"parameter": "domian", "suggestion": "domain"}]


# --- exports ---

def rows_of_csv(text):
    assert text.count("\n") == text.count("\r\n"), "RFC 4180 wants CRLF"
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_of_the_command_line(ruad, golden_db):
    ran = ruad.run("show", "records", "--csv", "--db", golden_db, *DAYS, *DOMAIN)
    rows = rows_of_csv(ran.out)
    assert len(rows) == 17 and sum(int(r["messages"]) for r in rows) == 541


def test_ndjson(golden):
    answer = golden.get(f"/api/v1/records.ndjson?{Q}")
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert sum(r.get("messages", 0) for r in rows if "source_ip" in r) == 541


# --- a report over three days ---

def test_long_report_is_spread(extra):
    rows = extra.api(f"timeseries?domain=long.example&{RANGE}")["data"]
    assert [(r["day"], r["messages"], r["spread_messages"]) for r in rows] == [
        ("2026-11-17", 34, 34), ("2026-11-18", 33, 33), ("2026-11-19", 33, 33)]
    report = extra.api(f"reports?domain=long.example&{RANGE}")["data"][0]
    assert report["spread"] is True and "long-period" in report["flags"] and report["messages"] == 100


@pytest.mark.parametrize("day, messages", [("2026-11-17", 34), ("2026-11-18", 33), ("2026-11-19", 33)])
def test_one_day_of_a_long_report(extra, day, messages):
    """What a day of the chart shows, its records add up to."""
    to = f"2026-11-{int(day[-2:]) + 1}"
    records = extra.api(f"records?domain=long.example&from={day}&to={to}")
    assert sum(r["messages"] for r in records["data"]) == messages
    assert records["totals"]["messages"] == messages
    assert extra.api(f"summary?domain=long.example&from={day}&to={to}")["totals"]["messages"] == messages
