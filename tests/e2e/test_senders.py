"""Senders: names, classes, marks, and that every way in says the same of them."""

import csv
import http.client
import io
import json
import re
import urllib.parse

import pytest

from html_page import Page
from program import DAYS, GOLDEN, RANGE, Answer
from reports import BEGIN, DAY, record, report
from test_schema import check as keeps_to

NO_INPUT, USAGE, CONFIG = 66, 64, 78
COM = f"{RANGE}&domain=example.com"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def by_key(rows):
    return {row["key"]: row for row in rows}


def send(server, method, path, body, **headers):
    """An answer to a request that changes something: status, headers, text."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, path, body, headers)
    answer = Answer(connection.getresponse(), method, path)
    connection.close()
    return answer.status, answer.headers, answer.text


def write(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.fixture
def own(ruad, db):
    """A database of one's own, to mark in, and a server over it."""
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    with ruad.serve(db) as server:
        yield server


# --- what they are ---

CLASSES = {"192.0.2.10": ("aligned", "H1", "high"), "esp.example": ("aligned", "H5", "medium"),
           "example.net": ("unclear", "H11", "low"), "example.edu": ("forwarded", "H4", "medium"),
           "example.info": ("forwarded", "H7", "high"), "203.0.113.66": ("unauthenticated", "H10", "low"),
           "192.0.2.99": ("fragile", "H2", "high")}


def test_classes(golden):
    rows = by_key(golden.api(f"senders?{COM}")["data"])
    assert {k: (r["class"], r["rule"], r["confidence"]) for k, r in rows.items()} == CLASSES
    assert {k for k, r in rows.items() if r["proven"]} == {"192.0.2.10", "192.0.2.99", "esp.example"}
    assert [k for k, r in rows.items() if r["undecided"]] == ["example.net"]
    assert "selector s1 also used by your own server" in rows["example.edu"]["conditions"]
    assert rows["example.info"]["conditions"] == ["receiver said mailing_list"]


def test_classes_do_not_follow_the_filters(golden):
    for query in ("result=fail", "reporter=google.com", "basis=reported", "spf=unaligned"):
        for row in golden.api(f"senders?{COM}&{query}")["data"]:
            assert (row["class"], row["rule"], row["confidence"]) == CLASSES[row["key"]], query


def test_what_wants_attention_comes_first(golden):
    order = [row["key"] for row in golden.api(f"senders?{COM}")["data"]]
    assert order == ["example.net", "203.0.113.66", "192.0.2.99", "example.edu", "example.info", "192.0.2.10", "esp.example"]
    assert order == [row["key"] for row in golden.all("senders", COM, limit=2)]
    failed = [row["key"] for row in golden.api(f"senders?{COM}&sort=-failed")["data"]]
    assert failed[0] == "example.net"


def test_filters_of_senders(golden):
    def keys(query):
        answer = golden.api(f"senders?{RANGE}&{query}")
        assert answer["totals"]["messages"] == sum(r["messages"] for r in answer["data"])
        assert sum(c["messages"] for c in answer["classes"]) == answer["totals"]["messages"]
        return {row["key"] for row in answer["data"]}
    assert keys("domain=example.com&class=forwarded") == {"example.edu", "example.info"}
    assert keys("domain=example.com&class=!forwarded,!aligned") == {"example.net", "203.0.113.66", "192.0.2.99"}
    assert keys("mark=ours") == set()
    assert keys("new=true") == set(), "of three days of history nobody is new"
    assert len(keys("mark=undecided")) == 9
    for query in ("class=malicious", "mark=mine", "new=yes", "group=1"):
        golden.get(f"/api/v1/senders?{query}", status=400)
    golden.get("/api/v1/inputs?class=aligned", status=400)


