"""`ruad init`: a database to begin with, and what comes next."""


def test_new_and_again(ruad, tmp_path):
    db = tmp_path / "new" / "ruad.db"
    first = ruad.run("init", "--db", db)
    assert f"{db}: a new database" in first.out and "ruad import PATH" in first.out
    assert db.stat().st_mode & 0o007 == 0 and db.parent.stat().st_mode & 0o007 == 0, "others see nothing"
    before = db.read_bytes()
    assert f"{db}: is there already" in ruad.run("init", "--db", db).out
    assert db.read_bytes() == before
    assert ruad.run("init", "--db", db, "--quiet").out == ""
    assert ruad.run("db", "status", "--db", db, "--json").json()["reports"] == 0


def test_next_step_is_the_source(ruad, tmp_path):
    file = tmp_path / "ruad.conf"
    file.write_text(f'database = "{tmp_path}/x.db"\nsource local {{ type = mbox\n path = "{tmp_path}/mbox" }}\n')
    assert "ruad source test local" in ruad.run("init", "--config", file).out


def test_where_it_cannot_be(ruad, tmp_path):
    ran = ruad.run("init", "--db", tmp_path / "a" / "b" / "ruad.db", code=78)
    assert str(tmp_path / "a" / "b") in ran.err
