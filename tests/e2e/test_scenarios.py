"""What a reader must be able to do, one story a test, in a real browser: light and dark, with and without scripts."""

import csv
import io
import json
import re

import pytest

from browserfixtures import STATES, pages_of, record_of
from html_page import Page
from program import GOLDEN, RANGE, peak_kib
from test_pages import CSP

DOMAIN = f"/domains/example.com?{RANGE}"
REASONS = ["archive-too-large", "archive-truncated", "not-a-report", "xml-doctype", "xml-malformed"]


@pytest.fixture(params=["light", "dark", "no script"])
def reader(request, browser):
    """The browser of three readers."""
    browser.scheme("dark" if request.param == "dark" else "light")
    browser.script(request.param != "no script")
    return browser


def number(text):
    return int(re.match(r"[\d,]+", text)[0].replace(",", ""))


def table(browser, *headings):
    """Rows of the first table that has these heads: {head: text}."""
    for heads, rows in browser.run("""return [...document.querySelectorAll('table')].map(t => [
            [...t.querySelectorAll('thead th')].map(h => h.textContent.trim().replace(/\\s+/g, ' ')),
            [...t.querySelectorAll('tbody tr')].map(r => [...r.cells].map(c => c.textContent.trim().replace(/\\s+/g, ' ')))])"""):
        if set(headings) <= set(heads):
            return [dict(zip(heads, row)) for row in rows]
    raise AssertionError(f"no table with {headings} on {browser.url}")


def messages_of(browser):
    return [number(row["Messages"]) for row in table(browser, "Source IP", "Messages")]


def numbers(browser):
    """What a page counts, without when it was read last."""
    return browser.run("return [...document.querySelectorAll('main .sub, main section')].map(e => e.innerText)")


def path_of(browser):
    return browser.run("return location.pathname")


# --- 1 ---

def test_import_tells_what_it_did(reader, ruad, db):
    first = ruad.import_(db, GOLDEN / "inputs")
    with ruad.serve(db) as server:
        reader.open(server.url + "/problems")
        for words in ("Rejected (5)", "Ignored (2)", "Duplicates (1)"):
            assert words in reader.text
        assert sorted(row["Reason"].split()[0] for row in table(reader, "Reason")) == REASONS
        assert re.search(r"Problems\s*5\b", reader.one("header nav").text)
        reader.open(server.url + DOMAIN)
        before = numbers(reader)
        again = ruad.import_(db, GOLDEN / "inputs")
        assert (again["stored"], again["duplicate"]) == (0, 8) and first["stored"] == 7
        reader.open(server.url + DOMAIN)
        assert "541 messages" in reader.text
        assert numbers(reader) == before, "all totals are as they were"


def test_bomb_stays_within_memory(release, db):
    """What a worker may have is 256 MiB."""
    assert peak_kib(release, "import", "--db", db, GOLDEN / "inputs/B3-bomb.xml.gz") < 256 * 1024


# --- 2 ---

def test_overview_adds_up(reader, golden):
    reader.open(f"{golden.url}/?{RANGE}")
    assert "2 domains, 551 messages" in reader.text
    rows = {row["Domain"].split()[0]: row for row in table(reader, "Domain", "Messages", "Passed")}
    for domain, words in (("example.com", ("541", "95.9%", "(519)", "22", "4")), ("example.org", ("10", "90.0%", "(9)", "1"))):
        row = " ".join(rows[domain].values())
        for word in words:
            assert re.search(rf"(?<![\d.,]){re.escape(word)}(?![\d%])", row), (domain, word, row)
    total = sum(number(row["Messages"]) for row in rows.values())
    assert total == 551 == golden.api(f"domains?{RANGE}")["totals"]["messages"]


# --- 3 ---

def test_sentence_of_the_domain(reader, golden):
    reader.open(golden.url + DOMAIN)
    text = re.sub(r"\s+", " ", reader.text)
    assert "541 messages · 95.9% passed DMARC (519) · 22 failed, of those 4 explained by forwarding" in text
    assert "p=none" in text
    days = {row["Day"][:10]: (number(row["Messages"]), number(row["Passed"])) for row in table(reader, "Day", "Messages", "Passed")}
    assert days == {"2026-11-17": (143, 140), "2026-11-18": (185, 178), "2026-11-19": (213, 201)}
    assert len(reader.all("svg.chart .column")) == 3
    assert "541 messages" in reader.one("svg.chart desc").get_attribute("textContent")


