"""No page and no answer of the API reads a big table from end to end: SQLite's own plan of every statement says so."""

import contextlib
import http.client
import re

import pytest

from program import GOLDEN, RANGE, Ruad

# Tables that grow with the mail; to walk through one of them takes longer every day.
BIG = {"record", "report", "report_error", "report_note", "evidence", "evidence_dkim", "evidence_spf",
       "evidence_reason", "sum_report", "sum_reporter", "sum_source", "sum_evidence", "sum_coverage", "source",
       "name", "input", "document", "document_piece", "kept", "kept_piece"}
# Of these a domain alone is too much: the range belongs to what is looked for.
DAILY = {"sum_reporter", "sum_source", "sum_evidence", "sum_coverage"}
# An index of few rows: inputs on hold that nobody has looked at.
FEW = {"input_held"}
DOMAIN = "example.com"
RANGES = [RANGE, "range=all", "range=90d"]
FILTERS = ["result=fail", "cause=unaligned", "explained=true", "disagrees=true", "disposition=none", "basis=reported",
           "reporter=reporter.example", "reporter=!reporter.example", "source_ip=192.0.2.0/24", "source_ip=2001:db8::1",
           "sender=esp.example", "sender=192.0.2.1", "sender=!esp.example", "header_from=example.com",
           "subdomains=true", "spf_domain=example.com", "spf_result=pass", "dkim_domain=example.com",
           "dkim_selector=s1", "dkim_result=fail", "override=forwarded", "class=forwarded", "mark=ours", "new=true",
           "spf=pass&dkim=fail", "policy=none", "reporter=reporter.example&sender=esp.example",
           "source_ip=192.0.2.1&dkim_selector=s1"]
OF_A_REPORTER = ["reporter=reporter.example", "reporter=!reporter.example"]
SEARCHED = ["example", "sp", "google", "192.0.2.1", "s1._domainkey.example.com"]
FILTERED = ["/", f"/domains/{DOMAIN}", "/senders", "/records", "/reports"]
PAGES = ["/coverage", "/changes", "/problems", "/status", "/help", "/sources/192.0.2.1", "/search?q=example",
         "/search?q=192.0.2.1", "/reports/1", "/records/1.1", "/reports/1/xml", f"/domains/{DOMAIN}/senders/esp.example",
         f"/domains/{DOMAIN}/senders/192.0.2.1", "/metrics", "/readyz"]
SORTS = {"senders": ["name", "-messages", "pass_rate", "-first_seen"], "sources": ["ip", "-fail", "-last_seen"],
         "domains": ["domain", "-last_report"], "reports": ["arrived", "-messages", "-fail", "period"],
         "records": ["-messages"], "reporters": ["reporter", "-last_report"]}


class Planned(Ruad):
    """A program that writes down the plan of each statement it prepares; a build without tests cannot."""

    def __init__(self, binary, file):
        super().__init__(binary)
        self.file = file

    def env(self, **more):
        return super().env(RUAD_PLANS=str(self.file), **more)


class Plans:
    def __init__(self, file):
        self.file = file
        self.read = 0

    def new(self):
        """Statements prepared since the last call, as (text, steps of its plan, tables read from an end)."""
        with open(self.file, "rb") as f:
            f.seek(self.read)
            lines = f.read().decode(errors="replace").splitlines()
            self.read = f.tell()
        found = []
        for line in lines:
            if line.startswith("Q "):
                found.append((line[2:], [], set()))
            elif line.startswith("P "):
                found[-1][1].append(line[2:])
            else:
                found[-1][2].add(line[2:])
        return found


# --- What a plan says ---

NO_ALIAS = "WHERE|ON|JOIN|CROSS|LEFT|INNER|NATURAL|GROUP|ORDER|LIMIT|UNION|INDEXED|NOT|HAVING|EXCEPT|AS"
NAMED = re.compile(rf"\b(?:FROM|JOIN) (\w+)(?: (?:AS )?(?!(?:{NO_ALIAS})\b)(\w+))?")


def tables_of(sql):
    """What a name in the plan may stand for: it is the alias, where there is one."""
    names = {}
    for table, alias in NAMED.findall(sql):
        names.setdefault(alias or table, set()).add(table)
    return names


def looks_for_an_end(sql, name):
    """The first or last day of a domain is one step in the index."""
    return re.search(rf"(?:min|max)\((?:{name}\.)?day\) FROM \w+ {name} WHERE", sql)


def complaints(sql, plan, from_an_end):
    names = tables_of(sql)
    for step in plan:
        what, _, rest = step.partition(" ")
        name, _, how = rest.partition(" ")
        tables = names.get(name, {name})
        if FEW & set(how.split()):
            continue
        if (what == "SCAN" or "AUTOMATIC" in how) and tables & BIG & from_an_end:
            yield f"{step}: all of {', '.join(sorted(tables & BIG & from_an_end))} is read"
        elif tables <= DAILY and "AUTOMATIC" not in how and "day" not in how and not looks_for_an_end(sql, name):
            yield f"{step}: all days of {', '.join(sorted(tables))} are read"


