"""Every document that is printed keeps to its schema in schema/."""

import pytest
from jsonschema import Draft202012Validator

from contract import FILES, check
from program import DAYS, GOLDEN, RANGE
from reports import report

LISTS = "domains sources senders reporters records reports inputs runs timeseries".split()


@pytest.mark.parametrize("name", sorted(FILES))
def test_schema_is_a_schema(name):
    Draft202012Validator.check_schema(FILES[name])


@pytest.mark.parametrize("name", LISTS + ["summary", "status"])
def test_resource(extra, name):
    query = "" if name in ("status",) else "?range=all"
    check(name, extra.api(name + query))


@pytest.mark.parametrize("name", LISTS + ["summary", "status"])
def test_resource_of_an_empty_store(empty, name):
    check(name, empty.api(name))


@pytest.mark.parametrize("split", ["result", "cause", "disposition", "sender", "reporter"])
@pytest.mark.parametrize("interval", ["day", "week", "month"])
def test_series(extra, split, interval):
    check("timeseries", extra.api(f"timeseries?range=1y&by={split}&interval={interval}"))


@pytest.mark.parametrize("query", ["limit=3", "sort=-messages&limit=2", "result=fail", "basis=reported", "dkim_selector=s1&spf=aligned"])
def test_list_with_filters(extra, query):
    for name in ("records", "sources", "domains"):
        check(name, extra.api(f"{name}?{RANGE}&{query}"))


def test_each_record_and_report(extra):
    for row in extra.all("records", "range=all"):
        check("record", extra.api(f"records/{row['id']}"))
    for row in extra.all("reports", "range=all"):
        check("report", extra.api(f"reports/{row['id']}"))
    for row in extra.all("inputs", "range=all"):
        check("input", extra.api(f"inputs/{row['id']}"))


def test_index(extra):
    answer = extra.get("/api/v1")
    check("index", answer.json())


@pytest.mark.parametrize("path, status", [("records?nonsense=1", 400), ("records?from=x", 400), ("records?cursor=x", 400),
                                          ("nowhere", 404), ("reports/999", 404), ("records/1.999", 404), ("records/x", 404),
                                          ("reports/1/nothing", 404), ("records?limit=5000", 400), ("records.pdf", None)])
def test_problem(extra, path, status):
    answer = extra.get("/api/v1/" + path, status=status)
    assert answer.status in (400, 404, 406)
    assert answer.type == "application/problem+json"
    check("problem", answer.json())
    assert answer.json()["status"] == answer.status


def test_method_problem(extra):
    answer = extra.get("/api/v1/records", status=405, method="DELETE")
    check("problem", answer.json())


def test_parse(ruad):
    files = sorted(str(p) for d in ("inputs", "extra") for p in (GOLDEN / d).iterdir())
    ran = ruad.run("parse", *files, code=65)
    kinds = []
    for line in ran.lines():
        kinds.append(line["kind"])
        check("parse_error" if line["kind"] == "error" else "report", line)
    assert kinds.count("aggregate") == 11 and kinds.count("error") == 7


def test_parse_says_what_the_api_says(ruad, extra):
    """The document of a file and that of the stored report are the same, but for what the store knows."""
    by_id = {r["report_id"]: r["id"] for r in extra.all("reports", "range=all")}
    for file in sorted((GOLDEN / "inputs").glob("R*")) + sorted((GOLDEN / "extra").iterdir()):
        ours = ruad.run("parse", file).json()
        theirs = extra.api(f"reports/{by_id[ours['report_metadata']['report_id']]}")
        for key in ours:
            assert theirs[key] == ours[key], (file.name, key)


def test_import_summary(ruad, db):
    check("import", ruad.import_(db, GOLDEN / "inputs"))


@pytest.mark.parametrize("what", "summary domains senders sources reporters records reports problems runs".split())
def test_command_line_says_what_the_api_says(ruad, golden_db, golden, what):
    days = () if what in ("problems", "runs") else DAYS
    ours = ruad.run("show", what, "--json", "--db", golden_db, *days).json()
    name = "inputs" if what == "problems" else what
    check(name, ours)
    query = "outcome=rejected&dismissed=false" if what == "problems" else "" if what == "runs" else RANGE
    assert ours == golden.api(f"{name}?{query}")


def test_one_report_on_the_command_line(ruad, golden_db, golden):
    assert ruad.run("report", "2", "--json", "--db", golden_db).json() == golden.api("reports/2")


def test_status_on_the_command_line(ruad, golden_db):
    check("status", ruad.run("db", "status", "--json", "--db", golden_db).json())


def test_hostile_input_keeps_to_the_schema(ruad, db, tmp_path):
    """Strange values in every place: still the same form."""
    strange = report("x").replace(b"<count>1<", b"<count>18446744073709551616<").replace(
        b"<p>none</p>", b"<p>\xe2\x80\xae&lt;b&gt;</p>").replace(b"192.0.2.1", b"300.1.1.1")
    (tmp_path / "strange.xml").write_bytes(strange)
    ran = ruad.run("parse", tmp_path / "strange.xml", code=(0, 65))
    for line in ran.lines():
        check("parse_error" if line["kind"] == "error" else "report", line)
