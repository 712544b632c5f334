"""Where mail lies: maildir, mbox, folders, files, standard input; and what happens to a mail afterwards."""

import os
import pathlib

import pytest

from reports import gz, record, report, small_mail, with_attachment


def maildir(folder, new=(), cur=()):
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    for n, data in enumerate(new):
        (folder / "new" / f"100{n}.M1P1.host").write_bytes(data)
    for n, data in enumerate(cur):
        (folder / "cur" / f"200{n}.M1P1.host:2,FR").write_bytes(data)
    return folder


def good(n, count=1):
    return with_attachment(gz(report(f"mail-{n}", [record(count=count)])))


BAD = with_attachment(gz(report("bad"))[:-30])


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*")
                  if p.is_file() and p.name != "maildirfolder")


def test_maildir_is_left_alone(ruad, db, tmp_path):
    box = maildir(tmp_path / "M", [good(1), good(2), BAD], [good(3)])
    before = {f: (box / f).stat().st_mtime_ns for f in files(box)}
    got = ruad.import_(db, box)
    assert (got["stored"], got["rejected"]) == (3, 1)
    assert {f: (box / f).stat().st_mtime_ns for f in files(box)} == before
    again = ruad.import_(db, box)
    assert (again["stored"], again["duplicate"], again["rejected"]) == (0, 3, 1)


def test_maildir_seen(ruad, db, tmp_path):
    box = maildir(tmp_path / "M", [good(1), BAD], [good(3)])
    ruad.import_(db, "--done", "seen", box)
    assert not list((box / "new").iterdir())
    flags = sorted(p.name.split(":2,")[1] for p in (box / "cur").iterdir())
    assert len(flags) == 3 and all("S" in f for f in flags), flags
    assert "FRS" in flags, "flags a mail had are kept, in order"


def test_maildir_move(ruad, db, tmp_path):
    box = maildir(tmp_path / "M", [good(1), BAD], [good(3)])
    ruad.import_(db, "--done", "move", box)
    assert not list((box / "new").iterdir()) and not list((box / "cur").iterdir())
    done = [f for f in files(box) if f.startswith(".Done/")]
    failed = [f for f in files(box) if f.startswith(".Failed/")]
    assert (len(done), len(failed)) == (2, 1), files(box)
    again = ruad.import_(db, "--done", "move", box)
    assert again["inputs"] == 0
    total = ruad.run("show", "summary", "--json", "--range", "all", "--db", db).json()["totals"]["messages"]
    assert total == 2


def test_dry_run_changes_nothing(ruad, db, tmp_path):
    box = maildir(tmp_path / "M", [good(1), BAD])
    before = files(box)
    got = ruad.import_(db, "--dry-run", "--done", "move", box)
    assert (got["stored"], got["rejected"]) == (1, 1)
    assert files(box) == before
    if db.exists():
        assert ruad.run("db", "status", "--json", "--db", db).json()["reports"] == 0


def test_mbox(ruad, db, tmp_path):
    box = tmp_path / "mbox"
    parts = []
    for n in range(3):
        body = good(n).replace(b"\r\n", b"\n").replace(b"\nFrom ", b"\n>From ")
        parts.append(b"From dmarc@reporter.example Fri Nov 20 03:10:00 2026\n" + body + b"\n")
    box.write_bytes(b"".join(parts))
    before = box.read_bytes()
    got = ruad.import_(db, box)
    assert (got["inputs"], got["stored"]) == (3, 3)
    assert box.read_bytes() == before
    assert ruad.import_(db, box)["duplicate"] == 3


def test_folder_with_everything(ruad, db, tmp_path):
    top = tmp_path / "top"
    (top / "a/b").mkdir(parents=True)
    (top / "a/one.xml").write_bytes(report("one"))
    (top / "a/b/two.xml.gz").write_bytes(gz(report("two")))
    (top / "three.eml").write_bytes(good(3))
    maildir(top / "Maildir", [good(4)])
    got = ruad.import_(db, top)
    assert (got["stored"], got["rejected"]) == (4, 0)


def test_folder_with_traps(ruad, db, tmp_path):
    """Links that lead out, pipes and loops are not followed and do not hang."""
    top = tmp_path / "top"
    top.mkdir()
    (top / "good.xml").write_bytes(report("good"))
    outside = tmp_path / "outside.xml"
    outside.write_bytes(report("outside"))
    os.symlink(outside, top / "link.xml")
    os.symlink(top, top / "loop")
    os.symlink(tmp_path / "nowhere", top / "broken")
    os.mkfifo(top / "pipe")
    got = ruad.import_(db, top, timeout=30)
    assert got["stored"] == 1


def test_several_paths(ruad, db, tmp_path):
    (tmp_path / "one.xml").write_bytes(report("one"))
    (tmp_path / "two.eml").write_bytes(good(2))
    box = maildir(tmp_path / "M", [good(3)])
    assert ruad.import_(db, tmp_path / "one.xml", tmp_path / "two.eml", box)["stored"] == 3


def test_names_with_strange_bytes(ruad, db, tmp_path):
    folder = tmp_path / "names"
    folder.mkdir()
    for n, name in enumerate((b"with blank.xml", b"-n.xml", b"new\nline.xml", b"\xff\xfe.xml", "ü€.xml".encode())):
        (pathlib.Path(os.fsdecode(os.fsencode(folder) + b"/" + name))).write_bytes(report(f"n{n}"))
    assert ruad.import_(db, folder)["stored"] == 5
    rows = ruad.run("show", "problems", "--json", "--range", "all", "--outcome", "stored", "--db", db).json()["data"]
    assert len(rows) == 5


@pytest.mark.parametrize("data, stored", [(report("x"), 1), (good(1), 1), (gz(report("x")), 1)], ids=["report", "mail", "gzip"])
def test_stdin(ruad, db, data, stored):
    assert ruad.import_(db, "-", stdin=data)["stored"] == stored


def test_mail_pipe(ruad, db):
    """As a mail system would call it: says nothing, ends with 0."""
    ran = ruad.run("import", "--db", db, "-", stdin=good(1))
    assert (ran.out, ran.err) == ("", "")


def test_mail_over_the_limit(ruad, db, tmp_path):
    file = tmp_path / "big.eml"
    file.write_bytes(good(1) + b"x" * (3 << 20))
    got = ruad.import_(db, "--set", "mail_size=2M", file)
    assert (got["stored"], got["rejected"]) == (0, 1)
    rows = ruad.run("show", "problems", "--json", "--range", "all", "--db", db).json()["data"]
    assert rows[0]["reason"] == "mail-too-large"


def test_strict(ruad, db, tmp_path):
    file = tmp_path / "bad.eml"
    file.write_bytes(BAD)
    ruad.run("import", "--strict", "--db", db, file, code=65)


def test_unreadable_mail_does_not_stop_the_others(nobody):
    """One file without permission is told on its own; the others are read."""
    box = maildir(nobody.folder / "M", [small_mail(1), small_mail(2), small_mail(3)])
    os.chmod(box / "new/1001.M1P1.host", 0)
    got = nobody.run("import", "--json", "--db", nobody.state / "ruad.db", box).json()
    assert got["stored"] == 2 and got["inputs"] == 3, got
