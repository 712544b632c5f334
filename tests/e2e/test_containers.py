"""Everything a report may be packed in, and what is no report at all. The bytes decide, not names or types."""

import base64
import quopri
import zipfile

import pytest

from reports import (gz, mail, raw_mail, record, report, with_attachment, zip_encrypted, zip_with_descriptor, zipped)

XML = report()
OTHER = report("r-2", [record("192.0.2.2", 5)])
THIRD = report("r-3", [record("192.0.2.3", 7)])
LONG_NAME = "reporter.example!example.com!1795046400!1795132799!" + "9" * 60 + ".xml.gz"


def b64(data):
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def part(headers, body):
    return ("\r\n".join(headers) + "\r\n\r\n").encode() + (body if isinstance(body, bytes) else body.encode())


def multipart(parts, kind="mixed", boundary="b0"):
    mark = boundary.encode()
    body = b"".join(b"--" + mark + b"\r\n" + p + b"\r\n" for p in parts) + b"--" + mark + b"--\r\n"
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"', body


def multi_mail(parts, **more):
    header, body = multipart(parts, **more)
    return raw_mail([header], body)


def gz_part(data=XML, kind="application/gzip", name="r.xml.gz"):
    return part([f'Content-Type: {kind}; name="{name}"', "Content-Transfer-Encoding: base64"], b64(gz(data)))


TEXT = part(["Content-Type: text/plain"], "This is a report.\r\n")
HTML = part(["Content-Type: text/html", "Content-Transfer-Encoding: base64"], b64(b"<div>a report</div>"))


def nested():
    """multipart/alternative in related in mixed, as one big sender does."""
    inner, body = multipart([part(["Content-Type: text/plain"], ""), HTML], "alternative", "b2")
    middle, body = multipart([part([inner], body)], "related", "b1")
    return multi_mail([part([middle], body), gz_part()])


def forwarded(encoding=None):
    inside = with_attachment(gz(XML))
    headers = ["Content-Type: message/rfc822", "Content-Disposition: attachment"]
    if encoding:
        headers.append(f"Content-Transfer-Encoding: {encoding}")
        inside = b64(inside)
    return multi_mail([TEXT, part(headers, inside)])


def whole_body(kind, data, name="r"):
    return raw_mail([f'Content-Type: {kind}; name="{name}"', "Content-Transfer-Encoding: base64",
                     f'Content-Disposition: attachment; filename="{name}"'], b64(data))


def name_in_pieces():
    return multi_mail([TEXT, part([
        "Content-Type: application/octet-stream", "Content-Transfer-Encoding: base64",
        "Content-Disposition: inline;\r\n filename*0=\"reporter.example!example.com!\";\r\n"
        " filename*1=\"1795046400!1795132799.xml.gz\""], b64(gz(XML)))])


def name_encoded():
    return multi_mail([TEXT, part(["Content-Type: application/octet-stream;\r\n name*=UTF-8''b%C3%A9richt.xml.gz",
                                   "Content-Transfer-Encoding: base64"], b64(gz(XML)))])


def xml_part(encoding, data=XML, kind="text/xml"):
    body = {"7bit": data, "8bit": data, "binary": data, "quoted-printable": quopri.encodestring(data),
            "base64": b64(data)}[encoding]
    return multi_mail([TEXT, part([f"Content-Type: {kind}; charset=UTF-8",
                                   f"Content-Transfer-Encoding: {encoding}"], body)])


