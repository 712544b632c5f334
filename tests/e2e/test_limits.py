"""
Every limit by its name: an input at the limit passes, one beyond it is refused (or cut) for the right reason, and counted.

A limit of `ruad help limits` without a case here fails; so does a case without a limit.
"""

import gzip
import os
import re
import signal

import pytest

from reports import head, raw_mail, record, report, zipped, zlib_gz
from test_workers import confined, workers_of

MIB = 1 << 20


def tail():
    return b"</feedback>\n"


def sized(size):
    """A report of so many bytes: blanks behind the last record."""
    text = report("sized")[:-len(tail())]
    return text + b" " * (size - len(text) - len(tail())) + tail()


def mail_of(size):
    text = raw_mail(['Content-Type: text/xml; name="r.xml"'], report("mail"))
    return text + b"\n" * (size - len(text))


def mail_with_header(size):
    """The whole block with the blank line behind it has this size."""
    text = raw_mail(['Content-Type: text/xml; name="r.xml"', "X-Fill: "], b"")
    return text[:-4] + b"x" * (size - len(text)) + b"\r\n\r\n" + report("header")


def parts(depth, width=1):
    """Multiparts inside each other; in the innermost a report and width - 1 texts."""
    def part(level):
        boundary = f"b{level}"
        if level > depth:
            return "Content-Type: text/xml; name=r.xml\r\n\r\n" + report("parts").decode()
        inner = [part(level + 1)] + (["Content-Type: text/plain\r\n\r\nHi"] * (width - 1) if level == depth else [])
        return (f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n"
                + "".join(f"--{boundary}\r\n{p}\r\n" for p in inner) + f"--{boundary}--\r\n")
    first, rest = part(1).split("\r\n\r\n", 1)
    return raw_mail([first], rest)


def members(n):
    return zipped(*((f"{i}.xml", report(f"member-{i}")) for i in range(n)))


def packed(times, data=None):
    data = data or report("packed")
    for _ in range(times):
        data = zlib_gz(data)
    return data


GROWN = sized(3 * MIB)
GROWN_PACKED = packed(1, GROWN)
GROWTH = len(GROWN) // (len(GROWN_PACKED) + 1)  # beyond it by less than one


def nested(depth):
    """feedback is the first."""
    inner = "".join(f"<e{i}>" for i in range(2, depth + 1)) + "".join(f"</e{i}>" for i in range(depth, 1, -1))
    return report("nested").replace(tail(), inner.encode() + tail())


def with_text(size):
    return report("text").replace(b"<org_name>reporter.example", b"<org_name>" + b"o" * size)


def with_comment(size):
    return report("comment").replace(tail(), b"<!--" + b"c" * size + b"-->" + tail())


def with_attributes(n):
    return report("attributes").replace(b"<feedback>", b"<feedback" + b"".join(b' a%d="1"' % i for i in range(n)) + b">")


def with_records(n):
    return report("records", [record(f"192.0.2.{i}") for i in range(1, n + 1)])


def with_dkim(n):
    one = "<dkim><domain>example.com</domain><selector>s1</selector><result>pass</result></dkim>"
    assert one in record()
    return report("dkim", [record().replace(one, one * n)])


def early(n):
    text = head("early").replace("<policy_published>", "".join(record() for _ in range(n)) + "<policy_published>")
    return text.encode() + tail()


def bad(size):
    """No report at all, of this size."""
    return b"x" * size


# Of each limit: its value and an input at it; a value and an input beyond it; reason of the refusal, or code of the note.
CASES = {
    "mail_size": ("64K", mail_of(65536), "64K", mail_of(65537), "mail-too-large"),
    "mime_depth": ("3", parts(3), "3", parts(4), "mime-too-deep"),
    "mime_parts": ("5", parts(1, 4), "5", parts(1, 5), "mime-too-many-parts"),
    "mime_header": ("4K", mail_with_header(4096), "4K", mail_with_header(4097), "mime-malformed"),
    "archive_members": ("2", members(2), "2", members(3), "archive-too-many-members"),
    "archive_nesting": ("2", packed(2), "2", packed(3), "archive-nested"),
    "documents": ("2", members(2), "2", members(3), "too-many-documents"),
    "document_size": ("1M", sized(MIB), "1M", sized(MIB + 1), "archive-too-large"),
    "ratio": (str(GROWTH + 1), GROWN_PACKED, str(GROWTH - 1), GROWN_PACKED, "archive-too-large"),
    "xml_depth": ("8", nested(8), "8", nested(9), "xml-too-deep"),
    "xml_text": ("1K", with_text(1024), "1K", with_text(1025), "xml-too-large"),
    "xml_pending": ("4K", with_comment(4000), "4K", with_comment(200_000), "xml-too-large"),
    "xml_attributes": ("4", with_attributes(4), "4", with_attributes(5), "xml-too-large"),
    "records": ("2", with_records(2), "2", with_records(3), "too-many-records"),
    "dkim_entries": ("1", with_dkim(1), "1", with_dkim(2), "entries-dropped"),
    "string": ("64", with_text(64), "64", with_text(65), "text-cut"),
    "early_records": ("1", early(1), "1", early(2), "too-many-records"),
    "worker_memory": ("128M", mail_of(25 * MIB), "128M", mail_of(100 * MIB), "worker-memory"),
}
# Those that no single input can hit have a test of their own below.
ALONE = {"worker_seconds", "answer_ms", "kept_bytes"}
NOTES = {"entries-dropped", "text-cut"}
MORE = {"worker_memory": ("--set", "mail_size=200M"), "document_size": ("--set", "ratio=100000")}


