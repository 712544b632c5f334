"""Our MIME walker against Python's email package: the same leaves, byte for byte, of thousands of generated mails.

RUAD_MIMEDUMP is the tool of tests/tools; by default that of the dev preset. Mails are drawn from a fixed seed; one that
differs is kept in the folder of the test.
"""

import base64
import binascii
import email
import email.policy
import hashlib
import os
import pathlib
import quopri
import random
import subprocess

import pytest

from conftest import missing
from program import TOP

TYPES = ["text/plain", "text/html", "text/xml", "application/gzip", "application/octet-stream", "Image/PNG", "application/zip"]
BOUNDARY = "abcXYZ019'()+_,-./:=? "
WORDS = ["report", "domain: example.com", "", "--", "--b", "- x", "From here", ">From there", "=", "=3D", "begin 1", "a" * 200]


@pytest.fixture(scope="module")
def mimedump():
    path = pathlib.Path(os.environ.get("RUAD_MIMEDUMP", TOP / "build/dev/mimedump"))
    if not os.access(path, os.X_OK):
        missing(f"{path} is not built (or set RUAD_MIMEDUMP)")

    def dump(paths):
        done = subprocess.run([path, *paths], capture_output=True, timeout=300)
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-4000:]
        mails = done.stdout.decode().split("end\n")
        assert mails.pop() == ""
        return [[tuple(line.split("\t")[:3]) for line in m.splitlines()] for m in mails]

    return dump


def uuencode(data):
    lines = [b"begin 644 file\n"] + [binascii.b2a_uu(data[i:i + 45], backtick=True) for i in range(0, len(data), 45)]
    return b"".join(lines) + b"`\nend\n"