# name, bytes, stored, and the messages that are counted
GOOD = [
    ("plain XML", XML, 1, 1),
    ("gzip", gz(XML), 1, 1),
    ("gzip with a name inside", gz(XML, "../../etc/passwd"), 1, 1),
    ("zip", zipped(("r.xml", XML)), 1, 1),
    ("zip, stored", zipped(("r.xml", XML), method=zipfile.ZIP_STORED), 1, 1),
    ("zip, data descriptor", zip_with_descriptor("r.xml", XML), 1, 1),
    ("zip, stored, data descriptor", zip_with_descriptor("r.xml", XML, zipfile.ZIP_STORED), 1, 1),
    ("zip, empty member name", zipped(("", XML)), 1, 1),
    ("zip, name that climbs", zipped(("../../../r.xml", XML)), 1, 1),
    ("zip, name that is no ASCII", zipped(("bericht-ä.xml", XML)), 1, 1),
    ("zip, several members", zipped(("a.xml", XML), ("b.xml", OTHER), ("c.xml", THIRD)), 3, 13),
    ("zip, folder and __MACOSX", zipped(("reports/", b""), ("reports/a.xml", XML), ("__MACOSX/", b""),
                                        ("__MACOSX/reports/._a.xml", b"\0\5\x16\7\0\2\0\0Mac OS X")), 1, 1),
    ("zip, wrong extension inside", zipped(("report.txt", XML)), 1, 1),
    ("zip after other bytes", b"junk" * 8 + zipped(("r.xml", XML)), None, None),
    ("gzip in zip", zipped(("r.xml.gz", gz(XML))), 1, 1),
    ("gzip in gzip", gz(gz(XML)), 1, 1),
    ("zip in gzip", gz(zipped(("r.xml", XML))), 1, 1),
    ("gzip with trailing bytes", gz(XML) + b"\r\n\0\0trailing", 1, 1),
    ("gzip with trailing zeros", gz(XML) + bytes(512), 1, 1),
    ("gzip of two streams", gz(XML[:500]) + gz(XML[500:]), 1, 1),
    ("byte order mark", b"\xef\xbb\xbf" + XML, 1, 1),
    ("white space before the declaration", b"\r\n  \n" + XML, 1, 1),
    ("UTF-16", XML.decode().replace("UTF-8", "UTF-16").encode("utf-16"), 1, 1),
    ("ISO-8859-1", XML.replace(b"UTF-8", b"ISO-8859-1").replace(b"reporter.example</org", b"r\xe9porter</org"), 1, 1),
    ("no declaration", XML.split(b"\n", 1)[1], 1, 1),
    ("mail, gzip attached", with_attachment(gz(XML)), 1, 1),
    ("mail, zip attached", with_attachment(zipped(("r.xml", XML)), subtype="zip", filename="r.zip"), 1, 1),
    ("mail, octet-stream", with_attachment(gz(XML), subtype="octet-stream", filename="r"), 1, 1),
    ("mail, wrong type", with_attachment(gz(XML), maintype="image", subtype="png", filename="r.png"), 1, 1),
    ("mail, x-gzip", multi_mail([TEXT, gz_part(kind="application/x-gzip")]), 1, 1),
    ("mail, inline", with_attachment(gz(XML), disposition="inline"), 1, 1),
    ("mail, long name", with_attachment(gz(XML), filename=LONG_NAME), 1, 1),
    ("mail, several attachments", multi_mail([TEXT, gz_part(), gz_part(OTHER, name="s.xml.gz")]), 2, 6),
    ("mail, zip as the whole body", whole_body("application/zip", zipped(("r.xml", XML)), "r.zip"), 1, 1),
    ("mail, gzip as the whole body", whole_body("application/gzip", gz(XML), "r.xml.gz"), 1, 1),
    ("mail, XML as the whole body", raw_mail(["Content-Type: text/xml"], XML), 1, 1),
    ("mail, nested multiparts", nested(), 1, 1),
    ("mail in mail", forwarded(), 1, 1),
    ("mail in mail, base64", forwarded("base64"), 1, 1),
    ("mail, RFC 2231 name in pieces", name_in_pieces(), 1, 1),
    ("mail, RFC 2231 name encoded", name_encoded(), 1, 1),
    ("mail, XML 7bit", xml_part("7bit"), 1, 1),
    ("mail, XML 8bit", xml_part("8bit"), 1, 1),
    ("mail, XML binary", xml_part("binary"), 1, 1),
    ("mail, XML quoted-printable", xml_part("quoted-printable"), 1, 1),
    ("mail, XML base64", xml_part("base64"), 1, 1),
    ("mail, XML as text/plain", xml_part("7bit", kind="text/plain"), 1, 1),
    ("mail, unquoted name with !", multi_mail([TEXT, part([
        "Content-Type: application/octet-stream; name=a!b!1!2.xml.gz", "Content-Transfer-Encoding: base64",
        "Content-Disposition: attachment; filename=a!b!1!2.xml.gz"], b64(gz(XML)))]), 1, 1),
    ("mail, no end boundary", multi_mail([TEXT, gz_part()]).replace(b"--b0--\r\n", b""), 1, 1),
    ("mail, bare LF", with_attachment(gz(XML)).replace(b"\r\n", b"\n"), 1, 1),
    ("mail, bare CR", with_attachment(gz(XML)).replace(b"\r\n", b"\n").replace(b"\n", b"\r"), 1, 1),
    ("mail, From_ line in front", b"From dmarc@reporter.example Fri Nov 20 03:10:00 2026\n" +
     with_attachment(gz(XML)).replace(b"\r\n", b"\n"), 1, 1),
    ("mail, footer added by a gateway", multi_mail([gz_part(), part(["Content-Type: text/plain"], "-- \r\nScanned.\r\n")]), 1, 1),
]


