"""`ruad import` of configured mailboxes: several sources, what is told of bad ones, and what is not fetched."""

import re
import signal
import time

import pytest

from dovecot import free_port
from mailproxy import ImapWatch, PopWatch, Proxy, commands, uid_set
from mailsite import Memory, broken, letter, other, wait_for
from test_sources import maildir


# --- The same from everywhere ---

def test_pop3_and_imap_give_the_same(sites, account):
    account.drop([broken(n) if n % 10 == 3 else other(n) if n % 10 == 7 else letter(n) for n in range(60)])
    imap, pop3 = sites("imap"), sites("pop3")
    imap.source(account=account)
    pop3.source(account=account, type="pop3")
    assert imap.import_()["stored"] == 48
    assert pop3.import_()["stored"] == 48
    assert imap.contents() == pop3.contents()
    what = "SELECT hex(sha256), outcome, reason, size_bytes FROM input ORDER BY 1"
    ledgers = [site.ask(what) for site in (imap, pop3)]
    assert len(ledgers[0]) == 60 and ledgers[0] == ledgers[1]


def test_two_sources_with_the_same_mails_count_once(site, sites, account, tmp_path):
    mails = [letter(n) for n in range(20)]
    account.drop(mails)
    site.source("far", account=account)
    site.source("near", type="maildir", path=maildir(tmp_path / "M", mails))
    got = site.import_()
    assert (got["inputs"], got["stored"], got["duplicate"]) == (40, 20, 20)
    assert site.report_ids() == sorted(f"r-{n}" for n in range(20))
    alone = sites("alone")
    alone.source("near", type="maildir", path=site.sources["near"]["path"])
    alone.import_()
    assert alone.show("records") == site.show("records") and alone.show("senders") == site.show("senders")


def test_one_source_by_name(site, dovecot):
    accounts = [dovecot.account(), dovecot.account()]
    for n, account in enumerate(accounts):
        account.drop([letter(n)])
        site.source(f"box{n}", account=account)
    site.import_("box1")
    assert site.report_ids() == ["r-1"]
    said = site.run("import", "bax1", code=(64, 66, 78)).err
    assert "box1" in said, "it says which one may be meant"


def test_folders(site, account):
    account.put([letter(1)])
    account.put([letter(2)], "DMARC")
    account.put([letter(3)], "Entw&APw-rfe")
    site.source(account=account, folders=["DMARC", "INBOX", "Entwürfe"])
    assert site.import_()["stored"] == 3


# --- What goes wrong ---

def bad_sources(site, dovecot, tmp_path):
    """Of each kind one: (exit code, keys, what is said)."""
    account = dovecot.account()
    account.drop([letter(100)])
    closed = free_port()
    return {
        "wrong-password": (77, {"account": account, "password": "wrong-and-long"}, "check user and password"),
        "unknown-user": (77, {"account": account, "user": "nobody@example.com"}, "check user and password"),
        "no-folder": (69, {"account": account, "folders": ["INBOX", "Nowhere"]}, "there is no folder Nowhere"),
        "server-down": (69, {"account": account, "port": closed}, f"port {closed}"),
        "no-such-host": (69, {"account": account, "host": "mail.invalid"}, "mail.invalid"),
        "certificate": (69, {"account": account, "ca_file": None}, "set ca_file"),
        "no-maildir": ((66, 69), {"type": "maildir", "path": tmp_path / "not-there"}, "not-there"),
        "pop3-password": (77, {"account": account, "type": "pop3", "password": "wrong-and-long"},
                          "check user and password"),
        "pop3-down": (69, {"account": account, "type": "pop3", "port": closed}, f"port {closed}"),
    }


@pytest.mark.parametrize("kind", ["wrong-password", "unknown-user", "no-folder", "server-down", "no-such-host",
                                  "certificate", "no-maildir", "pop3-password", "pop3-down"])
