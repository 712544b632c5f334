#!/usr/bin/python3
"""corpus.py FOLDER - write the seeds of the fuzz targets into FOLDER/<target>: small inputs of each kind that they know.

Those of config, imapfetch, packing and rua are written by hand, or copies of fixtures.  An input that was found to do harm
gets a name and a line here.
"""

import base64
import gzip
import io
import pathlib
import struct
import sys
import zipfile
import zlib

from unpack_corpus import SEEDS, TEXT, UU, XML, attached, gz, multi, part, zipped

CRLF = "\r\n"


def lines(*them):
    return "".join(line + CRLF for line in them).encode()


# --- mime: what of unpack's seeds is mail, and the corners of the syntax ---

def nested(depth):
    mail = b"Content-Type: text/xml\r\n\r\n" + XML
    for n in range(depth):
        mail = f'Content-Type: multipart/mixed; boundary="{n}"\r\n\r\n'.encode() + f"--{n}\r\n".encode() + mail + f"\r\n--{n}--\r\n".encode()
    return mail


def letters(depth):
    """Mails inside mails, each encoded."""
    mail = b"Content-Type: text/xml\r\n\r\n" + XML
    for _ in range(depth):
        mail = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(mail)
    return mail


MIME = {name.removeprefix("mail-"): data for name, data in SEEDS.items() if name.startswith("mail-")} | {
    "deep": nested(6),
    "letters": letters(4),
    "same-boundary": b'Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n--a--\r\n',
    "prefix-boundary": b'Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary="a--"\r\n\r\n--a--\r\n\r\nx\r\n--a----\r\n',
    "no-end": multi(TEXT, attached(gz(XML)))[:-7],
    "no-blank-line": b"From: a\r\nContent-Type: text/xml\r\n<feedback/>\r\n",
    "words": b"From: =?utf-8?q?=F0=9F=93=A7?= =?iso-8859-15?b?pA==?= =?utf-8?b?4oKs?=\r\nSubject: =?=?=?utf-8?x?y?= =?a?q?=3?=\r\n\r\n",
    "params": b'Content-Type: application/xml; name*0="a\\"b"; name*1*=\'\'%41; name*2=c;;=;x\r\n\r\n<feedback/>',
    "charset-param": b"Content-Disposition: attachment; filename*=iso-2022-jp''%1b$B%46|%1b(B.xml\r\n\r\n<feedback/>",
    "uu": b"Content-Transfer-Encoding: uuencode\r\n\r\n" + UU,
    "base64-footer": b"Content-Transfer-Encoding: base64\r\n\r\nPGZlZWRiYWNrLz4=\r\n_______\r\nlist\r\n",
    "qp": b"Content-Transfer-Encoding: quoted-printable\r\n\r\na=3D=\r\nb=\r\n =4\n= \n=zz",
    "bounce": multi(TEXT, part("Content-Type: message/delivery-status", b"Action: failed"),
                    part("Content-Type: message/rfc822", multi(attached(gz(XML)))), kind="report; report-type=delivery-status"),
}


# --- what servers say; more of it was written by hand ---

def told(*values, sender="a@example.net"):
    return lines(*(f"Authentication-Results: {value}" for value in values), f"From: A <{sender}>")


AUTHRES = {
    "pass": told("mx.example.com; dmarc=pass (p=REJECT dis=NONE) header.from=example.net; dkim=pass header.d=example.net header.s=s1; spf=pass smtp.mailfrom=b@example.net"),
    "many": told("mx.example.com" + "; dkim=pass header.i=@a.example" * 20), "many-comments": told("mx.example.com; (((((spf=pass"),
    "controls": told("mx.example.com; dkim=pass header.d=").replace(b"header.d=", b"header.d=a\xff\xfe\x80\0\x1bb"), "other": told("evil.example; dmarc=pass", "b; dmarc=fail action=none header.from=x"),
}

# --- archives ---


def member(data, **changes):
    """One gzip member, with its fields as they are told."""
    flags = changes.get("flags", 0)
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\xff"
    if flags & 4:
        head += struct.pack("<H", 3) + b"abc"
    if flags & 8:
        head += b"name.xml\0"
    if flags & 16:
        head += b"comment\0"
    if flags & 2:
        head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    body = zlib.compressobj(wbits=-15)
    text = body.compress(data) + body.flush()
    return head + text + struct.pack("<II", changes.get("crc", zlib.crc32(data)), changes.get("size", len(data)))


