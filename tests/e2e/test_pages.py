"""Rules of every page and every answer: well formed, one headline, nothing inline, the same policy, hostile text stays text."""

import re
import sqlite3

import pytest

from html_page import Page
from program import GOLDEN, RANGE
from test_schema import check as check_schema

CSP = ("default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
       "base-uri 'none'; frame-ancestors 'none'")
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
           "Cross-Origin-Resource-Policy": "same-origin"}

PAGES = ["/", f"/?{RANGE}", f"/domains/example.com?{RANGE}", f"/domains/xss.example?{RANGE}", f"/domains/long.example?{RANGE}",
         f"/records?{RANGE}", f"/records?{RANGE}&result=fail", f"/records?{RANGE}&domain=xss.example", "/records/1.1",
         f"/senders?{RANGE}", f"/senders?{RANGE}&class=forwarded&sort=name", f"/senders?{RANGE}&new=true", f"/domains/example.com/senders/example.net?{RANGE}",
         f"/domains/example.com/senders/203.0.113.66?{RANGE}", "/domains/example.com/senders/amazon-ses", f"/domains/xss.example/senders/203.0.113.9?{RANGE}",
         "/coverage", f"/coverage?{RANGE}", "/changes", "/changes?domain=example.com", "/reports", f"/reports?{RANGE}", "/reports/1", "/reports/1/xml", "/problems", "/problems?outcome=ignored", "/status", "/help",
         f"/sources/203.0.113.9?{RANGE}", "/sources/203.0.113.0%2F24", "/sources/198.51.100.250", "/search", "/search?q=s"]
BROKEN = ["/nowhere", "/records/0.0", "/records/x", "/reports/999", "/reports/999/xml", "/records?nonsense=1", "/domains/none.example?to=x",
          "/?range=5000d", "/static/nothing.css", "/domains/example.com/senders/nope.example", "/domains/none.example/senders/example.net", "/domains/example.com/senders/192.0.2.0%2F24", "/%00", "/records/1.1/x", "/domains/", "/sources/x", "/sources/203.0.113.0%2F33", "/search?domain=x"]


@pytest.mark.parametrize("path", PAGES)
def test_page(extra, path):
    answer = extra.get(path)
    assert answer.headers["Content-Type"].lower().replace(" ", "") == "text/html;charset=utf-8"
    check_page(answer)


@pytest.mark.parametrize("path", BROKEN)
def test_error_page(extra, path):
    answer = extra.get(path, status=None)
    assert answer.status in (400, 404), answer.status
    if answer.type == "text/html":
        check_page(answer)


@pytest.mark.parametrize("path", ["/", "/domains/example.com", "/senders", "/records", "/reports", "/coverage", "/changes", "/problems", "/status"])
def test_page_of_an_empty_store(empty, path):
    check_page(empty.get(path))


def test_empty_store_says_so(empty):
    assert "No reports yet" in Page(empty.get("/").text).text


def test_empty_range(golden):
    text = Page(golden.get("/domains/example.com?from=2020-01-01&to=2020-01-31").text).text
    assert "2026-11-19" in text, "an empty range tells where the newest data are"


def check_page(answer):
    page = Page(answer.text)
    check_headers(answer)
    assert len(page.find("h1")) == 1
    assert page.root.get("lang"), "the language of the page"
    assert page.find("title")[0].text.strip()
    for element in page.root.iter():
        for name in element.attrib:
            assert name != "style" and not name.startswith("on"), f"<{element.tag} {name}=…>"
        if element.tag == "style":
            raise AssertionError("inline style")
        if element.tag == "script":
            assert element.get("src") and not (element.text or "").strip(), "inline script"
    for href in page.hrefs():
        assert re.match(r"[/?#]|https?://", href), f"a link of another kind: {href!r}"
    ids = [e.get("id") for e in page.root.iter() if e.get("id")]
    assert len(ids) == len(set(ids)), f"ids twice: {sorted(i for i in ids if ids.count(i) > 1)[:5]}"
    for element in page.find("label"):
        target = element.get("for")
        assert not target or target in ids, f"label for {target!r}, which is not there"
    for table in page.find("table"):
        for head in table.iter("th"):
            assert head.get("scope") in ("col", "row", "colgroup", "rowgroup"), "th without scope"
    for image in page.find("svg"):
        parts = [image] if image.get("role") or image.get("aria-hidden") else list(image)
        assert parts and all(p.get("role") == "img" or p.get("aria-hidden") == "true" for p in parts), "an svg that nobody can read"


def check_headers(answer):
    assert answer.headers.get_all("Content-Security-Policy") == [CSP]
    for name, value in HEADERS.items():
        assert answer.headers.get_all(name) == [value], name