def test_a_number_is_a_link_to_itself(golden):
    """The records that the key of a sender finds are those that were counted."""
    for row in golden.api(f"senders?{RANGE}")["data"]:
        key = urllib.parse.quote(row["key"])
        query = f"{RANGE}&domain={row['domain']}&sender={key}"
        assert golden.api(f"records?{query}")["totals"]["messages"] == row["messages"]
        assert golden.api(f"records?{query}&result=fail")["totals"]["messages"] == row["fail"]
        one = golden.api(f"domains/{row['domain']}/senders/{key}?{RANGE}")
        assert one["sender"] == row
    page = Page(golden.get(f"/senders?{COM}").text)
    links = [a.get("href") for a in page.find("a") if "sender=" in a.get("href", "")]
    assert len(links) > 7
    for link in set(links):
        number = [a.text for a in page.find("a") if a.get("href") == link][0].replace(",", "")
        assert f"{number} message" in Page(golden.get(link).text).text, link


def test_one_sender(golden):
    d = golden.api(f"domains/example.com/senders/example.edu?{RANGE}")
    keeps_to("sender", d)
    assert [s["messages"] for s in d["shapes"]] == [6] and d["shapes_day"] is None
    assert d["explained_record"] == d["shapes"][0]["record"]
    assert [q["answer"] for q in d["explanation"]["questions"]] == ["yes", "no", "yes", "yes"]
    assert d["seen_by"] == {"day": "2026-11-18", "reporters": [{"reporter": "Outlook.com", "messages": 6}]}
    d = golden.api(f"domains/EXAMPLE.com/senders/203.0.113.66?{RANGE}")
    keeps_to("sender", d)
    assert d["shapes_day"] == "2026-11-19" and [s["messages"] for s in d["shapes"]] == [1]
    d = golden.api("domains/example.com/senders/amazon-ses")
    keeps_to("sender", d)
    assert (d["name"], d["named_by"], d["sender"], d["shapes"]) == ("Amazon SES", "service", None, [])
    for path in ("example.com/senders/nope.example", "nope.example/senders/example.net", "example.com/senders/192.0.2.0%2F24",
                 "example.com/senders/example.net/nothing", "example.com/senders/a%20b"):
        golden.get("/api/v1/domains/" + path, status=404)
    golden.get("/api/v1/domains/example.com/senders/example.net?domain=example.com", status=400)


def test_sender_page(golden):
    page = Page(golden.get(f"/domains/example.com/senders/example.edu?{RANGE}").text)
    assert page.find("h1")[0].text == "example.edu"
    for words in ("Forwarded", "H4, medium: selector s1 also used by your own server", "6 messages", "Outlook.com",
                  "2001:db8:f::25", "This changes nothing in DNS"):
        assert words in page.text, words


def test_no_page_accuses(extra):
    for path in (f"/senders?{RANGE}", f"/domains/example.com?{RANGE}", f"/domains/example.com/senders/203.0.113.66?{RANGE}"):
        assert not re.search("malicious|threat|spoof", Page(extra.get(path).text).text, re.I), path


def test_domain_page_has_the_table(golden):
    text = Page(golden.get(f"/domains/example.com?{RANGE}").text).text
    assert "7 of 7 senders shown, 541 messages" in text
    assert "selector s1 also used by" in text and "receiver said mailing_list" in text


# --- many of a kind ---

def test_groups(ruad, db, tmp_path):
    rows = [record(count=50)] + [record(ip=f"203.0.113.{i}", dkim="none", spf="fail").replace("<dkim><domain>", "<dkim><domain>x")
                                 for i in range(1, 21)]
    write(tmp_path / "r.xml", report(records=rows).decode())
    ruad.import_(db, tmp_path / "r.xml")
    with ruad.serve(db) as server:
        whole = server.api(f"senders?{RANGE}")
        assert len(whole["data"]) == 21 and not any(c["collapsed"] for c in whole["classes"])
        grouped = server.api(f"senders?{RANGE}&group=true")
        assert [r["key"] for r in grouped["data"]] == ["192.0.2.1"]
        assert grouped["totals"] == whole["totals"] and grouped["page"]["total"] == 1
        strangers = next(c for c in grouped["classes"] if c["class"] == "unauthenticated")
        assert strangers["collapsed"] == 20 and strangers["unnamed"]["networks"] == 1
        page = Page(server.get(f"/domains/example.com?{RANGE}").text)
        assert "20 addresses, 1 network" in page.text and "21 of 21 senders shown, 70 messages" in page.text
        listed = Page(server.get(page.link("Show each")).text).text
        assert "20 senders, 20 messages" in listed and "203.0.113.7" in listed


