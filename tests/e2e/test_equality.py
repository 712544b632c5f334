"""Every way to ask gives the same numbers: API, CSV, NDJSON, command line, metrics and pages, against brute force."""

import collections
import csv
import datetime
import io
import json
import random
import re
import urllib.parse

import pytest

from brute import CONFIG, FIRST, LAST, Brute, Chance, number, quoted, text
from html_page import Page
from program import NOW
from promtext import read as read_metrics

REPORTS = 260
QUESTIONS = 160
COUNTS = ("messages", "pass", "fail", "explained", "both", "one", "failed")
WHOLE = {"from": number(FIRST) - 3, "to": number(LAST) + 9}


class World:
    """The same reports twice: in a server, and as Python objects."""

    def __init__(self, ruad, server, db, conf, brute):
        self.ruad, self.server, self.db, self.conf, self.brute = ruad, server, db, conf, brute
        stored = {r["report_id"]: r["id"] for r in server.all("reports", "range=all")}
        for report in brute.reports:
            report.stored = stored[report.id]

    def api(self, resource, q, **more):
        return self.server.api(f"{resource}?{address(q | more)}")

    def all(self, resource, q, limit=1000):
        return list(self.server.all(resource, address(q), limit))

    def show(self, resource, q):
        flags = [w for k, v in worded(q).items() for w in ("--" + k.replace("_", "-"), v)]
        return self.ruad.run("show", resource, "--db", self.db, "--config", self.conf, "--json", *flags).json()

    def judge_senders(self, q):
        """What each sender is in the range of q and in its domains, as the list of senders says."""
        base = {k: v for k, v in q.items() if k in ("from", "to", "domain")}
        kinds = {(s["domain"], s["key"]): (s["class"], s["mark"], s["new"], s["undecided"], is_own(s))
                 for s in self.all("senders", base)}
        # A record may have its messages on other days of its report: its sender is in the list for another one, or not.
        for r in self.brute.records:
            r.kind = kinds.get((r.report.domain, r.sender))


def is_own(sender):
    return sender["mark"] == "ours" or sender["mark"] == "undecided" and sender["proven"]


def worded(q):
    return {k: text(v) if k in ("from", "to") else v for k, v in q.items()}


def address(q):
    return urllib.parse.urlencode(worded(q))


@pytest.fixture(scope="module")
def world(release, tmp_path_factory):
    """Some thousand questions: the release answers them. What the sanitizers see of queries is in other tests."""
    ruad, folder = release, tmp_path_factory.mktemp("equality")
    db, conf = folder / "ruad.db", folder / "ruad.conf"
    conf.write_text(CONFIG)
    Chance(20261121).write(folder / "reports", REPORTS)
    documents = ruad.run("parse", *sorted((folder / "reports").iterdir())).lines()
    assert ruad.import_(db, folder / "reports")["reports"] == REPORTS
    for domain, key, word in (("example.com", "example.net", "ours"), ("example.com", "192.0.2.80", "not-ours"),
                              ("example.org", "bulk.example", "ours")):
        ruad.run("mark", domain, key, word, "--db", db)
    ruad.run("db", "verify", "--db", db)
    with ruad.serve(db, "--config", conf) as server:
        yield World(ruad, server, db, conf, Brute(documents))


# --- The verdicts ---

def test_every_verdict(world):
    for r in world.brute.records:
        said, v = r.raw["verdict"], r.verdict
        mine = {"reported": v.reported, "result": bool(v.result), "spf": v.spf, "dkim": v.dkim, "said": v.said}
        theirs = {"reported": said["basis"] == "reported", "result": said["result"] == "pass",
                  "spf": bool(said["computed"]["spf_aligned"]), "dkim": bool(said["computed"]["dkim_aligned"]),
                  "said": said["reported"]["dmarc"] == "pass"}
        assert mine == theirs, (r.report.policy, r.raw)


def test_the_world_is_various(world):
    """Questions find something: each cause, class and word is there."""
    world.judge_senders(WHOLE)
    records = world.brute.records
    assert {r.cause for r in records} == {"both", "dkim_only", "spf_only", "dkim_broken", "spf_unauthorised", "unaligned",
                                          "unauthenticated", "dns_error", "not_reported"}
    assert len({r.kind[0] for r in records}) >= 5 and {r.kind[1] for r in records} == {"ours", "not_ours", "undecided"}
    assert {r.verdict.named_by for r in records} == {"dkim", "spf", "address"}
    assert sum(r.report.spread for r in records) > 50 and sum(r.raw["verdict"]["disagrees"] for r in records) > 50


