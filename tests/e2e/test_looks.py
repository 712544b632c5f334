"""What the pages show beside their numbers: the order of attention, quiet domains, domains that are not configured, the
strip of policies, groups that open, filters that leave nothing, light and dark."""

import http.client
import re
import urllib.parse

import pytest

from html_page import Page
from program import GOLDEN, RANGE
from reports import DAY, head
from test_state import Story, day, entry, own, stranger, text_of

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def story(tmp_path):
    return Story(tmp_path / "reports")


def post(server, path, body, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", path, body, FORM | headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


# --- Overview ---

def domains_of(page):
    return [row["Domain"].split()[0] for row in page.table("Domain", "Next step")]


def test_what_wants_attention_comes_first(ruad, db, story):
    """The larger domain is fine; the smaller one has a new sender that fails."""
    for name in ("big.example", "small.example"):
        story.usual(domain=name, orgs=("google.com",))
    for ago in range(5, 0, -1):
        story.report(ago, "Yahoo", [own(5000)], domain="big.example")
        story.report(ago, "Yahoo", [stranger()], domain="small.example")
    ruad.import_(db, story.folder)
    with ruad.serve(db) as server:
        page = Page(server.get("/").text)
        assert domains_of(page) == ["small.example", "big.example"]
        assert domains_of(Page(server.get("/?sort=-messages").text)) == ["big.example", "small.example"]
        assert domains_of(Page(server.get("/?sort=attention").text)) == ["small.example", "big.example"]
        attention = Page.text_of(page.by_id("attention")) and page.text
        assert "big.example nothing changed" in attention and "small.example nothing changed" not in attention


def test_subdomains_stand_under_their_domain(ruad, db, story):
    story.usual(orgs=("google.com",))
    for ago in range(9, 0, -1):
        story.report(ago, "Yahoo", [own().replace("<header_from>example.com", f"<header_from>{name}.example.com")
                                    for name in ("news", "shop")])
    ruad.import_(db, story.folder)
    with ruad.serve(db) as server:
        page = Page(server.get("/").text)
        assert "+ 2 subdomains" in page.text
        listed = Page(server.get(page.link("shop.example.com")).text)
        assert "900 messages in 9 records" in listed.text


def test_domains_that_are_not_configured(ruad, golden_db, tmp_path):
    conf = tmp_path / "ruad.conf"
    conf.write_text('domains = {"Example.COM"}\n')
    with ruad.serve(golden_db, "--config", conf) as server:
        page = Page(server.get(f"/?{RANGE}").text)
        tables = [rows for names, rows in page.tables() if "Next step" in names]
        assert [[r["Domain"] for r in rows] for rows in tables] == [["example.com"], ["example.org"]]
        assert "Not configured" in page.text and "2 domains, 551 messages" in page.text
    with ruad.serve(golden_db) as server:
        assert "Not configured" not in Page(server.get(f"/?{RANGE}").text).text


# --- The domain page ---

def test_strip_of_policies(ruad, db, story):
    """Two reporters see the new policy on different days; a third leaves a tag out and makes no policy of its own."""
    for ago in range(20, 0, -1):
        story.report(ago, "google.com", [own()], policy="none" if ago > 10 else "quarantine")
        story.report(ago, "Yahoo", [own()], policy="none" if ago > 8 else "quarantine")
        xml = head(f"short-{ago}", org="short.example", begin=day(ago), end=day(ago) + DAY - 1)
        xml = xml.replace("<sp>none</sp>", "").replace("<p>none</p>", f"<p>{'none' if ago > 8 else 'quarantine'}</p>")
        (story.folder / f"short-{ago}.xml").write_text(xml + own() + "</feedback>\n")
    ruad.import_(db, story.folder)
    with ruad.serve(db) as server:
        text = server.get("/domains/example.com").text
        page = Page(text)
        titles = [Page.text_of(t) for t in page.find("title")]
        assert any(re.fullmatch(rf"{text_of(10)}: p=quarantine.* first seen, by google.com; last by (Yahoo|short.example), on {text_of(8)}", t)
                   for t in titles), titles
        assert len(page.table("Policy", "First seen by")) == 2
        assert re.search(r'<g class="p1"><title>[^<]*</title><text[^>]*>none</text>', text)
        assert re.search(r'<g class="p2"><title>[^<]*</title><text[^>]*>quarantine</text>', text)


def test_groups_open_in_place(ruad, db, tmp_path):
    rows = [own()] + [entry(f"203.0.113.{i}", i, ("xexample.com", "s", "none"), ("other.example", "fail")) for i in range(1, 31)]
    (tmp_path / "r.xml").write_text(head() + "".join(rows) + "</feedback>\n")
    ruad.import_(db, tmp_path / "r.xml")
    with ruad.serve(db) as server:
        page = Page(server.get("/domains/example.com").text)
        group = next(d for d in page.find("details") if Page.text_of(d).startswith("Unauthenticated"))
        assert "30 addresses, 1 network" in Page.text_of(group)
        links = [a.get("href") for a in group.iter("a")]
        assert len(links) == 20 and links[0].endswith("/senders/203.0.113.30"), "those with the most messages"
        assert "30 senders" in Page(server.get(page.link("Show each")).text).text


def test_a_large_group_opens_elsewhere(ruad, db, tmp_path):
    """To show the largest of many would cost as much as the list itself."""
    rows = [own()] + [entry(f"203.0.113.{i}", i, ("xexample.com", "s", "none"), ("other.example", "fail")) for i in range(1, 206)]
    (tmp_path / "r.xml").write_text(head() + "".join(rows) + "</feedback>\n")
    ruad.import_(db, tmp_path / "r.xml")
    with ruad.serve(db) as server:
        page = Page(server.get("/domains/example.com").text)
        assert not [d for d in page.find("details") if Page.text_of(d).startswith("Unauthenticated")]
        assert "Unauthenticated 205 addresses, 1 network" in page.text
        assert "205 senders" in Page(server.get(page.link("Show each")).text).text


# --- Records and coverage ---

def test_each_record_leads_to_its_sender(golden):
    page = Page(golden.get(f"/records?{RANGE}").text)
    rows = page.table("Sender", "Source IP")
    assert len(rows) == 19 and not [r for r in rows if r["Sender"] == "–"]
    assert "its address" in {r["Sender"] for r in rows} and "esp.example" in {r["Sender"] for r in rows}
    sender = Page(golden.get(page.link("its address")).text)
    assert sender.find("h1")


def test_nothing_yet_is_not_nothing(ruad, db, story):
    """Of a day that has hardly ended nothing is expected to be there: no 0 % that looks like an outage."""
    for ago in range(2, 40):
        story.report(ago, "google.com", [own()])
    ruad.import_(db, story.folder)
    with ruad.serve(db) as server:
        page = Page(server.get("/coverage?range=5d").text)
        foot = next(row for row in page.find("tr") if Page.text_of(row).startswith("Came, % of expected"))
        assert [Page.text_of(c) for c in foot if c.tag == "td"][:5] == ["100", "100", "100", "–", "–"]


# --- Nothing to see ---

def test_filters_that_leave_nothing(golden):
    page = Page(golden.get(f"/domains/example.com?{RANGE}&reporter=yahoo&header_from=shop.example.com").text)
    assert "11 messages without it" in page.text and "0 messages without it" in page.text
    without = next(a.get("href") for a in page.find("a") if a.get("title") == "without this filter" and "header_from" not in a.get("href"))
    assert "11 messages" in Page(golden.get(without).text).text


def test_error_page_names_the_request(golden):
    assert re.search(r"request req-[0-9a-f]+", Page(golden.get("/reports/999", status=404).text).text)


# --- Light and dark ---

def test_theme(golden):
    path = f"/domains/example.com?{RANGE}"
    plain = golden.get(path)
    page = Page(plain.text)
    form = next(f for f in page.find("form") if f.get("class") == "theme")
    back = next(i.get("value") for i in form.iter("input") if i.get("name") == "back")
    assert page.root.get("data-theme") is None and form.get("method") == "post"
    answer = post(golden, form.get("action"), urllib.parse.urlencode({"theme": "dark", "back": back}))
    assert answer.status == 303 and golden.get(answer.headers["Location"]).status == 200
    assert answer.headers["Location"].startswith("/domains/example.com?") and "from=2026-11-17" in answer.headers["Location"]
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    dark = golden.get(path, Cookie=cookie)
    assert cookie == "theme=dark" and Page(dark.text).root.get("data-theme") == "dark"
    assert dark.headers["ETag"] != plain.headers["ETag"]
    assert golden.get(path, status=304, Cookie=cookie, If_None_Match=dark.headers["ETag"])
    pressed = [Page.text_of(b) for b in Page(dark.text).find("button") if b.get("aria-pressed") == "true"]
    assert pressed == ["dark"]
    assert golden.get(path, Cookie='theme="><script>alert(1)</script>').text == golden.get(path).text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "/a\r\nSet-Cookie: x=y"])