def test_one_bad_source(site, dovecot, tmp_path, kind):
    """It is told in one line what to do; the others are read."""
    code, keys, reason = bad_sources(site, dovecot, tmp_path)[kind]
    good = [dovecot.account(), dovecot.account()]
    for n, account in enumerate(good):
        account.drop([letter(n)])
    site.source("a-good", account=good[0])
    site.source("b-bad", **keys)
    site.source("c-good", account=good[1])
    said = site.failing(code)
    assert reason in said and "b-bad" in said, said
    assert "wrong-and-long" not in said
    assert {"r-0", "r-1"} <= set(site.report_ids())
    if kind == "no-folder":
        assert "r-100" in site.report_ids(), "its other folder too"
    site.without("b-bad")
    assert site.import_()["inputs"] == 0


def test_several_bad_sources(site, dovecot, tmp_path):
    """A line for each; the exit code is that of the worst."""
    good = dovecot.account()
    good.drop([letter(1)])
    site.source("good", account=good)
    kinds = bad_sources(site, dovecot, tmp_path)
    for kind in ("server-down", "wrong-password", "certificate"):
        site.source(kind, **kinds[kind][1])
    said = site.failing((69, 77), lines=3)
    for kind in ("server-down", "wrong-password", "certificate"):
        assert sum(kind in line for line in said.splitlines()) == 1, said
    assert site.report_ids() == ["r-1"]
    site.without("wrong-password")
    site.failing(69, lines=2)


def test_what_failed_is_told_later(site, dovecot, tmp_path):
    site.source("good", account=dovecot.account())
    site.source("down", **bad_sources(site, dovecot, tmp_path)["server-down"][1])
    site.failing(69)
    told = site.ruad.run("show", "problems", "--db", site.db, "--range", "all").out
    assert "down" in told, told


def test_full_disk(sites, account, small_disk):
    """What is stored is stored, the rest stays where it is and comes with the next run."""
    mails = [letter(n, org=f"reporter{n}.example") for n in range(1200)]
    account.drop(mails)
    site = sites("full")
    site.top["database"] = site.db = small_disk / "ruad.db"
    site.source(account=account, done="move")
    said = site.failing(75)
    assert "full" in said or "space" in said, said
    stored = len(site.report_ids())
    assert stored < 1200
    assert account.count() >= 1200 - stored, "nothing went away that is not stored"
    roomy = sites("roomy")
    for file in small_disk.iterdir():
        if file.name.startswith("ruad.db") and not file.name.endswith("lock"):
            (roomy.folder / file.name).write_bytes(file.read_bytes())
    roomy.source(account=account, done="move")
    roomy.import_()
    assert len(roomy.report_ids()) == 1200
    assert (account.count(), account.count("Done")) == (0, 1200)
    roomy.verify()


class Slow(ImapWatch):
    def down(self, data):
        time.sleep(0.01)
        return data


def test_interrupted(sites, release, account):
    """SIGTERM: what was read is stored and filed away, and the next run goes on from there."""
    account.drop([letter(n) for n in range(1000)])
    site = sites("site", release)
    with Proxy(account.server.imap, Slow) as proxy:
        site.source(account=account, tls="none", port=proxy.port, done="move")
        process = site.start("import")
        wait_for(lambda: len(proxy.received) > 300_000)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=20)[1].decode()
    assert process.returncode == 75 and "interrupted" in said, said
    stored = len(site.report_ids())
    assert 0 < stored < 1000
    assert (account.count(), account.count("Done")) == (1000 - stored, stored)
    site.source(account=account, done="move")
    assert site.import_()["stored"] == 1000 - stored
    assert (account.count(), account.count("Done")) == (0, 1000)


# --- What is not fetched ---

def fetched(proxy):
    """UIDs whose content was asked for."""
    uids = set()
    for command in commands(proxy):
        if found := re.match(r"\w+ UID FETCH ([\d:,]+) .*BODY", command):
            uids |= set(uid_set(found[1]))
    return uids


def retrieved(proxy):
    return {int(c.split()[1]) for c in commands(proxy) if re.match("(RETR|TOP) ", c)}