# --- Questions by chance ---

def some(chance, values, most=3):
    """A list of some values, now and then without them."""
    values = sorted({quoted(v) for v in values if v})
    return ",".join(chance.choice(["", "", "", "!"]) + v for v in chance.sample(values, min(len(values), chance.randint(1, most))))


def plain(chance, values):
    return some(chance, values).replace("!", "")


def entries(name, column):
    return lambda c, b: some(c, {e[column] for r in b.records for e in getattr(r, name)})


def one_of(*values):
    return lambda c, b: c.choice(values)


FILTERS = {
    "domain": lambda c, b: some(c, {r.domain for r in b.reports}),
    "header_from": lambda c, b: some(c, {r.author for r in b.records}),
    "subdomains": one_of("true", "false"),
    "reporter": lambda c, b: some(c, {c.choice([r.reporter, r.key]) for r in b.reports}),
    "source_ip": lambda c, b: ",".join(c.sample(["192.0.2.0/24", "192.0.2.64/28", "2001:db8:5::/48", "2001:db8::/32", "198.51.100.7",
                                                 "203.0.113.0/29"], c.randint(1, 2))),
    "sender": lambda c, b: some(c, {r.sender for r in b.records}),
    "class": lambda c, b: some(c, {"aligned", "fragile", "forwarded", "unclear", "not_aligned", "unauthenticated"}),
    "mark": lambda c, b: some(c, {"ours", "not_ours", "undecided"}, 1),
    "new": one_of("true", "false"),
    "undecided": one_of("true", "false"),
    "own": one_of("true", "false"),
    "result": one_of("pass", "fail"),
    "spf": one_of("aligned", "unaligned"),
    "dkim": one_of("aligned", "unaligned"),
    "spf_domain": entries("spf", "domain"), "spf_result": entries("spf", "result"), "spf_scope": entries("spf", "scope"),
    "dkim_domain": entries("dkim", "domain"), "dkim_result": entries("dkim", "result"), "dkim_selector": entries("dkim", "selector"),
    "cause": lambda c, b: some(c, {r.cause for r in b.records}),
    "explained": one_of("true", "false"),
    "disposition": lambda c, b: some(c, {"none", "quarantine", "reject", "pass", "other", "not_reported"}, 2),
    "override": lambda c, b: some(c, {t for r in b.records for t in r.reasons}),
    "disagrees": one_of("true", "false"),
    "report": lambda c, b: some(c, {r.stored for r in b.reports}, 9),
    "policy": lambda c, b: some(c, {"none", "quarantine", "reject", "odd"}, 2),
    "basis": one_of("computed", "reported"),
}


def question(n, brute):
    """The n-th question; each filter is asked alone once, then some together."""
    chance = random.Random(n)
    names = list(FILTERS)
    asked = [names[n]] if n < len(names) else chance.sample(names, chance.choice([0, 1, 2, 2, 3, 4]))
    q = dict(WHOLE)
    if n >= len(names) and chance.random() < 0.6:
        q["from"] = number(FIRST) + chance.randrange(36)
        q["to"] = q["from"] + chance.choice([1, 2, 3, 7, 14, 20])
    # One value twice, wanted and unwanted, or nothing at all left to want is an error, not a question.
    return q | {name: FILTERS[name](chance, brute) for name in asked}


def counts(row, names=COUNTS):
    return {k: row[k] for k in names}


def few(sums):
    """Without rows that have no message: sums of records that count none."""
    return {k: v for k, v in sums.items() if v["messages"]}


