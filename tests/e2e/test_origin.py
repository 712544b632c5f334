"""The mail that a report came in: authenticated, somebody else's, or nobody knows; and domains that are not ours."""

import re

import pytest

from reports import mail, record, report

ID = "mx.example.net"
PASS = "dmarc=pass header.from=reporter.example"
FAIL = "dmarc=fail header.from=reporter.example"
A, B, C = record("192.0.2.1", 10), record("192.0.2.2", 20), record("192.0.2.3", 40)


def carried(data, *results, sender="dmarc@reporter.example", above=(), below=()):
    """A mail with the report, and what the servers on its way wrote; the topmost first."""
    m = mail()
    del m["From"]
    m["From"] = sender
    m.set_content("Report attached.")
    m.add_attachment(data, maintype="text", subtype="xml", filename="r.xml")
    fields = [*above, *(f"Authentication-Results: {ID}; {r}" for r in results), *below]
    return "".join(f + "\n" for f in fields).encode() + m.as_bytes()


class Site:
    def __init__(self, ruad, folder, *settings, source=()):
        self.ruad, self.folder, self.db = ruad, folder, folder / "ruad.db"
        self.config = folder / "ruad.conf"
        self.n = 0
        text = [f'database = "{self.db}"', *settings]
        if source:
            (folder / "in").mkdir()
            text += ['source box {', "  type = directory", f'  path = "{folder}/in"', *source, "}"]
        self.config.write_text("\n".join(text) + "\n")

    def run(self, *words, **more):
        return self.ruad.run("--config", self.config, *words, **more)

    def bring(self, data, folder=None):
        self.n += 1
        file = (folder or self.folder) / f"{self.n}.eml"
        file.write_bytes(data)
        return self.run("import", "--json", file).json()

    def reports(self, *words):
        return self.run("show", "reports", "--json", "--range", "all", *words).json()["data"]

    def inputs(self, *words):
        return self.run("show", "problems", "--json", "--range", "all", *words).json()["data"]

    def messages(self):
        self.run("db", "verify")
        return self.run("show", "summary", "--json", "--range", "all").json()["totals"]["messages"]


@pytest.fixture
def site(ruad, tmp_path):
    return Site(ruad, tmp_path, f'authserv_id = "{ID}"')


