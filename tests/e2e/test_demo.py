"""The demo: a maildir of made-up reports that reads like a real one."""

import subprocess

from program import NOW, TOP


def demo(ruad, folder, *words):
    ruad.run("demo", *words, folder)
    return folder


def test_demo_imports_whole(ruad, db, tmp_path):
    box = demo(ruad, tmp_path / "Maildir")
    mails = len(list((box / "new").iterdir()))
    got = ruad.import_(db, box)
    assert got["stored"] >= mails * 0.9
    # Something for the page of problems: one damaged mail, one sent twice.
    assert got["rejected"] == 1 and got["duplicate"] == 1
    assert mails > 100 and got["messages"] > 10000
    again = ruad.import_(db, box)
    assert (again["stored"], again["messages"]) == (0, 0)
    ruad.run("db", "verify", "--db", db)


def test_page_of_the_demo_is_small(ruad, db, tmp_path):
    """The page that is opened most, with 30 days and some 30 senders."""
    ruad.import_(db, demo(ruad, tmp_path / "Maildir"))
    with ruad.serve(db) as server:
        assert len(server.get("/domains/example.com").body) <= 72 * 1024


def test_demo_ends_yesterday(ruad, db, tmp_path):
    ruad.run("import", "--db", db, demo(ruad, tmp_path / "Maildir", "--days", "10"))
    days = ruad.run("db", "status", "--json", "--db", db).json()["days"]
    assert days == {"first": "2026-11-11", "last": "2026-11-20"}, NOW


def test_same_seed_same_bytes(ruad, tmp_path):
    def content(folder):
        return {p.name: p.read_bytes() for p in (folder / "new").iterdir()}
    one = content(demo(ruad, tmp_path / "one", "--days", "5"))
    two = content(demo(ruad, tmp_path / "two", "--days", "5"))
    other = content(demo(ruad, tmp_path / "other", "--days", "5", "--seed", "2"))
    assert sorted(one.values()) == sorted(two.values())
    assert sorted(one.values()) != sorted(other.values())


def test_demo_keeps_what_is_there(ruad, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "note.txt").write_text("mine")
    ran = ruad.run("demo", folder, code=(64, 73))
    assert str(folder) in ran.err
    assert [p.name for p in folder.iterdir()] == ["note.txt"]


def test_scripts_are_sound():
    for script in ("tools/setup", "tools/try", "tools/test", "tools/format", ".ci/run"):
        subprocess.run(["bash", "-n", TOP / script], check=True)