class Maker:
    """Mails of any shape. Line ends are LF until the end, so that a body is what it says."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.boundaries = 0

    def text(self):
        r = self.random
        return "".join(r.choice(WORDS) + "\n" for _ in range(r.randrange(8))).encode()

    def boundary(self):
        r = self.random
        letters = "".join(r.choice(BOUNDARY) for _ in range(r.randrange(1, 40)))
        self.boundaries += 1
        return f"B{letters}{self.boundaries}Z"

    def param(self, name, value):
        """A parameter in one of the ways that headers have."""
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        ways = [f'; {name}="{quoted}"', f';\n {name}="{quoted}"', f';{name.upper()}="{quoted}"; x=y', f'; charset=utf-8; {name}="{quoted}";']
        if not set(value) & set(' "();,?=/:'):
            ways.append(f"; {name}={value}")
        return self.random.choice(ways)

    def leaf(self):
        r = self.random
        body = self.text() if r.random() < 0.6 else r.randbytes(r.randrange(300))
        kind = r.choice(TYPES)
        header = f"Content-Type: {kind}" + (self.param("name", "a!b 1.xml.gz") if r.random() < 0.5 else "") + "\n"
        encoding = r.choice(["", "7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode"])
        if encoding == "base64":
            text = base64.encodebytes(body)
        elif encoding == "quoted-printable":
            text = quopri.encodestring(body)
        elif encoding == "x-uuencode":
            text = uuencode(body or b"x")
        else:
            text = self.text()
        if encoding:
            header += f"Content-Transfer-Encoding: {r.choice([encoding, encoding.upper(), ' ' + encoding])}\n"
        if r.random() < 0.3:
            header = "X-Other: a\n b\n" + header
        if r.random() < 0.05:
            header = ""
            text = b"only text\n"
        return header.encode(), text

    def entity(self, depth):
        """Header and body."""
        r = self.random
        if depth > 5 or r.random() < 0.45:
            return self.leaf()
        if r.random() < 0.15:
            header, body = self.entity(depth + 1)
            return b"Content-Type: message/rfc822\n", b"Subject: inside\n" + header + b"\n" + body
        boundary = self.boundary()
        kind = r.choice(["mixed", "alternative", "related", "report", "digest"])
        header = f"Content-Type: multipart/{kind}{self.param('boundary', boundary)}\n".encode()
        mark = b"--" + boundary.encode()
        body = r.choice([b"", b"preamble\n", b"--\n--B\n"])
        for _ in range(r.randrange(1, 5)):
            inside, text = self.entity(depth + 1)
            body += mark + r.choice([b"", b"", b" ", b"\t"]) + b"\n" + inside + b"\n" + text + b"\n"
        if r.random() < 0.85:
            body += mark + b"--" + r.choice([b"\n", b"", b"\nepilogue\n"])
        return header, body

    def mail(self):
        r = self.random
        header, body = self.entity(0)
        mail = r.choice([b"", b"From a@example.com Fri Nov 20 00:00:00 2026\n"]) + b"From: a@example.com\nSubject: x\n" + header + b"\n" + body
        if r.random() < 0.2:
            mail = mail[:r.randrange(len(mail))]
        # Only where no body is raw bytes: what a lone CR means differs there.
        if b"\r" not in mail:
            mail = mail.replace(b"\n", r.choice([b"\n", b"\n", b"\r\n", b"\r"]))
        return mail


def digest(kind, data):
    return kind, str(len(data)), hashlib.sha256(data).hexdigest()


def leaves(mail):
    """As Python sees them; for each a list of what is right."""
    found = []
    for piece in mail.walk():
        # A multipart without any part is a leaf for Python.
        if not piece.is_multipart() and not (piece.get_content_maintype() == "multipart" and piece.get_boundary()):
            found.append((piece.get_content_type(), piece.get_payload(decode=True)))
    right = [[digest(*f)] for f in found]
    if found:  # where no boundary follows, Python drops the last line break of the mail
        right[-1] += [digest(found[-1][0], found[-1][1] + end) for end in (b"\n", b"\r\n", b"\r")]
    return right


def same(ours, right):
    return len(ours) == len(right) and all(leaf in leaves for leaf, leaves in zip(ours, right))


def comparable(mail):
    """Python stops at one thing that we read on purpose, and trips over others."""
    for piece in mail.walk():
        if piece.get_content_type().endswith("/") or piece.get_boundary() == "":
            return False
        if piece.get_content_maintype() == "message" and piece.get_content_type() != "message/rfc822":
            return False
        if piece.is_multipart() or piece.get("Content-Transfer-Encoding", "").strip().lower() not in ("base64", "quoted-printable", "x-uuencode"):
            continue
        # Cut in the middle: an incomplete group is given back encoded by Python.
        raw = piece.get_payload()
        if piece["Content-Transfer-Encoding"].strip().lower() == "base64" and len("".join(raw.split()).rstrip("=")) % 4 == 1:
            return False
        if piece["Content-Transfer-Encoding"].strip().lower() == "x-uuencode" and "end" not in raw.split():
            return False
        if piece["Content-Transfer-Encoding"].strip().lower() == "quoted-printable" and (
                "\r" in raw.replace("\r\n", "") or raw.rstrip("\r\n").endswith("=") or any(line != line.rstrip(" \t") for line in raw.splitlines())):
            return False
    return True


@pytest.mark.parametrize("seed", range(10))
def test_generated(mimedump, tmp_path, seed):
    maker = Maker(seed)
    mails = [maker.mail() for _ in range(300)]
    paths = []
    for n, mail in enumerate(mails):
        paths.append(tmp_path / f"{n}.eml")
        paths[-1].write_bytes(mail)
    compared = 0
    for path, mail, ours in zip(paths, mails, mimedump(paths), strict=True):
        parsed = email.message_from_bytes(mail, policy=email.policy.compat32)
        if not comparable(parsed):
            continue
        compared += 1
        assert same(ours, leaves(parsed)), path
    assert compared > 200


def encoded(inside, how):
    header = f"Content-Type: message/rfc822\nContent-Transfer-Encoding: {how}\n\n".encode()
    return header + (base64.encodebytes(inside) if how == "base64" else quopri.encodestring(inside))


@pytest.mark.parametrize("how", ["base64", "quoted-printable"])
def test_encoded_mail_in_mail(mimedump, tmp_path, how):
    """Python leaves these alone; ours must find what Python finds in the mail that was encoded."""
    maker = Maker(99)
    paths, wanted = [], []
    for n in range(100):
        inside = maker.mail()
        parsed = email.message_from_bytes(inside, policy=email.policy.compat32)
        # Quoted-printable may change line ends and blanks; base64 keeps every byte.
        if not comparable(parsed) or (how != "base64" and (b"\r" in inside or b" \n" in inside or b"\t\n" in inside)):
            continue
        outside = encoded(inside, how)
        paths.append(tmp_path / f"{n}.eml")
        paths[-1].write_bytes(b"Content-Type: multipart/mixed; boundary=outer\n\n--outer\n" + outside + b"\n--outer--\n")
        wanted.append(leaves(parsed))
    assert len(paths) > 20
    for path, ours, want in zip(paths, mimedump(paths), wanted, strict=True):
        assert same(ours, want), path
