"""Coverage, changes, readiness, keys and policies: what the program says of the state of a domain."""

import re
import sqlite3

import pytest

from html_page import Page
from program import RANGE
from reports import DAY, head
from test_schema import check

TODAY = 1795262400  # 2026-11-21T12:00:00Z
MIDNIGHT = TODAY - 12 * 3600


def day(ago):
    """The first second of the day so many days before today."""
    return MIDNIGHT - ago * DAY


def text_of(ago):
    import datetime
    return datetime.datetime.fromtimestamp(day(ago), datetime.timezone.utc).strftime("%Y-%m-%d")


def entry(ip, count, dkim=None, spf=None, domain="example.com"):
    """A record; dkim and spf are (domain, [selector,] result)."""
    out = f"<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated><disposition>none</disposition>"
    good = [bool(x) and x[0].endswith(domain) and x[-1] == "pass" for x in (dkim, spf)]
    out += f"<dkim>{'pass' if good[0] else 'fail'}</dkim><spf>{'pass' if good[1] else 'fail'}</spf></policy_evaluated></row>"
    out += f"<identifiers><header_from>{domain}</header_from></identifiers><auth_results>"
    if dkim:
        out += f"<dkim><domain>{dkim[0]}</domain><selector>{dkim[1]}</selector><result>{dkim[2]}</result></dkim>"
    out += f"<spf><domain>{(spf or ('', 'none'))[0] or 'nobody.example'}</domain><result>{(spf or ('', 'none'))[1]}</result></spf>"
    return out + "</auth_results></record>"


def own(count=100, ip="192.0.2.10"):
    return entry(ip, count, ("example.com", "s1", "pass"), ("example.com", "pass"))


def service(count=40, result="pass"):
    return entry("198.51.100.20", count, ("example.com", "k1", result), ("mg.esp.example", "pass"))


def stranger(count=12):
    return entry("203.0.113.30", count, ("crm.example.net", "x", "pass"), ("bounce.crm.example.net", "pass"))


