"""kill -9 at any time of an import that moves mails: nothing is lost, nothing counts twice, each mail is in one folder.

RUAD_KILL_RUNS: so many kills (50); RUAD_KILL_MAILS: of an import of so many mails (2000); RUAD_KILL_SEED.
"""

import os
import random
import signal
import threading
import time

from mailproxy import ImapWatch, PopWatch, Proxy
from mailsite import broken, children, letter, other

DONE = {"done": "move", "done_folder": "Done", "ignored_folder": "Ignored", "failed_folder": "Failed"}


def all_mails(n):
    return [broken(i) if i % 50 == 7 else other(i) if i % 50 == 23 else letter(i) for i in range(n)]


class Killer:
    """Kills one process at one moment: after a time, or when something passes by."""

    MOMENTS = ["time", "time", "command", "answer", "change", "change sent", "change answered"]

    def __init__(self, rnd, quick_s, chunks=40):
        self.moment = rnd.choice(self.MOMENTS)
        self.after_s = rnd.uniform(0, quick_s)
        self.countdown = rnd.randrange(chunks) if self.moment in ("command", "answer") else rnd.randrange(3)
        self.delay_s = rnd.choice([0, 0, 0.001, 0.005])
        self.family = rnd.random() < 0.3  # the fetching process as well, in the same instant
        self.lock = threading.Lock()
        self.process = None

    def start(self, process):
        self.process = process
        if self.moment == "time":
            time.sleep(self.after_s)
            self.kill()

    def passes(self, moment):
        with self.lock:
            if moment != self.moment:
                return
            self.countdown -= 1
            if self.countdown >= 0:
                return
        time.sleep(self.delay_s)
        self.kill()

    def kill(self):
        pids = [self.process.pid, *(children(self.process.pid) if self.family else [])]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Watched(ImapWatch):
    """Tells the killer of its proxy what passes by."""

    def __init__(self, *a):
        super().__init__(*a)
        self.changed = False

    def up(self, data):
        killer = self.proxy.killer
        killer.passes("command")
        change = False

        def changes(verb, uids):
            nonlocal change
            change = True

        self.changes = changes
        data = super().up(data)
        if change:
            killer.passes("change")
            self.server.sendall(data)
            data = b""
            self.changed = True
            killer.passes("change sent")
        return data

    def down(self, data):
        killer = self.proxy.killer
        killer.passes("answer")
        if self.changed:
            self.changed = False
            killer.passes("change answered")
        return data


def settled(account):
    """
    Until the server has ended what it was told by a client that is gone: it goes on with a MOVE, and another one of the
    same mails meanwhile would make second copies, which no client can help.
    """
    seen, since = None, time.monotonic()
    while time.monotonic() - since < 0.7:
        now = sum(len(files) for _, _, files in os.walk(account.folder))
        if now != seen:
            seen, since = now, time.monotonic()
        time.sleep(0.02)


def ledger(site):
    """What became of each mail, by its UID; how often it came."""
    return sorted((int(locator.rpartition("=")[2]), outcome, times) for _, locator, outcome, times in site.inputs())


def check(site, account, undisturbed, n):
    assert site.contents() == undisturbed.contents()
    assert ledger(site) == ledger(undisturbed), "each came once"
    site.verify()
    folders = {name: [int(s) for s in account.subjects(name)] for name in ("INBOX", "Done", "Ignored", "Failed")}
    assert sorted(sum(folders.values(), [])) == list(range(n)), "each mail is in one folder"
    assert folders["INBOX"] == []
    assert all(i % 50 == 7 for i in folders["Failed"]) and all(i % 50 == 23 for i in folders["Ignored"])


