"""Memory does not grow with the mailbox, nor with a report."""

import os

import pytest

from program import GOLDEN, peak_kib
from reports import big_report, gz, small_mail

LIMIT_KIB = 48 * 1024


def make_maildir(folder, mails):
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    for n in range(mails):
        (folder / "new" / f"{n}.M1P1.host").write_bytes(small_mail(n))
    return folder


def test_many_mails(release, db, tmp_path):
    mails = 100_000 if os.environ.get("RUAD_BIG") else 20_000
    box = make_maildir(tmp_path / "M", mails)
    kib = peak_kib(release, "import", "--db", db, box)
    status = release.run("db", "status", "--json", "--db", db).json()
    assert status["reports"] == mails
    assert kib <= LIMIT_KIB, f"{kib} KiB for {mails} mails"


def test_same_mails_again(release, db, tmp_path):
    box = make_maildir(tmp_path / "M", 3000)
    release.run("import", "--db", db, box)
    kib = peak_kib(release, "import", "--db", db, box)
    assert kib <= LIMIT_KIB, f"{kib} KiB for the second import"


@pytest.fixture(scope="module")
def million(session_folder):
    file = session_folder / "million.xml.gz"
    with open(file, "wb") as f:
        big_report(f, 1_000_000)
    yield file
    file.unlink()


def test_one_report_of_a_million_records(release, million, db, tmp_path):
    kib = peak_kib(release, "import", "--db", db, million)
    status = release.run("db", "status", "--json", "--db", db).json()
    assert status["records"] == 1_000_000
    assert kib <= LIMIT_KIB, f"{kib} KiB for a million records"
    kib = peak_kib(release, "import", "--db", db, million)
    assert kib <= LIMIT_KIB, f"{kib} KiB for a million records that are there already"
    assert release.run("db", "status", "--json", "--db", db).json()["records"] == 1_000_000
    serve_many(release, db)
    export_many(release, db, tmp_path)
    grown(release, db, tmp_path)


def grown(release, db, folder):
    """It comes again with more records: both are compared record by record, and one goes."""
    with open(folder / "grown.xml.gz", "wb") as f:
        big_report(f, 1_000_003)
    kib = peak_kib(release, "import", "--db", db, folder / "grown.xml.gz")
    status = release.run("db", "status", "--json", "--db", db).json()
    assert (status["reports"], status["records"]) == (1, 1_000_003)
    assert kib <= LIMIT_KIB, f"{kib} KiB for a million records that have grown"


def serve_many(release, db):
    """Pages and streams over a million records stay small too, however long a busy machine takes."""
    with release.serve(db, "--set", "answer_ms=3600000") as server:
        for path in ("/?range=all", "/domains/example.com?range=all", "/records?range=all", "/reports/1",
                     "/api/v1/records.csv?range=all", "/api/v1/reports/1"):
            server.drain(path)
        with open(f"/proc/{server.process.pid}/status", encoding="ascii") as f:
            kib = next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))
    assert kib <= LIMIT_KIB, f"serve used {kib} KiB"


def export_many(release, db, folder):
    """So does a file of all its records, in every form."""
    for form in ("csv", "ndjson", "json"):
        target = folder / f"records.{form}"
        kib = peak_kib(release, "export", "records", "--range", "all", "--format", form, "-o", target, "--db", db)
        assert target.stat().st_size > 100 << 20
        target.unlink()
        assert kib <= LIMIT_KIB, f"{kib} KiB for a million records as {form}"


def test_parse_a_million_records(release, million):
    kib = peak_kib(release, "parse", million)
    assert kib <= LIMIT_KIB, f"{kib} KiB"


def test_bomb(release, db, tmp_path):
    (tmp_path / "spaces.xml.gz").write_bytes(gz(b'<?xml version="1.0"?><feedback>' + b" " * (200 << 20)))
    kib = peak_kib(release, "import", "--db", db, tmp_path / "spaces.xml.gz", GOLDEN / "inputs/B3-bomb.xml.gz")
    assert kib <= LIMIT_KIB, f"{kib} KiB for a bomb"
