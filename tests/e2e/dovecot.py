"""A Dovecot of our own: in a folder of its own, on high ports, with its own CA."""

import contextlib
import datetime
import getpass
import grp
import imaplib
import itertools
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

USER = "dmarc@example.com"
PASSWORD = "gräßlich geheim\"\\1"  # all that is hard to send
ASCII_USER = "plain@example.com"
ASCII_PASSWORD = "open \"sesame\\ 7"
ACCOUNTS = 3000  # box0@example.com …, each with PASSWORD


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: {done.stderr}"


class Authority:
    """A CA, and certificates signed by it."""

    def __init__(self, folder, name="Test CA"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file = self.folder / "ca.pem"
        self.key = self.folder / "ca.key"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", self.key, "-out", self.file, "-days", "3650", "-subj", f"/CN={name}")

    def certificate(self, name, names="DNS:localhost,IP:127.0.0.1", days=30, signed=True):
        """The files of certificate and key; days < 0: it has expired."""
        cert, key, ask = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        more = self.folder / f"{name}.ext"
        more.write_text((f"subjectAltName={names}\n" if names else "") + "basicConstraints=CA:FALSE\n")
        run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", key, "-out", ask, "-subj", "/CN=localhost")
        if signed:
            self.sign(ask, cert, more, days)
        else:
            run("openssl", "x509", "-req", "-in", ask, "-signkey", key, "-out", cert, "-days", str(days),
                "-extfile", more)
        return cert, key

    def sign(self, ask, cert, more, days):
        now = datetime.datetime.now(datetime.timezone.utc)
        start, end = now - datetime.timedelta(days=60), now + datetime.timedelta(days=days)
        (self.folder / "index.txt").write_text("")
        (self.folder / "ca.cnf").write_text(
            f"[ca]\ndefault_ca=d\n[d]\ndatabase={self.folder}/index.txt\nnew_certs_dir={self.folder}\n"
            "default_md=sha256\npolicy=p\nunique_subject=no\nrand_serial=yes\n[p]\ncommonName=supplied\n")
        run("openssl", "ca", "-batch", "-notext", "-config", self.folder / "ca.cnf", "-cert", self.file,
            "-keyfile", self.key, "-in", ask, "-out", cert, "-extfile", more,
            "-startdate", f"{start:%Y%m%d%H%M%SZ}", "-enddate", f"{end:%Y%m%d%H%M%SZ}")


CONFIG = """
protocols = imap pop3
listen = {listen}
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = {folder}
log_path = {folder}/log
auth_verbose = yes
auth_mechanisms = plain login xoauth2 oauthbearer
disable_plaintext_auth = {secure}
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
ssl_min_protocol = TLSv1.2
mail_location = maildir:{folder}/mail/%n
mail_fsync = never
mail_max_userip_connections = 100
imap_idle_notify_interval = 2 secs
first_valid_uid = 1
default_process_limit = 200
default_client_limit = 2000
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%n
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
}}
{identity}
{more}
"""


class Dovecot:
    """listen: addresses of this machine; more: lines of configuration."""

    def __init__(self, folder, cert, key, more="", secure="no", separator="/", listen="127.0.0.1"):
        self.folder = pathlib.Path(folder)
        self.imap, self.imaps, self.pop3, self.pop3s = (free_port() for _ in range(4))
        for name in ("run", "state", "mail"):
            (self.folder / name).mkdir(parents=True)
        root = os.geteuid() == 0
        self.owner = pwd.getpwnam("nobody" if root else getpass.getuser())
        if root:
            os.chown(self.folder / "mail", self.owner.pw_uid, self.owner.pw_gid)
        name = self.owner.pw_name
        group = grp.getgrgid(self.owner.pw_gid).gr_name
        identity = f"default_internal_user = {name}\ndefault_internal_group = {group}\ndefault_login_user = {name}\n"
        for service in ("anvil", "imap-login", "pop3-login"):
            identity += f"service {service} {{\n  chroot =\n}}\n"
        if root:
            identity = ""
        users = [(USER, PASSWORD), (ASCII_USER, ASCII_PASSWORD)]
        users += [(f"box{n}@example.com", PASSWORD) for n in range(ACCOUNTS)]
        (self.folder / "users").write_text("".join(f"{u}:{{PLAIN}}{p}::::::\n" for u, p in users))
        (self.folder / "dovecot.conf").write_text(CONFIG.format(
            folder=self.folder, cert=cert, key=key, uid=self.owner.pw_uid, gid=self.owner.pw_gid, imap=self.imap,
            imaps=self.imaps, pop3=self.pop3, pop3s=self.pop3s, identity=identity, more=more,
            secure=secure, separator=separator, listen=listen))
        self.accounts = itertools.count()
        self.start()

    def start(self):
        """A session of its own, so that all of its processes can be ended at once."""
        self.process = subprocess.Popen(["dovecot", "-F", "-c", self.folder / "dovecot.conf"], start_new_session=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        env=os.environ | {"PATH": os.environ["PATH"] + ":/usr/sbin"})
        for port in (self.imap, self.imaps, self.pop3, self.pop3s):
            self.await_port(port)

    def await_port(self, port):
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            time.sleep(0.05)
        raise AssertionError(f"dovecot did not start: {self.log()}")

    def port(self, protocol, tls="implicit"):
        return getattr(self, protocol + ("s" if tls == "implicit" else ""))

    def log(self):
        file = self.folder / "log"
        return file.read_text() if file.exists() else self.process.stdout.read().decode()

    def stop(self):
        """At once, with all connections."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()
        (self.folder / "run/master.pid").unlink(missing_ok=True)

    def account(self, name=None):
        """A mailbox that nobody has used; or that of a user."""
        return Account(self, f"box{next(self.accounts)}@example.com" if name is None else name)


class Account:
    """One user's mailbox, seen with Python's own client and on the disk."""

    def __init__(self, server, user):
        self.server, self.user = server, user
        self.password = ASCII_PASSWORD if user == ASCII_USER else PASSWORD
        self.folder = server.folder / "mail" / user.partition("@")[0]
        self.n = 0

    def client(self):
        """Logged in; a with statement logs it out."""
        c = imaplib.IMAP4("127.0.0.1", self.server.imap)
        c._encoding = "utf-8"
        c.authenticate("PLAIN", lambda _: f"\0{self.user}\0{self.password}".encode())
        return c

    def put(self, mails, folder="INBOX"):
        """As mail that was just delivered."""
        with self.client() as c:
            if folder != "INBOX":
                c.create(f'"{folder}"')
            for mail in mails:
                status, said = c.append(f'"{folder}"', None, None, mail)
                assert status == "OK", said

    def drop(self, mails):
        """Many mails at once into INBOX; in this order they get their UIDs."""
        new = self.folder / "new"
        for part in (self.folder, self.folder / "tmp", self.folder / "cur", new):
            if not part.exists():
                part.mkdir()
                self.own(part)
        for mail in mails:
            self.n += 1
            file = self.folder / "tmp" / f"{1_700_000_000 + self.n}.M1P{self.n}.test"
            file.write_bytes(mail)
            self.own(file)
            file.rename(new / file.name)

    def own(self, path):
        os.chown(path, self.server.owner.pw_uid, self.server.owner.pw_gid)

    def folders(self):
        with self.client() as c:
            return sorted(line.decode().rsplit(" ", 1)[1].strip('"') for line in c.list()[1])

    def count(self, folder="INBOX"):
        """None: there is no such folder."""
        with self.client() as c:
            status, said = c.status(f'"{folder}"', "(MESSAGES)")
            return int(said[0].rsplit(b" ", 1)[1].rstrip(b")")) if status == "OK" else None

    def flags(self, folder="INBOX"):
        with self.client() as c:
            there = c.select(f'"{folder}"', readonly=True)[1] != [b"0"]
            said = c.fetch("1:*", "(FLAGS)")[1] if there else []
            return [imaplib.ParseFlags(line) for line in said if line]

    def uids(self, folder="INBOX"):
        with self.client() as c:
            c.select(f'"{folder}"', readonly=True)
            return [int(u) for u in c.uid("SEARCH", "ALL")[1][0].split()]

    def subjects(self, folder="INBOX"):
        """Of all mails, in order."""
        with self.client() as c:
            if c.select(f'"{folder}"', readonly=True)[0] != "OK":
                return []
            said = c.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
            return [part[1].decode().partition(":")[2].strip() for part in said if isinstance(part, tuple)]


def missing_program():
    for program in ("dovecot", "openssl"):
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
            return program
    for part in ("imap", "pop3"):
        if not os.access(f"/usr/lib/dovecot/{part}", os.X_OK):
            return f"dovecot-{part}d"
    return None