def test_theme_leads_nowhere_else(golden, back):
    answer = post(golden, "/theme", urllib.parse.urlencode({"theme": "light", "back": back}))
    assert answer.status == 303 and answer.headers["Location"] == "/"
    assert post(golden, "/theme", "theme=blue").status == 400
    for other in {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}:
        answer = post(golden, "/theme", "theme=dark", **other)
        assert answer.status == 403 and "Set-Cookie" not in answer.headers
    assert golden.get("/theme", status=405)


# --- How old the data are ---

def test_old_data_are_not_called_complete_alone(ruad, golden_db, empty, monkeypatch):
    """Nobody is expected any more, and two days ago there were no data: the newest day with a report is told, nothing later."""
    assert "no data yet" in Page(empty.get("/").text).text and "data complete to" not in empty.get("/").text
    now = ruad.env
    monkeypatch.setattr(ruad, "env", lambda **more: now(**({"RUAD_NOW": "2028-11-21T12:00:00Z"} | more)))
    with ruad.serve(golden_db) as server:
        fresh = [Page.text_of(e) for e in Page(server.get("/").text).find("span") if e.get("class") == "fresh"]
        assert len(fresh) == 1 and fresh[0].startswith("data complete to 2026-11-19 · last import ")
        assert server.api("summary?range=all")["data_complete_to"] == "2026-11-19"
        # A domain that nobody reported about has no day of its own.
        nobody = Page(server.get("/?domain=nobody.example").text).text
        assert "data complete to 2028-11-19, newest data 2026-11-19" in nobody
        assert "1970" not in server.get("/records?range=all&reporter=nobody.example").text


def test_readiness_says_that_filters_do_not_count(golden):
    said = "Filters do not count here"
    assert said in golden.get("/domains/example.com?reporter=google.com").text
    assert said not in golden.get("/domains/example.com").text


# --- Help ---

def test_help_for_beginners(golden):
    page = Page(golden.get("/help").text)
    verdicts = Page(golden.get(page.link("How ruad judges")).text)
    codes = [Page.text_of(c) for c in verdicts.find("code")]
    for cause in ("both", "dkim_only", "spf_only", "dkim_broken", "spf_unauthorised", "unaligned", "unauthenticated",
                  "dns_error", "not_reported"):
        assert cause in codes
    for word in ("Aligned", "Fragile", "Forwarded", "Possible replay", "Not aligned", "Unauthenticated", "Unclear", "proven"):
        assert word in verdicts.text
    assert golden.get("/help/nothing", status=404)


def test_report_tells_the_mail_it_came_in(golden):
    row = golden.api("reports?range=all&limit=1")["data"][0]
    page = Page(golden.get(f"/reports/{row['id']}").text)
    assert "Came in" in page.text and str(GOLDEN.name) in page.text