# --- marks ---

MARK = "/api/v1/domains/example.com/senders/example.net/mark"


def test_mark_by_the_api(own):
    before = own.get("/api/v1/senders?" + COM).headers["ETag"]
    keeps_to("mark", own.get(MARK).json())
    assert own.get(MARK).json()["mark"] == {"mark": "undecided", "note": None, "who": None, "at": None, "configured": False}
    status, headers, text = send(own, "PUT", MARK, '{"mark":"ours","note":"our <b>CRM</b>"}', **JSON)
    assert status == 200 and headers["Cache-Control"] == "no-store"
    keeps_to("mark", json.loads(text))
    assert json.loads(text) == own.get(MARK).json()
    assert own.get(MARK).json()["mark"]["note"] == "our <b>CRM</b>"
    row = by_key(own.api("senders?" + COM)["data"])["example.net"]
    assert (row["mark"], row["undecided"], row["mark_configured"]) == ("ours", False, False)
    assert own.get("/api/v1/senders?" + COM).headers["ETag"] != before
    page = Page(own.get("/domains/example.com/senders/example.net").text)
    assert "our <b>CRM</b>" in page.text and "CRM" not in [b.text for b in page.find("b")]
    for other in own.api("senders?" + COM)["data"]:
        assert other["key"] == "example.net" or other["mark"] == "undecided"


@pytest.mark.parametrize("body", ["", "x", "{}", '{"mark":"mine"}', '{"mark":"ours","x":1}', '{"mark":"ours","note":1}', "[]",
                                  '{"mark":"ours","note":"%s"}' % ("x" * 1001)])
def test_what_is_no_mark_is_refused(own, body):
    status, headers, text = send(own, "PUT", MARK, body, **JSON)
    assert status == 400 and json.loads(text)["type"] == "/help/api#invalid-parameter"
    assert own.get(MARK).json()["mark"]["at"] is None


def test_mark_of_nobody(own):
    for path in ("example.com/senders/nope.example", "nope.example/senders/example.net", "example.com/senders/192.0.2.222",
                 "example.com/senders/example.com"):
        assert send(own, "PUT", f"/api/v1/domains/{path}/mark", '{"mark":"ours"}', **JSON)[0] == 404
    for method, path in (("POST", MARK), ("DELETE", MARK), ("PUT", "/domains/example.com/senders/example.net"),
                         ("POST", "/senders"), ("PUT", "/api/v1/senders")):
        assert send(own, method, path, "", **JSON)[0] == 405, (method, path)


def test_other_sites_cannot_mark(own):
    page = "/domains/example.com/senders/example.net"
    token = next(i.get("value") for i in Page(own.get(page).text).find("input") if i.get("name") == "form_token")
    form = urllib.parse.urlencode({"mark": "ours", "form_token": token})
    refused = [("PUT", MARK, '{"mark":"ours"}', JSON | {"Origin": "http://evil.example"}),
               ("PUT", MARK, '{"mark":"ours"}', JSON | {"Sec-Fetch-Site": "cross-site"}),
               ("POST", page, form, FORM | {"Origin": "http://evil.example"}),
               ("POST", page, "mark=ours", FORM), ("POST", page, "mark=ours&form_token=" + "0" * 64, FORM)]
    for method, path, body, headers in refused:
        assert send(own, method, path, body, **headers)[0] == 403, (method, headers)
    for other in ({"Content-Type": "text/plain"}, {}):  # what a page of another site can send
        assert send(own, "PUT", MARK, '{"mark":"ours"}', **other)[0] == 415
    assert own.get(MARK).json()["mark"]["at"] is None
    status, headers, _ = send(own, "POST", page + "?range=7d", form + "&note=a%0D%0Ab", **FORM)
    assert status == 303 and headers["Location"] == page + "?range=7d"
    assert own.get(MARK).json()["mark"]["note"] == "a\r\nb"
    assert "Ours" in Page(own.get(headers["Location"]).text).text