BIG = letter(2) + b"x" * 70 * 450_000  # 30 MiB


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_too_large(site, account, protocol):
    """Its size is asked first: it is refused, told, and never crosses the network."""
    account.drop([letter(1), BIG, letter(3)])
    port = account.server.port(protocol, "none")
    with Proxy(port, ImapWatch if protocol == "imap" else PopWatch) as proxy:
        site.source(account=account, type=protocol, tls="none", port=proxy.port)
        got = site.import_()
        assert (got["stored"], got["rejected"]) == (2, 1)
        assert (fetched(proxy) if protocol == "imap" else retrieved(proxy)) == {1, 3}
        assert len(proxy.received) < 100_000
        assert site.ask("SELECT reason FROM input WHERE outcome = 3") == [("mail-too-large",)]
        told = site.ruad.run("show", "problems", "--db", site.db, "--json").json()["data"]
        assert [(p["reason"], p["source"]) for p in told] == [("mail-too-large", "box")]
        got = site.import_()
        assert got["inputs"] == 0, "it is settled"
    site.limit(mail_size="40M")
    site.source(account=account, type=protocol, tls="none")
    account.drop([BIG.replace(b"Subject: 2", b"Subject: 4")])
    assert site.import_()["inputs"] == 1


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_second_run_fetches_nothing(site, account, protocol):
    account.drop([letter(1), letter(2), broken(3)])
    site.source(account=account, type=protocol, tls="none")
    site.import_()
    with Proxy(account.server.port(protocol, "none"), ImapWatch if protocol == "imap" else PopWatch) as proxy:
        site.source(account=account, type=protocol, tls="none", port=proxy.port)
        for _ in range(2):
            assert site.import_()["inputs"] == 0
        assert (fetched(proxy) if protocol == "imap" else retrieved(proxy)) == set()
        account.drop([letter(4)])
        assert site.import_()["stored"] == 1
        assert len(fetched(proxy) if protocol == "imap" else retrieved(proxy)) == 1


def test_uidvalidity_changes(site, account):
    """The folder is another one: all is read again, and recognised."""
    account.put([letter(1), letter(2)], "A")
    site.source(account=account, folders=["A"])
    assert site.import_()["stored"] == 2
    with account.client() as c:
        c.delete("A")
    time.sleep(1.1)  # UIDVALIDITY is made of the time
    account.put([letter(1), letter(2), letter(3)], "A")
    got = site.import_()
    assert (got["stored"], got["duplicate"]) == (1, 2)
    assert site.import_()["inputs"] == 0


def test_each_source_has_its_own_state(site, dovecot):
    """Another account under the same name is read from its beginning."""
    first, second = dovecot.account(), dovecot.account()
    first.drop([letter(n) for n in range(5)])
    second.drop([letter(n) for n in range(5, 8)])
    site.source(account=first)
    assert site.import_()["stored"] == 5
    site.source(account=second)
    assert site.import_()["stored"] == 3


def test_dry_run_changes_nothing(site, account):
    account.drop([letter(1), broken(2)])
    site.source(account=account, done="move")
    got = site.import_("--dry-run")
    assert (got["stored"], got["rejected"]) == (1, 1)
    assert account.count() == 2 and account.count("Done") is None
    got = site.import_()
    assert (got["stored"], got["rejected"]) == (1, 1), "all of it is still new"


def peak(site):
    """Of the program and the fetching process together, in KiB."""
    process = site.start("import")
    memory = Memory(process)
    said = process.communicate(timeout=120)[1].decode()
    assert (process.returncode, said) == (0, "")
    return memory.peak_kib


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_memory_is_bounded(sites, release, account, protocol):
    """Few mails or many, large or small."""
    account.drop([letter(n) for n in range(10)])
    site = sites("measured", release)
    site.source(account=account, type=protocol)
    few = peak(site)
    account.drop([letter(n) for n in range(10, 2000)])
    many = peak(site)
    account.drop([letter(5000 + n) + b"x" * 70 + b"\r\n" * 10_000_000 for n in range(2)])
    large = peak(site)
    assert len(site.report_ids()) == 2002
    print(f"{protocol}: {few} KiB for 10 mails, {many} KiB for 2000, {large} KiB for 20 MB each")
    assert many <= 64 * 1024 and large <= 64 * 1024
    assert many - few < 16 * 1024, "it does not grow with the number of mails"