@pytest.mark.parametrize("path", ["/api/v1/summary", "/api/v1/records.csv", "/healthz", "/api/v1/nowhere", "/nowhere"])
def test_headers_of_other_answers(extra, path):
    check_headers(extra.get(path, status=None))


def test_assets(golden):
    page = Page(golden.get("/").text)
    files = [e.get("href") for e in page.find("link") if "stylesheet" in e.get("rel", "")]
    files += [e.get("src") for e in page.find("script")]
    assert files
    for file in files:
        answer = golden.get(file)
        assert "immutable" in answer.headers["Cache-Control"]
        check_headers(answer)
    size = sum(len(golden.get(f).body) for f in files if f.endswith(".css"))
    assert size <= 20 * 1024, f"{size} bytes of CSS"


def test_every_link_leads_somewhere(golden):
    """From the overview, every link of every page; none is dead."""
    seen, waiting = set(), ["/"]
    while waiting and len(seen) < 250:
        path = waiting.pop(0).split("#")[0]
        if path in seen:
            continue
        seen.add(path)
        answer = golden.get(path, status=None)
        assert answer.status == 200, f"{path}: {answer.status}"
        if answer.type == "text/html":
            for href in Page(answer.text).hrefs():
                if href.startswith("/"):
                    waiting.append(href)
                elif href.startswith("?"):
                    waiting.append(path.split("?")[0] + href)
    assert len(seen) > 20


def test_methods(golden):
    for method in ("POST", "PUT", "DELETE", "TRACE", "FOO"):
        answer = golden.get("/", status=405, method=method)
        assert "GET" in answer.headers["Allow"]
    head = golden.get("/", method="HEAD")
    assert head.body == b"" and int(head.headers["Content-Length"]) > 0


def test_other_host_name(golden):
    """A name that is not this machine's loopback: somebody else's page asks through a reader's browser."""
    assert golden.get("/", status=None, Host="evil.example").status in (400, 403, 421)
    assert golden.get("/", status=None, Host=f"localhost:{golden.port}").status == 200


# --- hostile text ---

HOSTILE = "<script>alert(1)</script>"


def test_hostile_text_is_text(extra):
    shown = 0
    for path in PAGES + hostile_paths(extra):
        page = Page(extra.get(path).text)
        for script in page.find("script"):
            assert script.get("src")
        for image in page.find("img"):
            assert image.get("src", "").startswith("/static/")
        shown += HOSTILE in page.text
    assert shown >= 3, "the reporter's name is to be seen on its pages"


def hostile_paths(server):
    record = server.api(f"records?{RANGE}&domain=xss.example")["data"][0]
    report = record["report"]["id"]
    return [f"/records/{record['id']}", f"/reports/{report}", f"/reports/{report}/xml"]