def test_marks_outlive_imports(ruad, db):
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    ruad.run("mark", "example.com", "esp.example", "ours", "--db", db, "--note", "ours")
    ruad.run("import", "--db", db, GOLDEN / "inputs", GOLDEN / "extra")
    assert ruad.run("show", "senders", "--db", db, "--mark", "ours", "--json", "--range", "all").json()["totals"]["messages"] == 120
    ruad.run("db", "verify", "--db", db)


def test_marking_beside_an_import_waits_for_nobody_long(ruad, own, db):
    """A mark is a short write of its own; nothing of the import is lost or seen twice."""
    for i in range(5):
        ruad.run("import", "--db", db, GOLDEN / "inputs")
        assert send(own, "PUT", MARK, json.dumps({"mark": ["ours", "not_ours"][i % 2]}), **JSON)[0] == 200
    assert own.api("senders?" + COM)["totals"]["messages"] == 541


def test_reading_alone_is_no_right_to_mark(ruad, db, tmp_path):
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    reader = ruad.run("token", "add", "reader", "--scope", "read", "--db", db).out.strip()
    marker = ruad.run("token", "add", "marker", "--scope", "mark", "--db", db).out.strip()
    conf = write(tmp_path / "ruad.conf", f'database = "{db}"\nweb {{ auth = proxy\nproxy_addresses = {{"127.0.0.1"}} }}\n')
    with ruad.serve(db, "--config", conf) as server:
        for token, status in ((reader, 403), (marker, 200)):
            bearer = JSON | {"Authorization": "Bearer " + token}
            assert send(server, "PUT", MARK, '{"mark":"ours"}', **bearer)[0] == status
        assert send(server, "PUT", MARK, '{"mark":"ours"}', **JSON)[0] in (401, 403)
        said = server.get(MARK, Authorization="Bearer " + reader).json()["mark"]
        assert said["who"] == "marker"


# --- names ---

def test_records_say_what_their_sender_is(golden):
    """As the list of senders of the same range does; of all domains it is not asked."""
    kinds = {k: (r["class"], r["mark"]) for k, r in by_key(golden.api(f"senders?{COM}")["data"]).items()}
    rows = golden.api(f"records?{COM}&result=fail")["data"]
    assert rows and all((r["sender"]["class"], r["sender"]["mark"]) == kinds[r["sender"]["key"]] for r in rows)
    assert {r["sender"]["class"] for r in rows} == {"unclear", "forwarded", "unauthenticated"}
    all_domains = golden.api(f"records?{RANGE}")["data"]
    assert {(r["sender"]["class"], r["sender"]["mark"]) for r in all_domains} == {(None, None)}
    lines = golden.get(f"/api/v1/records.csv?{COM}").text.splitlines()
    head = lines[0].split(",")
    assert {line.split(",")[head.index("class")] for line in lines[1:]} == {v[0] for v in kinds.values()}


