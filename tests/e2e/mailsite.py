"""A configuration with mailboxes, the program with it, and what the database then says."""

import json
import os
import pathlib
import re
import sqlite3
import threading
import time

from dovecot import PASSWORD
from reports import gz, mail, record, report


def quoted(value):
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(quoted(v) for v in value) + "}"
    if isinstance(value, int):
        return str(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


class Site:
    """One configuration file in a folder of its own, with a database beside it."""

    def __init__(self, ruad, folder, ca=None, **top):
        self.ruad, self.folder, self.ca = ruad, pathlib.Path(folder), ca
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file = self.folder / "ruad.conf"
        self.db = self.folder / "ruad.db"
        self.top = {"database": self.db} | top
        self.limits = {}
        self.sources = {}
        self.write()

    def write(self):
        text = "".join(f"{k} = {quoted(v)}\n" for k, v in self.top.items())
        if self.limits:
            text += "limits {\n" + "".join(f"    {k} = {quoted(v)}\n" for k, v in self.limits.items()) + "}\n"
        for name, keys in self.sources.items():
            inside = "".join(f"    {k} = {quoted(v)}\n" for k, v in keys.items() if v is not None)
            text += f"source {name} {{\n{inside}}}\n"
        self.file.write_text(text)
        self.file.chmod(0o600)

    def limit(self, **limits):
        self.limits |= limits
        self.write()

    def source(self, name="box", account=None, password=PASSWORD, **keys):
        """A mailbox, by default the account's over implicit TLS; a key that is None is left out."""
        made = {"type": "imap"}
        if account is not None:
            tls = keys.get("tls", "implicit")
            port = account.server.port(keys.get("type", "imap"), tls)
            made |= {"host": "localhost", "port": port, "user": account.user, "auth": "plain"}
            if tls != "none":
                made["ca_file"] = self.ca
        if account is not None and not {"password_command", "password_credential", "token_command"} & set(keys):
            made["password_file"] = self.secret(name, password)
        self.sources[name] = made | keys
        self.write()

    def without(self, name):
        del self.sources[name]
        self.write()

    def secret(self, name, text):
        file = self.folder / f"{name}.password"
        file.write_text(text + "\n")
        file.chmod(0o600)
        return file

    # --- the program ---

    def run(self, *words, code=0, **more):
        ran = self.ruad.run(*words[:1], "--config", self.file, *words[1:], code=code, **more)
        assert PASSWORD not in ran.out + ran.err, "the password was told"
        return ran

    def import_(self, *words, code=0, **more):
        """Its summary; silent, as from cron, when all is well."""
        ran = self.run("import", "--json", *words, code=code, **more)
        if ran.code == 0:
            assert ran.err == "", ran.err
        return ran.json() if ran.out else {}

    def failing(self, code, *words, lines=1, **more):
        """What it says on standard error, a line for each source that failed."""
        ran = self.run("import", *words, code=code, **more)
        assert len(ran.err.splitlines()) == lines, ran.err
        return ran.err

    def start(self, *words, **more):
        return self.ruad.start(*words[:1], "--config", self.file, *words[1:], **more)

    def serve(self, *words):
        return self.ruad.serve(self.db, "--config", self.file, *words)

    # --- the database ---

    def show(self, what):
        """All rows, page by page; what differs between two runs of the same mails is left out."""
        rows, cursor = [], ()
        while True:
            ran = self.ruad.run("show", what, "--db", self.db, "--range", "all", "--json", "--limit", "1000", *cursor)
            answer = ran.json()
            rows += map(strip, answer["data"])
            if not answer["page"]["next"]:
                return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
            cursor = ("--cursor", answer["page"]["next"])

    def report_ids(self):
        return sorted(self.ask("SELECT report_id FROM report", flat=True))

    def contents(self):
        """What was learnt, to compare two databases."""
        return {"reports": self.show("reports"), "records": self.show("records"), "senders": self.show("senders")}

    def ask(self, sql, *values, flat=False):
        """Only what is committed; nothing if there is no database yet."""
        if not self.db.exists():
            return []
        db = sqlite3.connect(f"file:{self.db}?mode=ro", uri=True, timeout=30)
        try:
            rows = db.execute(sql, values).fetchall()
        except sqlite3.OperationalError as e:
            if "no such table" not in str(e):
                raise
            rows = []
        finally:
            db.close()
        return [row[0] for row in rows] if flat else rows

    def inputs(self):
        """The ledger: (source, locator, outcome, times)."""
        return self.ask("SELECT n.source, n.locator, n.outcome, n.times FROM input n ORDER BY 1, 2")

    def places(self):
        """Where the mails lay that are in the ledger."""
        return set(self.ask("SELECT locator FROM input", flat=True))

    def verify(self):
        self.ruad.run("db", "verify", "--db", self.db)


HERE_AND_NOW = {"id", "stored_at", "arrived_at", "line"}


def strip(row):
    if isinstance(row, dict):
        return {k: strip(v) for k, v in row.items() if k not in HERE_AND_NOW}
    return [strip(v) for v in row] if isinstance(row, list) else row


# --- mails ---

def numbered(n, data):
    """The same bytes each time: its parts are divided by its number."""
    m = mail(str(n), f"<{n}@reporter.example>")
    m.set_content("Report attached.")
    m.add_attachment(data, maintype="application", subtype="gzip", filename="r.xml.gz")
    m.set_boundary(f"part-of-{n}")
    return m.as_bytes(policy=m.policy.clone(linesep="\r\n"))


def letter(n, **more):
    """A mail whose subject is its number, with a report of its own."""
    return numbered(n, gz(report(f"r-{n}", [record(f"192.0.2.{n % 250 + 1}", n % 9 + 1)], **more)))


def broken(n):
    """A mail with a report that is cut."""
    return numbered(n, gz(report(f"r-{n}"))[:-30])


def other(n):
    """A mail without a report."""
    return f"From: someone@example.net\r\nTo: rua@example.com\r\nSubject: {n}\r\n\r\nHello {n}.\r\n".encode()


# --- processes ---

def family(pid):
    """The process and its children, those of its threads too."""
    pids = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            pids += map(int, pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    except OSError:  # it is no more
        pass
    return pids


def children(pid):
    return family(pid)[1:]


def wait_for(condition, seconds=20, what="it"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if got := condition():
            return got
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen")


class Memory:
    """Watches a process and its children: the sum of their peaks in KiB."""

    def __init__(self, process):
        self.process, self.peaks = process, {}
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while self.process.poll() is None:
            for pid in family(self.process.pid):
                try:
                    found = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
                except OSError:
                    continue
                if found:
                    self.peaks[pid] = int(found[1])
            time.sleep(0.003)

    @property
    def peak_kib(self):
        """One fetching process at a time: after a crash there is another."""
        self.thread.join()
        main = self.peaks.pop(self.process.pid, 0)
        return main + max(self.peaks.values(), default=0)
