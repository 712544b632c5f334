"""`ruad digest`: short, true, and harmless in every form."""

import calendar
import datetime
import re

import pytest

from html_page import Page
from program import GOLDEN
from reports import BEGIN, DAY, record, report

FORMATS = ("text", "html", "markdown")


def digest(ruad, db, *words, **more):
    ran = ruad.run("digest", "--db", db, *words, **more)
    assert ran.err == "" and ran.out.endswith("\n")
    return ran.out


def table_of(text, head):
    """Rows of a table in text, by its first heading."""
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if re.match(rf"{head}\s", line))
    names = [(m[0].strip(), m.start(), m.end()) for m in re.finditer(r"\S+(?: \S+)*(?:  +|$)", lines[at])]
    rows = []
    for line in lines[at + 1:]:
        if not line:
            break
        rows.append(line)
    return [n for n, _, _ in names], rows


def test_week(ruad, golden_db):
    """The first lines are what most people read."""
    lines = digest(ruad, golden_db, "--domain", "example.com").splitlines()
    assert lines[0] == "DMARC week 2026-11-16 – 2026-11-22   example.com   p=none"
    assert lines[1] == "541 messages, 95.9% passed DMARC (519). 22 failed, of those 4 explained by forwarding."
    assert [" ".join(line.split()) for line in lines[2:4]] == [
        "12 example.net Passes for crm.example.net, not for example.com.",
        "6 203.0.113.66 MAIL FROM uses example.com, but 203.0.113.66 is not allowed by its SPF record."]
    assert lines[4] == "6 reports of 3 reporters on 3 of 7 days; data complete to 2026-11-19."
    assert lines[5].startswith("Change") and lines[6] == "Policy: Can't tell yet: not enough data"
    assert lines[7] == ""


def test_week_is_the_usual_period(ruad, golden_db):
    assert digest(ruad, golden_db) == digest(ruad, golden_db, "--period", "week", "--format", "text")


def test_all_domains(ruad, golden_db):
    text = digest(ruad, golden_db)
    assert text.startswith("DMARC week 2026-11-16 – 2026-11-22   2 domains\n551 messages, 95.8% passed DMARC (528). 23 failed,")
    names, rows = table_of(text, "Domain")
    assert names[:3] == ["Domain", "Policy", "Messages"]
    assert [r.split()[:3] for r in rows] == [["example.com", "p=none", "541"], ["example.org", "p=reject", "10"]]


@pytest.mark.parametrize("now, period, first, last", [
    ("2026-11-21T12:00:00Z", "day", "2026-11-19", "2026-11-19"),
    ("2026-11-21T12:00:00Z", "week", "2026-11-16", "2026-11-22"),
    ("2026-11-24T06:30:00Z", "week", "2026-11-16", "2026-11-22"),  # the Tuesday after it
    ("2026-11-25T06:30:00Z", "week", "2026-11-23", "2026-11-29"),
    ("2026-11-21T12:00:00Z", "month", "2026-11-01", "2026-11-30"),
    ("2026-12-02T06:30:00Z", "month", "2026-11-01", "2026-11-30"),
    ("2026-12-03T06:30:00Z", "month", "2026-12-01", "2026-12-31"),
    ("2028-03-01T00:00:00Z", "month", "2028-02-01", "2028-02-29"),
    ("2027-01-03T23:59:59Z", "week", "2026-12-28", "2027-01-03"),
])
def test_periods(ruad, golden_db, now, period, first, last):
    head = digest(ruad, golden_db, "--period", period, env={"RUAD_NOW": now}).splitlines()[0]
    assert head.startswith(f"DMARC {period} {first}   " if period == "day" else f"DMARC {period} {first} – {last}   ")
    day = datetime.date.fromisoformat(first)
    assert period != "week" or day.weekday() == calendar.MONDAY


@pytest.mark.parametrize("domain", [None, "example.com", "long.example", "xss.example", "example.com,example.org", "!example.com"])
@pytest.mark.parametrize("period, days", [("day", "from=2026-11-19&to=2026-11-20"), ("week", "from=2026-11-16&to=2026-11-23"),
                                          ("month", "from=2026-11-01&to=2026-12-01")])