def test_edited_rules_hold_for_old_data(ruad, golden_db, tmp_path):
    rules = write(tmp_path / "services.txt", "ruad-services 1 mine\nBig ESP = dkim:esp.example spf:esp.example\n"
                                             "Lists = dkim:example.info spf:example.edu\n")
    conf = write(tmp_path / "ruad.conf", f'services_file = "{rules}"\n')
    rows = by_key(ruad.run("show", "senders", "--config", conf, "--db", golden_db, "--domain", "example.com", *DAYS, "--json").json()["data"])
    assert (rows["big-esp"]["name"], rows["big-esp"]["named_by"], rows["big-esp"]["messages"]) == ("Big ESP", "service", 120)
    assert rows["lists"]["messages"] == 10 and rows["lists"]["addresses"] == 2
    with ruad.serve(golden_db, "--config", conf) as server:
        assert server.api(f"records?{COM}&sender=lists")["totals"]["messages"] == 10
        assert server.api(f"records?{COM}&sender=!lists")["totals"]["messages"] == 531
        row = server.api(f"records?{COM}&sender=big-esp&limit=1")["data"][0]
        assert row["sender"] == {"key": "big-esp", "name": "Big ESP", "named_by": "service", "class": "aligned", "mark": "undecided"}
        assert {r["key"] for r in server.api(f"timeseries?{COM}&by=sender")["data"]} >= {"big-esp", "lists"}
        tag = server.get(f"/api/v1/senders?{COM}").headers["ETag"]
    write(rules, "ruad-services 1 mine\n")
    with ruad.serve(golden_db, "--config", conf) as server:
        assert "esp.example" in by_key(server.api(f"senders?{COM}")["data"])
        assert server.get(f"/api/v1/senders?{COM}").headers["ETag"] != tag


def test_senders_of_the_operator(ruad, golden_db, tmp_path):
    conf = write(tmp_path / "ruad.conf", 'sender "Web shop" { match = {"ip:192.0.2.99", "dkim:esp.example"}\nmark = ours }\n'
                                         'sender "Mail hub" { match = {"ip:192.0.2.0/24"} }\n')
    with ruad.serve(golden_db, "--config", conf) as server:
        rows = by_key(server.api(f"senders?{COM}")["data"])
        assert (rows["web-shop"]["messages"], rows["web-shop"]["mark"], rows["web-shop"]["mark_configured"]) == (128, "ours", True)
        assert (rows["mail-hub"]["messages"], rows["mail-hub"]["named_by"]) == (385, "own")
        for key in ("web-shop", "mail-hub"):
            assert server.api(f"records?{COM}&sender={key}")["totals"]["messages"] == rows[key]["messages"]
            d = server.api(f"domains/example.com/senders/{key}?{RANGE}")
            keeps_to("sender", d)
        assert "The configuration says so" in Page(server.get("/domains/example.com/senders/web-shop").text).text


def test_the_builtin_rules(ruad, tmp_path):
    text = ruad.run("config", "services").out
    assert text.startswith("ruad-services 1 ") and sum(" = " in line for line in text.splitlines()) >= 120
    conf = write(tmp_path / "ruad.conf", f'services_file = "{write(tmp_path / "services.txt", text)}"\n')
    ran = ruad.run("config", "check", "--config", conf)
    assert "matches nothing" not in ran.err, "every domain is an organizational one"
    bad = write(tmp_path / "bad.conf", 'sender x { match = {"dkim:mail.esp.example"} }\n')
    assert "here esp.example" in ruad.run("config", "check", "--config", bad).err
    write(tmp_path / "services.txt", "ruad-services 1 x\n\nB = dkim:b.example\nA = dkim:a.example\n")
    assert "services.txt:4: 'A' stands behind 'B'" in ruad.run("config", "check", "--config", conf, code=CONFIG).err


# --- the same everywhere ---

def test_csv(golden):
    answer = golden.get(f"/api/v1/senders.csv?{COM}")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [r["sender"] for r in rows] == [r["key"] for r in golden.api(f"senders?{COM}")["data"]]
    assert sum(int(r["messages"]) for r in rows) == 541
    assert {r["sender"]: (r["class"], r["rule"], r["confidence"]) for r in rows} == CLASSES


def test_command_line(ruad, golden_db, golden):
    one = ruad.run("sender", "example.com", "example.edu", "--json", "--db", golden_db, *DAYS).json()
    assert one == golden.api(f"domains/example.com/senders/example.edu?{RANGE}")
    said = ruad.run("sender", "example.com", "example.edu", "--db", golden_db, *DAYS).out
    for words in ("Forwarded, medium: selector s1 also used by your own server", "H4", "6 messages from 1 address,", "undecided"):
        assert words in said, words
    table = ruad.run("show", "senders", "--db", golden_db, "--domain", "example.com", *DAYS).out
    assert re.search(r"^example\.net +.* 12 .* undecided +H11 +Unclear, low: seen on two days only$", table, re.M), table
    assert "there is no sender" in ruad.run("sender", "example.com", "nope.example", "--db", golden_db, code=NO_INPUT).err
    ruad.run("sender", "example.com", "--db", golden_db, code=USAGE)
    ruad.run("sender", "example.com", "example.net", "--result", "fail", "--db", golden_db, code=USAGE)