def test_a_plan_is_understood():
    bad = [("SELECT * FROM record", ["SCAN record"], {"record"}),
           ("SELECT * FROM report r JOIN record x",
            ["SCAN r USING INDEX report_key", "SEARCH x USING PRIMARY KEY (report=?)"], {"report"}),
           ("SELECT 1 FROM sum_source s WHERE s.domain = ?", ["SEARCH s USING PRIMARY KEY (domain=?)"], set()),
           ("SELECT 1 FROM evidence AS e", ["SEARCH e USING AUTOMATIC COVERING INDEX (facts=?)"], {"evidence"})]
    good = [("WITH a AS (SELECT 1 FROM report a) SELECT * FROM a",
             ["SCAN a", "SEARCH a USING INDEX report_day (middle_day>?)"], set()),
            ("SELECT 1 FROM sum_source s", ["SEARCH s USING PRIMARY KEY (domain=? AND day>? AND day<?)"], set()),
            ("SELECT min(s.day) FROM sum_source s WHERE", ["SEARCH s USING PRIMARY KEY (domain=?)"], {"sum_source"}),
            ("SELECT 1 FROM domain d", ["SCAN d"], {"domain"})]
    assert [len(list(complaints(*one))) for one in bad] == [1, 1, 1, 1]
    assert not any(list(complaints(*one)) for one in good)


# --- What is asked ---

def addresses(server):
    """Every page and resource, with filters, ranges and orders, each at least once."""
    links = server.get("/api/v1").json()["links"]
    for page in FILTERED:
        yield from (f"{page}?{RANGE}&{f}" for f in FILTERS)
        yield from (f"{page}?{r}" for r in RANGES)
    for page in PAGES:
        yield from (f"{page}{'&' if '?' in page else '?'}{r}" for r in RANGES if page not in ("/metrics", "/readyz"))
    for name, path in links.items():
        path = path.replace("{domain}", DOMAIN)
        if name in ("openapi", "search"):  # no range; a page asks the search
            continue
        ranged = [""] if name in ("status", "changes", "readiness") else RANGES
        yield from (f"{path}?{r}" for r in ranged)
        yield from (f"{path}?{r}&domain={DOMAIN}" for r in ranged if f"/{DOMAIN}/" not in path)
        yield from (f"{path}?{RANGE}&sort={s}" for s in SORTS.get(name, ()))
    for name in ("sources", "reporters", "overrides"):  # the rest is on the pages above
        yield from (f"/api/v1/{name}?{RANGE}&domain={DOMAIN}&{f}" for f in FILTERS)
    for by in ("sender", "reporter", "cause", "disposition", "result"):
        yield f"/api/v1/timeseries?{RANGE}&by={by}"
        yield f"/api/v1/timeseries?{RANGE}&by={by}&sender=esp.example&reporter=reporter.example"
    yield from (f"/coverage?{RANGE}&{f}" for f in OF_A_REPORTER)
    for path in ("/reports/1", "/records/1.1", "/inputs/1", f"/domains/{DOMAIN}/senders/esp.example", "/sources/192.0.2.1"):
        yield "/api/v1" + path
    yield from (f"{path}?q={q}" for path in ("/search", "/api/v1/search") for q in SEARCHED)
    yield from ("/metrics", "/readyz", "/api/v1/records.csv?range=all", "/api/v1/records?range=all&report=1")


def status_of(server, address):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", address)
        answer = connection.getresponse()
        answer.read()
        return answer.status


@pytest.fixture(scope="module")
def planned(ruad, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plans")
    db = folder / "plans.db"
    ruad.run("import", "--db", db, GOLDEN / "inputs", GOLDEN / "extra")
    with Planned(ruad.binary, folder / "plans").serve(db) as server:
        yield server, Plans(folder / "plans")


def test_no_big_table_is_read_whole(planned):
    server, plans = planned
    told, statuses = {}, {}
    assert plans.file.exists(), "this build does not write plans: it needs RUAD_TESTS"
    for address in addresses(server):
        statuses[address] = status_of(server, address)
        for sql, plan, from_an_end in plans.new():
            for one in complaints(sql, plan, from_an_end):
                told.setdefault(one, (address, sql[:3000]))
    for one, (address, sql) in told.items():
        print(f"{one}\n    {address}\n    {sql}")
    strange = {a: s for a, s in statuses.items() if s not in (200, 303, 404) and not (s == 400 and "&" in a)}
    assert not strange
    assert sum(s == 200 for s in statuses.values()) > 300
    assert not told
