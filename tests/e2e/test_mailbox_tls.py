"""Who may learn the password: TLS with a server that proves its name, and nobody else.

A proxy keeps each byte that the program sends, whoever the other side is.
"""

import re
import socket
import ssl

import pytest

import mailproxy
from dovecot import PASSWORD, Authority, Dovecot
from mailproxy import Line, Proxy, forms
from mailsite import letter

KINDS = [(protocol, tls) for protocol in ("imap", "pop3") for tls in ("implicit", "starttls")]
BAD = {  # address of the certificate, and what must be said of it
    "wrong-host": ("127.0.0.2", "another name (mail.example.com)"),
    "expired": ("127.0.0.3", "has expired on 20"),
    "self-signed": ("127.0.0.4", "set ca_file"),
    "other-ca": ("127.0.0.5", "set ca_file"),
    "common-name": ("127.0.0.6", "common name only"),
}
PLAIN_ONLY = "127.0.0.7"


@pytest.fixture(scope="module")
def bad_server(mail_folder, ca):
    """Another certificate on each of its addresses, and none on the last."""
    stranger = Authority(mail_folder / "stranger", "Another CA")
    made = {
        "wrong-host": ca.certificate("wrong-host", "DNS:mail.example.com"),
        "expired": ca.certificate("expired", days=-1),
        "self-signed": ca.certificate("self-signed", signed=False),
        "other-ca": stranger.certificate("other-ca"),
        "common-name": ca.certificate("common-name", names=""),
    }
    more = "".join(f"local {BAD[name][0]} {{\n  ssl_cert = <{cert}\n  ssl_key = <{key}\n}}\n"
                   for name, (cert, key) in made.items())
    more += f"local {PLAIN_ONLY} {{\n  ssl = no\n}}\n"
    addresses = ["127.0.0.1", *(address for address, _ in BAD.values()), PLAIN_ONLY]
    server = Dovecot(mail_folder / "bad-certificates", *ca.certificate("good"), more=more, listen=" ".join(addresses))
    yield server
    server.stop()


def assert_nothing_secret(sent, commands):
    """No password in any form, and no command that begins a login in clear."""
    for form in forms(PASSWORD):
        assert form not in sent, form
    found = re.search(rb"(?im)^(\S+ )?(LOGIN|AUTHENTICATE|AUTH|USER|PASS|APOP)\b", sent)
    assert not found, sent
    assert set(re.findall(rb"(?m)^(?:\d+ )?([A-Z]{3,12})\r$", sent)) <= commands, sent


CLEAR = {"imap": {b"CAPABILITY", b"STARTTLS", b"LOGOUT"}, "pop3": {b"CAPA", b"STLS", b"QUIT"}}


@pytest.mark.parametrize("protocol,tls", KINDS)
def test_right_ca(site, account, protocol, tls):
    account.drop([letter(1)])
    with Proxy(account.server.port(protocol, tls)) as proxy:
        site.source(account=account, type=protocol, tls=tls, port=proxy.port)
        assert site.import_()["stored"] == 1
    if tls == "implicit":
        assert proxy.sent[:2] == b"\x16\x03"
    assert_nothing_secret(proxy.sent, CLEAR[protocol])  # all is encrypted


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_name_and_address(site, account, host):
    account.drop([letter(1)])
    site.source(account=account, host=host)
    assert site.import_()["stored"] == 1


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("protocol,tls", KINDS)
def test_certificate_is_refused(site, bad_server, name, protocol, tls):
    address, reason = BAD[name]
    account = bad_server.account()
    account.drop([letter(1)])
    with Proxy(bad_server.port(protocol, tls), address=address) as proxy:
        site.source(account=account, type=protocol, tls=tls, port=proxy.port)
        said = site.failing(69)
        told = site.run("source", "test", "box", code=69)
    assert reason in said and "localhost" in said, said
    assert reason in told.out + told.err
    assert f"logged in as {account.user}" not in told.out
    assert_nothing_secret(proxy.sent, CLEAR[protocol])
    assert account.user not in bad_server.log(), "it came to a login"
    assert site.inputs() == []


