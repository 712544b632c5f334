"""The page of a source, and the search: what is typed leads to where it is told."""

import re
import sqlite3
import urllib.parse

import pytest

from contract import check as check_schema
from html_page import Page
from program import GOLDEN, RANGE, Ruad
from test_pages import check_page

HOSTILE = "<script>alert(1)</script>"


def page(server, path):
    answer = server.get(path)
    check_page(answer)
    return Page(answer.text)


def go(server, text):
    """Where the search leads, or None: it lists."""
    answer = server.get("/search?q=" + urllib.parse.quote(text), status=None)
    if answer.status == 200:
        return None
    assert answer.status == 303, answer.status
    assert not answer.body and answer.headers["Cache-Control"] == "no-store" and not answer.headers["ETag"]
    where = answer.headers["Location"]
    assert where.startswith("/") and not where.startswith("//")
    server.get(where)
    return where


def hits(server, text):
    document = server.api("search?q=" + urllib.parse.quote(text))
    check_schema("search", document)
    return [(hit["kind"], hit["text"], hit["exact"]) for hit in document["data"]]


class With(Ruad):
    """The same program with some more of an environment."""

    def __init__(self, ruad, **more):
        super().__init__(ruad.binary)
        self.more = more

    def env(self, **more):
        return super().env(**self.more | more)


# --- The page of a source ---

def test_an_address(golden):
    found = page(golden, "/sources/203.0.113.30")
    assert "12 messages" in found.text and "12 failed" in found.text
    rows = found.table("Header-From", "Policy of")
    assert [(r["Header-From"], r["Policy of"], r["Messages"], r["Failed"]) for r in rows] == [("example.com", "example.com", "12", "12")]
    assert "unaligned 12" in rows[0]["What we see"]
    assert (rows[0]["First seen"], rows[0]["Last seen"]) == ("2026-11-18", "2026-11-19")
    assert [(r["Sender"], r["For"], r["Messages"]) for r in found.table("Sender", "For")] == [("example.net", "example.com", "12")]
    assert [r["Messages"] for r in found.table("Day", "Reporter", "Why")] == ["7", "5"]
    assert found.link("example.net") == "/domains/example.com/senders/example.net"
    assert "PTR" not in found.text


def test_each_number_is_a_link_to_itself(golden):
    found = page(golden, f"/sources/203.0.113.0%2F24?{RANGE}")
    for a in found.find("a"):
        number = re.fullmatch(r"(\d[\d,]*)( messages| failed)?", found.text_of(a))
        if not number or not a.get("href").startswith("/records?"):
            continue
        query = a.get("href").partition("?")[2]
        assert golden.api("records?" + query)["totals"]["messages"] == int(number[1].replace(",", "")), a.get("href")


def test_a_network(golden):
    found = page(golden, f"/sources/203.0.113.0%2F24?{RANGE}")
    assert "3 addresses sent mail" in found.text and "19 messages" in found.text
    rows = found.table("Source IP", "Failed", "Last seen")
    assert [(r["Source IP"].split()[0], r["Messages"]) for r in rows] == [("203.0.113.30", "12"), ("203.0.113.66", "6"), ("203.0.113.67", "1")]
    assert f"/sources/203.0.113.66?{RANGE}" in found.hrefs()


def test_pages_of_a_network(golden):
    seen, path = [], f"/sources/0.0.0.0%2F0?{RANGE}&limit=3&sort=ip"
    while path:
        found = page(golden, path)
        seen += [r["Source IP"].split()[0] for r in found.table("Source IP", "Failed", "Last seen")]
        more = [a.get("href") for a in found.find("a") if a.get("rel") == "next"]
        path = more[0] if more else None
    wanted = [row["source_ip"] for row in golden.all("sources", f"{RANGE}&source_ip=0.0.0.0/0&sort=ip")]
    assert seen == wanted and len(seen) > 3


@pytest.mark.parametrize("written, canonical", [
    ("203.0.113.30/24", "203.0.113.0%2F24"), ("2001:DB8:F:0::25", "2001:db8:f::25"),
    ("%5B2001:db8:f::25%5D", "2001:db8:f::25"), ("2001:DB8::/32", "2001:db8::%2F32"), ("::ffff:203.0.113.30", "203.0.113.30"),
    ("203.0.113.30/32", "203.0.113.30")])
def test_one_address_for_each_source(golden, written, canonical):
    answer = golden.get(f"/sources/{written}?{RANGE}", status=303)
    assert answer.headers["Location"] == f"/sources/{canonical}?{RANGE}"
    assert golden.get(answer.headers["Location"]).status == 200


@pytest.mark.parametrize("network", ["203.0.113.0/24", "2001:db8::/32"])
def test_network_behind_a_proxy_that_decodes(golden, network):
    """The slash may come as it is: no redirect leads to the same address again."""
    answer = golden.get(f"/sources/{network}?{RANGE}", status=200)
    encoded = network.replace("/", "%2F")
    assert answer.text == golden.get(f"/sources/{encoded}?{RANGE}").text and encoded in answer.text


