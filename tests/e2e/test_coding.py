"""Answers in gzip: the same ones, shorter, for who asks for it."""

import gzip
import http.client
import re
import zlib

import pytest

from contract import check
from html_page import Page
from program import RANGE
from reports import record, report

VARIED = [f"/domains/example.com?{RANGE}", "/", "/reports", "/api/v1/records?range=all", "/api/v1/records.csv?range=all",
          "/api/v1/records.ndjson?range=all", "/api/v1/inputs?range=all", "/api/v1/reports/1/xml", "/metrics", "/api/v1/openapi.json",
          "/domains/nowhere.example", "/nowhere"]
CODED = {"Accept_Encoding": "gzip, deflate, br"}
# What is another one each time: ids of requests, times, and tokens of forms.
MOVING = re.compile(rb"req-[0-9a-f]+|[0-9a-f]{128}|\d+ (s|min) ago")


def still(body):
    if body.startswith(b"# HELP"):  # numbers of metrics move all the time
        return [line for line in body.splitlines() if line.startswith(b"#")]
    return MOVING.sub(b"", body)


def assets(server):
    return sorted(set(re.findall(r'/static/[\w.-]+', server.get("/").text)))


@pytest.mark.parametrize("path", VARIED)
def test_same_in_both_forms(extra, path):
    plain, coded = extra.get(path, status=None), extra.get(path, status=None, **CODED)
    assert "Content-Encoding" not in plain.headers and coded.headers["Content-Encoding"] == "gzip"
    assert still(gzip.decompress(coded.body)) == still(plain.body)
    assert len(coded.body) < len(plain.body)
    for name in ("ETag", "Content-Type", "Cache-Control", "Content-Disposition", "Vary"):
        assert coded.headers[name] == plain.headers[name], name
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert coded.status == plain.status


@pytest.mark.parametrize("path", VARIED)
def test_head(extra, path):
    whole, head = (extra.get(path, status=None, method=m, **CODED) for m in ("GET", "HEAD"))
    assert head.body == b"" and head.status == whole.status
    moving = {"Date"} | ({"Content-Length"} if head.status == 404 or path == "/metrics" else set())
    if b"form_token" in gzip.decompress(whole.body):
        moving.add("Content-Length")
    assert {k: v for k, v in head.headers.items() if k not in moving} == {k: v for k, v in whole.headers.items() if k not in moving}


def test_static_files(extra):
    names = assets(extra)
    assert any(name.endswith(".css") for name in names)
    for name in names:
        plain, coded = extra.get(name), extra.get(name, **CODED)
        if len(plain.body) < 1024:
            assert coded.body == plain.body, name
            continue
        assert gzip.decompress(coded.body) == plain.body and len(coded.body) < len(plain.body), name
        assert plain.headers["Vary"] == coded.headers["Vary"] == "Accept-Encoding"
        assert "immutable" in coded.headers["Cache-Control"]
        assert int(extra.get(name, method="HEAD", **CODED).headers["Content-Length"]) == len(coded.body)


@pytest.mark.parametrize("header, coded", [
    ("gzip", True), ("GZip", True), ("*", True), ("br, *;q=0.1", True), ("identity;q=0.5, gzip;q=1.0", True), ("x-gzip", True),
    ("", False), ("br", False), ("identity", False), ("gzip;q=0", False), ("gzip;q=0, *", False), ("*;q=0", False),
    ("identity, gzip;q=0.5", False)])
def test_what_is_asked_for(extra, header, coded):
    answer = extra.get("/api/v1/records?range=all", Accept_Encoding=header)
    assert ("Content-Encoding" in answer.headers) == coded


def test_header_in_two_lines(extra):
    connection = http.client.HTTPConnection("127.0.0.1", extra.port, timeout=30)
    connection.putrequest("GET", "/api/v1/records?range=all", skip_accept_encoding=True)
    for value in ("br", "gzip"):
        connection.putheader("Accept-Encoding", value)
    connection.endheaders()
    assert connection.getresponse().headers["Content-Encoding"] == "gzip"
    connection.close()