def test_first_screen(browser, golden):
    """From the sentence to what changed: without scrolling, on a small laptop."""
    browser.open(golden.url + DOMAIN)
    bottom = browser.run("const h = document.querySelector('#changes'); return h.closest('section').getBoundingClientRect().top")
    assert bottom < 768


# --- 4 ---

@pytest.mark.parametrize("words, said, messages, records, filter_", [
    ("22 failed", "22 messages in 6 records", 22, 6, "result=fail"),
    ("4 explained", "4 messages in 1 record", 4, 1, "explained=true"),
    ("519", "519 messages in 11 records", 519, 11, "result=pass")])
def test_a_number_is_a_link_to_itself(reader, golden, words, said, messages, records, filter_):
    reader.open(golden.url + DOMAIN)
    reader.click(words, "main .sub a")
    assert path_of(reader) == "/records" and filter_ in reader.url
    assert said in reader.text
    assert sum(messages_of(reader)) == messages and len(messages_of(reader)) == records
    totals = golden.api("records?" + reader.url.split("?")[1])["totals"]
    assert (totals["messages"], totals["records"]) == (messages, records)
    reader.back()
    assert "541 messages" in reader.text


def test_count_of_each_sender_is_a_link(browser, golden):
    browser.open(golden.url + f"/senders?{RANGE}&domain=example.com")
    links = browser.run("return [...document.querySelectorAll('table.senders tbody tr > :nth-child(2) a')].map(a => [a.href, a.textContent])")
    assert [int(text) for _, text in links] and sum(int(text) for _, text in links) == 541
    for href, text in links:
        browser.open(href)
        assert f"{text} messages in" in browser.text
        assert sum(messages_of(browser)) == int(text)


# --- 5 ---

def explained(reader, server, row):
    """The explanation: in place where scripts run, else its page."""
    reader.open(f"{server.url}/records?{RANGE}&source_ip={row['source_ip']}")
    link = next(a for a in reader.all("main tbody a[data-explain]") if a.get_attribute("href").split("?")[0].endswith("/" + row["id"]))
    link.click()
    if link_is_there := reader.run("return Boolean(document.querySelector('a[aria-expanded]'))"):
        reader.wait("document.querySelector('tr.under')")
    part = reader.one("tr.under" if link_is_there else "#explanation")
    answers = [c.text.split()[0] for c in part.find_elements("css selector", "table.explain tbody tr td:nth-child(2)")]
    return re.sub(r"\s+", " ", part.text), answers, part


def of_report(server, ip, report):
    rows = server.api(f"records?{RANGE}&source_ip={ip}")["data"]
    return next(r for r in rows if r["report"]["report_id"] == report)


def test_explain_this_row(reader, golden):
    row = of_report(golden, "203.0.113.30", "golden-0003")
    assert (row["day"], row["messages"]) == ("2026-11-19", 7)
    text, answers, part = explained(reader, golden, row)
    assert answers[:5] == ["yes", "no", "yes", "no", "fail"]
    assert "crm.example.net is not in example.com (relaxed)" in text
    assert "Passes for crm.example.net, not for example.com." in text
    reader.open(part.find_element("css selector", "a[href*='/xml'][href*='#L']").get_attribute("href"))
    assert "203.0.113.30" in reader.run("return document.querySelector(':target').closest('li').textContent")


def test_explain_a_strict_row(reader, golden):
    row = of_report(golden, "203.0.113.67", "golden-0007")
    text, _, _ = explained(reader, golden, row)
    assert "mail.example.org is not exactly example.org (strict)" in text
    assert "quarantined" in text and "policy_test_mode" in text


def test_explain_a_disagreement(reader, extra):
    row = record_of(extra, disagrees="true")
    text, _, _ = explained(reader, extra, row)
    assert "Receiver says pass; the report lists no DKIM signature that shows it." in text
    reader.open(extra.url + "/problems/disagreements")
    assert re.search(r"(?<!\d)5 messages", reader.text)


# --- 6 ---