def test_killed_at_any_time(sites, release, dovecot):
    kills = int(os.environ.get("RUAD_KILL_RUNS", "50"))
    n = int(os.environ.get("RUAD_KILL_MAILS", "2000"))
    rnd = random.Random(int(os.environ.get("RUAD_KILL_SEED", "1")))
    mails = all_mails(n)
    undisturbed = sites("undisturbed", release)
    account = dovecot.account()
    account.drop(mails)
    undisturbed.source(account=account, **DONE)
    begun = time.monotonic()
    undisturbed.import_()
    quick_s = (time.monotonic() - begun) / 2
    check(undisturbed, account, undisturbed, n)
    killed, rounds, moments = 0, 0, {}
    while killed < kills:
        rounds += 1
        account = dovecot.account()
        account.drop(mails)
        site = sites(f"round-{rounds}", release)
        with Proxy(account.server.imap, Watched) as proxy:
            site.source(account=account, tls="none", port=proxy.port, **DONE)
            while True:
                proxy.killer = Killer(rnd, quick_s)
                process = site.start("import")
                proxy.killer.start(process)
                said = process.communicate(timeout=120)[1].decode()
                if process.returncode == 0:
                    break
                assert process.returncode == -signal.SIGKILL, f"{process.returncode} {said}"
                killed += 1
                moments[proxy.killer.moment] = moments.get(proxy.killer.moment, 0) + 1
                settled(account)
            assert proxy.problems == []
        check(site, account, undisturbed, n)
    print(f"{killed} kills in {rounds} imports: {moments}")
    assert len(moments) >= 5, moments


def test_only_the_fetching_process(sites, release, dovecot):
    """A crash of it is no more than a lost connection."""
    n = 400
    account, other_account = dovecot.account(), dovecot.account()
    site, undisturbed = sites("site", release), sites("undisturbed", release)
    for a in (account, other_account):
        a.drop(all_mails(n))
    undisturbed.source(account=other_account, **DONE)
    undisturbed.import_()

    class Slow(ImapWatch):
        def down(self, data):
            time.sleep(0.003)
            return data

    rnd, crashes = random.Random(3), 0
    with Proxy(account.server.imap, Slow) as proxy:
        site.source(account=account, tls="none", port=proxy.port, **DONE)
        for _ in range(30):
            process = site.start("import")
            end = time.monotonic() + rnd.uniform(0.02, 0.3)
            while time.monotonic() < end and process.poll() is None:
                time.sleep(0.002)
            for child in children(process.pid):
                os.kill(child, signal.SIGKILL)
                crashes += 1
            said = process.communicate(timeout=60)[1].decode()
            assert process.returncode in (0, 69, 75) and len(said.splitlines()) == (process.returncode != 0), said
            if crashes >= 5 and process.returncode == 0:
                break
    assert crashes >= 5
    site.source(account=account, **DONE)
    site.import_()
    check(site, account, undisturbed, n)


def test_pop3_killed_while_deleting(sites, release, dovecot):
    """DELE counts at QUIT only: a mail is gone and stored, or it is there."""
    n, rnd, killed = 0, random.Random(5), 0
    account = dovecot.account()
    site = sites("site", release)

    class Counted(PopWatch):
        def up(self, data):
            self.proxy.killer.passes("command")
            data = super().up(data)
            if data.startswith((b"DELE", b"QUIT")):
                self.proxy.killer.passes("change")
            return data

        def down(self, data):
            self.proxy.killer.passes("answer")
            return data

    with Proxy(account.server.pop3, Counted) as proxy:
        site.source(account=account, type="pop3", tls="none", port=proxy.port, done="delete")
        while killed < 8 and n < 1200:
            account.drop([letter(i) for i in range(n, n + 30)])
            n += 30
            proxy.killer = Killer(rnd, 0.1, chunks=12)
            process = site.start("import")
            proxy.killer.start(process)
            process.communicate(timeout=60)
            killed += process.returncode == -signal.SIGKILL
            gone = set(range(n)) - {int(s) for s in account.subjects()}
            assert {f"r-{i}" for i in gone} <= set(site.report_ids())
    assert killed >= 8
    site.source(account=account, type="pop3", done="delete")
    site.import_()
    assert site.report_ids() == sorted(f"r-{i}" for i in range(n)) and account.count() == 0
    assert {times for *_, times in site.inputs()} == {1}
