"""What answers say of their age: ETag and Last-Modified."""

import email.utils
import sqlite3
import threading
import time

import pytest

from program import GOLDEN

OLD = 1_000_000_000
PATHS = ("/", "/domains/example.com?range=all", "/records?range=all", "/api/v1/domains?range=all", "/api/v1/status")


def modified(answer):
    return int(email.utils.parsedate_to_datetime(answer.headers["Last-Modified"]).timestamp())


@pytest.fixture
def own(ruad, db):
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    with ruad.serve(db) as server:
        yield server


@pytest.mark.parametrize("path", PATHS)
def test_last_modified(golden, path):
    answer = golden.get(path)
    assert OLD < modified(answer) <= time.time()
    again = golden.get(path, status=304, If_None_Match=answer.headers["ETag"])
    assert again.headers["Last-Modified"]


def test_last_modified_is_of_the_data(own, ruad, db):
    with sqlite3.connect(db) as c:
        c.execute("UPDATE meta SET changed_at = ?", (OLD,))
    path = "/api/v1/domains?range=all"
    assert modified(own.get(path)) == OLD
    assert modified(own.get("/api/v1/runs")) > OLD, "which changes without the data"
    ruad.run("import", "--db", db, GOLDEN / "extra")
    assert modified(own.get(path)) > OLD


def test_the_tag_decides(own):
    """A time says nothing against a tag, and nothing by itself."""
    path = "/api/v1/domains?range=all"
    tag, later = own.get(path).headers["ETag"], email.utils.formatdate(time.time() + 9999, usegmt=True)
    assert own.get(path, If_Modified_Since=later).body
    assert own.get(path, If_Modified_Since=later, If_None_Match='W/"other"').body
    own.get(path, status=304, If_None_Match=tag, If_Modified_Since=email.utils.formatdate(OLD, usegmt=True))


def test_no_tag_is_newer_than_its_answer(own, db):
    """While somebody writes what is no data: who comes back with the tag of now must not have an answer of before."""
    path, done, seen = "/api/v1/inputs?range=all&limit=1", threading.Event(), []

    def look():
        answer = own.get(path)
        return answer.headers["ETag"], answer.json()["data"][0]["times"]

    def read():
        while not done.is_set():
            seen.append(look())

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    settled = {}
    with sqlite3.connect(db, timeout=30) as c:
        for _ in range(60):
            c.execute("UPDATE input SET times = times + 1")
            c.commit()
            tag, times = look()
            settled[tag] = times
            time.sleep(0.01)  # more than the clock of the files takes for a step
    done.set()
    for reader in readers:
        reader.join()
    assert len(settled) > 50
    assert not [(tag, times) for tag, times in seen if times < settled.get(tag, 0)]
