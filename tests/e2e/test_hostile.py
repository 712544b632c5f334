"""Reports that mean harm: whatever stands in them is text, on pages, in files, on terminals and in logs."""

import csv
import io
import json
import re
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest

from browserfixtures import pages_of
from html_page import Page
from program import RANGE
from reports import BEGIN, DAY
from test_pages import check_page

# In every field of a report that takes text. Each has a domain of its own.
STRINGS = {
    "tags": "</title></textarea></svg>--><script>alert(1)</script><img src=x onerror=alert(2)>",
    "quotes": "\" onmouseover=\"alert(1)\" x='\" autofocus onfocus=alert(1) href=javascript:alert(1)",
    "template": "{{frame.form_token}}{{{title}}}{{>top}}{{#frame}}x{{/frame}}{{! ${7777*7777} <%= 7777*7777 %>",
    "bidi": "\u202eevil\u202c \u2066left\u2067right\u2068any \u200f\u200b\ufeff",
    "cdata": "]]> <![CDATA[ <!--",
    "controls": "tab\there\u0085\u009b31mred\u009d0;title\u009c\u007f\ufffd",
    "formula": "=cmd|' /C calc'!A0",
    "formula-tab": "\t=1+1",
    "plus": "+1+1",
    "minus": "-2+3",
    "at": "@SUM(1+1)",
    "long": "W" * 1024,
    "wide": "\U0001f4a9\u0e49" * 120,
    "line": "one\ntwo\r\nat=2026-01-01T00:00:00Z lvl=error ev=fake text=gotcha",
    "url": "javascript:alert(1)//http://evil.example/?a=1&b=2#c",
    "json": "\\u0022,\"admin\":true}\\",
}
FORMULA = re.compile(r"^[=+\-@\t\r]")
# What a terminal obeys, or what turns words around; lines end in \n.
COMMANDS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# The same on a page, where tabs are blanks.
OF_PAGES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def document(name, text):
    t = escape(text)
    return (f"""<?xml version="1.0" encoding="UTF-8"?>
<feedback><version>{t}</version><report_metadata><org_name>{t}</org_name><email>{t}</email><extra_contact_info>{t}</extra_contact_info>
<report_id>{t}</report_id><generator>{t}</generator><error>{t}</error>
<date_range><begin>{BEGIN}</begin><end>{BEGIN + DAY - 1}</end></date_range></report_metadata>
<policy_published><domain>{name}.example</domain><p>{t}</p><sp>{t}</sp><np>{t}</np><adkim>{t}</adkim><fo>{t}</fo>
<testing>{t}</testing><discovery_method>{t}</discovery_method></policy_published>
<record><row><source_ip>203.0.113.9</source_ip><count>3</count><policy_evaluated><disposition>{t}</disposition><dkim>{t}</dkim>
<spf>{t}</spf><reason><type>{t}</type><comment>{t}</comment></reason></policy_evaluated></row>
<identifiers><header_from>{name}.example</header_from><envelope_from>{t}</envelope_from><envelope_to>{t}</envelope_to></identifiers>
<auth_results><dkim><domain>{t}</domain><selector>{t}</selector><result>pass</result><human_result>{t}</human_result></dkim>
<spf><domain>{t}</domain><scope>{t}</scope><result>{t}</result></spf></auth_results></record>
<record><row><source_ip>{t}</source_ip><count>2</count><policy_evaluated><disposition>none</disposition><dkim>fail</dkim>
<spf>fail</spf></policy_evaluated></row><identifiers><header_from>{t}</header_from></identifiers>
<auth_results><spf><domain>{name}.example</domain><result>fail</result></spf></auth_results></record></feedback>
""").encode()


def refused(folder):
    """Inputs that are rejected or ignored, with names and headers that mean harm."""
    (folder / "\x1b[2Jname\n\u202e<script>alert(1).xml").write_bytes(b"<feedback>\x00\x1b[31m</feedback>")
    (folder / "bad-\u009b31m-\udcff.eml").write_bytes(
        b"From: \x1b]0;owned\x07 <script>alert(1)</script>@evil.example\r\nSubject: =?utf-8?q?=1B=5B2J=00=E2=80=AE=3Cscript=3Ealert=281=29?=\r\n"
        b"Message-ID: <\x1b[31m\"><script>alert(1)</script>@x>\r\n\r\nnothing\r\n")
    (folder / "doctype.xml").write_bytes(b'<!DOCTYPE x [<!ENTITY \x1b[31m "">]><feedback/>')
    (folder / "tag.xml").write_bytes("<feedback><\u202ex></feedback>".encode())