def test_numbers_are_those_of_the_api(ruad, extra_db, extra, domain, period, days):
    query = days + (f"&domain={domain}" if domain else "")
    page = Page(digest(ruad, extra_db, "--period", period, "--format", "html", *(("--domain", domain) if domain else ())))
    summary = extra.api(f"summary?{query}")
    totals = summary["totals"]
    found = re.search(r"([\d,]+) messages?, \S+ passed DMARC \(([\d,]+)\)\. ([\d,]+) failed(?:, of those ([\d,]+) explained)?", page.text)
    if totals["messages"] == 0:
        assert "No messages were reported." in page.text
        return
    assert [int((n or "0").replace(",", "")) for n in found.groups()] == [totals[k] for k in ("messages", "pass", "fail", "explained")]
    reports = re.search(r"(\d+) reports? of (\d+) reporters? on (\d+) of", page.text)
    days_told = [r for r in extra.api(f"timeseries?{query}")["data"] if r["reports"]]
    assert [int(n) for n in reports.groups()] == [summary["reports"], summary["reporters"], len(days_told)]
    for head, resource, name in (("Sender", "senders", "name"), ("Reporter", "reporters", "reporter")):
        rows = extra.api(f"{resource}?{query}")["data"]
        told = [(r[head], int(r["Messages"]), int(r["Failed"])) for r in page.table(head)]
        assert told == [(r[name], r["messages"], r["fail"]) for r in rows]
        if head == "Sender" and "Domain" in page.table(head)[0]:
            assert [r["Domain"] for r in page.table(head)] == [r["domain"] for r in rows]
    failing = extra.api(f"senders?{query}&result=fail&explained=false&sort=-fail")["data"]
    told = [[Page.text_of(c) for c in row] for table in page.find("table") if list(table)[0].tag == "caption" for row in table.iter("tr")]
    assert [(int(n), name) for n, name, _ in told] == [(r["fail"], r["name"]) for r in failing[:5]]


def test_forms_say_the_same(ruad, extra_db):
    """Every number and name of the text is in the other forms."""
    text = digest(ruad, extra_db, "--domain", "example.com")
    html = digest(ruad, extra_db, "--domain", "example.com", "--format", "html")
    page = Page(re.sub("</(td|th|p|h1|h2|caption)>", r" </\1>", html)).text
    marked = digest(ruad, extra_db, "--domain", "example.com", "--format", "markdown").replace("\\", "")
    words = [w for w in re.findall(r"[\w.,:%-]+", text)]
    for other in (page, marked):
        there = re.findall(r"[\w.,:%-]+", other.replace("`", " "))
        assert not set(words) - set(there), set(words) - set(there)


# --- html ---

@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_html_stands_for_itself(ruad, extra_db, period):
    html = digest(ruad, extra_db, "--period", period, "--format", "html")
    page = Page(html)
    assert not page.find("script") and not page.find("link") and not page.find("img") and not page.find("a") and not page.find("form")
    for element in page.root.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on") and name not in ("style", "src", "href"), (element.tag, name)
    assert "url(" not in html and "@import" not in html
    assert page.find("title")[0].text.startswith("DMARC ")
    assert page.root.get("lang") == "en"
    for table in page.find("table"):
        assert all(th.get("scope") == "col" for th in table.iter("th"))


NAMES = ["<script>alert(1)</script>", "{{title}} {{{x}}}", "a|b ![i](http://evil.example/x.png)", "`code` **bold** [l](javascript:x)",
         "www.evil.example", "\u202eevil", "=1+1", "x" * 1000, "]]>&amp;", "# head", "\\"]