@pytest.mark.parametrize("name, data, stored, messages", GOOD, ids=[g[0] for g in GOOD])
def test_good(ruad, db, tmp_path, name, data, stored, messages):
    file = tmp_path / "input"
    file.write_bytes(data)
    got = ruad.import_(db, file)
    if stored is None:  # either reading is right; it must have an outcome
        assert got["inputs"] == 1
        return
    problems = ruad.run("show", "problems", "--db", db, "--range", "all", "--outcome", "ignored,rejected").out
    assert (got["stored"], got["ignored"], got["rejected"]) == (stored, 0, 0), problems
    assert got["messages"] == messages
    again = ruad.import_(db, file)
    assert (again["stored"], again["duplicate"], again["messages"]) == (0, stored, 0)


@pytest.mark.parametrize("name, data, stored, messages", [g for g in GOOD if g[2]], ids=[g[0] for g in GOOD if g[2]])
def test_same_over_stdin(ruad, db, name, data, stored, messages):
    got = ruad.import_(db, "-", stdin=data)
    assert (got["stored"], got["messages"]) == (stored, messages)


def bomb(megabytes=64):
    return gz(b'<?xml version="1.0"?><feedback>' + b" " * (megabytes << 20))


DOCTYPE = (b'<?xml version="1.0"?><!DOCTYPE feedback [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' +
           XML.split(b"\n", 1)[1].replace(b"reporter.example</org", b"&b;</org"))
DEEP = b"<feedback>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</feedback>"

# name, bytes, outcome, reasons that are right
BAD = [
    ("nothing", b"", "rejected", ["empty"]),
    ("a word", b"hello", "rejected", ["not-a-report"]),
    ("random bytes", bytes(range(256)) * 20, "rejected", ["not-a-report"]),
    ("HTML", b"<!DOCTYPE html><html><body>no</body></html>", "rejected", ["not-a-report", "xml-doctype"]),
    ("another root", b'<?xml version="1.0"?><rss><channel/></rss>', "rejected", ["not-a-report"]),
    ("gzip, cut", gz(XML)[:-30], "rejected", ["archive-truncated"]),
    ("gzip, damaged", gz(XML)[:40] + b"\xff\0\xff\0" + gz(XML)[44:], "rejected", ["archive-corrupt", "archive-truncated"]),
    ("gzip, wrong sum", gz(XML)[:-8] + b"\0\0\0\0" + gz(XML)[-4:], "rejected", ["archive-corrupt"]),
    ("gzip, bomb", bomb(), "rejected", ["archive-too-large"]),
    ("gzip in gzip in gzip in gzip", gz(gz(gz(gz(XML)))), "rejected", ["archive-nested"]),
    ("zip, cut", zipped(("r.xml", XML))[:200], "rejected", ["archive-truncated", "archive-corrupt"]),
    ("zip, wrong sum", zipped(("r.xml", XML), method=zipfile.ZIP_STORED).replace(b"192.0.2.1", b"192.0.2.9"),
     "rejected", ["archive-corrupt"]),
    ("zip, encrypted", zip_encrypted("r.xml", XML), "rejected", ["archive-encrypted"]),
    ("zip, bzip2", zipped(("r.xml", XML), method=zipfile.ZIP_BZIP2), "rejected", ["archive-unsupported"]),
    ("zip, a text", zipped(("readme.txt", b"no report")), "rejected", ["not-a-report"]),
    ("zip, many members", zipped(*((f"{n}.xml", report(f"m-{n}")) for n in range(300))), "rejected", ["archive-too-many-members"]),
    ("DOCTYPE", DOCTYPE, "rejected", ["xml-doctype"]),
    ("cut XML", XML[:-40], "rejected", ["xml-malformed"]),
    ("crossed tags", XML.replace(b"</row>", b"</raw>"), "rejected", ["xml-malformed"]),
    ("too deep", DEEP, "rejected", ["xml-too-deep"]),
    ("no policy domain", XML.replace(b"<domain>example.com</domain><adkim>", b"<adkim>"), "rejected", ["element-missing"]),
    ("no period", XML.replace(b"<date_range>", b"<other>").replace(b"</date_range>", b"</other>"), "rejected",
     ["element-missing"]),
    ("period of words", XML.replace(b"<begin>1795046400", b"<begin>yesterday"), "rejected", ["value-invalid", "date-range"]),
    ("period backwards", XML.replace(b"<end>1795132799", b"<end>1095132799"), "rejected", ["date-range"]),
    ("mail without a report", with_attachment(b"\x89PNG\r\n\x1a\n" + bytes(50), "image", "png", "logo.png"), "ignored",
     ["no-report-in-mail"]),
    ("plain mail", mail().as_bytes() + b"Hello.\n", "ignored", ["no-report-in-mail"]),
    ("mail, damaged gzip", with_attachment(gz(XML)[:-30]), "rejected", ["archive-truncated"]),
    ("mail in mail in mail …", None, "rejected", ["mime-too-deep"]),
    ("mail of many parts", multi_mail([TEXT] * 1000), ("ignored", "rejected"), ["mime-too-many-parts", "no-report-in-mail"]),
]


