"""`ruad source test NAME`: each step, and at the one that failed what to do."""

import pytest

from dovecot import free_port
from mailsite import letter, other

KINDS = [(protocol, tls) for protocol in ("imap", "pop3") for tls in ("implicit", "starttls")]


@pytest.mark.parametrize("protocol,tls", KINDS)
def test_steps_are_told(site, account, protocol, tls):
    account.drop([letter(1), other(2)])
    site.source(account=account, type=protocol, tls=tls)
    ran = site.run("source", "test", "box")
    for part in ("connected to localhost at 127.0.0.1", "TLS1.3", "localhost, 127.0.0.1", "Test CA",
                 f"logged in as {account.user}", "2 mails", "IDLE" if protocol == "imap" else "UIDL"):
        assert part in ran.out, ran.out
    assert ran.err == ""
    assert not site.db.exists() or site.inputs() == []
    assert [b"\\Seen" in f for f in account.flags()] == [False, False] and account.subjects() == ["1", "2"]


def test_folders_are_told(site, account):
    account.drop([letter(1)])
    account.put([letter(2), letter(3)], "DMARC")
    site.source(account=account, folders=["INBOX", "DMARC"], done="move", done_folder="DMARC/Done")
    ran = site.run("source", "test", "box")
    assert "folder INBOX has 1 mail" in ran.out and "folder DMARC has 2 mails" in ran.out, ran.out
    assert "DMARC/Done" in ran.out and account.count("DMARC/Done") is None, "it is not made by a test"


def bad(account):
    closed = free_port()
    return {
        "password": (77, {"password": "wrong-and-long"}, ["connected to", "TLS1.3"], "check user and password"),
        "folder": (69, {"folders": ["Nowhere"]}, ["logged in"], "there is no folder Nowhere"),
        "down": (69, {"port": closed}, [], f"localhost port {closed}"),
        "certificate": (69, {"ca_file": None}, ["connected to"], "set ca_file"),
        "wrong-tls": (69, {"port": account.server.imap, "connect_timeout": "2s"}, [], "set tls to starttls"),
        "no-such-host": (69, {"host": "mail.invalid"}, [], "mail.invalid"),
    }


@pytest.mark.parametrize("kind", ["password", "folder", "down", "certificate", "wrong-tls", "no-such-host"])
def test_the_step_that_fails(site, account, kind):
    code, keys, before, reason = bad(account)[kind]
    site.source(account=account, **keys)
    ran = site.run("source", "test", "box", code=code)
    for step in before:
        assert step in ran.out, ran.out
    assert reason in ran.out + ran.err, ran.out + ran.err
    assert "wrong-and-long" not in ran.out + ran.err


def test_unknown_source(site, account):
    site.source("rua-mailbox", account=account)
    said = site.run("source", "test", "rua-mailbix", code=(64, 66, 78)).err
    assert "rua-mailbox" in said, said


def test_usage(site):
    for words in ((), ("test",), ("tset", "box")):
        assert site.run("source", *words, code=64).err
