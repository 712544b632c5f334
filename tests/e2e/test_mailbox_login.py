"""Logging in: passwords from where they are kept, access tokens that expire, and what is said when it fails."""

import contextlib
import pathlib
import re

import pytest

from dovecot import ASCII_PASSWORD, ASCII_USER, PASSWORD, USER, Dovecot
from mailproxy import ImapWatch, PopWatch, Proxy, commands, forms
from mailsite import family, letter, wait_for
from tokens import Tokens


def script(site, text, name="command"):
    file = site.folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o700)
    return file


# --- Passwords ---

@pytest.mark.parametrize("protocol", ["imap", "pop3"])
@pytest.mark.parametrize("auth", ["login", "plain"])
@pytest.mark.parametrize("user,password", [(ASCII_USER, ASCII_PASSWORD), (USER, PASSWORD)])
def test_password(site, dovecot, protocol, auth, user, password):
    """Quotes, backslashes, spaces and other letters arrive as they are."""
    site.source(account=dovecot.account(user), type=protocol, auth=auth, password=password)
    ran = site.run("source", "test", "box")
    assert f"logged in as {user}" in ran.out, ran.out


@pytest.mark.parametrize("how", ["file", "in-the-file", "command", "credential"])
def test_where_the_password_is(site, account, how):
    account.drop([letter(1)])
    env = {}
    if how == "file":
        site.source(account=account)
    elif how == "in-the-file":
        site.source(account=account, password_file=None)
        site.sources["box"]["password"] = PASSWORD
        site.write()
    elif how == "command":
        file = site.secret("kept", PASSWORD)
        site.source(account=account, password_command=["/bin/cat", str(file)])
    else:
        folder = site.folder / "credentials"
        folder.mkdir()
        (folder / "rua").write_text(PASSWORD)
        env = {"CREDENTIALS_DIRECTORY": str(folder)}
        site.source(account=account, password_credential="rua")
    assert site.import_(env=env)["stored"] == 1


def test_a_command_may_do_what_it_must(site, account, tmp_path_factory):
    """It is somebody else's program: what the import gave up itself (files, privileges of programs) does not hold for it."""
    account.drop([letter(1)])
    mark = tmp_path_factory.mktemp("elsewhere") / "mark"
    command = script(site, f'grep -E "^(NoNewPrivs|Seccomp):" /proc/self/status > {mark} && cat {site.secret("kept", PASSWORD)}')
    site.source(account=account, password_command=[str(command)])
    assert site.import_(env={"TMPDIR": str(site.folder)})["stored"] == 1
    own = pathlib.Path("/proc/self/status").read_text()
    assert all(line in own for line in mark.read_text().splitlines())


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_wrong_password_is_tried_once(site, account, protocol):
    """More would lock the account."""
    kind = ImapWatch if protocol == "imap" else PopWatch
    with Proxy(account.server.port(protocol, "none"), kind) as proxy:
        site.source(account=account, type=protocol, tls="none", port=proxy.port, password="wrong-and-long")
        said = site.failing(77)
        logins = [c for c in commands(proxy) if "AUTH" in c and "PLAIN" in c]
    assert len(logins) == 1, logins
    assert f"login of {account.user} refused" in said and "check user and password" in said, said


@pytest.mark.parametrize("text,reason", [
    ("exit 3", "exit code 3"), ("echo no such key >&2; exit 1", "no such key"), ("true", "nothing"),
    ("kill -9 $$", "signal 9")])
def test_command_that_fails(site, account, text, reason):
    account.drop([letter(1)])
    site.source(account=account, password_command=[str(script(site, text))])
    said = site.failing((77, 78))
    assert reason in said and str(site.folder / "command") in said, said


def test_file_that_others_may_read(site, account):
    site.source(account=account)
    site.sources["box"]["password_file"].chmod(0o644)
    said = site.failing((77, 78))
    assert "chmod 600" in said and "password" in said, said