def check_summary(world, q):
    b, answer = world.brute, world.api("summary", q)
    rows = list(b.select(q))
    by_receiver = q.get("basis") == "reported"
    assert answer["totals"] == b.totals(q)
    by = collections.Counter()
    for r, n in rows:
        spf, dkim = r.aligned(by_receiver)
        by["cause", r.cause] += n
        by["disposition", r.disposition or "not_reported"] += n
        by["aligned", "both" if spf and dkim else "spf_only" if spf else "dkim_only" if dkim else "none"] += n
    for name, key in (("cause", "by_cause"), ("disposition", "by_disposition"), ("aligned", "aligned")):
        assert {k: v for k, v in answer[key].items() if v} == {k: v for (kind, k), v in by.items() if kind == name and v}
    covered = b.covered(q)
    assert (answer["reports"], answer["reporters"], answer["domains"]) == (
        len(covered), len({r.key for r in covered}), len({r.domain for r in covered}))
    assert answer["sources"] == len({r.ip for r, _ in rows})
    assert answer["disagree_messages"] == sum(n for r, n in rows if r.raw["verdict"]["disagrees"])
    assert answer["spread_messages"] == sum(n for r, n in rows if r.report.spread)


BY = {"result": lambda r: None, "cause": lambda r: r.cause, "disposition": lambda r: r.disposition or "",
      "sender": lambda r: r.sender, "reporter": lambda r: r.report.key}


def check_timeseries(world, q):
    for by, key in BY.items():
        rows = world.api("timeseries", q, by=by)["data"]
        found = {(r["day"], (r["key"].lower() if by == "reporter" else r.get("key"))): counts(r) for r in rows if r["messages"]}
        assert found == {(text(d), k): v for (d, k), v in few(world.brute.days(q, key)).items()}, by
    covered = world.brute.covered(q)
    reports = {r["day"]: r["reports"] for r in world.api("timeseries", q)["data"]}
    assert reports == {text(d): sum(d in r.days for r in covered) for d in range(q["from"], q["to"])}


def narrowed(q):
    """By something that a report without records does not have."""
    return set(q) - {"from", "to", "domain", "reporter", "report", "policy", "basis", "q"}


def check_groups(world, q, resource, name, of_report, of_record):
    """Domains and reporters: those with reports, too, unless records are asked about."""
    rows = world.all(resource, q)
    found = {r[name].lower(): counts(r) for r in rows}
    wanted = world.brute.by(q, lambda r: [of_record(r)])
    covered = collections.Counter(of_report(r) for r in world.brute.covered(q))
    nothing = dict.fromkeys(COUNTS, 0)
    if not narrowed(q):
        wanted = {k: wanted.get(k, nothing) for k in covered}
    assert found == wanted
    assert {r[name].lower(): r["reports"] for r in rows} == {k: covered[k] for k in wanted}


def check_senders(world, q):
    rows = world.all("senders", q)
    found = {(r["domain"], r["key"]): counts(r) for r in rows}
    assert found == world.brute.by(q, lambda r: [(r.report.domain, r.sender)])
    addresses = collections.defaultdict(set)
    for r, _ in world.brute.select(q):
        addresses[r.report.domain, r.sender].add(r.ip)
    assert {(r["domain"], r["key"]): r["addresses"] for r in rows} == {k: len(v) for k, v in addresses.items()}
    answer = world.api("senders", q)
    assert counts(answer["totals"]) == counts(world.brute.totals(q))
    assert sum(c["messages"] for c in answer["classes"]) == answer["totals"]["messages"]


def check_sources(world, q):
    rows = world.all("sources", q, limit=61)
    assert {r["source_ip"]: counts(r) for r in rows} == world.brute.by(q, lambda r: [r.ip])
    assert [r["messages"] for r in rows] == sorted((r["messages"] for r in rows), reverse=True)
    days = collections.defaultdict(set)
    for r, _ in world.brute.select(q):
        days[r.ip] |= {d for d in r.days if q["from"] <= d < q["to"]}
    assert {r["source_ip"]: (r["first_day"], r["last_day"]) for r in rows} == {k: (text(min(v)), text(max(v))) for k, v in days.items()}


def check_records(world, q):
    rows = world.all("records", q, limit=137)
    assert {r["id"]: r["messages"] for r in rows} == {f"{r.report.stored}.{r.n}": n for r, n in world.brute.select(q)}
    assert len({r["id"] for r in rows}) == len(rows)
    by_id = {f"{r.report.stored}.{r.n}": r for r in world.brute.records}
    for row in rows:
        r = by_id[row["id"]]
        assert (row["day"], row["source_ip"], row["cause"], row["result"], row["sender"] and row["sender"]["key"]) == (
            text(r.middle), r.ip, r.cause, r.raw["verdict"]["result"], r.sender)
        assert row["report"]["report_id"] == r.report.id
    assert [r["day"] for r in rows] == sorted((r["day"] for r in rows), reverse=True)