def deep_mail(depth=80):
    header, body = "Content-Type: text/plain", b"x"
    for n in range(depth):
        header, body = multipart([part([header], body)], boundary=f"b{n}")
    return raw_mail([header], body)


BAD = [(n, deep_mail() if d is None else d, o, r) for n, d, o, r in BAD]


@pytest.mark.parametrize("name, data, outcome, reasons", BAD, ids=[b[0] for b in BAD])
def test_bad(ruad, db, tmp_path, name, data, outcome, reasons):
    file = tmp_path / "input"
    file.write_bytes(data)
    got = ruad.import_(db, file)
    assert (got["stored"], got["messages"]) == (0, 0)
    rows = ruad.run("show", "problems", "--json", "--db", db, "--range", "all", "--outcome",
                    "stored,duplicate,ignored,rejected").json()["data"]
    assert rows, "no outcome"
    assert rows[0]["outcome"] in (outcome if isinstance(outcome, tuple) else (outcome,)), rows
    assert rows[0]["reason"] in reasons, rows[0]
    ruad.run("db", "verify", "--db", db)


def test_bad_beside_good(ruad, db, tmp_path):
    """Each document of a mail has its own outcome."""
    file = tmp_path / "both.eml"
    file.write_bytes(multi_mail([TEXT, gz_part(), gz_part(OTHER[:-60], name="bad.xml.gz")]))
    got = ruad.import_(db, file)
    assert (got["stored"], got["rejected"], got["messages"]) == (1, 1, 1)


TLS = (b'{"organization-name":"Company-X","date-range":{"start-datetime":"2026-11-19T00:00:00Z","end-datetime":'
       b'"2026-11-19T23:59:59Z"},"contact-info":"sts@company-x.example","report-id":"5065427","policies":[{"policy":'
       b'{"policy-type":"sts","policy-string":["version: STSv1"],"policy-domain":"company-y.example"},"summary":'
       b'{"total-successful-session-count":5326,"total-failure-session-count":0}}]}')
ARF = multi_mail([
    TEXT,
    part(["Content-Type: message/feedback-report"],
         "Feedback-Type: auth-failure\r\nVersion: 1\r\nUser-Agent: x/1\r\nAuth-Failure: dmarc\r\n"
         "Reported-Domain: example.com\r\nSource-IP: 192.0.2.1\r\n"),
    part(["Content-Type: text/rfc822-headers"], "From: a@example.com\r\nSubject: x\r\n")],
    kind="report; report-type=feedback-report")
ABUSE = ARF.replace(b"Feedback-Type: auth-failure", b"Feedback-Type: abuse").replace(b"Auth-Failure: dmarc\r\n", b"")
OTHER_KINDS = [
    ("TLS report", TLS, "tls-report"), ("TLS report, gzip", gz(TLS), "tls-report"),
    ("TLS report, mail", multi_mail([TEXT, part(["Content-Type: application/tlsrpt+gzip", "Content-Transfer-Encoding: base64"],
                                                b64(gz(TLS)))], kind="report; report-type=tlsrpt"), "tls-report"),
    ("failure report", ARF, "failure-report"), ("complaint", ABUSE, "feedback-report"),
]


@pytest.mark.parametrize("name, data, reason", OTHER_KINDS, ids=[k[0] for k in OTHER_KINDS])
def test_other_kinds(ruad, db, name, data, reason):
    got = ruad.import_(db, "-", stdin=data)
    assert (got["stored"], got["ignored"], got["rejected"]) == (0, 1, 0)
    rows = ruad.run("show", "problems", "--json", "--db", db, "--range", "all", "--outcome", "ignored").json()["data"]
    assert [r["reason"] for r in rows] == [reason]


def test_nothing_is_half_stored(ruad, db, tmp_path):
    """A document that breaks after ten thousand records leaves none of them."""
    file = tmp_path / "cut.xml"
    file.write_bytes(report("cut", [record(f"10.0.{n >> 8}.{n & 255}") for n in range(10000)])[:-30])
    got = ruad.import_(db, file)
    assert (got["rejected"], got["records"]) == (1, 0)
    status = ruad.run("db", "status", "--json", "--db", db).json()
    assert (status["reports"], status["records"], status["messages"]) == (0, 0, 0)
    ruad.run("db", "verify", "--db", db)