def test_a_source_that_no_report_names(golden):
    found = page(golden, "/sources/198.51.100.250")
    assert "No report names 198.51.100.250" in found.text
    assert golden.get("/api/v1/sources/198.51.100.250", status=404).json()["detail"] == "No report names 198.51.100.250."


def test_a_source_on_other_days(golden):
    found = page(golden, "/sources/203.0.113.30?from=2020-01-01&to=2020-02-01")
    assert "No mail in this range" in found.text and "12 messages" not in found.text
    assert "12 messages" in page(golden, found.link("Show all days")).text


@pytest.mark.parametrize("text", ["x.example", "203.0.113.300", "203.0.113.0%2F33", "%2F", urllib.parse.quote(HOSTILE, safe=""), "1" * 4000])
def test_what_is_no_source(golden, text):
    answer = golden.get("/sources/" + text, status=400)
    check_page(answer)
    assert "192.0.2.0/24" in Page(answer.text).text
    assert golden.get("/api/v1/sources/" + text, status=400).json()["type"].endswith("#invalid-parameter")


def test_documents(extra):
    for ip in ["203.0.113.30", "203.0.113.0%2F24", "203.0.113.9", "2001:db8::%2F32", "0.0.0.0%2F0", "::%2F0"]:
        document = extra.api(f"sources/{ip}?range=all")
        check_schema("source", document)
        query = urllib.parse.unquote(ip)
        assert document["totals"] == extra.api(f"records?range=all&limit=1&source_ip={query}")["totals"] | {
            "records": document["totals"]["records"]}
        for rows in (document["domains"], document["senders"]):
            assert sum(r["messages"] for r in rows) == document["totals"]["messages"]
        for row in document["domains"]:
            assert sum(d["messages"] for d in row["days"]) == row["messages"]
        assert (document["addresses"] is None) == ("%2F" not in ip)


def test_parameters(golden):
    for query in ("domain=example.com", "q=x", "limit=0", "sort=nothing"):
        ip = "203.0.113.0%2F24"
        assert golden.get(f"/sources/{ip}?{query}", status=400)
        assert golden.get(f"/api/v1/sources/{ip}?{query}", status=400)
    reported = golden.api("sources/192.0.2.0%2F24?range=all&basis=reported")
    assert reported["query"]["basis"] == "reported"


def test_pages_lead_to_the_source(golden):
    for path in (f"/records?{RANGE}", f"/domains/example.com?{RANGE}", "/reports/3", "/records/3.3",
                 f"/domains/example.com/senders/example.net?{RANGE}"):
        found = page(golden, path)
        assert any(href.startswith("/sources/203.0.113.30") for href in found.hrefs()), path


# --- The search ---

@pytest.mark.parametrize("path", ["/", "/domains/example.com", "/senders", "/records", "/reports/3", "/reports/3/xml", "/coverage", "/problems",
                                  "/status", "/help", "/sources/203.0.113.30", "/search"])
def test_every_page_has_the_search(golden, path):
    found = page(golden, path)
    form = next(f for f in found.find("form") if f.get("role") == "search")
    assert (form.get("method"), form.get("action")) == ("get", "/search")
    field = next(form.iter("input"))
    assert field.get("name") == "q" and field.get("data-key") == "/"
    assert any(label.get("for") == field.get("id") for label in form.iter("label"))


@pytest.mark.parametrize("text, where", [
    ("203.0.113.30", "/sources/203.0.113.30"),
    (" [2001:DB8:F::25] ", "/sources/2001:db8:f::25"),
    ("203.0.113.7/24", "/sources/203.0.113.0%2F24"),
    ("198.51.100.250", "/sources/198.51.100.250"),
    ("example.com", "/domains/example.com"),
    ("Example.ORG.", "/domains/example.org"),
    ("golden-0003", "/reports/3"),
    ("GOLDEN-0003", "/reports/3"),
    ("google.com", "/reports?reporter=google.com"),
    ("outl", "/reports?reporter=Outlook.com"),
    ("crm.example.net", "/records?range=all&dkim_domain=crm.example.net"),
    ("k1._domainkey.crm.example.net", "/records?range=all&dkim_domain=crm.example.net&dkim_selector=k1"),
    ("bounce.crm", "/records?range=all&spf_domain=bounce.crm.example.net"),
])
def test_one_hit_is_gone_to(golden, text, where):
    assert go(golden, text) == where


def test_what_it_leads_to_shows_something(golden):
    for text in ("crm.example.net", "k1._domainkey.crm.example.net", "s1", "example.net", "esp.example"):
        for hit in golden.api("search?q=" + text)["data"]:
            query = urllib.parse.urlencode(hit["parameters"])
            assert golden.api(f"{hit['resource']}?{query}")["data"], hit