def test_forwarding_is_told_apart(reader, golden):
    reader.open(f"{golden.url}/senders?{RANGE}&domain=example.com")
    rows = {row["Sender"].split()[0]: " ".join(row.values()) for row in table(reader, "Sender", "What we see")}
    if "Forwarders" in rows:
        reader.open(f"{golden.url}/senders?{RANGE}&domain=example.com&class=forwarded")
        rows |= {row["Sender"].split()[0]: " ".join(row.values()) for row in table(reader, "Sender", "What we see")}
    for words in ("Forwarded", "100%", "selector s1 also used by", " 6 "):
        assert words in rows["example.edu"], words
    for words in ("Forwarded", "receiver said mailing_list", "0%", " 4 "):
        assert words in rows["example.info"], words
    assert "Aligned" in rows["esp.example"] and "Not aligned" not in rows["esp.example"]
    assert "malicious" not in reader.text.lower() and "threat" not in reader.text.lower()


# --- 7 ---

def test_honest_readiness(reader, golden):
    reader.open(golden.url + DOMAIN)
    panel = re.sub(r"\s+", " ", reader.one(".panel").text)
    assert "Can't tell yet: not enough data" in panel.replace("’", "'")
    assert "3 of 30 days have reports" in reader.one(".panel .checks li").text
    assert "Ready" not in panel
    assert re.search(r"22 of 541 messages would have been affected: 0 from senders proven to be yours, 4 after forwarding, 18 from others", panel)
    checks = {c["id"]: c for c in golden.api("domains/example.com/readiness?target=reject")["checks"]}
    assert checks["C5"]["state"] == "not_met" and checks["C5"]["text"].startswith("98.5% (511 of 519)")
    assert checks["C5"]["need"].startswith("at least 99%")


# --- 8 ---

def test_coverage(reader, golden):
    reader.open(f"{golden.url}/coverage?{RANGE}&domain=example.com")
    rows = {r[0]: r[1:5] for r in reader.run("return [...document.querySelectorAll('.heatmap tbody tr')].map(r => [...r.cells].map(c => c.textContent.trim()))")}
    assert rows == {"google.com": ["143", "159", "169", "471"], "Outlook.com": ["·", "26", "33", "59"], "Yahoo": ["·", "·", "11", "11"]}
    foot = reader.run("return [...document.querySelector('.heatmap tfoot tr').cells].map(c => c.textContent.trim())")
    assert foot[1:4] == ["143", "185", "213"]
    reader.click("26", ".heatmap td a")
    assert path_of(reader) == "/reports"
    assert [row["Report ID"].split()[0] for row in table(reader, "Report ID")] == ["golden-0004"]


# --- 9 ---

def test_state_is_the_address(browser, golden):
    browser.script(False)
    browser.open(golden.url + DOMAIN)
    browser.choose("reporter", "google.com")
    browser.click("Show", "form.filters button")
    browser.wait("location.search.includes('reporter=google.com')")
    browser.wait("document.readyState === 'complete'")
    assert "471 messages" in browser.text
    copied = browser.url
    browser.back()
    browser.wait("document.body.innerText.includes('541 messages')")
    browser.reset()
    assert "471 messages" in browser.open(copied).text
    browser.script(False)
    browser.open(f"{golden.url}/senders?{RANGE}&domain=example.com")
    browser.click("Failed", "thead a")
    browser.wait("location.search.includes('sort=')")
    browser.wait("document.readyState === 'complete'")
    first = table(browser, "Sender", "Failed")[0]
    assert first["Sender"].startswith("example.net") and first["Failed"] == "12"
    sorted_ = browser.run("return [...document.querySelectorAll('[aria-sort]')].map(h => [h.textContent.trim(), h.getAttribute('aria-sort')])")
    assert sorted_ == [["Failed", "descending"]]
    answer = golden.get("/?reportr=x", status=400)
    assert "Did you mean 'reporter'?" in Page(answer.text).text.replace("‘", "'").replace("’", "'")


def test_state_with_scripts(browser, golden):
    browser.open(golden.url + DOMAIN)
    browser.choose("reporter", "google.com")
    browser.wait("document.body.innerText.includes('471 messages')")
    copied = browser.url
    browser.back()
    browser.wait("document.body.innerText.includes('541 messages')")
    browser.reset()
    assert "471 messages" in browser.open(copied).text


# --- 10 ---