def test_secrets_are_not_shown(site, account):
    """Not to `ps`, not in the environment of a process, not in a core dump, not in what the API says."""
    account.drop([letter(1)])
    seen = []

    class Look(ImapWatch):
        def down(self, data):
            if not seen and b"Logged in" in data:
                for pid in family(self.proxy.process.pid):
                    about = pathlib.Path(f"/proc/{pid}")
                    seen.append((about / "cmdline").read_bytes())
                    with contextlib.suppress(PermissionError):  # only root may look
                        seen[-1] += (about / "environ").read_bytes()
                    if pid != self.proxy.process.pid:
                        limits = (about / "limits").read_text()
                        assert re.search(r"Max core file size +0 +0 ", limits), limits
            return data

    with Proxy(account.server.imap, Look) as proxy:
        site.source(account=account, tls="none", port=proxy.port, every="60m")
        with site.serve("-v") as web:
            proxy.process = web.process
            wait_for(lambda: site.report_ids() == ["r-1"])
            status = web.get("/api/v1/status").body
        assert proxy.problems == []
    assert len(seen) == 2, "the program and the process that fetches"
    for text in [*seen, status]:
        assert not any(form in text for form in forms(PASSWORD))


# --- Access tokens ---

@pytest.fixture(scope="module")
def tokens():
    tokens = Tokens()
    yield tokens
    tokens.close()


@pytest.fixture(scope="module")
def oauth_server(mail_folder, ca, tokens):
    folder = mail_folder / "oauth"
    folder.mkdir()
    server = Dovecot(folder / "server", *ca.certificate("oauth"), more=tokens.configuration(folder / "oauth2.conf"))
    yield server
    server.stop()


@pytest.fixture
def oauth(oauth_server, tokens):
    tokens.good.clear()
    tokens.asked.clear()
    return oauth_server.account()


KINDS = [(protocol, auth) for protocol in ("imap", "pop3") for auth in ("xoauth2", "oauthbearer")]


@pytest.mark.parametrize("protocol,auth", KINDS)
def test_token(site, oauth, tokens, protocol, auth):
    oauth.drop([letter(1)])
    tokens.good["good-token-1"] = oauth.user
    site.source(account=oauth, type=protocol, auth=auth, token_command=["/bin/echo", "good-token-1"])
    assert site.import_()["stored"] == 1
    assert set(tokens.asked) == {"good-token-1"}


# Another token each time it is called, and how often that was.
NEXT = 'n=$(cat {0}/n 2>/dev/null || echo 0); n=$((n + 1)); echo $n >{0}/n; echo token-number-$n'


@pytest.mark.parametrize("protocol,auth", KINDS)
def test_expired_token(site, oauth, tokens, protocol, auth):
    """A refused token may just be old: the command is asked again, once."""
    oauth.drop([letter(1)])
    tokens.good["token-number-2"] = oauth.user
    site.source(account=oauth, type=protocol, auth=auth, token_command=[str(script(site, NEXT.format(site.folder)))])
    assert site.import_()["stored"] == 1
    assert (site.folder / "n").read_text() == "2\n"
    assert tokens.asked[-1] == "token-number-2"


@pytest.mark.parametrize("protocol,auth", KINDS)
def test_wrong_token(site, oauth, tokens, protocol, auth):
    oauth.drop([letter(1)])
    tokens.good["another"] = "somebody@example.com"
    site.source(account=oauth, type=protocol, auth=auth, token_command=[str(script(site, NEXT.format(site.folder)))])
    said = site.failing(77)
    assert f"login of {oauth.user} refused" in said and "token" in said, said
    assert "token-number" not in said, "the token is not told"
    assert (site.folder / "n").read_text() == "2\n", "a fresh one was tried, and then no more"


def test_token_of_somebody_else(site, oauth, tokens):
    tokens.good["theirs-and-good"] = "somebody@example.com"
    site.source(account=oauth, auth="xoauth2", token_command=["/bin/echo", "theirs-and-good"])
    site.failing(77)


def test_token_expires_while_reading(site, oauth, tokens):
    """The connection is lost, and the old token is no longer good for the next one."""
    oauth.drop([letter(n) for n in range(40)])
    tokens.good["token-number-1"] = oauth.user

    class Expires(ImapWatch):
        def down(self, data):
            if b"BODY[]" in data and len(self.proxy.lines) == 1:
                tokens.good.clear()
                tokens.good["token-number-2"] = oauth.user
                return None
            return data

    with Proxy(oauth.server.imap, Expires) as proxy:
        site.source(account=oauth, auth="xoauth2", tls="none", port=proxy.port,
                    token_command=[str(script(site, NEXT.format(site.folder)))])
        assert site.import_()["stored"] == 40
    assert len(proxy.lines) >= 2


def test_token_command_that_fails(site, oauth):
    site.source(account=oauth, auth="xoauth2", token_command=[str(script(site, "echo expired grant >&2; exit 1"))])
    said = site.failing((75, 77, 78))
    assert "expired grant" in said and str(site.folder / "command") in said, said
