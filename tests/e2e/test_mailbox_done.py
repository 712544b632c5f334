"""What becomes of mails on the server, after the commit: leave, seen, move, delete; on servers that can less."""

import re

import pytest

from dovecot import Dovecot
from mailproxy import ImapWatch, Proxy, commands
from mailsite import broken, letter, other

LESS = {
    "no-move": "IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS",
    "no-uidplus": "IMAP4rev1 SASL-IR AUTH=PLAIN MOVE",
    "nothing": "IMAP4rev1 AUTH=PLAIN",
}


def test_left_alone(site, account):
    """Opened for reading only: even the flag for new mail stays."""
    account.drop([letter(1), other(2), broken(3)])
    with Proxy(account.server.imap, ImapWatch) as proxy:
        site.source(account=account, tls="none", port=proxy.port)
        got = site.import_()
        assert (got["stored"], got["ignored"], got["rejected"]) == (1, 1, 1)
        said = " ".join(commands(proxy))
    assert "EXAMINE" in said and "SELECT" not in said, said
    assert not re.search("STORE|MOVE|COPY|EXPUNGE|CREATE|BODY\\[", said), said
    assert [sorted(f) for f in account.flags()] == [[b"\\Recent"]] * 3


def test_seen(site, account):
    account.drop([letter(1), broken(2), letter(3), other(4)])
    site.source(account=account, done="seen", failed="leave")
    site.import_()
    assert [b"\\Seen" in flags for flags in account.flags()] == [True, False, True, True]


def test_move_each_outcome(site, account):
    """Folders are made when they are missing, with their levels, whatever letters are in their names."""
    account.drop([broken(n) if n == 4 else other(n) if n == 5 else letter(n) for n in range(10)])
    site.source(account=account, done="move", done_folder="DMARC/Done", ignored_folder="DMARC/Other",
                failed_folder="DMARC/Mülltonne")
    got = site.import_()
    assert (got["stored"], got["ignored"], got["rejected"]) == (8, 1, 1)
    assert account.subjects("DMARC/Done") == [str(n) for n in range(10) if n not in (4, 5)]
    assert (account.subjects("DMARC/Other"), account.subjects("DMARC/M&APw-lltonne")) == (["5"], ["4"])
    assert account.count() == 0
    with account.client() as c:
        assert b"Done" in b"".join(c.lsub()[1]), "subscribed, so that mail programs show it"


def test_duplicates_move_as_well(site, account):
    account.drop([letter(1), letter(1)])
    site.source(account=account, done="move")
    got = site.import_()
    assert (got["stored"], got["duplicate"]) == (1, 1)
    assert (account.count(), account.count("Done")) == (0, 2)


@pytest.mark.parametrize("less", [None, "no-move"])
@pytest.mark.parametrize("done", ["move", "delete"])
def test_what_others_marked_deleted_stays(site, account, servers_that_can_less, less, done):
    """Somebody may want it back: only our own UIDs are ever removed."""
    if less:
        account = servers_that_can_less[less].account()
    account.drop([letter(1), letter(2)])
    site.source(account=account)
    site.import_()
    with account.client() as c:
        c.select("INBOX")
        c.store("1", "+FLAGS", "\\Deleted")
    account.drop([letter(3), letter(4)])
    site.source(account=account, done=done)
    got = site.import_()
    assert got["stored"] == 2
    assert account.subjects() == ["1", "2"]
    assert b"\\Deleted" in account.flags()[0]
    assert account.count("Done") == (2 if done == "move" else None)


def test_delete_spares_what_is_no_report(site, account):
    """Unless it is asked for: a mailbox may hold other mail."""
    account.drop([letter(1), other(2), broken(3)])
    site.source(account=account, done="delete")
    site.import_()
    assert account.subjects() == ["2", "3"]


def test_pop3_deletes(site, account):
    account.drop([letter(1), broken(2), letter(3), other(4)])
    site.source(account=account, type="pop3", done="delete", failed="leave", ignored="delete")
    assert site.import_()["inputs"] == 4
    assert account.subjects() == ["2"]
    assert site.import_()["inputs"] == 0


def test_pop3_leaves(site, account):
    account.drop([letter(1), broken(2)])
    site.source(account=account, type="pop3")
    site.import_()
    assert account.count() == 2
    account.drop([letter(3)])
    got = site.import_()
    assert (got["inputs"], got["stored"]) == (1, 1), "UIDL says which are new"


# --- Servers that can less ---

@pytest.fixture(scope="module")
def servers_that_can_less(mail_folder, ca):
    servers = {}
    for name, can in LESS.items():
        servers[name] = Dovecot(mail_folder / name, *ca.certificate(name), f"imap_capability = {can}\n", separator=".")
    yield servers
    for server in servers.values():
        server.stop()


@pytest.mark.parametrize("less", ["no-move", "no-uidplus"])
def test_move_on_servers_that_can_less(site, servers_that_can_less, less):
    account = servers_that_can_less[less].account()
    account.drop([letter(n) for n in range(5)])
    site.source(account=account, done="move", done_folder="DMARC/Done")
    assert site.import_()["stored"] == 5
    assert account.count() == 0
    assert account.subjects("DMARC.Done") == [str(n) for n in range(5)], "levels are the server's"


@pytest.mark.parametrize("times", [1, 100])
def test_copies_are_not_made_again(site, servers_that_can_less, times):
    """Without MOVE the connection is lost between the copy and its end: \\Deleted says that the copy is there."""
    account = servers_that_can_less["no-move"].account()
    account.drop([letter(n) for n in range(5)])

    class CutAtExpunge(ImapWatch):
        def up(self, data):
            data = super().up(data)
            if b"UID EXPUNGE" in data and self.proxy.left > 0:
                self.proxy.left -= 1
                return None
            return data

    with Proxy(account.server.imap, CutAtExpunge) as proxy:
        proxy.left = times
        site.source(account=account, done="move", tls="none", port=proxy.port)
        site.run("import", code=0 if times == 1 else (69, 75))
        assert proxy.left < times
    site.source(account=account, done="move")
    assert site.import_()["inputs"] == 0
    assert account.count() == 0
    assert account.subjects("Done") == [str(n) for n in range(5)]


@pytest.mark.parametrize("done", ["move", "delete"])
def test_nothing_is_removed_where_it_cannot_be_safe(site, servers_that_can_less, done):
    """Without UIDPLUS an EXPUNGE would take what others marked."""
    account = servers_that_can_less["nothing"].account()
    account.drop([letter(n) for n in range(3)])
    with Proxy(account.server.imap, ImapWatch) as proxy:
        site.source(account=account, done=done, tls="none", port=proxy.port)
        said = site.failing((69, 78))
        assert "cannot remove single mails" in said, said
        assert not any("EXPUNGE" in c or "STORE" in c for c in commands(proxy)), commands(proxy)
    assert site.report_ids() == ["r-0", "r-1", "r-2"], "they are stored nevertheless"
    assert account.subjects() == ["0", "1", "2"] and [b"\\Deleted" in f for f in account.flags()] == [False] * 3
    site.source(account=account, done=done)
    ran = site.run("source", "test", "box", code=(69, 78))
    assert "no UIDPLUS" in ran.out, ran.out


def test_a_folder_that_cannot_be_made(site, account):
    account.drop([letter(1)])
    site.source(account=account, done="move", done_folder="INBOX/../escape")
    said = site.failing((69, 78))
    assert "escape" in said and account.count() == 1, said
    site.source(account=account, done="move", done_folder="Elsewhere")
    site.import_()
    assert (account.count(), account.count("Elsewhere")) == (0, 1), "what was owed is done later"