@pytest.mark.parametrize("query, lines, messages", [("", 17, 541), ("&result=fail", 6, 22)])
def test_exports_equal_the_screen(reader, golden, query, lines, messages):
    reader.open(f"{golden.url}/records?{RANGE}&domain=example.com{query}")
    assert f"{messages} messages in {lines} records" in reader.text
    link = {a.text: a.get_attribute("href").removeprefix(golden.url) for a in reader.all(".exports a")}
    answer = golden.get(link["CSV"])
    assert answer.type == "text/csv" and answer.text.count("\r\n") == 1 + lines
    assert sum(int(row["messages"]) for row in csv.DictReader(io.StringIO(answer.text, newline=""))) == messages
    assert golden.get(link["JSON"]).json()["totals"]["messages"] == messages


def test_formulas_stay_text(reader, extra):
    reader.open(f"{extra.url}/records?{RANGE}&domain=xss.example")
    link = next(a for a in reader.all(".exports a") if a.text == "CSV").get_attribute("href").removeprefix(extra.url)
    row = next(csv.DictReader(io.StringIO(extra.get(link).text, newline="")))
    assert row["report_id"].startswith("'=HYPERLINK(") and row["dkim_selector"].startswith("'+1+cmd")
    assert row["spf_domain"].startswith("'@x.example")


# --- 11 ---

HOSTILE = "<script>alert(1)</script>"


def test_hostile_strings_stay_text(reader, golden, extra):
    pages, plain = pages_of(extra, "xss.example") | STATES, pages_of(golden) | STATES
    pages["search-script"] = plain["search-script"] = "/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E"
    shown = set()
    for name, path in pages.items():
        same = Page(golden.get(plain[name], status=None).text)
        reader.open(extra.url + path)
        assert reader.dialog() is None, name
        if HOSTILE in reader.text:
            shown.add(name)
        assert reader.run("return document.scripts.length") == len(same.find("script")), name
        assert reader.run("return document.querySelectorAll('main img, main iframe, main object, main script').length") == 0, name
        assert extra.get(path, status=None).headers.get_all("Content-Security-Policy") == [CSP]
        said = [m for m in reader.problems() if not re.search(r"status of 40[04]", m)]
        assert said == [] and reader.outside(extra.url) == [], name
    assert {"domain", "records", "record", "reports", "report", "coverage", "search-script"} <= shown, shown
    # The original has it as it was written.
    assert HOSTILE.replace("<", "&lt;").replace(">", "&gt;") in reader.open(extra.url + pages["xml"]).text


def test_hostile_explanation_in_place(browser, extra):
    browser.open(f"{extra.url}/records?{RANGE}&domain=xss.example")
    browser.wait("document.querySelector('a[aria-expanded]')")
    browser.one("a[data-explain]").click()
    browser.wait("document.querySelector('tr.under')")
    assert browser.dialog() is None and not browser.all("main img, main script")
    assert browser.problems() == []


# --- 12 ---

def test_keyboard_only(browser, golden):
    from selenium.webdriver.common.keys import Keys
    browser.open(golden.url + "/")
    browser.wait("document.readyState === 'complete'")
    browser.press(Keys.TAB)
    assert browser.focused.text == "Skip to content"
    box = browser.focused.rect
    assert box["width"] > 20 and box["height"] > 10 and box["x"] >= 0 and box["y"] >= 0, "the focused link is to be seen"
    browser.press("/")
    browser.press(*"203.0.113.30", Keys.ENTER)
    browser.wait("location.pathname === '/sources/203.0.113.30'")
    assert "12 messages" in browser.text


def test_skip_link_skips(browser, golden):
    from selenium.webdriver.common.keys import Keys
    browser.open(golden.url + DOMAIN)
    browser.press(Keys.TAB, Keys.ENTER)
    assert browser.url.endswith("#main")
    browser.press(Keys.TAB)
    assert browser.run("return document.querySelector('main').contains(document.activeElement)")


def test_tab_reaches_everything_in_sight(browser, golden):
    """Tab goes through every link and field in the order of the page, and the focus is always to be seen."""
    from selenium.webdriver.common.keys import Keys
    browser.open(golden.url + DOMAIN)
    wanted = browser.run("""return [...document.querySelectorAll('a[href]:not([tabindex="-1"]), button, input:not([type=hidden]), select, summary, [tabindex="0"]')]
        .filter(e => e.getClientRects().length && e.checkVisibility()).length""")
    order = []
    for _ in range(wanted * 4):
        browser.press(Keys.TAB)
        place, seen = browser.run("""const e = document.activeElement, s = getComputedStyle(e);
            const inside = e.type === 'date' || e === document.body; // parts of a date show their own focus
            return [[...document.querySelectorAll('*')].indexOf(e), s.outlineStyle !== 'none' || inside]""")
        if browser.run("return document.activeElement === document.body"):
            break
        assert seen, browser.focused.get_attribute("outerHTML")[:200]
        if not order or order[-1] != place:
            order.append(place)
    assert order == sorted(order) and len(order) >= wanted


