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

def test_overview_page(golden):
    """The overview adds up."""
    page = Page(golden.get(f"/?{RANGE}").text)
    assert "2 domains, 551 messages" in page.text
    table = page.table("Domain")
    rows = {row["Domain"].split()[0]: row for row in table}
    com, org = rows["example.com"], rows["example.org"]
    assert (com["Messages"], com["Failed"], com["Explained"]) == ("541", "22", "4")
    assert "95.9%" in com["Passed"] and "(519)" in com["Passed"]
    assert (org["Messages"], org["Failed"]) == ("10", "1")
    assert "90.0%" in org["Passed"] and "(9)" in org["Passed"]
    assert sum(int(row["Messages"].replace(",", "")) for row in table) == 551
    assert golden.api(f"domains?{RANGE}")["totals"]["messages"] == 551


def test_domain_page(golden):
    """The sentence, the days and the chart of a domain."""
    page = Page(golden.get(f"/domains/example.com?{RANGE}").text)
    assert "541 messages · 95.9% passed DMARC (519) · 22 failed, of those 4 explained by forwarding" in page.text
    assert "p=none" in page.text
    days = {row["Day"].split()[0]: row for row in page.table("Day", "Passed")}
    assert {day: (row["Messages"], row["Passed"].split()[0]) for day, row in days.items()} == {
        "2026-11-17": ("143", "140"), "2026-11-18": ("185", "178"), "2026-11-19": ("213", "201")}
    descriptions = [d.text or "" for d in page.find("desc")]
    assert any("541 messages" in d for d in descriptions), descriptions


def test_sources_of_the_domain_page(golden):
    page = Page(golden.get(f"/domains/example.com?{RANGE}").text)
    for number in ("385", "120", "12", "8", "6", "4"):
        assert re.search(rf"(?<!\d){number}(?!\d)", page.text), number
    for name in SENDERS:
        assert name in page.text, name


def test_numbers_are_links_to_themselves(golden):
    """What says "22 failed" opens the records that are the 22."""
    page = Page(golden.get(f"/domains/example.com?{RANGE}").text)
    for text, said, messages in (("22 failed", "22 messages in 6 records", 22),
                                 ("4 explained", "4 messages in 1 record", 4),
                                 ("519", "519 messages in 11 records", 519)):
        href = page.link(text)
        target = Page(golden.get(href).text)
        assert said in target.text, (text, href)
        total = sum(int(row["Messages"].split()[0].replace(",", "")) for row in target.table("Source IP", "Messages"))
        assert total == messages, (text, href)
        query = href.split("?", 1)[1]
        totals = golden.api(f"records?{query}")["totals"]
        assert (totals["messages"], totals["records"]) == (messages, int(re.search(r"in (\d+)", said)[1]))


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


def record_of(server, ip, report_id):
    rows = server.api(f"records?{RANGE}&source_ip={ip}")["data"]
    return next(r for r in rows if r["report"]["report_id"] == report_id)


def test_explain_unaligned(golden):
    """The record of 203.0.113.30 of 2026-11-19."""
    record = record_of(golden, "203.0.113.30", "golden-0003")
    document = golden.api(f"records/{record['id']}")
    questions = document["explanation"]["questions"]
    assert [q["answer"].split()[0] for q in questions] == ["yes", "no", "yes", "no"]
    assert document["explanation"]["dmarc"]["answer"] == "fail"
    page = Page(golden.get(f"/records/{record['id']}").text)
    assert "crm.example.net is not in example.com (relaxed)" in page.text
    assert "Passes for crm.example.net, not for example.com." in page.text
    href = next(a for a in page.hrefs() if "/xml#L" in a)
    original = golden.get(href.split("#")[0])
    line = Page(original.text).by_id(href.split("#")[1])
    assert "203.0.113.30" in Page.text_of(line)


def test_explain_strict(golden):
    record = record_of(golden, "203.0.113.67", "golden-0007")
    page = Page(golden.get(f"/records/{record['id']}").text)
    for words in ("mail.example.org is not exactly example.org (strict)", "quarantined", "policy_test_mode"):
        assert words in page.text, words