def test_short_answers_stay(extra):
    for path in ("/healthz", "/api/v1/records?nonsense=1"):
        answer = extra.get(path, status=None, **CODED)
        assert "Content-Encoding" not in answer.headers and answer.headers["Vary"] == "Accept-Encoding"
    # Unless they may not come as they are.
    answer = extra.get("/healthz", Accept_Encoding="gzip, identity;q=0")
    assert gzip.decompress(answer.body) == b"ok\n"


def test_bytes_stay(extra):
    rejected = next(i for i in extra.all("inputs", "range=all") if i["has_bytes"])
    answer = extra.get(f"/api/v1/inputs/{rejected['id']}/bytes", **CODED)
    assert "Content-Encoding" not in answer.headers and answer.type == "application/octet-stream"


def test_unchanged(extra):
    for path in (f"/domains/example.com?{RANGE}", "/api/v1/records?range=all", "/api/v1/openapi.json"):
        tag = extra.get(path, **CODED).headers["ETag"]
        assert tag.startswith('W/"')
        for headers in ({}, CODED):
            answer = extra.get(path, status=304, If_None_Match=tag, **headers)
            assert "Accept-Encoding" in answer.headers["Vary"] and "Content-Encoding" not in answer.headers and answer.body == b""


@pytest.fixture(scope="module")
def large(ruad, tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    (folder / "r.xml").write_bytes(report("large", [record(f"10.1.{i >> 8}.{i & 255}", i) for i in range(1, 3001)]))
    ruad.run("import", "--db", folder / "ruad.db", folder / "r.xml")
    with ruad.serve(folder / "ruad.db") as server:
        yield server


def test_document_in_a_file(large):
    plain, coded = (large.get("/api/v1/records?range=all&limit=1000", **h) for h in ({}, CODED))
    assert len(plain.body) > 1 << 20  # such a document is not kept in memory
    assert gzip.decompress(coded.body) == plain.body and len(coded.body) < len(plain.body) / 10
    assert int(coded.headers["Content-Length"]) == len(coded.body)
    check("records", plain.json())


@pytest.mark.parametrize("suffix", ["csv", "ndjson"])
def test_streams_move(large, suffix):
    """What a client has got can be read: it does not wait for the end."""
    plain = large.get(f"/api/v1/records.{suffix}?range=all").body
    connection = http.client.HTTPConnection("127.0.0.1", large.port, timeout=60)
    connection.request("GET", f"/api/v1/records.{suffix}?range=all", headers={"Accept-Encoding": "gzip"})
    response = connection.getresponse()
    assert response.headers["Content-Encoding"] == "gzip" and response.headers["Transfer-Encoding"] == "chunked"
    inflate = zlib.decompressobj(31)
    got = inflate.decompress(response.read(8000))
    assert plain.startswith(got) and len(got) > 32000
    got += inflate.decompress(response.read())
    connection.close()
    assert got == plain and inflate.eof


def test_tokens_of_forms_are_mixed(extra):
    """The word behind them would be told by the length of a compressed page that says a guess of it."""
    row = extra.api("senders?range=all")["data"][0]
    page = f"/domains/{row['domain']}/senders/{row['key']}?range=all"
    tokens = [next(i.get("value") for i in Page(extra.get(page).text).find("input") if i.get("name") == "form_token") for _ in range(3)]
    assert len(set(tokens)) == 3
    words = {bytes(a ^ b for a, b in zip(bytes.fromhex(t[:64]), bytes.fromhex(t[64:]))) for t in tokens}
    assert len(words) == 1 and words.pop().hex() not in extra.get(page).text
    # The page is the same all the same.
    first, second = extra.get(page, **CODED), extra.get(page, **CODED)
    assert first.headers["ETag"] == second.headers["ETag"]