def test_every_limit_has_a_case(ruad):
    told = re.findall(r"^(\w+) +\d+ ", ruad.run("help", "limits").out, re.M)
    assert len(told) > 15
    assert set(told) == set(CASES) | ALONE


@pytest.fixture(scope="module")
def inputs(session_folder):
    folder = session_folder / "limits"
    folder.mkdir()
    for name, (_, at, _, beyond, _) in CASES.items():
        for kind, data in (("at", at), ("beyond", beyond)):
            (folder / f"{name}-{kind}").write_bytes(data)
    return folder


@pytest.mark.parametrize("name", CASES)
def test_at_the_limit(release, inputs, name):
    value = CASES[name][0]
    ran = release.run("parse", "--set", f"{name}={value}", *MORE.get(name, ()), inputs / f"{name}-at")
    assert "(limit" not in ran.out
    assert not NOTES & {note["code"] for line in ran.lines() for note in line["notes"]}


def test_beyond_the_limit(release, inputs, session_folder):
    """Refused with its reason, which names the limit; or cut, with a note; counted by the server that watches."""
    db = session_folder / "limits.db"
    with release.serve(db) as server:
        for name, (_, _, value, _, code) in CASES.items():
            before = counts(server)
            release.run("import", "--db", db, "--set", f"{name}={value}", *MORE.get(name, ()), inputs / f"{name}-beyond")
            rows = [r for r in server.api("inputs?limit=1000")["data"] if r["locator"].endswith(f"{name}-beyond")]
            if code in NOTES:
                found = server.api(f"reports/{rows[0]['report']}")
                assert code in {note["code"] for note in found["notes"]}, name
            else:
                worst = [r for r in rows if r["outcome"] == "rejected"]
                assert {r["reason"] for r in worst} == {code}, (name, rows)
                assert f"(limit {name}" in worst[0]["detail"], (name, worst[0]["detail"])
            after = counts(server)
            assert {k: v - before[k] for k, v in after.items() if v != before[k]} == {name: 1}, name
            assert server.api("status")["limit_hits"] == after


def counts(server):
    text = server.get("/metrics").text
    return {m[1]: int(float(m[2])) for m in re.finditer(r'^ruad_limit_hits_total\{limit="(\w+)"\} (\S+)$', text, re.M)}


def test_worker_seconds(release, db, tmp_path):
    """A worker that says nothing is given up, and with it its mail; one that is as slow as it may be is not."""
    (tmp_path / "mail.eml").write_bytes(mail_of(65536))
    assert release.import_(db, tmp_path / "mail.eml", "--set", "worker_seconds=1")["stored"] == 1
    file = tmp_path / "large.xml.gz"
    with gzip.open(file, "wb", 1) as f:
        f.write(head("large").encode())
        for n in range(200_000):
            f.write(record(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}").encode())
        f.write(tail())
    process = release.start("import", "--json", "--db", db, "--set", "worker_seconds=1", file)
    pids = []
    while not pids and process.poll() is None:
        pids = [pid for pid in workers_of(process.pid) if confined(pid)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    process.communicate(timeout=120)
    rows = release.run("show", "problems", "--json", "--range", "all", "--db", db).json()["data"]
    assert [r["reason"] for r in rows if r["outcome"] == "rejected"] == ["worker-timeout"]
    assert "(limit worker_seconds)" in rows[0]["detail"]


def test_answer_ms(release, db, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(4):
        (folder / f"{n}.xml").write_bytes(report(f"many-{n}", [
            record(f"10.{n}.{k >> 8}.{k & 255}", dkim="fail", spf="fail") for k in range(1500)]))
    release.run("import", "--db", db, folder)
    with release.serve(db, "--set", "answer_ms=3600000") as server:
        assert server.api("senders?range=all")["totals"]["messages"] == 6000
        assert counts(server)["answer_ms"] == 0
    with release.serve(db, "--set", "answer_ms=1") as server:
        stopped = server.get("/api/v1/senders?range=all", status=503).json()
        assert "(limit answer_ms)" in stopped["detail"]
        assert counts(server)["answer_ms"] == 1


def test_kept_bytes(release, db, tmp_path):
    """A rejected original of just that size is kept, one that is larger is not."""
    with release.serve(db) as server:
        for name, size in (("at", 1000), ("beyond", 1001)):
            (tmp_path / name).write_bytes(bad(size))
            release.run("import", "--db", db, "--set", "kept_bytes=1000", tmp_path / name)
        rows = {r["locator"].rsplit("/", 1)[1]: r["has_bytes"] for r in server.api("inputs")["data"]}
        assert rows["beyond"] is False
        assert counts(server)["kept_bytes"] == 1
