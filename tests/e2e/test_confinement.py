"""What the program gives up: root, files, system calls; and what it says where the kernel offers less."""

import os
import pathlib
import pwd
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

import pytest

from conftest import missing
from program import GOLDEN, Server
from reports import small_mail

HERE = pathlib.Path(__file__).parent
CONFIG = 78
DENIED, NOT_PERMITTED = "Permission denied", "Operation not permitted"

# Runs a program as on a kernel without Landlock: the first of its calls is answered with ENOSYS.
NO_LANDLOCK = """
import ctypes, os, struct, sys
code = b"".join(struct.pack("=HBBI", *i) for i in ((0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x00050026), (0x06, 0, 0, 0x7fff0000)))
bytes_ = ctypes.create_string_buffer(code, len(code))
program = struct.pack("@HxxxxxxP", 4, ctypes.addressof(bytes_))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.c_char_p(program), 0, 0) == 0, ctypes.get_errno()
os.execv(sys.argv[1], sys.argv[1:])
"""


def landlock_abi():
    import ctypes
    return max(0, ctypes.CDLL(None, use_errno=True).syscall(444, None, 0, 1))


def build(folder, name, *words):
    compiler = shutil.which("cc") or missing("no C compiler is here")
    target = folder / name
    subprocess.run([compiler, "-O1", *words, "-o", target], check=True)
    return target


@pytest.fixture(scope="module")
def probe(session_folder):
    """The library of probe.c; it is in the way of libxml2, as a program that uses that finds."""
    library = build(session_folder, "probe.so", "-shared", "-fPIC", HERE / "probe.c")
    main = session_folder / "uses_libxml2.c"
    main.write_text("int xmlParseChunk(void *, const char *, int, int);\nint main(void) { return xmlParseChunk(0, 0, 0, 1); }\n")
    done = subprocess.run([build(session_folder, "uses_libxml2", main, "-Wl,--no-as-needed", "-l:libxml2.so.2")],
                          env={"LD_PRELOAD": str(library)}, capture_output=True)
    assert done.returncode == -signal.SIGABRT and b"PROBE: xmlParseChunk" in done.stderr
    session_folder.chmod(0o755)
    return library


class Place:
    """A folder for a server that runs as nobody, if root starts it: its data, its temporary files, and what is not its own."""

    def __init__(self, folder, binary):
        self.folder = folder
        self.root = os.geteuid() == 0
        self.binary = shutil.copy(binary, folder / "ruad")
        for name in ("data", "tmp", "outside"):
            (folder / name).mkdir()
        self.secret = folder / "outside" / "secret"
        self.secret.write_text("not for the server\n")
        self.secret.chmod(0o666)
        (folder / "outside").chmod(0o777)
        for name in ("data", "tmp"):
            self.give(folder / name)
        self.db = folder / "data" / "ruad.db"
        self.user = [f"--user={pwd.getpwuid(65534).pw_name}"] if self.root else []

    def give(self, path):
        if self.root:
            os.chown(path, 65534, 65534)


@pytest.fixture
def place(release):
    """Not below the usual folder of tests, where only root may go."""
    with tempfile.TemporaryDirectory(prefix="ruad-place-") as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        yield Place(folder, release.binary)


class Serving:
    def __init__(self, release, place, *words, prefix=(), listen="127.0.0.1:0", **env):
        env = release.env(TMPDIR=str(place.folder / "tmp"), **env)
        self.process = subprocess.Popen([*prefix, place.binary, "serve", "--db", place.db, "--listen", listen, "-v", *map(str, words)],
                                        env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.said = ""

    def __enter__(self):
        end = time.monotonic() + 30
        while "dashboard on" not in self.said and time.monotonic() < end and self.process.poll() is None:
            if select.select([self.process.stderr], [], [], 0.2)[0]:
                self.said += os.read(self.process.stderr.fileno(), 4096).decode()
        assert "dashboard on" in self.said, self.said
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", self.said)
        self.server = Server(int(found[1]), self.process) if found else None
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.said += self.process.communicate(timeout=20)[1].decode()
        assert self.process.returncode == 0, self.said

    def threads(self):
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            yield dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)


