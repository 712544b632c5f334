"""`ruad serve` with mailboxes: mail is there within seconds, whatever happens to the server meanwhile."""

import signal
import time

from mailproxy import ImapWatch, Proxy
from mailserve import await_reports
from mailsite import letter, wait_for


def test_new_mail_with_idle(site, account, patient):
    account.drop([letter(1)])
    site.source(account=account, every="60m", done="move")
    with site.serve() as web:
        await_reports(web, ["r-1"])
        for n in (2, 3):
            time.sleep(2.5)  # longer than the server's own "still here"
            account.put([letter(n)])
            await_reports(web, [f"r-{n}"])
        wait_for(lambda: account.count("Done") == 3, what="the move")
    assert account.count() == 0


def test_ends_at_once(site, account):
    """While it waits for mail; exit 0."""
    account.drop([letter(1)])
    site.source(account=account, every="60m")
    with site.serve() as web:
        await_reports(web, ["r-1"])
        time.sleep(0.5)
        begun = time.monotonic()
        web.process.send_signal(signal.SIGTERM)
        web.process.wait(10)
        assert time.monotonic() - begun < 5, "much less, but for a busy machine"
        assert web.process.returncode == 0


def test_ends_while_the_server_is_silent(site, account):
    """A connection on which nothing comes holds nobody up."""

    class Silent(ImapWatch):
        def down(self, data):
            wait_for(lambda: self.proxy.over, 60)
            return None

    with Proxy(account.server.imap, Silent) as proxy:
        proxy.over = False
        site.source(account=account, tls="none", port=proxy.port, every="60m", command_timeout="1h",
                    connect_timeout="1h")
        with site.serve() as web:
            wait_for(lambda: proxy.lines)
            begun = time.monotonic()
            web.process.send_signal(signal.SIGTERM)
            web.process.wait(15)
            assert time.monotonic() - begun < 10 and web.process.returncode == 0
        proxy.over = True


def test_import_beside_serve(site, account):
    """Both may run; each mail is read once."""
    account.drop([letter(n) for n in range(50)])
    site.source(account=account, every="60m", done="move")
    with site.serve() as web:
        site.run("import", code=(0, 75))
        await_reports(web, [f"r-{n}" for n in range(50)])
        wait_for(lambda: account.count("Done") == 50, what="the move")
        assert site.import_()["inputs"] == 0
    assert len(site.report_ids()) == 50 and account.count() == 0
    assert {times for *_, times in site.inputs()} == {1}


def test_bad_source_holds_up_nobody(site, dovecot):
    good, bad = dovecot.account(), dovecot.account()
    good.drop([letter(1)])
    site.source("good", account=good, every="60m")
    site.source("wrong", account=bad, password="wrong-and-long", every="60m")
    with site.serve() as web:
        await_reports(web, ["r-1"])
        status = wait_for(lambda: "check user and password" in (text := web.get("/api/v1/status").text) and text)
        assert "wrong-and-long" not in status and '"good"' in status and '"wrong"' in status


def test_only_what_is_scheduled(site, dovecot):
    """A source without `every` is for `ruad import`."""
    now, later = dovecot.account(), dovecot.account()
    now.drop([letter(1)])
    later.drop([letter(2)])
    site.source("now", account=now, every="60m")
    site.source("later", account=later)
    with site.serve() as web:
        await_reports(web, ["r-1"])
        time.sleep(0.5)
    assert site.report_ids() == ["r-1"]


# --- What takes a minute; see mailserve.py ---

def test_server_goes_and_comes_back(patient):
    await_reports(patient.left, ["r-2"], patient.left_s())


def test_connection_that_died(patient):
    await_reports(patient.cut_off, ["r-2"], patient.left_s())
    assert len(patient.proxy.lines) >= 2


def test_poll_without_idle(patient):
    await_reports(patient.polled, ["r-2", "r-102", "mail-2"], patient.left_s())
    wait_for(lambda: patient.moving.count("Done") == 2, what="the move")
