"""What counts as the same report, and what does not."""

from reports import gz, record, report, zipped


def imported(ruad, db, tmp_path, *documents):
    got = []
    for n, data in enumerate(documents):
        file = tmp_path / f"{n}.xml"
        file.write_bytes(data)
        got.append(ruad.import_(db, file))
    ruad.run("db", "verify", "--db", db)
    return got


def messages(ruad, db):
    return ruad.run("show", "summary", "--json", "--range", "all", "--db", db).json()["totals"]["messages"]


A, B, C = record("192.0.2.1", 10), record("192.0.2.2", 20), record("192.0.2.3", 40)


def test_other_container_is_a_duplicate(ruad, db, tmp_path):
    got = imported(ruad, db, tmp_path, report(), gz(report()), zipped(("x.xml", report())))
    assert [(g["stored"], g["duplicate"]) for g in got] == [(1, 0), (0, 1), (0, 1)]
    assert messages(ruad, db) == 1


def test_other_order_is_a_duplicate(ruad, db, tmp_path):
    got = imported(ruad, db, tmp_path, report("x", [A, B]), report("x", [B, A]))
    assert [(g["stored"], g["duplicate"]) for g in got] == [(1, 0), (0, 1)]
    assert messages(ruad, db) == 30


def test_org_name_in_another_case_is_a_duplicate(ruad, db, tmp_path):
    got = imported(ruad, db, tmp_path, report("x", [A], org="Reporter.Example"), report("x", [A]))
    assert [(g["stored"], g["duplicate"]) for g in got] == [(1, 0), (0, 1)]


def test_grown_report_replaces(ruad, db, tmp_path):
    got = imported(ruad, db, tmp_path, report("x", [A]), report("x", [A, B]))
    assert got[1]["stored"] == 1
    assert messages(ruad, db) == 30
    rows = ruad.run("show", "reports", "--json", "--range", "all", "--db", db).json()["data"]
    assert len(rows) == 1 and "replaced" in rows[0]["flags"]


def test_same_key_other_content_is_kept(ruad, db, tmp_path):
    """One provider sends a report per server under one id: both count, both are flagged or the second is."""
    got = imported(ruad, db, tmp_path, report("x", [A, B]), report("x", [C]))
    assert got[1]["stored"] == 1
    assert messages(ruad, db) == 70
    rows = ruad.run("show", "reports", "--json", "--range", "all", "--db", db).json()["data"]
    assert len(rows) == 2 and any("key-conflict" in r["flags"] for r in rows)


def test_other_id_is_another_report(ruad, db, tmp_path):
    got = imported(ruad, db, tmp_path, report("x", [A]), report("y", [A]))
    assert [g["stored"] for g in got] == [1, 1]
    assert messages(ruad, db) == 20


def test_no_records_is_a_statement(ruad, db, tmp_path):
    empty = report("x").replace(record().encode(), b"")
    assert b"<record>" not in empty
    got = imported(ruad, db, tmp_path, empty)
    assert (got[0]["stored"], got[0]["reports"], got[0]["messages"]) == (1, 1, 0)


def test_order_of_arrival_does_not_matter(ruad, tmp_path):
    documents = [report("x", [A]), report("x", [A, B]), report("y", [C]), report("x", [A])]
    answers = []
    for name, order in (("forth", documents), ("back", documents[::-1])):
        folder = tmp_path / name
        folder.mkdir()
        db = folder / "ruad.db"
        imported(ruad, db, folder, *order)
        answers.append(ruad.run("show", "summary", "--json", "--range", "all", "--db", db).json())
    for key in ("totals", "by_cause", "reports"):
        assert answers[0][key] == answers[1][key], key