def test_sender_on_a_phone(browser, golden):
    browser.open(f"{golden.url}/senders?{RANGE}&domain=example.com")
    cells = ("return [...document.querySelector('table.senders tbody tr').cells].filter(c => c.getClientRects().length)"
             ".map(c => c.textContent.trim().replace(/\\s+/g, ' '))")
    wide = browser.run(cells)
    browser.phone()
    browser.open(f"{golden.url}/senders?{RANGE}&domain=example.com")
    assert browser.run(cells) == wide and len(wide) == 6
    assert browser.run("return [document.documentElement.scrollWidth, innerWidth]") == [390, 390]


def test_dark(browser, golden):
    for scheme, colour in (("dark", "rgb(20, 23, 26)"), ("light", "rgb(255, 255, 255)")):
        browser.scheme(scheme)
        browser.open(golden.url + "/")
        assert browser.run("return getComputedStyle(document.body).backgroundColor") == colour


def test_on_paper(browser, golden):
    browser.open(golden.url + DOMAIN)
    browser.media("print")
    assert browser.run("return getComputedStyle(document.querySelector('nav')).display") == "none"
    assert "2026-11-17 – 2026-11-19 UTC" in browser.text


def test_empty_store(reader, empty):
    assert "No reports yet" in reader.open(empty.url + "/").text


# --- without a browser ---

def test_api(ruad, db):
    """A1"""
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    with ruad.serve(db) as server:
        path = f"/api/v1/summary?{RANGE}"
        tag = server.get(path).headers["ETag"]
        assert server.get(path, status=304, If_None_Match=tag).body == b""
        ruad.run("import", "--db", db, GOLDEN / "extra/L1-three-days.xml")
        changed = server.get(path, If_None_Match=tag)
        assert changed.headers["ETag"] != tag and changed.json()["totals"]["messages"] == 651
        rows = server.api(f"timeseries?domain=long.example&{RANGE}")["data"]
        assert [(r["messages"], r["spread_messages"]) for r in rows] == [(34, 34), (33, 33), (33, 33)]
        seen, pages, cursor = [], 0, ""
        while pages == 0 or cursor:
            answer = server.api(f"records?domain=example.com&{RANGE}&limit=5" + (f"&cursor={cursor}" if cursor else ""))
            last, cursor = cursor, answer["page"]["next"]
            assert (answer["totals"]["messages"], answer["totals"]["records"]) == (541, 17)
            seen += [r["id"] for r in answer["data"]]
            pages += 1
        assert (pages, len(seen), len(set(seen))) == (4, 17, 17)
        problem = server.get(f"/api/v1/records?domain=example.com&{RANGE}&limit=5&result=fail&cursor={last}", status=400).json()
        assert problem["type"].endswith("#cursor-mismatch")


CHECK = ("check", "pass-rate", "--domain", "example.com", "-w", "98:")


def test_monitoring(ruad, golden, golden_db, tmp_path):
    """A2; promtool has a test of its own."""
    text = golden.get("/metrics").text
    found = [int(float(n)) for n in re.findall(r'^ruad_domain_messages\{[^}]*domain="example\.com"[^}]*\} (\S+)', text, re.M)]
    assert sorted(found) == [8, 22, 126, 385] and sum(found) == 541
    said = ruad.run(*CHECK, "-c", "95:", "--db", golden_db, code=1).out
    assert said == ("DMARC WARNING - example.com: 95.9% of 541 messages passed in 7 days | "
                    "pass_rate=95.93%;98:;95:;0;100 messages=541;;;0\n")
    ruad.run(*CHECK, "-c", "96:", "--db", golden_db, code=2)
    ruad.run(*CHECK, "-c", "96:", "--db", tmp_path / "none.db", code=3)
    ran = ruad.run("import", "--db", tmp_path / "new.db", GOLDEN / "inputs")
    assert (ran.out, ran.err) == ("", "")