@pytest.mark.parametrize("protocol,tls", KINDS)
def test_system_cas_do_not_know_it(site, account, protocol, tls):
    with Proxy(account.server.port(protocol, tls)) as proxy:
        site.source(account=account, type=protocol, tls=tls, port=proxy.port, ca_file=None)
        said = site.failing(69)
    assert "set ca_file" in said, said
    assert_nothing_secret(proxy.sent, CLEAR[protocol])


# --- STARTTLS ---

@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_starttls_not_offered(site, bad_server, protocol):
    account = bad_server.account()
    with Proxy(bad_server.port(protocol, "none"), address=PLAIN_ONLY) as proxy:
        site.source(account=account, type=protocol, tls="starttls", port=proxy.port)
        said = site.failing(69)
    assert "offers no ST" in said and "tls" in said, said
    assert b"STARTTLS" not in proxy.received and b"STLS" not in proxy.received, "the server itself"
    assert_nothing_secret(proxy.sent, CLEAR[protocol])


IN_THE_MIDDLE = [
    ("imap", "Strip", "offers no STARTTLS"), ("pop3", "Strip", "offers no STLS"),
    ("imap", "Inject", "nothing secret was sent"), ("pop3", "Inject", "nothing secret was sent"),
    ("imap", "Refuse", "nothing secret was sent"), ("pop3", "Refuse", "nothing secret was sent"),
    ("imap", "Pretend", "TLS"), ("pop3", "Pretend", "TLS"),
    ("imap", "Preauth", "PREAUTH"),
]


@pytest.mark.parametrize("protocol,how,reason", IN_THE_MIDDLE)
def test_man_in_the_middle(site, account, protocol, how, reason):
    account.drop([letter(1)])
    with Proxy(account.server.port(protocol, "starttls"), getattr(mailproxy, how)) as proxy:
        site.source(account=account, type=protocol, tls="starttls", port=proxy.port, command_timeout="2s",
                    connect_timeout="2s")
        said = site.failing((69, 75))
        told = site.run("source", "test", "box", code=(69, 75))
    assert reason in said, said
    assert f"logged in as {account.user}" not in told.out
    assert len(proxy.lines) == 2, "it spoke with the proxy"
    assert_nothing_secret(proxy.sent.partition(b"\x16\x03")[0], CLEAR[protocol])
    assert_nothing_secret(proxy.sent, CLEAR[protocol])
    assert site.inputs() == []


# --- Versions ---

class OldTls(Line):
    """A server that speaks nothing newer than TLS 1.1."""

    certificate = None

    def __init__(self, *a):
        super().__init__(*a)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(*self.certificate)
        self.context = context
        self.heard = b""

    def carry_up(self):
        try:
            with self.context.wrap_socket(self.client, server_side=True) as tls:
                tls.sendall(b"* OK here\r\n")
                self.heard = tls.recv(1000)
        except OSError as e:
            self.problems.append(e)

    def carry_down(self):
        pass


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_old_tls_is_refused(site, ca, account):
    old = type("Old", (OldTls,), {"certificate": ca.certificate("old")})
    with Proxy(account.server.imap, old) as proxy:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_verify_locations(ca.file)
        bare = socket.create_connection(("127.0.0.1", proxy.port))
        with context.wrap_socket(bare, server_hostname="localhost") as s:
            assert s.version() == "TLSv1.1", "the server itself is good"
            assert s.recv(100)
        site.source(account=account, port=proxy.port)
        said = site.failing(69)
        lines = proxy.lines[1:]
    assert "TLS" in said and "1.2" in said, said
    assert lines and all(line.heard == b"" and line.problems for line in lines)


# --- Without TLS ---

def test_plain_text_only_to_this_machine(site, account):
    account.drop([letter(1)])
    site.source(account=account, tls="none")
    assert site.import_()["stored"] == 1
    site.source("far", account=account, tls="none", host="192.0.2.1")
    said = site.failing((69, 78))
    assert "this machine" in said, said
