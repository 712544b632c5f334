"""mailboxdump: a mailbox as a source gives it, without the rest of the program; each mail with its digest."""

import hashlib
import os
import subprocess

PATIENCE = 120


def mail(n, extra="", size=0):
    body = f"From: reports@example.net\r\nSubject: {n}\r\n{extra}\r\nmail {n}\r\n.dot\r\n"
    return body.encode() + (b"x" * 70 + b"\r\n") * (size // 72)


def digests(mails):
    return [hashlib.sha256(m).hexdigest() for m in mails]


class Dumped:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.lines = done.stdout.splitlines()
        self.mails = [line.split()[1:5] for line in self.lines if line.startswith("mail ")]
        self.digests = [m[2] for m in self.mails]
        self.errors = [line for line in self.lines if line.startswith("error ")]


class Dump:
    def __init__(self, program, ca):
        self.program, self.ca = program, ca

    def words(self, account, options):
        protocol, tls = options.get("protocol", "imap"), options.get("tls", "implicit")
        fixed = {"host": "localhost", "port": account.server.port(protocol, tls), "user": account.user, "ca": self.ca,
                 "auth": "plain"} | options
        words = []
        for key, value in fixed.items():
            words += [f"{key}={v}" for v in (value if isinstance(value, list) else [value])]
        return words

    def start(self, what, account, **options):
        return subprocess.Popen([self.program, what, *self.words(account, options)], text=True,
                                env=os.environ | {"MAILBOX_PASSWORD": account.password},
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, what, account, code=0, **options):
        done = subprocess.run([self.program, what, *self.words(account, options)], capture_output=True, text=True,
                              env=os.environ | {"MAILBOX_PASSWORD": account.password}, timeout=PATIENCE)
        got = Dumped(done)
        assert "Sanitizer" not in got.err and "runtime error" not in got.err, got.err[-4000:]
        assert account.password not in got.out + got.err
        if code is not None:
            assert got.code == code, got.out[-3000:] + got.err[-1000:]
        return got

    def list(self, account, **options):
        return self.run("list", account, **options)