def test_explain_disagreement(extra):
    rows = extra.api(f"records?{RANGE}&disagrees=true")["data"]
    assert sum(r["messages"] for r in rows) == 5
    page = Page(extra.get(f"/records/{rows[0]['id']}").text)
    assert "Receiver says pass; the report lists no DKIM signature that shows it." in page.text
    listed = Page(extra.get(f"/records?{RANGE}&disagrees=true").text)
    assert "5 messages in 1 record" in listed.text


def test_problems_page(golden):
    """The import tells what it did."""
    page = Page(golden.get("/problems").text)
    for words in ("Rejected (5)", "Ignored (2)", "Duplicates (1)"):
        assert words in page.text, words
    reasons = [row["Reason"].split()[0] for row in page.table("Reason")]
    assert sorted(reasons) == sorted(REJECTED.values())
    assert re.search(r"Problems\s*5\b", page.text)


def test_reporter_filter(golden):
    """The state is the URL."""
    page = Page(golden.get(f"/domains/example.com?{RANGE}&reporter=google.com").text)
    assert "471 messages" in page.text


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


@pytest.mark.parametrize("query, lines, messages", [("", 17, 541), ("&result=fail", 6, 22)])
def test_csv(golden, query, lines, messages):
    page = Page(golden.get(f"/records?{Q}{query}").text)
    answer = golden.get(page.link("CSV"))
    assert answer.type == "text/csv"
    rows = rows_of_csv(answer.text)
    assert len(rows) == lines
    assert sum(int(row["messages"]) for row in rows) == messages
    same = golden.get(page.link("JSON")).json()
    assert same["totals"]["messages"] == messages


def test_csv_of_the_command_line(ruad, golden_db):
    ran = ruad.run("show", "records", "--csv", "--db", golden_db, *DAYS, *DOMAIN)
    rows = rows_of_csv(ran.out)
    assert len(rows) == 17 and sum(int(r["messages"]) for r in rows) == 541


def test_csv_defuses_formulas(extra):
    row = rows_of_csv(extra.get(f"/api/v1/records.csv?{RANGE}&domain=xss.example").text)[0]
    assert row["report_id"].startswith("'=HYPERLINK(")
    assert row["dkim_selector"].startswith("'+1+cmd")
    assert row["spf_domain"].startswith("'@x.example")


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


# --- paging ---

def test_paging(golden):
    seen = []
    pages = 0
    cursor = None
    while pages == 0 or cursor:
        more = f"&cursor={cursor}" if cursor else ""
        answer = golden.api(f"records?{Q}&limit=5{more}")
        assert answer["totals"]["messages"] == 541 and answer["totals"]["records"] == 17
        seen += [r["id"] for r in answer["data"]]
        cursor = answer["page"]["next"]
        pages += 1
        assert pages < 10
    assert (pages, len(seen), len(set(seen))) == (4, 17, 17)


def test_cursor_of_another_query(golden):
    cursor = golden.api(f"records?{Q}&limit=5")["page"]["next"]
    answer = golden.get(f"/api/v1/records?{Q}&limit=5&result=fail&cursor={cursor}", status=400)
    assert answer.json()["type"].endswith("#cursor-mismatch")


def test_etag(ruad, db):
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    with ruad.serve(db) as server:
        first = server.get(f"/api/v1/summary?{RANGE}")
        tag = first.headers["ETag"]
        assert tag and tag.startswith('W/"')
        again = server.get(f"/api/v1/summary?{RANGE}", status=304, If_None_Match=tag)
        assert again.body == b""
        ruad.run("import", "--db", db, GOLDEN / "extra/L1-three-days.xml")
        changed = server.get(f"/api/v1/summary?{RANGE}", If_None_Match=tag)
        assert changed.headers["ETag"] != tag
        assert changed.json()["totals"]["messages"] == first.json()["totals"]["messages"] + 100