def check_reports(world, q):
    answer = world.api("reports", q, limit=1000)
    rows = world.all("reports", q, limit=93)
    wanted = world.brute.covered(q)
    if narrowed(q):
        wanted = [r for r in wanted if any(world.brute.fits(x, q) for x in r.records)]
    assert sorted(r["report_id"] for r in rows) == sorted(r.id for r in wanted)
    always = {"from": -10 ** 6, "to": 10 ** 6, "basis": q.get("basis", "computed")}
    for row in rows:
        report = next(r for r in wanted if r.id == row["report_id"])
        whole = [(r, r.raw["count"]) for r in report.records]
        assert counts(row) == world.brute.sums(whole, always)
    assert answer["totals"] == world.brute.totals(q)


def check_overrides(world, q):
    found = {r["type"]: (r["messages"], r["pass"], r["fail"]) for r in world.api("overrides", q)["data"]}
    wanted = world.brute.by(q, lambda r: r.reasons)
    assert found == {k: (v["messages"], v["pass"], v["fail"]) for k, v in wanted.items()}


@pytest.mark.parametrize("n", range(QUESTIONS))
def test_question(world, n):
    q = question(n, world.brute)
    if {"class", "mark", "new", "undecided", "own"} & set(q):
        world.judge_senders(q)
    check_summary(world, q)
    check_timeseries(world, q)
    check_groups(world, q, "domains", "domain", lambda r: r.domain, lambda r: r.report.domain)
    check_groups(world, q, "reporters", "reporter", lambda r: r.key, lambda r: r.report.key)
    check_senders(world, q)
    check_sources(world, q)
    check_records(world, q)
    check_reports(world, q)
    check_overrides(world, q)


@pytest.mark.parametrize("words", ["example.org", "id-00", "google", "<x>,1", "nothing like it", "GITHUB"])
def test_text_in_reports(world, words):
    check_reports(world, WHOLE | {"q": words})


# --- Resources of their own kind ---

@pytest.mark.parametrize("q", [{}, {"domain": "example.com"}, {"reporter": "google.com"}, {"domain": "!example.com", "reporter": "Yahoo,!bang"}])
def test_coverage(world, q):
    q = WHOLE | ({"reporter": q["reporter"].replace("!bang", "\\!bang")} if "reporter" in q else {}) | {k: v for k, v in q.items() if k == "domain"}
    answer = world.api("coverage", q)
    cells = {(c["reporter"].lower(), c["day"]): (c["messages"], c["reports"]) for c in answer["data"] if c["state"] == "reported"}
    sums = {k: v["messages"] for k, v in world.brute.days(q, lambda r: r.report.key).items()}
    covered = collections.Counter((r.key, d) for r in world.brute.covered(q) for d in r.days if q["from"] <= d < q["to"])
    assert cells == {(k, text(d)): (sums.get((d, k), 0), n) for (k, d), n in covered.items()}
    assert {d["day"]: d["messages"] for d in answer["days"] if d["messages"]} == {
        text(d): v["messages"] for (d, _), v in few(world.brute.days(q)).items()}


@pytest.mark.parametrize("domain", ["example.com", "example.org", "news.example.net", "big.example"])
def test_keys(world, domain):
    rows = world.server.api(f"domains/{domain}/keys?{address(WHOLE)}&limit=1000")["data"]
    for row in rows:
        kind, selector = ("dkim", row["selector"]) if row["kind"] == "dkim" else ("spf", None)
        sums = collections.Counter()
        for r, n in world.brute.select(WHOLE | {"domain": domain}):
            mine = [e for e in getattr(r, kind) if e["domain"] == row["domain"] and e.get("scope") != "helo" and
                    (kind == "spf" or (e["selector"] and e["selector"].lower()) == selector)]
            sums["messages"] += n if mine else 0
            sums["pass"] += n if any(e["result"] == "pass" for e in mine) else 0
            sums["fail"] += n if any(e["result"] != "pass" for e in mine) else 0
        assert counts(row, ("messages", "pass", "fail")) == counts(sums, ("messages", "pass", "fail")), row
    assert rows


# --- The same in every form ---

NUMBERS = range(0, QUESTIONS, 8)


