"""Who may come in: addresses, logins, proxies, tokens, prefixes, TLS, and crowds."""

import base64
import contextlib
import http.client
import os
import pty
import re
import resource
import select
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time

import pytest

from conftest import missing
from program import GOLDEN, Answer
from test_schema import check as keeps_to

USAGE, DATA, CONFIG = 64, 65, 78
HTML = {"Accept": "text/html,*/*;q=0.8"}


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(str(self.path))


class Site:
    """A running `ruad serve` with a configuration of its own."""

    patience = 60  # seconds without an answer that are a failure

    def __init__(self, process, said):
        self.process = process
        self.said = said
        found = re.search(r"(https?)://(127\.0\.0\.1):(\d+)/", said)
        self.tls = bool(found) and found[1] == "https"
        self.port = int(found[3]) if found else None

    def connect(self, path=None, context=None):
        if path:
            return UnixConnection(path)
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=self.patience, context=context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)

    def get(self, target, method="GET", login=None, token=None, by=None, context=None, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if login:
            headers["Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
        if token:
            headers["Authorization"] = "Bearer " + token
        connection = self.connect(by, context)
        try:
            connection.request(method, target, body=body, headers=headers)
            return Answer(connection.getresponse(), method, target)
        finally:
            connection.close()

    def status(self, target, **more):
        return self.get(target, **more).status

    def reload(self, wanted, attempts=100):
        """SIGHUP, then wait until wanted() is true."""
        self.process.send_signal(signal.SIGHUP)
        for _ in range(attempts):
            if wanted():
                return True
            time.sleep(0.1)
        return False


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Two certificates for 127.0.0.1, each its own authority."""
    if not shutil.which("openssl"):
        missing("openssl is not here")
    folder = tmp_path_factory.mktemp("tls")
    for name in ("one", "two"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem", "-days", "3650",
                        "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return folder


@pytest.fixture
def conf(tmp_path, golden_db):
    """Writes a configuration with this section web; PATH in it is the folder."""
    def write(web, listen='"127.0.0.1:0"'):
        file = tmp_path / "ruad.conf"
        line = f"listen = {{{listen}}} " if listen else ""
        file.write_text(f'database = "{golden_db}"\nweb {{ {line}{web} }}\n'.replace("PATH", str(tmp_path)))
        file.chmod(0o600)
        return file
    return write


@pytest.fixture
def site(ruad, conf):
    @contextlib.contextmanager
    def run(web, listen='"127.0.0.1:0"', before=(), **more):
        file = conf(web, listen)
        process = subprocess.Popen([*map(str, before), ruad.binary, "serve", "-c", str(file)], env=ruad.env(**more.pop("env", {})),
                                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **more)
        said = b""
        try:
            end = time.monotonic() + 30
            while b"(database" not in said and process.poll() is None and time.monotonic() < end:
                if select.select([process.stderr], [], [], 0.2)[0]:
                    said += os.read(process.stderr.fileno(), 4096)
            assert b"(database" in said, said.decode()
            yield Site(process, said.decode())
        finally:
            process.terminate()
            rest = process.communicate(timeout=30)[1].decode()
        assert "Sanitizer" not in rest and "runtime error:" not in rest, rest[-4000:]
        assert process.returncode == 0, rest[-2000:]
    return run


@pytest.fixture
def users(ruad, tmp_path):
    """A users file with anna, who may do everything, and bob, who may only read."""
    file = tmp_path / "users"
    ruad.run("user", "add", "anna", "--file", file, stdin=b"geheim\n")
    ruad.run("user", "add", "bob", "--file", file, "--scope", "read", stdin=b"auch: geheim\n")
    return file


BASIC = 'auth = basic users_file = "PATH/users"'


# --- What does not start ---

@pytest.mark.parametrize("listen, web, says", [
    ('"0.0.0.0:0"', "", "can be reached from other machines"),
    ('"127.0.0.1:0", "[::]:0"', "auth = none", "can be reached from other machines"),
    ('"127.0.0.1:0"', "auth = basic", "users_file"),
    ('"127.0.0.1:0"', 'auth = basic users_file = "PATH/none"', "ruad user add"),
    ('"127.0.0.1:0"', "auth = proxy", "proxy_addresses"),
    ('"127.0.0.1:0"', 'auth = proxy proxy_addresses = "x"', "'x'"),
    ('"127.0.0.1:0"', 'public_url = "dmarc.example.com"', "https://"),
    ('"127.0.0.1:0"', 'public_url = "https://h.example/reports/"', "address of ruad itself"),
    ('"127.0.0.1:0"', 'public_url = "https://h.example/api"', "address of ruad itself"),
    ('"127.0.0.1:0"', 'tls_cert = "PATH/cert"', "tls_key"),
    ('"127.0.0.1:0"', 'tls_cert = "PATH/cert" tls_key = "PATH/key"', "cannot be read"),
    ('"unix:relative"', "", "unix:/"),
    ('"unix:PATH/none/web.sock"', "", "folder"),
    ('"unix:PATH/ruad.conf"', "", "no socket"),
    (", ".join(['"127.0.0.1:0"'] * 17), "", "1 to 16"),
])
def test_refused(ruad, conf, listen, web, says):
    file = conf(web, listen)
    ran = ruad.run("serve", "-c", file, code=CONFIG, timeout=30)
    assert says in ran.err and ran.err.count("\n") == 1
    if "PATH/" not in listen:  # what is only seen when it is opened
        assert says in ruad.run("config", "check", "-c", file).err


def test_the_line_that_is_meant(ruad, tmp_path):
    """A fault names the line of the setting that it is about, not of one whose name is only a part of a word in it."""
    def check(*lines):
        file = tmp_path / "ruad.conf"
        file.write_text("\n".join(["web {", *lines, "}"]) + "\n")
        file.chmod(0o600)
        return ruad.run("config", "check", "-c", file).err

    assert ":3: " in check('listen = {"127.0.0.1:0"}', "auth = proxy", "threads = 1")
    assert ":4: " in check("threads = 1", "auth = proxy", 'proxy_addresses = {"threads1"}')
    assert ":3: " in check("auth = basic", 'users_file = "/none/auth"', "threads = 1")
    assert ":3: " in check("threads = 1", 'listen = {"127.0.0.1:0", "0.0.0.0:1"}')


def test_sockets_may_come_from_systemd(ruad, conf):
    """Whether the listen addresses are used is not known before it starts; the rest is."""
    assert "unless systemd opens its sockets" in ruad.run("config", "check", "-c", conf("auth = proxy")).err
    said = ruad.run("config", "check", "-c", conf("auth = basic", '"0.0.0.0:0"')).err
    assert "users_file" in said and "unless" not in said


def test_certificate_of_another_key(ruad, conf, certificates):
    file = conf(f'tls_cert = "{certificates}/one.pem" tls_key = "{certificates}/two.key"')
    assert "not the key" in ruad.run("serve", "-c", file, code=CONFIG).err
    assert "not the key" in ruad.run("config", "check", "-c", file).err


def test_users_file_that_others_can_read(ruad, conf, users):
    users.chmod(0o644)
    assert "chmod 600" in ruad.run("serve", "-c", conf(BASIC), code=CONFIG).err


def test_password_in_the_clear_is_told(site, users):
    with site(BASIC, '"127.0.0.1:0", "0.0.0.0:0"') as s:
        assert "web.cleartext" in s.said


def test_settings_of_the_environment(ruad, golden_db, site, users):
    env = {"RUAD_WEB_AUTH": "basic", "RUAD_WEB_USERS_FILE": str(users), "RUAD_WEB_LISTEN": "127.0.0.1:0,127.0.0.2:0"}
    with site("", env=env) as s:
        assert len(re.findall(r"http://127\.0\.0\.[12]:", s.said)) == 2
        assert s.status("/") == 401
        assert s.status("/", login="anna:geheim") == 200
    ran = ruad.run("serve", "--db", golden_db, "--listen", "127.0.0.1:0,0.0.0.0:0", code=CONFIG)
    assert "other machines" in ran.err


# --- Without a login ---

def test_nobody_logs_in_on_loopback(site):
    with site("") as s:
        for target in ("/", "/api/v1/summary", "/metrics", "/readyz", "/healthz"):
            assert s.status(target) == 200, target
        assert s.status("/", Host="evil.example") == 421
        assert s.status("/api/v1/summary", Host="localhost:1", Remote_User="x") == 200


def test_name_of_the_public_address(site):
    with site('public_url = "https://dmarc.example.com/"') as s:
        assert s.status("/", Host="dmarc.example.com") == 200
        assert s.status("/", Host="evil.example") == 421


# --- Passwords ---

def test_basic(site, users):
    with site(BASIC) as s:
        assert s.status("/healthz") == 200
        for target in ("/", "/api/v1/summary", "/api/v1/nothing", "/nothing", "/metrics", "/readyz"):
            answer = s.get(target)
            assert answer.status == 401, target
            assert answer.headers.get_all("WWW-Authenticate")[0] == 'Basic realm="ruad", charset="UTF-8"'
        answer = s.get("/api/v1/summary")
        assert answer.type == "application/problem+json" and answer.json()["type"] == "/help/api#unauthorised"
        keeps_to("problem", answer.json())
        page = s.get("/", **HTML)
        assert page.type == "text/html" and "example.com" not in page.text
        style = re.search(r'href="(/static/[^"]+css)"', page.text)[1]
        assert s.status(style) == 200
        for target in ("/", "/api/v1/summary", "/metrics", "/readyz"):
            assert s.status(target, login="anna:geheim") == 200, target
        assert s.status("/", login="bob:auch: geheim") == 200
        denied = s.get("/metrics", login="bob:auch: geheim")
        assert denied.status == 403 and "metrics" in denied.json()["detail"]
        keeps_to("problem", denied.json())
        for wrong in ("anna:Geheim", "anna:", "anna", ":geheim", "nobody:geheim", "anna:geheim\0"):
            assert s.status("/", login=wrong) in (401, 200 if "\0" in wrong else 401), wrong
        for header in ("Basic", "Basic !!!", "Digest x", "Bearer", "Bearer x", ""):
            assert s.status("/", Authorization=header) == 401, header


def test_two_logins_in_one_request(site, users):
    with site(BASIC) as s:
        right = base64.b64encode(b"anna:geheim").decode()
        raw = socket.create_connection(("127.0.0.1", s.port), 10)
        raw.sendall(f"GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Basic eDp5\r\nAuthorization: Basic {right}\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 400 ")
        raw.close()


def test_failed_logins_have_to_wait(site, users):
    with site(BASIC) as s:
        assert s.status("/", login="anna:geheim") == 200
        codes = [s.status("/", login=f"{name}:wrong") for name in ["anna", "nobody"] * 8]
        assert codes[:10] == [401] * 10 and codes[-1] == 429
        answer = s.get("/api/v1/summary", login="bob:auch: geheim")
        assert answer.status == 429 and 0 < int(answer.headers["Retry-After"]) <= 30
        keeps_to("problem", answer.json())
        assert s.status("/", login="anna:geheim") == 200  # who was right before goes on
        assert s.status("/healthz") == 200


def test_failed_logins_behind_a_proxy(site, users):
    """Each visitor of a known proxy has an own measure, which nobody can spend for another by writing the header."""
    def fail(s, forwarded):
        return s.status("/", login="anna:wrong", X_Forwarded_For=forwarded)

    with site(BASIC + ' proxy_addresses = {"127.0.0.1", "10.0.0.0/8"}') as s:
        assert [fail(s, "198.51.100.1") for _ in range(12)][-1] == 429
        assert fail(s, "198.51.100.2") == 401
        assert fail(s, "198.51.100.2, 198.51.100.1") == fail(s, "198.51.100.1, 10.0.0.7") == 429
    with site(BASIC) as s:
        codes = [fail(s, f"198.51.100.{i}") for i in range(12)]
        assert codes[:10] == [401] * 10 and codes[-1] == 429


def test_users_are_read_again(ruad, site, users):
    with site(BASIC) as s:
        assert s.status("/", login="anna:geheim") == 200
        assert s.status("/", login="carl:neu") == 401
        ruad.run("user", "add", "carl", "--file", users, stdin=b"neu\n")
        ruad.run("user", "passwd", "anna", "--file", users, stdin=b"anders\n")
        assert s.reload(lambda: s.status("/", login="carl:neu") == 200, attempts=5)
        assert s.status("/", login="anna:geheim") == 401
        assert s.status("/", login="anna:anders") == 200
        ruad.run("user", "remove", "anna", "--file", users)
        users.chmod(0o644)  # now it cannot be read: the users stay as they were
        s.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert s.status("/", login="anna:anders") == 200
        users.chmod(0o600)
        assert s.reload(lambda: s.status("/", login="anna:anders") == 401, attempts=5)


def test_pages_change_with_what_one_may(ruad, site, users):
    """The same user, who may mark now: a page that a browser has kept has no form for that."""
    with site(BASIC) as s:
        before = s.get("/", login="bob:auch: geheim", **HTML).headers["ETag"]
        assert s.status("/", login="bob:auch: geheim", If_None_Match=before, **HTML) == 304
        ruad.run("user", "remove", "bob", "--file", users)
        ruad.run("user", "add", "bob", "--file", users, "--scope", "read,mark", stdin=b"auch: geheim\n")
        assert s.reload(lambda: s.status("/", login="bob:auch: geheim", If_None_Match=before, **HTML) == 200, attempts=10)


def test_user_command(ruad, tmp_path):
    file = tmp_path / "users"

    def user(*words, code=0, stdin=b""):
        return ruad.run("user", *words, "--file", file, code=code, stdin=stdin)

    assert "users_file" in ruad.run("user", "list", code=USAGE).err
    user("list", code=CONFIG)
    user("add", "anna", stdin=b"geheim\r\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert re.fullmatch(r"anna:\$y\$[^:]+\n", file.read_text())
    assert "geheim" not in file.read_text()
    assert "already" in user("add", "anna", code=USAGE, stdin=b"x\n").err
    assert "no user" in user("passwd", "bob", code=USAGE, stdin=b"x\n").err
    assert "no user" in user("remove", "bob", code=USAGE).err
    for name in ("", "a:b", "#a", " a", "a\nb", "x" * 65):
        user("add", name, code=USAGE, stdin=b"x\n")
    for password in (b"", b"\n", b"x" * 501 + b"\n", b"a\tb\n"):
        user("add", "bob", code=USAGE, stdin=password)
    user("add", "bob", "--scope", "red", code=USAGE, stdin=b"x\n")
    user("add", "b\u00f6b", "--scope", "metrics,read", stdin=b"x\n")
    listed = user("list", "--json").json()
    keeps_to("users", listed)
    assert listed["data"] == [{"name": "anna", "scopes": ["read", "mark", "import", "metrics"]},
                              {"name": "b\u00f6b", "scopes": ["read", "metrics"]}]
    assert "read,metrics" in user("list").out
    user("passwd", "b\u00f6b", stdin=b"y\n")
    assert file.read_text().endswith(":read,metrics\n")
    user("remove", "anna")
    assert file.read_text().startswith("b\u00f6b:")
    assert [p.name for p in tmp_path.iterdir()] == ["users"]
    for words in ([], ["add"], ["list", "x"], ["nonsense"], ["add", "a", "b"]):
        user(*words, code=USAGE)


def test_password_at_a_terminal_is_not_shown(ruad, tmp_path):
    file = tmp_path / "users"

    def typed(first, second):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(ruad.binary, [ruad.binary, "user", "add", "anna", "--file", str(file)], ruad.env())
        seen = b""
        for question, answer in ((b"password of anna: ", first), (b"more: ", second)):
            while question not in seen:
                seen += os.read(terminal, 1000)
            os.write(terminal, answer.encode() + b"\n")
        with contextlib.suppress(OSError):
            while piece := os.read(terminal, 1000):
                seen += piece
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(terminal)
        return code, seen.decode()

    code, seen = typed("verrueckt", "verruckt")
    assert code == USAGE and "differ" in seen and "verr" not in seen and not file.exists()
    code, seen = typed("verrueckt", "verrueckt")
    assert code == 0 and "verr" not in seen and file.exists()


# --- A proxy that asks ---

def test_header_of_a_listed_proxy(site):
    with site('auth = proxy proxy_addresses = {"127.0.0.1"}') as s:
        assert s.status("/healthz") == 200
        assert s.status("/") == 401
        assert s.status("/", Remote_User="anna") == 200
        assert s.status("/", Remote_User="") == 401
        assert s.status("/", Remote_User="anna", Host="evil.example") == 421
        raw = socket.create_connection(("127.0.0.1", s.port), 10)
        raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nRemote-User: mallory\r\nRemote-User: anna\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 401 ")
        raw.close()


def test_header_of_somebody_else(site):
    with site('auth = proxy proxy_addresses = {"192.0.2.0/24"} proxy_header = "X-Forwarded-User"',
              '"127.0.0.1:0", "unix:PATH/web.sock"') as s:
        path = re.search(r"unix:(\S+)", s.said)[1]
        for name in ("Remote_User", "X_Forwarded_User"):
            assert s.status("/", **{name: "anna"}) == 401
        assert s.status("/", by=path) == 401
        assert s.status("/", by=path, Remote_User="anna") == 401
        assert s.status("/", by=path, X_Forwarded_User="anna", Host="anything.example") == 200


# --- Tokens ---

def test_tokens(ruad, db, tmp_path, site):
    def token(*words, code=0):
        return ruad.run("token", *words, "--db", db, code=code)

    ruad.run("import", "--db", db, GOLDEN / "inputs")
    reader = token("add", "reader", "--scope", "read", "--expires", "90d").out.strip()
    watcher = token("add", "prometheus", "--scope", "metrics").out.strip()
    assert re.fullmatch(r"ruad_[A-Za-z0-9_-]{43}", reader) and reader != watcher
    assert reader.encode() not in db.read_bytes() + db.with_name(db.name + "-wal").read_bytes() \
        if db.with_name(db.name + "-wal").exists() else reader.encode() not in db.read_bytes()
    assert "already" in token("add", "reader", "--scope", "read", code=USAGE).err
    for wrong in (["x"], ["x", "--scope", "red"], ["x", "--scope", "read", "--expires", "0d"], ["x y", "--scope", "read"],
                  ["x", "--scope", "read", "--expires", "2020-01-01"], ["x", "--scope", "read", "--expires", "soon"], []):
        token("add", *wrong, code=USAGE)
    listed = token("list", "--json").json()
    keeps_to("tokens", listed)
    assert listed["data"][1] == {"name": "reader", "scopes": ["read"], "created": "2026-11-21T12:00:00Z",
                                 "expires": "2027-02-19T12:00:00Z", "last_used": None}
    (tmp_path / "users").write_text("")
    (tmp_path / "users").chmod(0o600)
    with site(BASIC, env={"RUAD_DATABASE": str(db)}) as s:
        assert s.status("/api/v1/summary", token=reader) == 200
        assert s.status("/", token=reader) == 200
        denied = s.get("/metrics", token=reader)
        assert denied.status == 403
        assert denied.headers["WWW-Authenticate"] == 'Bearer realm="ruad", error="insufficient_scope"'
        assert s.status("/metrics", token=watcher) == 200
        assert s.get("/readyz", token=watcher).status == 200
        assert s.status("/api/v1/summary", token=watcher) == 403
        bad = s.get("/metrics", token="ruad_" + "A" * 43)
        assert bad.status == 401 and "invalid_token" in bad.headers["WWW-Authenticate"]
        keeps_to("problem", bad.json())
        assert [t["last_used"] for t in token("list", "--json").json()["data"]] == ["2026-11-21"] * 2
        token("revoke", "reader")
        assert s.status("/api/v1/summary", token=reader) == 401
        assert s.status("/metrics", token=watcher) == 200
    assert "no token" in token("revoke", "reader", code=DATA).err
    assert "prometheus" in token("list").out


def test_token_that_has_expired(ruad, db, tmp_path, site):
    text = ruad.run("token", "add", "old", "--scope", "read", "--expires", "2026-11-22", "--db", db).out.strip()
    (tmp_path / "users").write_text("")
    (tmp_path / "users").chmod(0o600)
    for now, status in (("2026-11-22T23:59:59Z", 200), ("2026-11-23T00:00:00Z", 401)):
        with site(BASIC, env={"RUAD_DATABASE": str(db), "RUAD_NOW": now}) as s:
            assert s.status("/api/v1/summary", token=text) == status


# --- Writing ---

MARK = "/api/v1/domains/example.com/senders/example.net/mark"


def test_who_may_write(ruad, db, site, users):
    """A scope is needed, and no page of another site can do it through the browser of who has it."""
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    token = ruad.run("token", "add", "marker", "--scope", "mark", "--db", db).out.strip()
    json = {"method": "PUT", "body": b'{"mark":"ours"}', "Content_Type": "application/json"}
    with site(BASIC, env={"RUAD_DATABASE": str(db)}) as s:
        anna = {"login": "anna:geheim"} | json
        assert s.status(MARK, **json) == 401
        assert s.status(MARK, **json | {"login": "bob:auch: geheim"}) == 403
        assert s.status(MARK, **anna, Origin="https://evil.example") == 403
        assert s.status(MARK, **anna, Origin="null") == 403
        assert s.status(MARK, **anna, Sec_Fetch_Site="cross-site") == 403
        assert s.status(MARK, **anna | {"Content_Type": "text/plain"}) == 415
        assert s.get(MARK, token=token).status == 403  # it may mark, not read
        mark = s.get(MARK, login="anna:geheim")
        assert mark.status in (200, 404, 405) and b'"ours"' not in mark.body
        for good in ({}, {"Origin": f"http://127.0.0.1:{s.port}"}, {"Sec_Fetch_Site": "same-origin", "Origin": "null"}):
            assert s.status(MARK, **anna, **good) == 200, good
        assert s.status(MARK, token=token, **json) == 200
        assert s.status(MARK, **anna | {"body": b"x" * 20000}) == 413



@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO"])
def test_methods(site, method):
    with site("") as s:
        for target in ("/", "/api/v1/records", "/records"):
            answer = s.get(target, method=method)
            assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD"
        assert s.status("/", method=method, body=b"x" * 100) in (400, 405)


# --- Unix sockets ---

def test_unix_socket(ruad, conf, site, tmp_path):
    path = tmp_path / "web.sock"
    with socket.socket(socket.AF_UNIX) as gone:  # what a killed server leaves behind
        gone.bind(str(path))
    with site("", '"unix:PATH/web.sock"') as s:
        assert f"unix:{path}" in s.said
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert s.status("/", by=path) == 200
        assert s.status("/", by=path, Host="any.example") == 200
        ran = ruad.run("serve", "-c", conf("", '"unix:PATH/web.sock"'), code=CONFIG)
        assert "in use" in ran.err
        assert s.status("/", by=path) == 200
    assert not path.exists()


def test_socket_that_is_no_longer_ours_stays(site, tmp_path):
    path = tmp_path / "web.sock"
    with site("", '"127.0.0.1:0", "unix:PATH/web.sock"'):
        path.unlink()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(path))
    assert path.exists()


def test_several_addresses(site):
    with site("", '"127.0.0.1:0", "[::1]:0", "127.0.0.2:0"') as s:
        ports = re.findall(r"http://(\[::1\]|127\.0\.0\.[12]):(\d+)/", s.said)
        assert len(ports) == 3
        for host, port in ports:
            connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=10)
            connection.request("GET", "/healthz")
            assert connection.getresponse().status == 200
            connection.close()


# --- A path in front of everything ---

def test_prefix_on_every_link(site):
    """All that pages and documents link to begins with the prefix, and is there with it and without."""
    with site('public_url = "https://www.example.com/mail/dmarc/"') as s:
        todo, seen = ["/mail/dmarc/"], set()
        while todo and len(seen) < 120:
            target = todo.pop(0)
            if target in seen:
                continue
            seen.add(target)
            answer = s.get(target, **HTML)
            assert answer.status == 200, target
            bare = target[len("/mail/dmarc"):]
            assert s.status(bare, **HTML) == 200, bare
            if answer.type != "text/html":
                continue
            changes = re.findall(r'<form[^>]*method="post" action="([^"]+)', answer.text)
            for link in re.findall(r'(?:href|action|src)="([^"#]+)', answer.text):
                link = link.replace("&amp;", "&")
                assert link.startswith("/mail/dmarc/") or re.match(r"https?://", link), (target, link)
                if link.startswith("/") and link not in changes and link.split("?")[0] not in {t.split("?")[0] for t in seen | set(todo)}:
                    todo.append(link)
        assert len(seen) > 20
        index = s.get("/mail/dmarc/api/v1").json()
        assert all(link.startswith("/mail/dmarc/api/v1/") for link in index["links"].values())
        for target in ("/mail/dmarc/api/v1/records?range=all&limit=2", "/api/v1/records?range=all&limit=2"):
            assert s.get(target).headers["Link"].startswith("</mail/dmarc/api/v1/records?")
        assert s.status("/mail/dmarc") == 200
        assert s.status("/mail/dmarc/mail/dmarc/") == 404
        assert s.status("/mail/healthz") == 404
        tag = s.get("/api/v1/records?range=all&limit=2").headers["ETag"]
        assert s.status("/api/v1/records?range=all&limit=2", If_None_Match=tag) == 304
    with site("") as s:
        assert s.status("/api/v1/records?range=all&limit=2", If_None_Match=tag) == 200  # its links are others


def test_prefix_that_begins_like_an_address(site):
    """"/s" is no beginning of "/senders"."""
    with site('public_url = "https://www.example.com/s"') as s:
        for target in ("/", "/search", "/senders"):
            links = re.findall(r'(?:href|action|src)="(/[^"#]*)', s.get(target, **HTML).text)
            assert len(links) > 10 and all(link.startswith("/s/") for link in links), links


# --- TLS ---

def trusting(file, version=None):
    context = ssl.create_default_context(cafile=str(file))
    if version:
        context.minimum_version = context.maximum_version = version
    return context


def test_tls(site, certificates, tmp_path, users):
    for kind in ("pem", "key"):
        shutil.copy(certificates / f"one.{kind}", tmp_path / f"web.{kind}")
    tls = f'{BASIC} tls_cert = "PATH/web.pem" tls_key = "PATH/web.key"'
    one, two = (trusting(certificates / f"{name}.pem") for name in ("one", "two"))

    def trusts(context):
        try:
            return s.status("/healthz", context=context) == 200
        except ssl.SSLError:
            return False

    with site(tls, '"127.0.0.1:0", "unix:PATH/web.sock"') as s:
        assert s.tls and "unix:" in s.said
        assert s.status("/", login="anna:geheim", context=one) == 200
        assert s.status("/healthz", by=tmp_path / "web.sock") == 200  # no TLS there
        assert not trusts(two)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            assert s.status("/healthz", context=trusting(certificates / "one.pem", version)) == 200
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, OSError)):
            s.get("/healthz", context=old)
        # A connection lives on while the certificate changes.
        kept = s.connect(context=one)
        kept.request("GET", "/healthz")
        kept.getresponse().read()
        shutil.copy(certificates / "two.pem", tmp_path / "web.pem")
        s.process.send_signal(signal.SIGHUP)  # the key is still the old one: refused
        time.sleep(0.5)
        assert trusts(one) and not trusts(two)
        shutil.copy(certificates / "two.key", tmp_path / "web.key")
        assert s.reload(lambda: trusts(two)) and not trusts(one)
        kept.request("GET", "/healthz")
        assert kept.getresponse().status == 200
        kept.close()


# --- systemd ---

def activation(listening):
    """Runs a command as systemd would: the socket is file 3, and the variables say so."""
    return [sys.executable, "-c", f"import os, sys; os.dup2({listening.fileno()}, 3); "
            "os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid())); os.execv(sys.argv[1], sys.argv[1:])"]


def test_socket_activation(site, tmp_path):
    """A socket that listens already is taken instead of the configured addresses."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(10)
        port = listening.getsockname()[1]
        before = activation(listening)
        with site("", '"127.0.0.1:1"', before=before, pass_fds=[listening.fileno()]) as s:
            assert s.port == port
            assert s.status("/healthz") == 200


def test_activation_needs_a_login_too(ruad, conf):
    with socket.socket() as listening:
        listening.bind(("0.0.0.0", 0))
        listening.listen(10)
        before = activation(listening)
        done = subprocess.run([*before, ruad.binary, "serve", "-c", conf("")], env=ruad.env(), capture_output=True,
                              pass_fds=[listening.fileno()], timeout=30)
        assert done.returncode == CONFIG and b"other machines" in done.stderr


def test_sockets_of_another_process(site):
    with site("", env={"LISTEN_FDS": "1", "LISTEN_PID": "1"}) as s:
        assert s.status("/healthz") == 200


def test_states_are_told(site, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        with site("", env={"NOTIFY_SOCKET": str(tmp_path / "notify")}) as s:
            assert manager.recv(1000) == b"READY=1"
            s.process.send_signal(signal.SIGHUP)
            assert re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=\d+", manager.recv(1000))
            assert manager.recv(1000) == b"READY=1"
        assert manager.recv(1000) == b"STOPPING=1"


# --- Crowds ---

def test_idle_connections_do_not_stop_others(site):
    """Many clients that only hold connections, or send a request byte by byte: the next one is served all the same."""
    many = 3000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < many + 500:
        pytest.skip(f"only {hard} files may be open")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, many + 500), hard))
    held = []
    try:
        with site("") as s:
            s.patience = 15  # less than the 20 seconds after which slow clients go anyway
            for n in range(many):
                one = socket.create_connection(("127.0.0.1", s.port), 20)
                if n % 3:
                    one.sendall(b"GET /hea"[:n % 9])
                held.append(one)
                if n % 500 == 499:
                    assert s.status("/healthz") == 200
                    assert s.status("/", **HTML) == 200
            # The newest are still there and may go on; the oldest made room.
            assert s.status("/api/v1/summary") == 200
            late = held[-1]
            late.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"[(many - 1) % 9 if (many - 1) % 3 else 0:])
            assert late.recv(100).startswith(b"HTTP/1.1 200 ")
            held[0].settimeout(20)
            with contextlib.suppress(ConnectionResetError):
                assert held[0].recv(100) == b""
    finally:
        for one in held:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
