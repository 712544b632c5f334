#!/usr/bin/python3
"""unpack_corpus.py FOLDER - write the seeds of fuzz_unpack: one small input of each kind that unpack knows."""

import base64
import gzip
import io
import pathlib
import quopri
import sys
import zipfile

XML = (b'<?xml version="1.0" encoding="UTF-8"?>\n<feedback><report_metadata><org_name>reporter.example</org_name>'
       b"</report_metadata></feedback>\n")
TLS = b'{"organization-name":"x","report-id":"1","policies":[]}'


def gz(data):
    return gzip.compress(data, mtime=0)


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 0, 0, 0)), data, method)
    return out.getvalue()


def part(header, body):
    return header.encode() + b"\r\n\r\n" + body + b"\r\n"


def multi(*parts, kind="mixed"):
    body = b"".join(b"--b\r\n" + p for p in parts)
    return (f'From: a@example.com\r\nSubject: =?utf-8?B?UmVwb3J0?= =?iso-8859-1?q?=E9_x?=\r\nMIME-Version: 1.0\r\n'
            f'Content-Type: multipart/{kind}; boundary="b"\r\n\r\npreamble\r\n').encode() + body + b"--b--\r\n"


def attached(data, header="Content-Type: application/gzip; name=r.xml.gz"):
    return part(header + "\r\nContent-Transfer-Encoding: base64", base64.encodebytes(data))


TEXT = part("Content-Type: text/plain", b"Hello.")
NAMED = ("Content-Type: application/octet-stream;\r\n name*0*=utf-8''b%C3%A9;\r\n name*1=\"richt.xml\"\r\n"
         "Content-Disposition: attachment; filename=\"=?utf-8?q?a=2Exml?=\"")
UU = b"begin 644 r.xml\n,/&9E961B86-K+SX*\n`\nend\n"

SEEDS = {
    "xml": XML,
    "xml-utf16": XML.decode().encode("utf-16"),
    "doctype": b"<!DOCTYPE feedback [<!ENTITY a 'b'>]><feedback/>",
    "json": TLS,
    "gzip": gz(XML),
    "gzip-trailing": gz(XML) + b"\0\0",
    "gzip-gzip": gz(gz(XML)),
    "gzip-two": gz(XML[:40]) + gz(XML[40:]),
    "zip": zipped(("a.xml", XML)),
    "zip-stored": zipped(("d/", b""), ("__MACOSX/._a.xml", b"x"), ("a.xml", XML), method=zipfile.ZIP_STORED),
    "zip-gzip": zipped(("a.xml.gz", gz(XML)), ("readme.txt", b"x")),
    "zip-bzip2": zipped(("a.xml", XML), method=zipfile.ZIP_BZIP2),
    "gzip-zip": gz(zipped(("", XML))),
    "mail-gzip": multi(TEXT, attached(gz(XML))),
    "mail-zip": multi(attached(zipped(("a.xml", XML)), "Content-Type: application/zip")),
    "mail-names": multi(part(NAMED, XML)),
    "mail-qp": multi(part("Content-Type: text/xml\r\nContent-Transfer-Encoding: quoted-printable", quopri.encodestring(XML))),
    "mail-uu": multi(part("Content-Type: application/xml\r\nContent-Transfer-Encoding: x-uuencode", UU)),
    "mail-mail": multi(part("Content-Type: message/rfc822", multi(TEXT, attached(gz(XML))).replace(b"--b", b"--c").replace(b'"b"', b'"c"'))),
    "mail-mail-base64": multi(attached(multi(attached(gz(XML))), "Content-Type: message/rfc822")),
    "mail-nested": multi(part('Content-Type: multipart/digest; boundary="d"', b"--d\r\n\r\nContent-Type: text/xml\r\n\r\n" + XML + b"--d--")),
    "mail-tls": multi(attached(gz(TLS), "Content-Type: application/tlsrpt+gzip"), kind="report; report-type=tlsrpt"),
    "mail-arf": multi(TEXT, part("Content-Type: message/feedback-report", b"Feedback-Type: auth-failure\r\nVersion: 1"),
                      part("Content-Type: message/rfc822", b"Subject: x\r\n\r\nHi"), kind="report; report-type=feedback-report"),
    "mail-cr": multi(TEXT, attached(gz(XML))).replace(b"\r\n", b"\r"),
    "mail-mbox": b"From a Fri\n" + multi(TEXT, attached(gz(XML))).replace(b"\r\n", b"\n"),
}


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, data in SEEDS.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
