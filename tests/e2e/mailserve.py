"""`ruad serve` with mailboxes; and what takes a minute, which goes on while other tests run."""

import contextlib
import time

from dovecot import Dovecot
from mailproxy import ImapWatch, Proxy, commands
from mailsite import Site, letter, wait_for
from test_sources import good, maildir

SECONDS = 15  # within which mail must be there, where the server tells of it
MINUTE = 100  # where it is asked each minute


def stored(web):
    return {row["report_id"] for row in web.all("reports", "range=all")}


def await_reports(web, ids, seconds=SECONDS):
    wait_for(lambda: set(ids) <= stored(web), seconds, f"the import of {ids}")


class Patient:
    """Serving for those that are asked each minute, for a server that was away, and for a connection that died."""

    def __init__(self, program, folder, ca):
        self.program, self.folder, self.ca = program, folder, ca
        self.stack = contextlib.ExitStack()
        try:
            self.poll()
            self.go_away()
            self.die()
        except BaseException:
            self.stack.close()
            raise
        self.begun = time.monotonic()

    def close(self):
        self.stack.close()

    def server(self, name, **more):
        server = Dovecot(self.folder / name, *self.ca.certificate(name), **more)
        self.stack.callback(server.stop)
        return server

    def site(self, name):
        return Site(self.program, self.folder / f"{name}-site", self.ca.file)

    def poll(self):
        """A server without IDLE, POP3, and a maildir, each with new mail after the first reading."""
        server = self.server("no-idle", more="imap_capability = IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS MOVE\n")
        site = self.site("polled")
        self.moving, pop3 = server.account(), server.account()
        box = maildir(site.folder / "M", [good(1)])
        self.moving.drop([letter(1)])
        pop3.drop([letter(101)])
        site.source("imap", account=self.moving, every="1m", done="move")
        site.source("pop3", account=pop3, type="pop3", every="60s")
        site.source("near", type="maildir", path=box, every="1m")
        self.polled = self.stack.enter_context(site.serve())
        await_reports(self.polled, ["r-1", "r-101", "mail-1"])
        self.moving.drop([letter(2)])
        pop3.drop([letter(102)])
        (box / "new" / "200.M1P1.host").write_bytes(good(2))

    def go_away(self):
        """The server is restarted; mail comes before anybody looks again."""
        server = self.server("going")
        account = server.account()
        account.drop([letter(1)])
        site = self.site("left")
        site.source(account=account, every="1m")
        self.left = self.stack.enter_context(site.serve())
        await_reports(self.left, ["r-1"])
        server.stop()
        time.sleep(0.5)
        server.start()
        account.put([letter(2)])

    def die(self):
        """A connection on which the server waits is cut."""
        server = self.server("cut")
        account = server.account()
        self.proxy = self.stack.enter_context(Proxy(server.imap, ImapWatch))
        site = self.site("cut-off")
        site.source(account=account, tls="none", port=self.proxy.port, every="60m")
        account.drop([letter(1)])
        self.cut_off = self.stack.enter_context(site.serve())
        await_reports(self.cut_off, ["r-1"])
        wait_for(lambda: any("IDLE" in c for c in commands(self.proxy)))
        self.proxy.cut()
        account.drop([letter(2)])

    def left_s(self):
        return max(5, MINUTE - (time.monotonic() - self.begun))