class Story:
    """Reports of some weeks, written day by day."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def report(self, ago, org, records, policy="none", domain="example.com"):
        xml = head(f"{org}-{ago}-{domain}", org=org, begin=day(ago), end=day(ago) + DAY - 1, domain=domain)
        xml = xml.replace("<p>none</p>", f"<p>{policy}</p>")
        (self.folder / f"{domain}-{ago:03}-{org}.xml").write_text(xml + "".join(records) + "</feedback>\n")

    def usual(self, first=60, last=1, orgs=("google.com", "Outlook.com", "Yahoo"), **more):
        for ago in range(first, last - 1, -1):
            for org in orgs:
                self.report(ago, org, [own(), service()], **more)


@pytest.fixture
def story(tmp_path):
    return Story(tmp_path / "reports")


@pytest.fixture
def tell(ruad, db, story):
    """Import the story and ask the command line."""
    def ask(*words):
        ruad.import_(db, story.folder)
        return ruad.run(*words, "--db", db, "--json").json()
    return ask


def kinds(answer):
    return {(c["kind"], c["subject"]): c for c in answer["data"]}


# --- Coverage ---

def test_coverage_of_golden(golden):
    answer = golden.api(f"coverage?domain=example.com&{RANGE}")
    check("coverage", answer)
    cells = {(c["reporter"], c["day"][-2:]): c["messages"] for c in answer["data"]}
    assert cells == {("google.com", "17"): 143, ("google.com", "18"): 159, ("google.com", "19"): 169,
                     ("Outlook.com", "18"): 26, ("Outlook.com", "19"): 33, ("Yahoo", "19"): 11}
    assert [(r["reporter"], r["messages"]) for r in answer["reporters"]] == [("google.com", 471), ("Outlook.com", 59), ("Yahoo", 11)]
    assert [d["messages"] for d in answer["days"]] == [143, 185, 213]
    assert answer["data_complete_to"] == "2026-11-19", "nobody is expected yet: two days ago"


def test_coverage_page(golden):
    page = Page(golden.get(f"/coverage?domain=example.com&{RANGE}").text)
    rows = [r for r in page.table("Reporter", "Messages") if r]
    assert [(r["Reporter"], r["Messages"]) for r in rows][:3] == [("google.com", "471"), ("Outlook.com", "59"), ("Yahoo", "11")]
    assert rows[1]["17Nov"] == "·" and rows[3]["19"] == "213"
    reports = Page(golden.get(page.link("26")).text)
    assert "golden-0004" in reports.text and "golden-0003" not in reports.text


def test_missing_reports(tell, story):
    story.usual(60, 6)
    story.usual(5, 1, orgs=("google.com", "Yahoo"))
    answer = tell("show", "coverage", "--range", "10d")
    check("coverage", answer)
    states = {c["day"]: c["state"] for c in answer["data"] if c["reporter"] == "Outlook.com"}
    assert states[text_of(6)] == "reported"
    assert states[text_of(5)] == states[text_of(3)] == "missing"
    assert states[text_of(2)] == "pending", "it ended 36 hours ago"
    # A third of the messages is missing, so the days since are not complete.
    assert answer["data_complete_to"] == text_of(6)
    days = {d["day"]: d for d in answer["days"]}
    assert days[text_of(5)]["expected"] == 3 and days[text_of(5)]["arrived"] == 2 and not days[text_of(5)]["complete"]


def test_small_reporter_holds_nothing_up(tell, story):
    story.usual(60, 1, orgs=("google.com", "Outlook.com"))
    for ago in range(60, 4, -1):
        story.report(ago, "tiny.example", [own(1)])
    answer = tell("show", "coverage")
    assert answer["data_complete_to"] == text_of(1), "yesterday is there but for a hundredth of the messages"
    assert tell("show", "reporters")["data_complete_to"] == text_of(1)


def test_long_range_is_cut(golden):
    answer = golden.api("coverage?range=9y")
    assert len(answer["days"]) == 400 and answer["days_left_off"] > 2800
    assert golden.api("coverage?range=all")["days"][-1]["day"] == "2026-11-19"


# --- Changes ---

def test_nothing_changed(tell, story):
    story.usual()
    answer = tell("show", "changes")
    check("changes", answer)
    assert answer["data"] == [] and answer["since"] == text_of(7)


def test_new_sender(tell, story):
    story.usual(60, 9)
    for ago in range(8, 0, -1):
        story.report(ago, "google.com", [own(), service(), stranger()])
        story.report(ago, "Outlook.com", [own(), service()])
    answer = tell("show", "changes")
    check("changes", answer)
    change = kinds(answer)["new_sender", "example.net"]
    assert change["severity"] == "bad" and change["day"] == text_of(8) and change["now"]["messages"] == 96
    assert change["text"] == f"new since {text_of(8)}: 96 messages, none aligned"


def test_a_new_domain_has_no_new_senders(tell, story):
    for ago in range(8, 0, -1):
        story.report(ago, "google.com", [own(), stranger()])
    assert tell("show", "changes")["data"] == []


def test_forwarder_is_not_news(tell, story):
    story.usual(60, 6)
    forwarded = entry("198.51.100.80", 5, ("example.com", "s1", "pass"), ("forward.example.edu", "pass"))
    story.usual(5, 1, orgs=("google.com", "Outlook.com"))
    story.report(4, "Yahoo", [own(), service(), forwarded])
    assert tell("show", "changes")["data"] == []


def test_sender_broke_and_was_mended(ruad, db, tell, story):
    story.usual(60, 4)
    for ago in (3, 2):
        for org in ("google.com", "Outlook.com", "Yahoo"):
            story.report(ago, org, [own(), service(result="fail")])
    change = kinds(tell("show", "changes"))["sender_broke", "esp.example"]
    assert change["day"] == text_of(3) and change["now"] == {"messages": 240, "pass": 0, "explained": 0}
    assert change["before"]["pass"] == change["before"]["messages"] == 28 * 120
    for org in ("google.com", "Outlook.com", "Yahoo"):
        story.report(1, org, [own(), service()])
    assert ("sender_broke", "esp.example") not in kinds(tell("show", "changes")), "it passes again"


def test_fails_up(tell, story):
    story.usual(60, 5)
    for ago in range(4, 0, -1):
        spoofed = [entry(f"203.0.113.{n}", 3) for n in range(1, 41)] if ago == 3 else []
        for org in ("google.com", "Outlook.com", "Yahoo"):
            story.report(ago, org, [own(), service()] + (spoofed if org == "Yahoo" else []))
    answer = tell("show", "changes")
    change = kinds(answer)["fails_up", None]
    assert change["day"] == text_of(3) and change["now"]["messages"] - change["now"]["pass"] == 120
    assert len(answer["data"]) == 1, "forty addresses are no forty changes"


def test_not_silent_yet(tell, story):
    story.usual(60, 6)
    for ago in range(5, 0, -1):
        for org in ("google.com", "Yahoo"):
            story.report(ago, org, [own()])
        if ago == 5:
            story.report(ago, "Outlook.com", [own(), service()])
    found = kinds(tell("show", "changes"))
    assert ("reporter_silent", "Outlook.com") not in found, "two of its reports are overdue, not three"
    assert ("sender_silent", "esp.example") not in found, "the days since are not complete"


def test_silent_reporter(tell, story):
    story.usual(60, 6)
    story.usual(5, 1, orgs=("google.com", "Yahoo"))
    found = kinds(tell("show", "changes"))
    change = found["reporter_silent", "Outlook.com"]
    assert change["day"] == text_of(5) and change["domain"] is None
    assert change["text"] == f"has not reported since {text_of(6)}"


def test_silent_sender(tell, story):
    story.usual(60, 5)
    for ago in range(4, 0, -1):
        for org in ("google.com", "Outlook.com", "Yahoo"):
            story.report(ago, org, [own()])
    change = kinds(tell("show", "changes"))["sender_silent", "esp.example"]
    assert change["day"] == text_of(4) and change["before"]["messages"] == 28 * 120


def test_policy_changed(tell, story):
    story.usual(60, 4)
    for ago, orgs in ((3, ("google.com",)), (2, ("google.com", "Yahoo")), (1, ("google.com", "Yahoo", "Outlook.com"))):
        for org in ("google.com", "Outlook.com", "Yahoo"):
            story.report(ago, org, [own()], policy="quarantine" if org in orgs else "none")
    change = kinds(tell("show", "changes"))["policy_changed", None]
    assert change["policy"]["from"] == "p=none" and change["policy"]["to"] == "p=quarantine"
    assert {(w["reporter"], w["day"]) for w in change["policy"]["seen_by"]} == {
        ("google.com", text_of(3)), ("Yahoo", text_of(2)), ("Outlook.com", text_of(1))}
    assert change["day"] == text_of(3) and change["severity"] == "info"


def test_key_unused(tell, story):
    story.usual(70, 34)
    for ago in range(33, 0, -1):
        for org in ("google.com", "Outlook.com", "Yahoo"):
            story.report(ago, org, [own()])
    found = kinds(tell("show", "changes"))
    assert found["key_unused", "d=example.com s=k1"]["day"] == text_of(33)


def test_rejected_inputs(ruad, db, tell, story):
    story.usual()
    for n in range(12):
        (story.folder / f"junk-{n}.xml").write_text(f"<feedback><broken{n}>")
    change = kinds(tell("show", "changes"))["inputs_rejected", None]
    assert change["count"] == 12 and change["day"] == text_of(0)
    assert kinds(ruad.run("show", "changes", "--domain", "example.com", "--db", db, "--json").json()) == {}


def test_since(tell, story, ruad, db):
    story.usual(60, 15)
    for ago in range(14, 0, -1):
        for org in ("google.com", "Outlook.com", "Yahoo"):
            story.report(ago, org, [own()], policy="quarantine")
    assert kinds(tell("show", "changes")) == {}
    answer = ruad.run("show", "changes", "--since", text_of(20), "--db", db, "--json").json()
    assert ("policy_changed", None) in kinds(answer) and answer["since"] == text_of(20)


def test_thresholds_are_settings(ruad, db, tell, story, tmp_path):
    story.usual(60, 9)
    for ago in range(8, 0, -1):
        story.report(ago, "google.com", [own(), service(), stranger()])
        story.report(ago, "Outlook.com", [own(), service()])
    assert ("new_sender", "example.net") in kinds(tell("show", "changes"))
    conf = tmp_path / "ruad.conf"
    conf.write_text("changes { new_messages = 1000 }\nreadiness { undecided_messages = 1000 users_post_to_lists = yes }\n")
    words = ("--db", db, "--json", "--config", conf)
    assert ("new_sender", "example.net") not in kinds(ruad.run("show", "changes", *words).json())
    answer = ruad.run("readiness", "example.com", "--target", "reject", *words).json()
    states = {c["id"]: c for c in answer["checks"]}
    assert states["C4"]["state"] == "met" and states["C4"]["need"].endswith("1,000 messages or more")
    assert states["C6"]["state"] == "warn" and "RFC 9989" in states["C6"]["need"]


def test_check_changes(ruad, db, tell, story):
    story.usual(60, 6)
    story.usual(5, 1, orgs=("google.com", "Yahoo"))
    tell("show", "changes")
    ran = ruad.run("check", "changes", "--db", db, code=1)
    assert ran.out == f"DMARC WARNING - 1 change needs a look: Outlook.com: has not reported since {text_of(6)} | changes=1;0;;0\n"
    assert ruad.run("check", "changes", "-w", "5", "--db", db).out.startswith("DMARC OK")
    ruad.run("check", "changes", "-c", "0", "--db", db, code=2)


# --- Readiness ---

def test_golden_cannot_tell(golden):
    for target in ("quarantine", "reject"):
        answer = golden.api(f"domains/example.com/readiness?target={target}")
        check("readiness", answer)
        assert answer["verdict_text"] == "Can't tell yet: not enough data"
        assert answer["checks"][0]["text"] == "3 of 30 days have reports"
        impact = answer["impact"]
        assert (impact["affected"], impact["messages"], impact["own"], impact["forwarded"], impact["others"]) == (22, 541, 0, 4, 18)
    dkim = next(c for c in answer["checks"] if c["id"] == "C5")
    assert dkim["text"].startswith("98.5% (511 of 519)") and dkim["state"] == "not_met"


def test_golden_panel(golden):
    page = Page(golden.get(f"/domains/example.com?{RANGE}").text)
    panel = page.text_of(next(e for e in page.find("section") if e.get("aria-labelledby") == "ready"))
    assert "Can't tell yet: not enough data" in panel and "3 of 30 days have reports" in panel
    assert "Ready" not in panel
    assert ("22 of 541 messages would have been affected: 0 from senders proven to be yours, 4 after forwarding, "
            "18 from others") in panel
    records = Page(golden.get(page.link("22")).text)
    assert "22 messages in 6 records" in records.text


def test_ready(tell, story):
    story.usual()
    answer = tell("readiness", "example.com")
    check("readiness", answer)
    assert answer["target"] == "quarantine" and answer["verdict_text"] == "Ready: all checks met"
    assert answer["next_step"] == "p=quarantine" and answer["impact"]["affected"] == 0
    strict = tell("readiness", "example.com", "--target", "reject")
    assert strict["verdict_text"] == "Not yet: 1 thing to fix", "it was never at quarantine"


def test_not_yet(tell, story):
    story.usual(60, 31)
    for ago in range(30, 0, -1):
        for org in ("google.com", "Outlook.com", "Yahoo"):
            bad = [stranger(2), service(3, "fail")] if ago <= 14 else []
            story.report(ago, org, [own(), service()] + bad)
    answer = tell("readiness", "example.com")
    assert answer["verdict_text"] == "Not yet: 1 thing to decide, 1 to fix"
    checks = {c["id"]: c for c in answer["checks"]}
    assert [i["name"] for i in checks["C3"]["items"]] == ["esp.example"]
    assert [i["name"] for i in checks["C4"]["items"]] == ["example.net"]
    assert answer["impact"]["own"] == 14 * 9 and answer["impact"]["others"] == 14 * 6


def test_at_quarantine(tell, story):
    story.usual(60, 1, policy="quarantine")
    answer = tell("readiness", "example.com")
    assert answer["target"] == "reject" and answer["verdict"] == "ready"
    assert tell("readiness", "example.com", "--target", "quarantine")["verdict"] == "already"


def test_two_policies(tell, story):
    story.usual(60, 4)
    for ago in (3, 2, 1):
        story.report(ago, "google.com", [own()], policy="quarantine")
        story.report(ago, "Outlook.com", [own()])
        story.report(ago, "Yahoo", [own()])
    checks = {c["id"]: c for c in tell("readiness", "example.com", "--target", "reject")["checks"]}
    assert checks["C7"]["state"] == "not_met" and "p=quarantine" in checks["C7"]["text"]


def test_domain_of_nobody(ruad, golden_db, golden):
    ran = ruad.run("readiness", "nix.example", "--db", golden_db, code=66)
    assert "no report about nix.example" in ran.err
    golden.get("/api/v1/domains/nix.example/readiness", status=404)
    golden.get("/api/v1/domains/nix.example/keys", status=404)
    golden.get("/api/v1/readiness", status=404)
    golden.get("/api/v1/domains/example.com/readiness?domain=example.org", status=400)
    golden.get("/api/v1/domains/example.com/readiness?target=none", status=400)
    golden.get("/api/v1/domains/example.com/reports", status=404)


# --- Keys, policies, overrides ---

def test_keys_of_golden(golden):
    answer = golden.api("domains/example.com/keys")
    check("keys", answer)
    rows = {(k["domain"], k["selector"]): (k["pass"], k["fail"], k["aligned"], k["sender"]) for k in answer["data"]}
    assert rows["example.com", "s1"] == (391, 4, True, None)
    assert rows["example.com", "k1"] == (120, 0, True, "esp.example")
    assert rows["mg.esp.example", None] == (120, 0, False, "esp.example")
    assert golden.get("/api/v1/domains/example.com/keys.csv").text.count("\r\n") == 1 + len(answer["data"])
    page = Page(golden.get(f"/domains/example.com?{RANGE}").text)
    shown = {r["Key"]: r for r in page.table("Key", "Used by")}
    assert shown["d=example.com s=s1"]["Passed"] == "391"
    assert "391 messages" in Page(golden.get(page.link("391")).text).text, "the number leads to its records"


def test_policies_of_golden(golden):
    answer = golden.api("domains/example.org/policies")
    check("policies", answer)
    policy = answer["data"][0]["policy"]
    assert (policy["p"], policy["adkim"], policy["aspf"], policy["testing"]) == ("reject", "s", "s", "y")
    shown = Page(golden.get(f"/domains/example.org?{RANGE}").text).table("Policy", "First seen by")
    assert shown[0]["Policy"].startswith("p=reject") and shown[0]["Reports"] == "1"


def test_overrides_add_up(golden):
    answer = golden.api(f"overrides?domain=example.com&{RANGE}")
    check("overrides", answer)
    assert [(o["type"], o["messages"]) for o in answer["data"]] == [("mailing_list", 4)]
    # With a filter that sums do not know together with it.
    assert golden.api(f"overrides?domain=example.com&reporter=google.com&{RANGE}")["data"] == answer["data"]
    assert golden.api(f"overrides?domain=example.com&reporter=yahoo&{RANGE}")["data"] == []


@pytest.mark.parametrize("name", ["coverage", "changes", "overrides"])
def test_empty_store(empty, name):
    check(name, empty.api(name))


def test_hostile_names_stay_text(extra):
    for path in ("/coverage", "/changes", "/domains/xss.example"):
        page = Page(extra.get(path).text)
        assert not page.find("script") or all(s.get("src") for s in page.find("script"))
    assert "<script>alert(1)</script>" in Page(extra.get("/coverage").text).text


def test_overview_says_what_to_do(golden):
    page = Page(golden.get(f"/?{RANGE}").text)
    rows = {r["Domain"]: r for r in page.table("Domain", "Next step")}
    assert rows["example.com"]["Undecided senders"] == "1" and rows["example.com"]["Next step"].startswith("not enough data")
    assert rows["example.org"]["Undecided senders"] == "0" and rows["example.org"]["Next step"].startswith("–")
    attention = page.text_of(next(e for e in page.find("section") if e.get("aria-labelledby") == "attention"))
    assert "nothing changed" in attention


def test_command_line_is_the_api(ruad, golden_db, golden):
    for words, path in ((("show", "keys", "--domain", "example.com"), "domains/example.com/keys"),
                        (("show", "policies", "--domain", "example.com"), "domains/example.com/policies"),
                        (("show", "changes"), "changes"), (("show", "coverage"), "coverage"),
                        (("readiness", "example.com"), "domains/example.com/readiness")):
        assert ruad.run(*words, "--json", "--db", golden_db).json() == golden.api(path), words
    text = ruad.run("show", "coverage", "--db", golden_db, "--from", "2026-11-17", "--to", "2026-11-20").out
    assert re.search(r"Outlook\.com +· +26 +33", text) or re.search(r"Outlook\.com +\. +26 +33", text)


# --- What the owner says of senders ---

def mark(db, key, word, domain="example.com"):
    """As the program writes it."""
    with sqlite3.connect(db) as c:
        number, = c.execute("SELECT id FROM domain WHERE name = ?", (domain,)).fetchone()
        c.execute("INSERT OR REPLACE INTO mark (domain, key, word, at) VALUES (?, ?, ?, 0)", (number, key, word))
        c.execute("UPDATE meta SET generation = generation + 1")


def test_marks_count(ruad, db, tell, story):
    story.usual(60, 31)
    for ago in range(30, 0, -1):
        for org in ("google.com", "Outlook.com", "Yahoo"):
            extra = [stranger(2), entry("203.0.113.99", 1)] if ago <= 12 else []
            story.report(ago, org, [own(), service()] + extra)
    checks = {c["id"]: c for c in tell("readiness", "example.com")["checks"]}
    assert [i["key"] for i in checks["C4"]["items"]] == ["example.net", "203.0.113.99"]
    assert kinds(tell("show", "changes"))["new_sender", "example.net"]["severity"] == "bad"
    mark(db, "example.net", 2)
    mark(db, "203.0.113.99", 1)
    answer = tell("readiness", "example.com")
    checks = {c["id"]: c for c in answer["checks"]}
    assert checks["C4"]["state"] == "met", "one is said to be a stranger's, the other to be ours"
    assert [i["key"] for i in checks["C3"]["items"]] == ["203.0.113.99"], "and it does not pass"
    assert answer["impact"]["own"] == 12 * 3 and answer["impact"]["others"] == 12 * 6
    found = kinds(tell("show", "changes"))
    assert ("new_sender", "example.net") not in found
    assert found["new_sender", "203.0.113.99"]["severity"] == "info"
