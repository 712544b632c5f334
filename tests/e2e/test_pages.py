"""Rules of every page and every answer: well formed, one headline, nothing inline, the same policy, hostile text stays text."""

import re

import pytest

from html_page import Page
from program import RANGE

CSP = ("default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
       "base-uri 'none'; frame-ancestors 'none'")
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
           "Cross-Origin-Resource-Policy": "same-origin"}

PAGES = ["/", f"/?{RANGE}", f"/domains/example.com?{RANGE}", f"/domains/xss.example?{RANGE}", f"/domains/long.example?{RANGE}",
         f"/records?{RANGE}", f"/records?{RANGE}&result=fail", f"/records?{RANGE}&domain=xss.example", "/records/1.1",
         "/reports", f"/reports?{RANGE}", "/reports/1", "/reports/1/xml", "/problems", "/problems?outcome=ignored", "/status", "/help"]
BROKEN = ["/nowhere", "/records/0.0", "/records/x", "/reports/999", "/reports/999/xml", "/records?nonsense=1", "/domains/none.example?to=x",
          "/?range=5000d", "/static/nothing.css", "/%00", "/records/1.1/x", "/domains/"]


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


@pytest.mark.parametrize("path", ["/", "/domains/example.com", "/records", "/reports", "/problems", "/status"])
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
        assert image.get("role") == "img" or image.get("aria-hidden") == "true", "an svg that nobody can read"


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