def test_mark_on_the_command_line(ruad, db):
    ruad.run("import", "--db", db, GOLDEN / "inputs")

    def mark(*words, code=0):
        return ruad.run("mark", *words, "--db", db, code=code)
    assert mark("example.com", "example.net", "ours", "--dry-run").out == "example.net of example.com would be ours\n"
    before = ruad.run("sender", "example.com", "example.net", "--db", db, "--json").json()
    assert before["mark"]["at"] is None
    done = mark("Example.COM", "Example.NET", "not-ours", "--note", "no idea", "--json").json()
    keeps_to("mark", done)
    assert (done["mark"]["mark"], done["mark"]["note"]) == ("not_ours", "no idea") and done["mark"]["who"]
    assert mark("example.com", "example.net", "undecided", "--quiet").out == ""
    for wrong in (("example.com", "example.net"), ("example.com", "example.net", "mine"),
                  ("example.com", "example.net", "ours", "--note", "\x1b[31m"), ("example.com", "example.net", "ours", "--note", "x" * 1001)):
        mark(*wrong, code=USAGE)
    for unknown in (("example.com", "nope.example", "ours"), ("nope.example", "example.net", "ours"), ("example.com", "192.0.2.0/24", "ours")):
        assert "there is no sender" in mark(*unknown, code=NO_INPUT).err


def test_hostile_notes_and_keys(ruad, db):
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    note = "</textarea><script>alert(1)</script>{{note}}\u202e"
    ruad.run("mark", "example.com", "example.net", "ours", "--note", note, "--db", db)
    with ruad.serve(db) as server:
        answer = server.get("/domains/example.com/senders/example.net")
        shown = note.replace("\u202e", "\ufffd")  # it would turn the text round
        assert shown in Page(answer.text).text and all(e.get("src") for e in Page(answer.text).find("script"))
        assert server.api("domains/example.com/senders/example.net")["mark"]["note"] == note
        for key in ("%3Cscript%3E", "%22%3E%3Cb%3E", "..%2F..", "a%0Ab"):
            assert server.get(f"/domains/example.com/senders/{key}", status=404).type == "text/html"


def test_new_senders(ruad, db, tmp_path):
    for i, (begin, rows) in enumerate([(BEGIN - 40 * DAY, [record()]), (BEGIN, [record(), record(ip="198.51.100.9", count=7)])]):
        write(tmp_path / f"{i}.xml", report(f"r-{i}", rows, begin=begin, end=begin + DAY - 1).decode())
    ruad.import_(db, tmp_path / "0.xml", tmp_path / "1.xml")
    answer = ruad.run("show", "senders", "--db", db, "--new", "true", "--json").json()
    assert [r["key"] for r in answer["data"]] == ["198.51.100.9"] and answer["totals"]["messages"] == 7
    with ruad.serve(db) as server:
        assert "new 19 Nov" in Page(server.get("/senders").text).text


def test_check_senders(ruad, db):
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    ran = ruad.run("check", "senders", "--domain", "example.com", "--db", db, code=1)
    assert ran.out == "DMARC WARNING - example.com: 1 of 7 senders of 30 days undecided, 0 new | undecided=1;0;;0 new=0;;;0\n", ran.out
    assert ruad.run("check", "senders", "-c", "5", "--db", db).out.startswith("DMARC OK - all domains: 1 of 9 senders")
    ruad.run("mark", "example.com", "example.net", "not-ours", "--db", db)
    assert "0 of 7 senders" in ruad.run("check", "senders", "--domain", "example.com", "--db", db).out