@pytest.mark.parametrize("n", NUMBERS)
def test_formats(world, n):
    q = question(n, world.brute)
    for resource in ("domains", "senders", "sources", "reporters", "records", "reports"):
        rows = world.all(resource, q)
        lines = world.server.get(f"/api/v1/{resource}.ndjson?{address(q)}").text.splitlines()
        assert [json.loads(line) for line in lines] == rows
        table = list(csv.DictReader(io.StringIO(world.server.get(f"/api/v1/{resource}.csv?{address(q)}").text, newline="")))
        assert [row["messages"] for row in table] == [str(row["messages"]) for row in rows]


@pytest.mark.parametrize("n", NUMBERS)
def test_command_line(world, n):
    q = question(n, world.brute)
    for resource in ("summary", "domains", "senders", "sources", "reporters", "records", "reports"):
        assert world.show(resource, q) == world.api(resource, q), resource


def test_metrics(world):
    families = read_metrics(world.server.get("/metrics").text)
    today = number(datetime.date.fromisoformat(NOW[:10]))
    week = {"from": today - 8, "to": today - 1}
    wanted = collections.Counter()
    for r, n in world.brute.select(week):
        spf, dkim = r.aligned(False)
        wanted[r.report.domain, spf, dkim] += n
    found = {(has["domain"], has["spf"] == "aligned", has["dkim"] == "aligned"): value
             for _, has, value in families["ruad_domain_messages"].samples}
    assert {k: v for k, v in found.items() if v} == {k: v for k, v in wanted.items() if v}


# --- Pages ---

PAGES = ["/", "/domains/example.com", "/domains/example.org", "/senders", "/records", "/reports", "/coverage",
         "/domains/example.com/senders/web-shop", "/domains/example.com/senders/example.net"]
PAGE_FILTERS = ["", "&result=fail", "&reporter=google.com", "&class=not_aligned,unclear", "&subdomains=true", "&policy=none"]


def amount(words, head):
    """The number that a link names and of what: "22 failed", "95.9% (519)", "3 of 8 records"; a bare one is of what the column is."""
    counted = re.match(r"([\d,]+)(?: of [\d,]+)? (record|report)s?\b", words)
    inside = re.search(r"\(([\d,]+)\)", words)
    first = re.match(r"[+]?([\d,]+)(?=$|\s)(?!\s*(addresses|senders?|d|y|days)\b)", words)
    found = counted or inside or first
    bare = first and words == first[1]
    unit = counted[2] + "s" if counted else head.lower() if bare and head in ("Records", "Reports") else "messages"
    return (int(found[1].replace(",", "")), unit) if found else None


def heads_of(page):
    """What stands over each link in a table."""
    for table in page.find("table"):
        heads = [page.text_of(h) for h in next(table.iter("tr"))]
        for row in table.iter("tr"):
            for head, cell in zip(heads, row):
                yield from ((a, cell.get("data-label") or head) for a in cell.iter("a"))


def number_links(page):
    heads = dict(heads_of(page))
    for a in page.find("a"):
        href, named = a.get("href") or "", amount(page.text_of(a), heads.get(a))
        if named and href.startswith(("/records?", "/reports?")):
            yield *named, href


def totals_of(world, href):
    """What a list has: messages, records or reports."""
    resource, query = href[1:].split("?")
    answer = world.server.api(f"{resource}?{query}&limit=1000")
    return answer["totals"] | ({"reports": len(answer["data"])} if resource == "reports" else {})


@pytest.mark.parametrize("filters", PAGE_FILTERS)
@pytest.mark.parametrize("path", PAGES)
def test_a_number_is_a_link_to_itself(world, path, filters):
    if filters and ("/senders/" in path or path == "/coverage"):
        pytest.skip("this page takes no filters")
    page = Page(world.server.get(f"{path}?{address(WHOLE)}{filters}").text)
    links = set(number_links(page))
    assert links or path in ("/records", "/reports")
    wrong = [(n, unit, href, found) for n, unit, href in links if (found := totals_of(world, href).get(unit)) != n]
    assert not wrong


def test_pages_say_what_the_api_says(world):
    for n in NUMBERS:
        q = question(n, world.brute)
        totals = world.brute.totals(q) if not {"class", "mark", "new", "undecided", "own"} & set(q) else world.api("summary", q)["totals"]
        page = Page(world.server.get(f"/records?{address(q)}").text)
        assert not totals["messages"] or f"{totals['messages']:,} message" in page.text, (q, page.text[:600])