def test_states(site):
    """What the header says, down to what is shown of it."""
    forged = f"Authentication-Results: {ID}; dmarc=pass header.from=reporter.example"
    other = "Authentication-Results: mx.evil.example; dmarc=pass header.from=reporter.example"
    cases = {
        "pass": (carried(report("pass"), PASS), "authenticated"),
        "fail": (carried(report("fail"), FAIL), "unauthenticated"),
        "none": (carried(report("none"), "none"), "unauthenticated"),
        "aligned": (carried(report("aligned"), "dkim=pass header.d=mail.reporter.example; dmarc=none"), "authenticated"),
        "foreign": (carried(report("foreign"), "dkim=pass header.d=evil.example"), "unauthenticated"),
        "misfit": (carried(report("misfit"), "dmarc=pass header.from=evil.example", sender="x@evil.example"), "misfit"),
        "another id": (carried(report("another id"), above=[other]), "unknown"),
        "no field": (carried(report("no field")), "unknown"),
        "forged below": (carried(report("forged below"), FAIL, below=["Received: from x by y", forged]),
                         "unauthenticated"),
        "forged pass below none": (carried(report("forged pass below none"), "none", below=[forged]), "unauthenticated"),
        "other above": (carried(report("other above"), FAIL, above=[other]), "unauthenticated"),
        "folded": (carried(report("folded"), above=[f"AUTHENTICATION-RESULTS:\n ({ID}) {ID.upper()}\t1;\n\tDMARC\n ="
                                                    " (p=x (nested)) PASS\n header.from=Reporter.Example"]),
                   "authenticated"),
        "many": (carried(report("many"), PASS, above=[other] * 2000), "authenticated"),
        "file": (report("file"), "unknown"),
    }
    for data, _ in cases.values():
        site.bring(data)
    rows = {r["report_id"]: r for r in site.reports()}
    assert {name: rows[name]["origin"] for name in cases} == {name: want for name, (_, want) in cases.items()}
    assert {n for n, r in rows.items() if "suspect" in r["flags"]} == {
        name for name, (_, want) in cases.items() if want in ("misfit", "unauthenticated")}
    for state in ("authenticated", "misfit", "unauthenticated", "unknown"):
        assert {r["report_id"] for r in site.reports("--origin", state)} == {
            name for name, (_, want) in cases.items() if want == state}
    assert len(site.reports("--origin", "!unknown")) + len(site.reports("--origin", "unknown")) == len(cases)

    with site.ruad.serve(site.db) as server:
        one = server.get(f"/api/v1/reports/{rows['aligned']['id']}").json()
        assert one["origin"] == "authenticated"
        assert one["carrier"] == {"from": "reporter.example", "dmarc": "none", "dkim": "pass",
                                  "dkim_domain": "mail.reporter.example", "spf": None, "spf_domain": None}
        assert server.get(f"/api/v1/reports/{rows['file']['id']}").json()["carrier"] is None
        status = server.get("/api/v1/status").json()["by_origin"]
        assert status == {s: sum(w == s for _, w in cases.values()) for s in status}
        page = server.get(f"/reports/{rows['fail']['id']}").text
        assert "is not authenticated" in page and "dmarc=fail" in page
        assert "as somebody else" in server.get(f"/reports/{rows['misfit']['id']}").text
        span = "?from=2026-11-17&to=2026-11-21"
        n = sum(w in ("misfit", "unauthenticated") for _, w in cases.values())
        overview = server.get(f"/{span}").text
        assert f">{n} reports</a>" in overview and "origin=misfit,unauthenticated" in overview
        listed = server.get(f"/reports{span}&origin=misfit,unauthenticated").text
        assert f"{n} reports" in listed and "mail not authenticated" in listed and "mail of somebody else" in listed
        summary = server.get(f"/api/v1/summary{span}&origin=misfit").json()
        assert summary["reports"] == 1 and summary["totals"]["messages"] == 1
        csv = server.get(f"/api/v1/reports.csv{span}&origin=misfit").text
        assert ",misfit" in csv
        metrics = server.get("/metrics").text
        assert 'ruad_store_reports{origin="misfit"} 1' in metrics
        server.get("/api/v1/reports?origin=forged", status=400)


def test_without_a_name_nothing_is_known(ruad, tmp_path):
    site = Site(ruad, tmp_path)
    site.bring(carried(report(), FAIL))
    row, = site.reports()
    assert row["origin"] == "unknown" and row["flags"] == []


def test_huge_header(site):
    """It is bounded as every header is."""
    got = site.bring(carried(report("x"), PASS, above=["X-Fill: " + "x" * 70] * 4000))
    assert got["rejected"] == 1
    got = site.bring(carried(report("y"), "x=(" + "y" * 100000 + "); " + PASS))
    assert got["stored"] == 1 and site.reports()[0]["origin"] == "authenticated"


def test_accept_shows_the_state_alone(ruad, tmp_path):
    site = Site(ruad, tmp_path, f'authserv_id = "{ID}"', "unauthenticated = accept")
    site.bring(carried(report(), FAIL))
    row, = site.reports()
    assert row["origin"] == "unauthenticated" and row["flags"] == []
    assert site.run("show", "summary", "--json", "--range", "all").json()["suspect_reports"] == 0


# --- Duplicates ---