@pytest.fixture(scope="module")
def hostile_db(ruad, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    for i, name in enumerate(NAMES):
        org = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        data = report(f"h{i}", records=[record(ip=f"192.0.2.{i}", dkim="fail", spf="fail", count=i + 1)], org="ORG", domain="DOMAIN")
        data = data.replace(b"<org_name>ORG", f"<org_name>{org}".encode()).replace(b"DOMAIN", org.encode())
        (folder / f"{i}.xml").write_bytes(data)
    ruad.run("import", "--db", folder / "h.db", folder)
    return folder / "h.db"


def test_hostile_names_in_html(ruad, hostile_db):
    page = Page(digest(ruad, hostile_db, "--format", "html"))
    assert not page.find("script") and not page.find("b")[1:] and not page.find("a")
    reporters = {row["Reporter"] for row in page.table("Reporter")}
    for name in NAMES[:5]:
        assert " ".join(name.split()) in reporters, name


def test_hostile_names_in_text(ruad, hostile_db):
    text = digest(ruad, hostile_db)
    assert "\x1b" not in text and "<script>alert(1)</script>" in text


def test_hostile_names_in_markdown(ruad, hostile_db):
    """Outside of code spans nothing of a stranger has a meaning."""
    text = digest(ruad, hostile_db, "--format", "markdown")
    for line in text.splitlines():
        outside = re.sub(r"(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
        if line.startswith("|"):
            cells = re.findall(r"(?<!\\)\|", line)
            head = next(h for h in text.splitlines() if h.startswith("| ") and "---" not in h)
            assert len(cells) in {len(re.findall(r"\|", h)) for h in text.splitlines() if re.match(r"\| (Domain|Sender|Reporter) ", h)}, (line, head)
            outside = outside.replace("|", "")
        outside = outside.lstrip("#- ") if re.match(r"(#+|-|\| ---)", line) else outside
        assert not re.search(r"(?<!\\)[<>`*_\[\]!]", outside), line
        assert "://" not in outside and "www." not in outside, line


# --- the command ---

@pytest.mark.parametrize("form", FORMATS)
def test_nothing(ruad, golden_db, form):
    text = digest(ruad, golden_db, "--domain", "nothing.example", "--format", form)
    assert "No messages were reported." in text and "nothing.example" in text


@pytest.mark.parametrize("form", FORMATS)
def test_empty_store(ruad, db, form):
    ruad.run("import", "--db", db, GOLDEN / "inputs/B8-logo-only.eml")
    text = digest(ruad, db, "--format", form)
    assert "No messages were reported." in text and "0 domains" in text


def test_many_rows_are_cut(ruad, db, tmp_path):
    """A digest stays short, and says that it left something out."""
    for i in range(40):
        (tmp_path / f"{i}.xml").write_bytes(report(
            f"m{i}", org=f"r{i}.example", domain=f"d{i}.example", begin=BEGIN, end=BEGIN + DAY - 1,
            records=[record(ip=f"192.0.2.{i}", domain=f"d{i}.example", dkim="fail", spf="fail")]))
    ruad.run("import", "--db", db, tmp_path)
    text = digest(ruad, db)
    for head in ("Domain", "Sender", "Reporter"):
        assert len([r for r in table_of(text, head)[1] if r != "and more"]) == 25
    assert text.count("and more") == 3 and "40 domains" in text
    assert digest(ruad, db, "--format", "markdown").count("There are more.") == 3
    assert digest(ruad, db, "--format", "html").count("There are more.") == 3


def test_plain_terminal(ruad, golden_db):
    text = digest(ruad, golden_db, env={"LC_ALL": "C"})
    assert text.isascii() and text.startswith("DMARC week 2026-11-16 - 2026-11-22")


@pytest.mark.parametrize("words, said", [
    ("x", "argument"), ("--period year", "day, week or month"), ("--format pdf", "text, html or markdown"), ("--json", "JSON"),
    ("--domain ,", "domain"), ("--reporter x", "--reporter"),
])
def test_wrong_use(ruad, golden_db, words, said):
    ran = ruad.run("digest", "--db", golden_db, *words.split(), code=64)
    assert said in ran.err and ran.out == ""


def test_no_database(ruad, db):
    assert "database" in ruad.run("digest", "--db", db, code=78).err