def test_an_old_source_is_shown_with_all_days(ruad, golden_db):
    with With(ruad, RUAD_NOW="2027-11-21T12:00:00Z").serve(golden_db) as server:
        assert go(server, "203.0.113.30") == "/sources/203.0.113.30?range=all"
        assert go(server, "example.com") == "/domains/example.com?range=all"
        assert go(server, "google.com") == "/reports?range=all&reporter=google.com"
        assert go(server, "198.51.100.250") == "/sources/198.51.100.250"


def test_several_are_listed_by_kind(golden):
    assert go(golden, "golden") is None
    found = page(golden, "/search?q=golden")
    assert "7 hits for golden" in found.text and "Reports (7)" in found.text
    back = [i.get("value") for i in found.find("input") if i.get("name") == "back"]
    assert back == ["/search?q=golden"]  # where a choice of colours leads
    assert "google.com about example.com, 2026-11-19, 169 messages" in found.text
    assert "Outlook.com about example.com, 2026-11-18 – 2026-11-19, 26 messages" in found.text
    assert found.link("golden-0003") == "/reports/3"
    found = page(golden, "/search?q=esp.example")
    assert "Senders (1)" in found.text and "Domains of DKIM signatures (1)" in found.text
    assert next(e for e in found.find("input") if e.get("name") == "q").get("value") == "esp.example"
    # What was looked for is no filter of other pages.
    assert not [href for href in found.hrefs() if "q=" in href]


def test_nothing_is_found(golden):
    found = page(golden, "/search?q=nowhere.example")
    assert "Nothing was found for nowhere.example" in found.text
    assert "selector._domainkey.example.com" in found.text, "what can be searched for"
    assert "What can be searched for" in page(golden, "/search").text
    assert "What can be searched for" in page(golden, "/search?q=+").text


def test_an_empty_store(empty):
    assert "No reports are stored yet" in page(empty, "/search?q=example.com").text
    assert "No reports are stored yet" in page(empty, "/sources/192.0.2.1").text


def test_hostile_text(extra):
    for text in ("s", HOSTILE + "x", "<b>" + HOSTILE):
        found = page(extra, "/search?q=" + urllib.parse.quote(text))
        assert HOSTILE in found.text
        assert len(found.find("script")) == len(page(extra, "/search").find("script"))
    assert go(extra, HOSTILE) == "/reports?reporter=%3Cscript%3Ealert%281%29%3C%2Fscript%3E"
    for text in ["=HYPERLINK(", "+1+cmd", "@x.example", "' OR 1=1 --", "%_", '"><b>', "\u202e", "é" * 400, "//evil.example", "\\\\evil", "a\r\nSet-Cookie: x=y", "a" * 1024]:
        where = go(extra, text)
        assert where is None or re.match(r"/(records|reports|senders|domains|sources)\b", where), where
    assert extra.get("/search?q=" + "a" * 1025, status=400)
    assert extra.get("/search?q=%ff", status=400)
    assert extra.get("/search?q=a&q=b", status=400)
    assert extra.get("/search?q=a&domain=b", status=400)


def test_it_goes_nowhere_else(extra):
    for text in ("/records", "http://evil.example/", "//evil.example/"):
        assert extra.get("/search?q=" + urllib.parse.quote(text, safe=""), status=200)


def test_the_api_wants_a_text(golden):
    for query in ("", "?q=", "?q=+"):
        problem = golden.get("/api/v1/search" + query, status=400).json()
        assert problem["type"].endswith("#invalid-parameter")


def test_kinds(golden):
    assert hits(golden, "s1") == [("dkim_selector", "s1", True)]
    assert hits(golden, "example.com") == [("domain", "example.com", True)]
    assert hits(golden, "EXAMPLE.NET")[0] == ("sender", "example.net", True)
    document = golden.api("search?q=golden-000")
    assert [k for k in document["kinds"] if k["hits"]] == [{"kind": "report", "hits": 7, "more": False}]


def test_a_prefix_of_the_public_address(ruad, golden_db):
    with With(ruad, RUAD_WEB_PUBLIC_URL="http://localhost/ruad/").serve(golden_db) as server:
        answer = server.get("/ruad/search?q=203.0.113.30", status=303)
        assert answer.headers["Location"] == "/ruad/sources/203.0.113.30"
        assert 'action="/ruad/search"' in server.get("/ruad/").text


# --- Many addresses ---

def test_many_addresses_are_not_read_for_one(ruad, tmp_path):
    """The plan of a question about one address begins at its number, not at all of them."""
    db = tmp_path / "ruad.db"
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    con = sqlite3.connect(db)
    plan = " / ".join(row[3] for row in con.execute(
        "explain query plan select id from source where length(ip) = 4 and ip between x'cb00711e' and x'cb00711e'"))
    assert "SEARCH source USING" in plan, plan
    for table, column in (("evidence_dkim", "domain"), ("evidence_dkim", "selector"), ("evidence_spf", "domain")):
        plan = " / ".join(row[3] for row in con.execute(f"explain query plan select 1 from {table} where {column} = 1"))
        assert "SEARCH" in plan, plan
    con.close()