def test_genuine_one_comes_second(site):
    """The forged one cannot keep it out: other content is kept beside it, the same is upgraded."""
    site.bring(carried(report("x", [A, B]), FAIL))
    assert site.bring(carried(report("x", [C]), PASS))["stored"] == 1
    rows = site.reports()
    assert sorted(r["origin"] for r in rows) == ["authenticated", "unauthenticated"]
    assert all("key-conflict" in r["flags"] for r in rows)

    assert site.bring(carried(report("x", [B, A]), PASS))["duplicate"] == 1
    rows = site.reports()
    assert [r["origin"] for r in rows] == ["authenticated"] * 2
    assert not any("suspect" in r["flags"] for r in rows)
    assert site.messages() == 70


def test_same_bytes_upgrade_and_never_downgrade(site):
    data = report("x", [A])
    seen = []
    for result in (FAIL, "dmarc=pass header.from=evil.example", PASS, FAIL, "none"):
        site.bring(carried(data, result))
        row, = site.reports()
        seen.append((row["origin"], "suspect" in row["flags"]))
    assert seen == [("unauthenticated", True), ("misfit", True)] + [("authenticated", False)] * 3
    assert row["again"] == 4


@pytest.mark.parametrize("genuine_first", [True, False])
def test_suspect_report_holds_nothing(site, genuine_first):
    """A forged report with all records of the genuine one, and more, neither replaces it nor stands for it."""
    mails = [carried(report("x", [A]), PASS), carried(report("x", [A, B]), FAIL)]
    for data in mails if genuine_first else mails[::-1]:
        assert site.bring(data)["stored"] == 1
    rows = site.reports()
    assert sorted((r["origin"], r["totals"]["messages"] if "totals" in r else r["messages"]) for r in rows) == [
        ("authenticated", 10), ("unauthenticated", 30)]
    assert all("key-conflict" in r["flags"] for r in rows)
    assert site.messages() == 40


@pytest.mark.parametrize("genuine_first", [True, False])
@pytest.mark.parametrize("results, state", [((), "unknown"), (("dmarc=pass header.from=evil.example",), "authenticated")])
def test_only_its_author_makes_a_report_grow(site, results, state, genuine_first):
    """Of mail that is not suspect: without a field of the server; of another domain, which the report names as its own address."""
    forged = report("x", [A, B]).replace(b"dmarc@reporter.example", b"dmarc@evil.example")
    mails = [carried(report("x", [A]), PASS), carried(forged, *results, sender="dmarc@evil.example")]
    for data in mails if genuine_first else mails[::-1]:
        assert site.bring(data)["stored"] == 1
    rows = site.reports()
    assert sorted((r["origin"], r["messages"]) for r in rows) == sorted([("authenticated", 10), (state, 30)])
    assert all("key-conflict" in r["flags"] for r in rows)
    assert site.bring(carried(report("x", [A, C]), PASS))["stored"] == 1, "the author itself"
    assert site.messages() == 80


def test_genuine_report_that_grew_replaces_a_suspect_one(site):
    site.bring(carried(report("x", [A]), FAIL))
    assert site.bring(carried(report("x", [A, B]), PASS))["stored"] == 1
    row, = site.reports()
    assert row["origin"] == "authenticated" and "replaced" in row["flags"]
    assert site.messages() == 30


# --- Held back ---

@pytest.fixture
def holding(ruad, tmp_path):
    return Site(ruad, tmp_path, f'authserv_id = "{ID}"', "unauthenticated = hold")


def test_hold(holding):
    site = holding
    assert site.bring(carried(report("fail"), FAIL))["ignored"] == 1
    assert site.bring(carried(report("misfit"), "dmarc=pass header.from=evil.example"))["ignored"] == 1
    assert site.bring(carried(report("pass"), PASS))["stored"] == 1
    assert site.bring(carried(report("unknown")))["stored"] == 1
    assert {r["report_id"] for r in site.reports()} == {"pass", "unknown"}
    held = {i["reason"]: i for i in site.inputs("--outcome", "ignored")}
    assert set(held) == {"unauthenticated", "reporter-misfit"}
    assert all(i["has_bytes"] and i["stage"] == "origin" for i in held.values())
    assert "dmarc=fail" in held["unauthenticated"]["detail"] and "reporter.example" in held["unauthenticated"]["detail"]
    assert "evil.example" in held["reporter-misfit"]["detail"]
    with site.ruad.serve(site.db) as server:
        assert server.get("/api/v1/status").json()["held"] == 2
        assert 'ruad_problems_open{kind="held"} 2' in server.get("/metrics").text
        page = server.get("/").text
        assert ">2 reports</a> are held back" in page
        link = re.search(r'href="([^"]+)">2 reports</a> are held back', page)[1].replace("&amp;", "&")
        assert server.get(link).text.count("Held back:") == 2