def test_hostile_report_is_whole(extra):
    record = extra.api(f"records?{RANGE}&domain=xss.example")["data"][0]
    assert record["report"]["reporter"] == HOSTILE
    assert record["report"]["report_id"] == '=HYPERLINK("http://x.example","y")'
    assert record["overrides"][0]["comment"] == '"><img src=x onerror=alert(1)>'
    page = Page(extra.get(f"/reports/{record['report']['id']}").text)
    for text in (HOSTILE, '=HYPERLINK("http://x.example","y")'):
        assert text in page.text
    xml = Page(extra.get(f"/reports/{record['report']['id']}/xml").text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in xml.text


def test_hostile_address(extra):
    """What is typed into the address comes back as text, or not at all."""
    for path in ("/records?domain=%3Cscript%3Ealert(1)%3C/script%3E", "/records?%3Cscript%3E=1", "/domains/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
                 "/%3Cscript%3Ealert(1)%3C/script%3E", "/records?reporter=%22%3E%3Cimg%20src=x%3E", "/records?reporter=%FF%FE%00"):
        answer = extra.get(path, status=None)
        if answer.type == "text/html":
            page = Page(answer.text)
            assert not [s for s in page.find("script") if not s.get("src")]
            assert not [i for i in page.find("img") if i.get("src") == "x"]


def test_original_as_a_download(golden):
    """The API gives the bytes as they came, as a file to save."""
    answer = golden.get("/api/v1/reports/1/xml")
    assert answer.type in ("application/xml", "text/xml")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.body.startswith(b"<?xml")


# --- sources of mail ---

ESCAPES = "\x1b[2J<script>alert(1)</script> \u202eand \u009b31m"


def fail(db, source, error, failures):
    """As after so many runs of it that failed, the last with this error."""
    connection = sqlite3.connect(db)
    with connection:
        connection.execute("INSERT OR REPLACE INTO import_state (source, started_at, ended_at, failures, failing_at, reason, error)"
                           " VALUES (?, 1795262300, 1795262400, ?, 1795262400, 'login-refused', ?)", (source, failures, error))
    connection.close()


@pytest.fixture(scope="module")
def troubled(ruad, tmp_path_factory):
    """One configured source fails again and again, one works, one was never read; files are not configured."""
    folder = tmp_path_factory.mktemp("troubled")
    db, file = folder / "ruad.db", folder / "ruad.conf"
    gone = f'source rua {{ type = maildir\n path = "{folder}/gone" }}\n'
    fine = f'source fine {{ type = directory\n path = "{GOLDEN}/inputs" }}\n'
    later = 'source later { type = mbox\n path = "/var/mail/later" }\n'
    file.write_text(gone + fine)
    for _ in range(3):
        ruad.run("import", "--db", db, "--config", file, code=66)
    fail(db, "files", "gone while it was read", 1)
    file.write_text(gone + later + fine)
    with ruad.serve(db, "--config", file, "--no-import") as server:
        server.db = db
        yield server


def words(element):
    return Page.text_of(element)


def test_sources_in_the_api(troubled):
    document = troubled.api("status")
    check_schema("status", document)
    by_name = {row["source"]: row for row in document["imports"]}
    assert [row["source"] for row in document["imports"]][:3] == ["rua", "later", "fine"], "as in the configuration"
    assert [row["state"] for row in document["imports"]][:3] == ["failing", "never", "ok"]
    assert document["imports_failing"] == 1
    assert by_name["rua"]["failures"] == 3 and by_name["rua"]["configured"] and by_name["rua"]["kind"] == "maildir"
    assert by_name["rua"]["error"] and "gone" in by_name["rua"]["error"] and by_name["rua"]["reason"] == "no-input"
    assert by_name["files"]["state"] == "failing" and not by_name["files"]["configured"] and by_name["files"]["place"] is None


def test_sources_on_pages(troubled):
    """The page of runs and the status page say what is wrong; every page has the banner of the configured one alone."""
    error = troubled.api("status")["imports"][0]["error"]
    for path in ("/problems/runs", "/status"):
        answer = troubled.get(path)
        check_page(answer)
        table = Page(answer.text).find("table")[0]
        text = words(table)
        assert error in text and "3 runs in a row" in text and "not read yet" in text, text
    for path in ("/", "/records", "/problems", "/problems/runs", "/status", "/help"):
        answer = troubled.get(path)
        notes = [words(p) for p in Page(answer.text).find("p") if "bad" in p.get("class", "")]
        assert len(notes) == 1 and notes[0].startswith("Mailbox rua: " + error), (path, notes)
        assert "since 2026-11-21 12:00 UTC, 3 runs in a row" in notes[0]
        assert "/problems/runs" in Page(answer.text).hrefs()


def test_sources_on_the_command_line(ruad, troubled):
    said = ruad.run("show", "problems", "--db", troubled.db, "--range", "all").out
    error = troubled.api("status")["imports"][0]["error"]
    assert f"rua: {error}" in said and "check the path" in said and "files: " in said
    assert "fine" not in said.split("\n\n")[0]
    assert said.index("rua: ") < said.index("xml-malformed"), "before the rejected inputs"
    assert re.search(r"^rua +2026-11-21 12:00:00 +3 ", said, re.M)
    for filters in (["--reason", "xml-malformed"], ["--outcome", "ignored"]):
        said = ruad.run("show", "problems", "--db", troubled.db, "--range", "all", *filters).out
        assert "rua" not in said, "other questions have other answers"


def test_hostile_errors_of_sources(ruad, golden_db, tmp_path):
    """What a server says is text, in pages and in terminals."""
    db, file = tmp_path / "ruad.db", tmp_path / "ruad.conf"
    db.write_bytes(golden_db.read_bytes())
    file.write_text('source rua { type = mbox\n path = "/var/mail/<script>alert(1)</script>" }\n')
    fail(db, "rua", ESCAPES, 14)
    fail(db, ESCAPES, ESCAPES, 14)
    with ruad.serve(db, "--config", file, "--no-import") as server:
        check_schema("status", server.api("status"))
        for path in ("/", "/problems/runs", "/status"):
            answer = server.get(path)
            check_page(answer)
            assert "<script>alert(1)</script> \ufffdand" in Page(answer.text).text
            assert not set("\x1b\u202e\u009b") & set(answer.text)
    said = ruad.run("show", "problems", "--db", db, "--range", "all").out
    assert "\x1b" not in said and "\u009b" not in said and "\u202e" not in said
    assert "<script>alert(1)</script>" in said