def results(file):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        text = file.read_text()
        if "end=done" in text:
            return dict(line.split("=", 1) for line in text.splitlines())
        time.sleep(0.02)
    raise AssertionError(f"the probe did not end: {text}")


def test_a_server_that_is_taken_over(release, place, probe):
    """It can read and write its own folders and start itself; nothing else of what a probe in it tries."""
    if landlock_abi() < 2:
        missing("this kernel has no Landlock")
    out = place.folder / "results"
    with Serving(release, place, *place.user, LD_PRELOAD=str(probe), PROBE_OUT=str(out), PROBE_FILE=str(place.secret),
                 PROBE_INSIDE=str(place.folder / "data")) as serving:
        serving.process.send_signal(signal.SIGUSR2)
        found = results(out)
        assert serving.server.api("status")["confinement"]["server"]["landlock"] is True
    want = {"write inside": "done", "remove inside": "done", "run itself": "done", "end": "done"}
    for name in ("read a file", "write a file", "cut a file", "remove a file", "make a file", "make a folder", "read the shell", "run another program"):
        want[name] = DENIED
    want["link a file"] = "Invalid cross-device link"
    for name in ("ptrace", "memory of another process", "namespace", "mount", "chroot", "bpf", "io_uring", "keyctl", "userfaultfd",
                 "perf", "module"):
        want[name] = NOT_PERMITTED
    if place.root:
        want |= {"become root": NOT_PERMITTED, "group root": NOT_PERMITTED, "groups": NOT_PERMITTED}
    if landlock_abi() >= 4:
        want["listen"] = DENIED
    if landlock_abi() >= 6:
        want["signal"] = NOT_PERMITTED
    assert {name: found[name] for name in want} == want
    assert place.secret.read_text() == "not for the server\n"
    assert [f.name for f in place.secret.parent.iterdir()] == ["secret"]


def test_root_becomes_somebody(release, place):
    """Every thread is that user, without other groups and capabilities, and cannot become more; so are its files and its socket."""
    if not place.root:
        pytest.skip("only root can become another user")
    path = place.folder / "outside" / "web.sock"
    with Serving(release, place, *place.user, listen=f"unix:{path}") as serving:
        threads = list(serving.threads())
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(path))
        owner = path.stat()
    assert len(threads) > 1
    for status in threads:
        assert status["Uid"].split() == ["65534"] * 4 and status["Gid"].split() == ["65534"] * 4
        assert status["Groups"].split() == []
        assert {status[f"Cap{kind}"].strip("0\t ") for kind in ("Inh", "Prm", "Eff", "Amb")} == {""}
        assert (status["NoNewPrivs"].strip(), status["Seccomp"].strip()) == ("1", "2")
    assert (owner.st_uid, owner.st_gid, stat.S_IMODE(owner.st_mode)) == (65534, 65534, 0o660)
    assert {f.stat().st_uid for f in (place.folder / "data").iterdir()} == {65534}
    assert "serve.root" not in serving.said
    assert not path.exists(), "the socket is removed at the end"


def test_who_cannot_be_become(release, place):
    """A user that is not there, and one that only root could become."""
    ran = release.run("serve", "--db", place.db, "--listen", "127.0.0.1:0", "--user", "no-such-user", code=CONFIG)
    assert "there is no user no-such-user" in ran.err
    if place.root and shutil.which("setpriv"):
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
        done = subprocess.run([*prefix, place.binary, "serve", "--db", place.db, "--listen", "127.0.0.1:0", "--user", "root"],
                              env=release.env(), capture_output=True, text=True, timeout=60)
        assert done.returncode == CONFIG and "only root can become user root" in done.stderr


def test_root_without_a_user_is_warned(release, place):
    with Serving(release, place) as serving:
        user = serving.server.api("status")["confinement"]["server"]["user"]
    assert ("ev=serve.root" in serving.said) == place.root
    assert user == pwd.getpwuid(os.geteuid()).pw_name