@pytest.fixture(scope="module")
def hostile(ruad, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    box = folder / "box"
    box.mkdir()
    for name, text in STRINGS.items():
        (box / f"{name}.xml").write_bytes(document(name, text))
    refused(box)
    ran = ruad.run("import", "-v", "--json", "--db", folder / "ruad.db", box)
    with ruad.serve(folder / "ruad.db") as server:
        server.db, server.import_ = folder / "ruad.db", ran
        server.domains = [row["domain"] for row in server.api(f"domains?{RANGE}")["data"]]
        yield server


def test_something_is_hostile(hostile):
    """The set is read, not refused: else the tests here would prove nothing."""
    done = hostile.import_.json()
    assert done["stored"] == len(STRINGS) and done["rejected"] + done["ignored"] == 4
    names = {row["reporter"] for row in hostile.api(f"reports?{RANGE}&limit=100")["data"]}
    assert {STRINGS["tags"], STRINGS["template"], STRINGS["cdata"], STRINGS["long"]} <= names


def paths(server):
    found = {}
    for domain in server.domains:
        for name, path in pages_of(server, quote(domain)).items():
            found[path] = name  # those about all domains once
    for text in STRINGS.values():
        found[f"/search?q={quote(text[:900])}"] = "search"
        found[f"/records?{RANGE}&reporter={quote(text[:900])}"] = "records"
    return found


def test_pages(hostile):
    """Well formed, nothing of a report among the elements, no control among the characters, the text whole."""
    shown = {}
    kinds = {}
    for path, name in paths(hostile).items():
        answer = hostile.get(path, status=None)
        assert answer.status in (200, 302, 303, 400, 404), (path, answer.status)
        if answer.type != "text/html" or answer.status in (302, 303):
            continue
        check_page(answer)
        page = Page(answer.text)
        assert not OF_PAGES.search(answer.text), (path, OF_PAGES.search(answer.text))
        tags = {e.tag for e in page.root.iter()}
        kinds.setdefault(name, set()).update(tags)
        assert not tags & {"img", "iframe", "object", "embed", "base", "style", "foreignObject"}, path
        assert "60481729" not in page.text, "a template ran"
        for key in ("tags", "template", "cdata", "quotes"):
            if re.sub(r"\s+", " ", STRINGS[key]) in page.text:
                shown.setdefault(key, set()).add(name)
    for key in ("tags", "template", "cdata", "quotes"):
        assert {"report", "record", "records", "reports"} <= shown[key], (key, shown[key])


def test_links(hostile):
    """Links made of such names lead to what they name."""
    found = {}
    for domain in hostile.domains:
        for path in (f"/domains/{quote(domain)}?{RANGE}", f"/senders?{RANGE}&domain={quote(domain)}"):
            found |= {href: path for href in Page(hostile.get(path).text).hrefs() if href.startswith(("/records?", "/reports?", "/domains/"))
                      and not re.search("[?&](sort|range)=", href)}
    assert len(found) > 50
    dead = [(path, href) for href, path in found.items() if hostile.get(href, status=None).status != 200]
    assert dead == [], "\n".join(map(str, dead))


OF_DOMAIN = ("domain", "senders", "sender", "records", "record", "report", "xml", "coverage")


def test_in_the_browser(browser, hostile):
    """Nothing runs, asks, or says; nothing is wider than a phone."""
    browser.phone()
    found = []
    for domain in hostile.domains:
        for name, path in pages_of(hostile, quote(domain)).items():
            if domain != hostile.domains[0] and name not in OF_DOMAIN:
                continue
            browser.open(hostile.url + path)
            if said := browser.dialog():
                found.append(f"{path}: {said}")
            if (wide := browser.run("return document.documentElement.scrollWidth")) > 390:
                found.append(f"{path}: {wide} px")
            found += [f"{path}: {m}" for m in browser.problems()]
            found += [f"{path}: asked {u}" for u in browser.outside(hostile.url)]
    assert not found, "\n".join(found)


def test_explanation_in_place(browser, hostile):
    for domain in hostile.domains:
        browser.open(f"{hostile.url}/records?{RANGE}&domain={quote(domain)}")
        browser.wait("document.querySelector('a[aria-expanded]')")
        browser.one("a[data-explain]").click()
        browser.wait("document.querySelector('tr.under #explanation, tr.under section')")
        assert browser.dialog() is None and browser.problems() == []
        assert browser.run("return document.querySelectorAll('tr.under :is(script, img, [onmouseover], [onfocus])').length") == 0


def cells(text):
    return [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]


def number(cell):
    return re.fullmatch(r"-?\d+(\.\d+)?", cell)


@pytest.mark.parametrize("resource", ["records", "reports", "senders", "domains", "reporters", "sources", "inputs"])
def test_csv(ruad, hostile, resource):
    """No cell that a spreadsheet would run; the lines are as many as the rows."""
    days = "range=all" if resource == "inputs" else RANGE
    text = hostile.get(f"/api/v1/{resource}.csv?{days}").text
    bad = [c for c in cells(text) if FORMULA.match(c) and not number(c)]
    assert bad == []
    rows = list(hostile.all(resource, days))
    assert len(list(csv.DictReader(io.StringIO(text, newline="")))) == len(rows) > 0
    if resource == "records":
        assert any(c.startswith("'=cmd|") for c in cells(text)) and any(c.startswith("'@SUM") for c in cells(text))


def test_json_is_json(hostile):
    """Strings come out as they came in, and nothing else appears beside them."""
    rows = list(hostile.all("records", RANGE))
    assert {row["report"]["reporter"] for row in rows} >= {STRINGS["json"], STRINGS["quotes"]}
    for row in rows:
        assert "admin" not in row
        document = hostile.api(f"records/{row['id']}")
        assert document["id"] == row["id"]
    for line in hostile.get(f"/api/v1/records.ndjson?{RANGE}").text.removesuffix("\n").split("\n"):
        json.loads(line)
    for row in hostile.all("reports", RANGE):
        hostile.api(f"reports/{row['id']}")


TABLES = ["domains", "senders", "sources", "records", "reports", "reporters", "problems", "changes", "keys", "coverage"]


def test_terminal(ruad, hostile):
    """No table, page of text or line obeys or moves anything on a terminal."""
    commands = [("show", what, *RANGE_WORDS, "--limit", "1000") for what in TABLES] + [("show", "problems", "--range", "all")]
    commands += [("digest",), ("check", "changes", "--domain", hostile.domains[0])]
    commands += [("report", str(row["id"])) for row in hostile.all("reports", RANGE)]
    commands += [("explain", row["id"]) for row in hostile.all("records", RANGE)]
    ran = 0
    for words in commands:
        for more in ((), ("--color", "always")) if words[0] == "show" else ((),):
            done = ruad.run(*words, *more, "--db", hostile.db, code=None)
            ran += done.code == 0
            text = re.sub(r"\x1b\[[0-9;]*m", "", done.out) if more else done.out
            assert not COMMANDS.search(text), (words, COMMANDS.search(text))
            assert not COMMANDS.search(done.err), (words, done.err)
            assert done.code in (0, 1, 2, 3, 64, 65, 66), (words, done.code, done.err)
    assert ran > len(commands), "most of them work"


RANGE_WORDS = ("--from", "2026-11-17", "--to", "2026-11-20")


def test_logs(hostile):
    """One event a line, and none that a report made up."""
    for line in hostile.import_.err.removesuffix("\n").split("\n"):
        assert not COMMANDS.search(line), line
        assert re.match(r"(<\d>)?(at=|lvl=|ev=|import: |ruad: )", line), line
        assert not re.search(r'(^| )ev=fake', re.sub(r'"(\\.|[^"\\])*"', '""', line)), line


def test_metrics(hostile):
    import promtext
    text = hostile.get("/metrics", Accept="text/plain").text
    promtext.read(text)
    assert not re.search("[\x00-\x09\x0b-\x1f]", text)


def test_parse(ruad, tmp_path):
    """`ruad parse` prints one document a line, whatever stands in it."""
    for name, text in STRINGS.items():
        (tmp_path / f"{name}.xml").write_bytes(document(name, text))
    ran = ruad.run("parse", *sorted(tmp_path.iterdir()))
    lines = ran.out.removesuffix("\n").split("\n")
    assert len(lines) == len([json.loads(line) for line in lines]) == len(STRINGS)