def test_what_is_stored_is_not_held(holding):
    """The same bytes again are a duplicate, whoever sends them."""
    data = report("x", [A])
    holding.bring(carried(data, PASS))
    assert holding.bring(carried(data, FAIL))["duplicate"] == 1
    assert holding.reports()[0]["origin"] == "authenticated"


def test_release(holding):
    site = holding
    site.bring(carried(report("x", [A]), FAIL))
    held, = site.inputs("--outcome", "ignored")
    assert site.run("input", "retry", held["id"], "--json").json()["outcome"] == "ignored"
    assert site.reports() == []
    assert site.run("input", "retry", held["id"], "--release", "--json").json()["outcome"] == "stored"
    row, = site.reports()
    assert row["origin"] == "unauthenticated" and row["flags"] == []
    assert site.messages() == 10
    # It stays what it is, when the mail is read once more.
    assert site.bring(carried(report("x", [A]), FAIL))["duplicate"] == 1
    assert site.inputs("--outcome", "ignored") == []


def test_source_has_its_own(ruad, tmp_path):
    """Another server, another answer."""
    site = Site(ruad, tmp_path, f'authserv_id = "{ID}"', source=['  authserv_id = "other.example.net"',
                                                                "  unauthenticated = hold"])
    (tmp_path / "in/1.eml").write_bytes(carried(report("a"), above=["Authentication-Results: other.example.net; none"]))
    (tmp_path / "in/2.eml").write_bytes(carried(report("b"), FAIL))
    got = site.run("import", "--json").json()
    assert (got["ignored"], got["stored"]) == (1, 1)
    row, = site.reports()
    assert (row["report_id"], row["origin"]) == ("b", "unknown")
    assert site.bring(carried(report("c"), FAIL))["stored"] == 1
    held, = site.inputs("--outcome", "ignored")
    assert site.run("input", "retry", held["id"], "--json").json()["outcome"] == "ignored"


# --- Domains that are not ours ---

def test_other_domains(ruad, tmp_path):
    site = Site(ruad, tmp_path, 'domains = {"Example.com", "b.example"}', "other_domains = ignore")
    mine = ["example.com", "news.example.com", "a.b.example"]
    others = ["notexample.com", "example.org", "example"]
    for domain in mine + others:
        site.bring(report(domain, domain=domain))
    assert {r["domain"] for r in site.reports()} == set(mine)
    ignored = site.inputs("--outcome", "ignored")
    assert [i["reason"] for i in ignored] == ["domain-not-allowed"] * 3
    assert {i["detail"].split()[4].rstrip(",") for i in ignored} == set(others)
    assert not any(i["has_bytes"] for i in ignored)
    assert site.messages() == len(mine)


def test_other_domains_are_shown_by_default(ruad, tmp_path):
    site = Site(ruad, tmp_path, 'domains = {"example.com"}')
    assert site.bring(report(domain="example.org"))["stored"] == 1


def test_config_says_what_has_no_effect(ruad, tmp_path):
    site = Site(ruad, tmp_path, "other_domains = ignore", "unauthenticated = hold")
    told = site.run("config", "check", code=None)
    assert "domains does not say" in told.out + told.err and "no authserv_id" in told.out + told.err
    site = Site(ruad, tmp_path, 'authserv_id = "mx example"')
    assert "authserv_id is a name" in site.run("config", "check", code=78).err