def blocks(*pieces):
    """Stored blocks of deflate, each with its own end."""
    text = b"".join(bytes([n == len(pieces) - 1]) + struct.pack("<HH", len(p), len(p) ^ 0xFFFF) + p for n, p in enumerate(pieces))
    whole = b"".join(pieces)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + text + struct.pack("<II", zlib.crc32(whole), len(whole))


GZIP = {
    "whole": gz(XML), "fields": member(XML, flags=31), "wrong-sum": member(XML, crc=1), "wrong-size": member(XML, size=1),
    "two": member(XML[:30]) + member(XML[30:]), "empty": member(b""), "stored": blocks(XML[:10], b"", XML[10:]),
    "cut": gz(XML)[:-9], "behind": gz(XML) + b"\x1f\x8bno", "many": member(b"") * 7, "zeros": gz(bytes(200_000)),
    "reserved-flags": member(XML, flags=0xE0), "dictionary": b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x07",
}


def overlapping(count):
    """Members of the directory that are all the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(zipfile.ZipInfo("a.xml", (2026, 11, 20, 0, 0, 0)), XML)
    data = out.getvalue()
    at = data.index(b"PK\1\2")
    end = data.index(b"PK\5\6")
    entry = data[at:end]
    return data[:at] + entry * count + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, count * len(entry), at, 0)


def streamed():
    """Sizes behind the data."""
    class Pipe(io.RawIOBase):
        def __init__(self):
            super().__init__()
            self.data = b""

        def writable(self):
            return True

        def write(self, piece):
            self.data += bytes(piece)
            return len(piece)
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(zipfile.ZipInfo("a.xml", (2026, 11, 20, 0, 0, 0)), XML)
    return pipe.data


def zip64():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        with z.open(zipfile.ZipInfo("a.xml", (2026, 11, 20, 0, 0, 0)), "w", force_zip64=True) as f:
            f.write(XML)
    return out.getvalue()


WHOLE_ZIP = zipped(("a.xml", XML))
ZIP = {name: data for name, data in SEEDS.items() if name.startswith("zip")} | {
    "overlapping": overlapping(3), "streamed": streamed(), "zip64": zip64(), "names": zipped(("../a.xml", XML), ("/b.xml", XML), ("c\\\x01.xml", XML)),
    "encrypted": WHOLE_ZIP.replace(b"PK\3\4\x14\0\0\0", b"PK\3\4\x14\0\1\0").replace(b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0"),
    "wrong-sum": WHOLE_ZIP.replace(struct.pack("<I", zlib.crc32(XML)), b"\0\0\0\1"), "cut": WHOLE_ZIP[:-30], "before": b"x" * 20 + WHOLE_ZIP,
    "comment": WHOLE_ZIP[:-2] + b"\5\0hello", "empty": b"PK\5\6" + bytes(18), "directory-only": WHOLE_ZIP[WHOLE_ZIP.index(b"PK\1\2"):],
    "many": zipped(*[(f"{n}.xml", XML) for n in range(12)]), "zip-zip": zipped(("a.zip", WHOLE_ZIP)),
    "size-lies": WHOLE_ZIP.replace(struct.pack("<I", len(XML)), struct.pack("<I", 9)),
}

# --- the web ---

JSON = b'{"title":"a<b>&\\"c\\"","n":-7,"f":1.5,"t":true,"list":[{"a":"1"},{"a":"\\u202e"}],"o":{"p":{"q":"x"}},"none":null}'


def page(template, partial=b"", json=JSON):
    return template + b"\n%%\n" + partial + b"\n%%\n" + json


TEMPLATE = {
    "values": page(b"{{title}} {{n}} {{f}} {{t}} {{none}} {{o.p.q}}"), "sections": page(b"{{#list}}\n {{a}}{{^a}}none{{/a}}\n{{/list}}\n"),
    "inverted": page(b"{{^none}}no{{/none}}{{^list}}x{{/list}}"), "partial": page(b"  {{>part}}\n{{#o}}{{>part}}{{/o}}", b"line {{p.q}}\nline {{.}}\n"),
    "comment": page(b"a{{! }} }}b\n  {{! alone }}  \n"), "open": page(b"{{#list}}{{a}}"), "closed": page(b"{{/list}}"), "crossed": page(b"{{#a}}{{#b}}{{/a}}{{/b}}"),
    "raw": page(b"{{{title}}}"), "ampersand": page(b"{{&title}}"), "delimiters": page(b"{{=<% %>=}}"), "unknown": page(b"{{>nothing}}"), "empty": page(b"{{}}"),
    "implicit": page(b"{{#list}}{{.}}{{/list}}", b"", b'{"list":["a",1,null,["<"]]}'), "deep": page(b"{{#o}}" * 33 + b"{{/o}}" * 33), "cut": page(b"{{title"),
    "invalid-text": page(b"{{title}}", b"", b'{"title":"\\u0000\\u001b[31m\\ud83d\\ude00"}'), "no-json": page(b"x", b"", b"{"),
}

QUERY = {
    "range": b"range=30d", "days": b"from=2026-11-01&to=2026-11-20", "all": b"range=all&limit=1000&sort=-messages", "lists": b"domain=example.com,!example.net&domain=a%5C,b",
    "networks": b"source_ip=192.0.2.0/24,2001:db8::/32,!198.51.100.7", "flags": b"pass=true&spf=fail&dkim=pass&disagrees=1&explained=yes&subdomains=no",
    "causes": b"cause=both,dkim_only,!unaligned&disposition=none,quarantine,reject", "text": b"q=Example+%C3%A9%22%3C&header_from=a.example",
    "spf-dkim": b"spf_domain=a&spf_scope=mfrom&spf_result=pass&dkim_domain=b&dkim_selector=s1&dkim_result=fail", "inputs": b"outcome=rejected&reason=xml-too-deep&report=17",
    "basis": b"basis=reported&interval=week&by=cause&target=reject&since=2026-11-01", "sender": b"sender=esp.example&class=ours&mark=undecided&new=true&group=true",
    "cursor": b"cursor=AAAAAAAAAAAAAAAAAAAAAAA&sort=domain", "unknown": b"domian=example.com", "twice": b"range=7d&range=8d", "empty": b"domain=&&=&x", "bad": b"range=0d&q=%zz%00", "dots": b"domain=example.com..,...,a%0A.",
    "override": b"override=forwarded,local_policy&policy=reject,!none&reporter=Example%5C%2C+Inc.", "long": b"domain=" + b"a," * 200, "huge": b"range=99999999999999y&limit=-1",
}

HTTP = {
    "target": b"/ruad/domains/example.com/senders/esp.example?range=7d", "encoded": b"/domains/a%2fb%C3%A9?x=%20+y", "absolute": b"http://localhost:8080/api/v1/reports/17/xml?a=1",
    "asset": b"/static/app.css", "resource": b"/api/v1/records.ndjson", "record": b"/api/v1/records/17.3", "source": b"/sources/2001:db8::1", "dots": b"/../..//a/./?&&=",
    "theme": b"theme=dark&back=%2Fdomains%2Fexample.com%3Frange%3D7d", "mark": b"mark=ours&note=Our+newsletter&form_token=00",
    "json": b'{"mark":"not_ours","note":"a\\u0041\\n"}', "json-deep": b"[" * 40 + b"]" * 40, "json-twice": b'{"mark":"ours","mark":"x","a":{"b":[1e400,-0,1.5]}}',
    "accept": b"text/html;q=0.9, application/json;level=1;q=1.000, */*;q=0", "coding": b"gzip;q=0.5, identity;q=0, *;q=1", "tags": b'W/"17", "18", *',
    "host": b"[::1]:8080", "host-4": b"127.0.0.1:65535", "forwarded": b"203.0.113.9, 127.0.0.2, [::1]:5000, 127.0.0.1:80", "token": b"ruad_" + b"A" * 43, "form-token": b"0" * 128,
    "cookie": b"a=b; theme=dark; theme=light", "url": b"https://dmarc.example.com:8443/ruad/", "url-user": b"http://a@b/c?d",
}


def cursor(*values, generation=17, count=None):
    data = struct.pack("<qQB", generation, 1 << 63, len(values) if count is None else count)
    for v in values:
        data += b"\0" + struct.pack("<q", v) if isinstance(v, int) else b"\1" + struct.pack("<H", len(v)) + v
    return base64.urlsafe_b64encode(data).rstrip(b"=")


CURSOR = {
    "none": cursor(), "number": cursor(-5), "text": cursor(b"example.com", 7), "cut-text": cursor(b"a" * 200 + b"\xff"), "eight": cursor(*range(8)), "nine": cursor(*range(9)),
    "long": cursor(b"a" * 700), "too-long": cursor(b"a" * 721), "lies": cursor(1, count=3), "two-long": cursor(b"a" * 400, b"b" * 400), "other": b"not*ours",
}

# --- workers; packing as in src/flow/packing.c ---


def u64(v):
    out = b""
    while v > 0x7F:
        out += bytes([v & 0x7F | 0x80])
        v >>= 7
    return out + bytes([v])


def i64(v):
    return u64(v << 1 if v >= 0 else (-v << 1) - 1)


def text(s):
    return u64(0) if s is None else u64(len(s) + 1) + s


REPORT = (text(b"Example Inc.") + text(b"d@example.net") + text(None) + text(b"r-1") + i64(1795046400) + i64(1795132799) + text(None) + text(b"1.0")
          + text(None) + u64(0) + text(b"example.com") + text(b"none") + text(None) * 4 + i64(100) + text(None) * 3 + u64(1) + text(b"an error"))
NOTES = u64(1) + text(b"xml-bom") + text(None) + text(None) + u64(1)
HERE = pathlib.Path(__file__).parent / "corpus"
RECORD = (HERE / "packing/record").read_bytes()[1:]
REFUSAL = (HERE / "packing/refusal").read_bytes()[1:]
MORE, HEAD, PART, TOLD, RAW, RECORDED, END, REFUSED, DONE = range(2, 11)


def frame(tell, data=b""):
    return bytes([tell]) + struct.pack(">H", len(data)) + data


MAIL_TOLD = frame(HEAD, u64(1) + text(b"a@example.net") + text(b"Report") + text(b"<1@example.net>"))
GOOD = (frame(PART, text(b"a.xml")) + frame(RAW, XML) + frame(TOLD, REPORT) + frame(RECORDED, RECORD) * 2 + frame(RAW, b"x") + frame(END, bytes(32) + REPORT + NOTES))
BAD = frame(PART, text(b"b.xml")) + frame(REFUSED, REFUSAL)
LATE = frame(PART, text(None)) + frame(TOLD, REPORT) + frame(RECORDED, RECORD) + frame(REFUSED, REFUSAL)
ALL = MAIL_TOLD + GOOD + frame(DONE)
CREW = {
    "good": b"\0" + ALL + ALL, "bad": b"\0" + MAIL_TOLD + BAD + frame(DONE) + ALL, "late": b"\0" + MAIL_TOLD + LATE + frame(DONE) + ALL, "several": b"\0" + MAIL_TOLD + GOOD + BAD + LATE + frame(DONE),
    "dies": b"\4" + MAIL_TOLD + GOOD[:-40] + b"%%" + ALL + b"%%" + ALL, "dies-again": b"\4" + MAIL_TOLD + b"%%" + MAIL_TOLD + b"%%" + ALL, "memory": b"\2" + MAIL_TOLD + GOOD,
    "never": b"\0" + b"x" * 15, "nothing": b"\0", "record-first": b"\0" + MAIL_TOLD + frame(PART, text(None)) + frame(RECORDED, RECORD), "done-first": b"\0" + frame(DONE),
    "many-records": b"\0" + MAIL_TOLD + frame(PART, text(None)) + frame(TOLD, REPORT) + frame(RECORDED, RECORD) * 7, "many-parts": b"\0" + MAIL_TOLD + BAD * 9 + frame(DONE),
    "more": b"\0" + MAIL_TOLD + frame(PART, text(None)) + frame(MORE, REPORT[:20]) + frame(TOLD, REPORT[20:]) + frame(END, bytes(32) + REPORT + NOTES) + frame(DONE),
    "refused-by-us": b"\x10" + ALL + ALL, "raw-bytes": b"\1" + b"".join(struct.pack(">BI", f[0], len(f) - 3) + f[3:] for f in (MAIL_TOLD, BAD[:10])), "endless-frame": b"\1\x03\xff\xff\xff\xff",
}

# --- mail servers ---

POP3_HELLO = lines("+OK hello", "+OK", "STLS", "SASL PLAIN XOAUTH2 OAUTHBEARER", "UIDL", ".", "+OK", "+OK in", "+OK", "1 one", "2 two", ".", "+OK 2", "1 40", "2 70000", ".")
POP3_MAIL = lines("+OK", "Subject: x", "", "..dot", ".", "+OK", ".")
POP3 = {
    "mails": b"\0" + POP3_HELLO + POP3_MAIL + lines("+OK", "+OK", "+OK"), "plain": b"\1" + POP3_HELLO + POP3_MAIL, "starttls": b"\x40" + lines("+OK", "+OK", "STLS", ".", "+OK") + POP3_HELLO[11:],
    "refused": b"\0" + lines("+OK", "-ERR what", "+OK", "-ERR [AUTH] no secret"), "oauth": b"\2" + lines("+OK", "+OK", "SASL XOAUTH2", ".", "+ ", "+ eyJ9", "-ERR no", "+ ", "+OK"),
    "in-use": b"\0" + lines("+OK", "-ERR", "+OK", "-ERR [IN-USE] later"), "no-uidl": b"\0" + lines("+OK", "-ERR", "+OK", "+OK", "-ERR"), "lost": b"\0" + POP3_HELLO + b"+OK\r\nSub\n%%\n" + POP3_HELLO + POP3_MAIL,
    "large": b"\0" + POP3_HELLO.replace(b"70000", b"7") + POP3_MAIL + b"+OK\r\n" + b"a" * 66_000, "long-line": b"\0+OK " + b"x" * 5000, "twice": b"\0" + POP3_HELLO.replace(b"2 two", b"2 one") + POP3_MAIL * 2,
    "numbers": b"\0" + POP3_HELLO.replace(b"2 two", b"4294967295 two").replace(b"2 70000", b"2 99999999999999999999"), "busy": b"\0-ERR [SYS/TEMP] not now\r\n",
}

IMAP_HELLO = lines("* OK hello", "* CAPABILITY IMAP4rev1 SASL-IR IDLE MOVE UIDPLUS AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER", "%T OK done", "%T OK in",
                   "* CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS", "%T OK done")
IMAP_OPEN = lines('* LIST () "/" INBOX', "%T OK done", "* 3 EXISTS", "* OK [UIDVALIDITY 7] x", "* OK [UIDNEXT 9] x", "%T OK [READ-ONLY]")
IMAP_FACTS = lines("* SEARCH 2 3 5", "%T OK done", "* 1 FETCH (UID 2 RFC822.SIZE 20)", "* 2 FETCH (UID 3 RFC822.SIZE 90000)", "* 3 FETCH (RFC822.SIZE 7 UID 5)", "%T OK done")
IMAP_MAIL = b"* 1 FETCH (UID 2 BODY[] {20}\r\nSubject: x\r\n\r\ntext\r\n)\r\n%T OK done\r\n* 3 FETCH (UID 5 BODY[] \"a\\\"b\")\r\n%T OK done\r\n"
IMAP = {
    "mails": b"\0" + IMAP_HELLO + IMAP_OPEN + IMAP_FACTS + IMAP_MAIL + lines("%T OK done") * 8, "no-list": b"\0" + IMAP_HELLO + IMAP_OPEN[len('* LIST () "/" INBOX\r\n%T OK done\r\n'):] + IMAP_FACTS + IMAP_MAIL,
    "plain": b"\1" + IMAP_HELLO + IMAP_OPEN, "preauth": b"\0* PREAUTH hello\r\n", "bye": b"\0* BYE no\r\n", "capability-of-nothing": b"\0" + lines("* OK hello", "* CAPABILITY ", "%T OK done", "%T OK in", "* CAPABILITY ", "%T OK done"), "refused": b"\0" + lines("* OK hello", "* CAPABILITY IMAP4rev1 AUTH=PLAIN", "%T OK done", "%T NO [AUTHENTICATIONFAILED] no secret"),
    "oauth": b"\2" + lines("* OK hello", "* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2", "%T OK done", "+ eyJ9", "%T NO no", "%T OK done", "* CAPABILITY IMAP4rev1", "%T OK done"),
    "starttls": b"\x40" + lines("* OK hello", "* CAPABILITY IMAP4rev1 STARTTLS", "%T OK done", "%T OK begin", "* CAPABILITY IMAP4rev1 AUTH=PLAIN", "%T OK done"), "no-folder": b"\0" + IMAP_HELLO + lines("%T NO none", "%T NO none", "%T NO none"),
    "renewed": b"\0" + IMAP_HELLO + IMAP_OPEN.replace(b"UIDVALIDITY 7", b"UIDVALIDITY 8") + IMAP_FACTS + b"* 1 EXPUNGE\r\n" + IMAP_MAIL, "lost": b"\0" + IMAP_HELLO + IMAP_OPEN + b"* SEA\n%%\n" + IMAP_HELLO + IMAP_OPEN + IMAP_FACTS,
    "huge-literal": b"\0" + IMAP_HELLO + IMAP_OPEN + IMAP_FACTS + b"* 1 FETCH (UID 2 BODY[] {4294967295}\r\n", "body-structure": b"\0" + IMAP_HELLO + IMAP_OPEN + b'* 1 FETCH (BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1))\r\n%T OK done\r\n',
}

TARGETS = {"unpack": SEEDS, "mime": MIME, "authres": AUTHRES, "gzip": GZIP, "zip": ZIP, "template": TEMPLATE, "query": QUERY, "http": HTTP, "cursor": CURSOR, "crew": CREW, "pop3": POP3, "imap": IMAP}


def main():
    for target, seeds in TARGETS.items():
        folder = pathlib.Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in seeds.items():
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
