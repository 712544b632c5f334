"""Mailboxes on a real server, byte for byte: what a source gives, over IMAP and POP3, and its process."""

import os
import pathlib
import time

import pytest

from mailproxy import Line, Proxy
from mailsite import children, wait_for
from mailtool import digests, mail

PATIENCE = 120


# --- Reading ---

def test_reads_what_is_there(dump, account, tmp_path):
    mails = [mail(n, size=n * 997) for n in range(30)] + [mail(99, size=3_000_000)]
    account.put(mails)
    before = account.flags()
    got = dump.list(account, db=tmp_path / "db", batch=7)
    assert got.digests == digests(mails)
    assert got.lines[-1] == "total 31"
    assert all(abs(int(m[3]) - time.time()) < 3600 for m in got.mails), "INTERNALDATE"
    assert account.flags() == before, "the mailbox is as it was"
    assert dump.list(account, db=tmp_path / "db").mails == []
    account.put([mail(100)])
    assert dump.list(account, db=tmp_path / "db").digests == digests([mail(100)])


def test_both_protocols_give_the_same(dump, account, tmp_path):
    mails = [mail(n, size=n * 313) for n in range(20)] + [b"Subject: x\r\n\r\n.\r\n..\r\n\r\nend without newline"]
    account.put(mails)
    imap = dump.list(account, keep=tmp_path / "imap")
    pop3 = dump.list(account, protocol="pop3", keep=tmp_path / "pop3", db=tmp_path / "db")
    assert len(imap.mails) == 21
    # POP3 ends each mail with a line end, whether it has one or not.
    assert imap.digests[:-1] == pop3.digests[:-1]
    assert (tmp_path / "imap").read_bytes().rstrip() == (tmp_path / "pop3").read_bytes().rstrip()
    assert dump.list(account, protocol="pop3", db=tmp_path / "db").mails == []


def test_folders(dump, account, tmp_path):
    account.put([mail(1)])
    account.put([mail(2)], "DMARC")
    account.put([mail(3)], "Entw&APw-rfe")
    got = dump.list(account, folder=["DMARC", "Nowhere", "INBOX", "Entwürfe"], db=tmp_path / "db", code=1)
    assert got.digests == digests([mail(2), mail(1), mail(3)]), "the missing folder stops nothing"
    assert len(got.errors) == 1 and "there is no folder Nowhere" in got.errors[0] and "no-folder" in got.errors[0]
    got = dump.list(account, folder=["DMARC", "INBOX", "Entwürfe"], db=tmp_path / "db")
    assert got.mails == []


def test_uidvalidity_changes(dump, account, tmp_path):
    account.put([mail(1), mail(2)], "A")
    assert len(dump.list(account, folder="A", db=tmp_path / "db").mails) == 2
    with account.client() as c:
        c.delete("A")
    time.sleep(1.1)  # UIDVALIDITY is made of the time
    account.put([mail(1), mail(2), mail(3)], "A")
    assert len(dump.list(account, folder="A", db=tmp_path / "db").mails) == 3


def test_given_back_comes_again(dump, account, tmp_path):
    account.put([mail(1), mail(2, "X-Give-Back: yes\r\n"), mail(3)])
    assert len(dump.list(account, db=tmp_path / "db").mails) == 3
    for _ in range(2):
        again = dump.list(account, db=tmp_path / "db")
        assert again.digests == digests([mail(2, "X-Give-Back: yes\r\n")])


# --- The process that speaks with the server ---

def test_the_fetching_process(dump, account):
    account.put([mail(1)])
    process = dump.start("list", account, rounds=2, wait=60)
    child = wait_for(lambda: children(process.pid))[0]
    status = pathlib.Path(f"/proc/{child}/status")
    wait_for(lambda: "ruad-fetch" in status.read_text())
    if os.geteuid() == 0:
        wait_for(lambda: len(os.listdir(f"/proc/{child}/fd")) == 5)  # 0 1 2, to the parent, to the server
    else:
        with pytest.raises(PermissionError):  # it lets nobody look in, who is not root
            os.listdir(f"/proc/{child}/fd")
    assert "Max core file size        0                    0" in pathlib.Path(f"/proc/{child}/limits").read_text()
    # It does not outlive its parent, however that ends.
    process.kill()
    process.communicate()
    wait_for(lambda: not status.exists() or "State:\tZ" in status.read_text())


class Slow(Line):
    def down(self, data):
        time.sleep(0.002)
        return data


def test_a_crash_is_a_retry(dump, account, tmp_path):
    mails = [mail(n, size=200_000) for n in range(60)]
    account.put(mails)
    with Proxy(account.server.imap, Slow) as slow:
        process = dump.start("list", account, port=slow.port, tls="none", db=tmp_path / "db", batch=5)
        for _ in range(2):
            time.sleep(0.7)
            for child in children(process.pid):
                os.kill(child, 9)
        process.communicate(timeout=PATIENCE)
    # The mail at hand was left for the next run; nothing is lost, nothing comes twice.
    rest = dump.list(account, db=tmp_path / "db")
    assert rest.errors == []
    stored = [line.split()[0] for line in (tmp_path / "db").read_text().split("--\n")[1].splitlines()]
    assert sorted(stored) == sorted(digests(mails))


# --- Waiting ---

@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_idle(dump, account, tmp_path, tls):
    account.put([mail(1)])
    process = dump.start("list", account, tls=tls, db=tmp_path / "db", rounds=2, wait=60)
    begun = time.monotonic()
    time.sleep(3)  # longer than the server's own "still here"
    account.put([mail(2)])
    out = process.communicate(timeout=30)[0]
    assert "woke 1" in out and time.monotonic() - begun < 20, out
    assert out.count("mail INBOX") == 2, out