def test_a_kernel_without_landlock(release, place):
    """The rest holds; the log of the server and its status say what does not, and an import is silent about it."""
    prefix = [sys.executable, "-c", NO_LANDLOCK]
    silent = release.run("import", "--db", place.folder / "other.db", GOLDEN / "inputs", prefix=prefix)
    assert silent.err == ""
    with Serving(release, place, *place.user, prefix=prefix) as serving:
        held = serving.server.api("status")["confinement"]
        page = serving.server.get("/status").text
    assert held["server"] | {"user": ""} == {"user": "", "no_new_privileges": True, "seccomp": True, "landlock": False, "landlock_abi": 0}
    assert held["workers"] == {"seccomp": True, "landlock": False, "landlock_abi": 0, "memory": True}
    assert re.search(r"lvl=warn ev=serve.confined .*landlock=no", serving.said)
    assert "no Landlock" in page


def test_status_without_a_server(release, place):
    status = release.run("show", "status", "--json", "--db", place.db, code=None)
    if status.code != 0:
        release.import_(place.db, GOLDEN / "inputs")
        status = release.run("db", "status", "--json", "--db", place.db)
    assert status.json()["confinement"]["server"] is None


def test_files_are_read_again(release, place):
    """The users file is replaced by another file, in a folder that is a link to another one: SIGHUP finds it."""
    first, second = place.folder / "first", place.folder / "second"
    for folder, name in ((first, "anna"), (second, "bert")):
        folder.mkdir()
        release.run("user", "add", name, "--file", folder / "users", stdin=b"a long enough password\n")
        place.give(folder / "users")
    current = place.folder / "current"
    current.symlink_to(first)
    config = place.folder / "ruad.conf"
    config.write_text(f'web {{ auth = basic users_file = "{current}/users" }}\n')
    config.chmod(0o644)
    with Serving(release, place, "--config", config, *place.user) as serving:
        def status_of(name):
            import base64
            word = base64.b64encode(f"{name}:a long enough password".encode()).decode()
            return serving.server.get("/api/v1/status", status=None, Authorization=f"Basic {word}").status
        assert (status_of("anna"), status_of("bert")) == (200, 401)
        for file in second.iterdir():  # as a program that keeps it up to date does: another file of that name
            shutil.copy(file, first / "next")
            place.give(first / "next")
            (first / "next").rename(first / file.name)
        serving.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 30
        while status_of("bert") != 200 and time.monotonic() < end:
            time.sleep(0.05)
        assert (status_of("anna"), status_of("bert")) == (401, 200)


# --- Foreign bytes ---

def test_only_workers_meet_foreign_bytes(release, place, probe, tmp_path):
    """The probe ends a process that gives bytes to libxml2 or libarchive; workers do not have it in them."""
    env = {"LD_PRELOAD": str(probe)}
    mails = GOLDEN / "inputs"
    files = [f for f in mails.rglob("*") if f.is_file()]
    assert any(f.suffix == ".zip" for f in files) or any(b".zip" in f.read_bytes() for f in files)
    release.run("import", "--db", place.db, mails, env=env)
    assert release.run("parse", *files, env=env, code=(0, 65)).out.count("\n") >= len(files) // 2
    mail = tmp_path / "mail.eml"
    mail.write_bytes(small_mail(7))
    release.run("explain", mail, env=env, code=(0, 65))
    release.run("import", "-", "--db", place.db, env=env, stdin=small_mail(8))
    config = tmp_path / "ruad.conf"
    config.write_text("web { upload = yes }\n")
    config.chmod(0o644)
    with Serving(release, place, "--config", config, **env) as serving:
        import http.client
        connection = http.client.HTTPConnection("127.0.0.1", serving.server.port, timeout=60)
        connection.request("POST", "/api/v1/inputs", body=small_mail(9), headers={"Content-Type": "message/rfc822"})
        answer = connection.getresponse()
        assert answer.status == 201, answer.read()
        reports = serving.server.api("reports")["data"]
        if reports:
            serving.server.get(f"/reports/{reports[0]['id']}")
    assert "PROBE" not in serving.said
