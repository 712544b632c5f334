"""What the tests of the whole program share.

RUAD_DEV_BIN is the program with sanitizers (most tests), RUAD_BIN the release (memory, speed); by default those of
the presets. RUAD_REQUIRE_ALL=1, which tools/test sets, turns a skip for a missing program into a failure.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from program import GOLDEN, TOP, Ruad

# A shell that starts tests in the background has them ignore these keys, and so would every program that they start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

pytest_plugins = ["browserfixtures", "mailfixtures"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """For pytest -n: a file is one piece of work, since its tests share what was set up for them. A file whose tests go over
    several sites is a piece for each; these take longest and come first."""
    def site_of(item):
        return item.callspec.params.get("site") if hasattr(item, "callspec") else None

    for item in items:
        item.add_marker(pytest.mark.xdist_group(f"{item.path.stem}-{site_of(item) or 'all'}"))
    items.sort(key=lambda item: site_of(item) is None)


def missing(what):
    if os.environ.get("RUAD_REQUIRE_ALL") == "1":
        pytest.fail(what)
    pytest.skip(what)


def binary(variable, default):
    path = pathlib.Path(os.environ.get(variable, TOP / default))
    if not os.access(path, os.X_OK):
        pytest.exit(f"{path} is not built (or set {variable})", 2)
    return path


@pytest.fixture(scope="session")
def ruad():
    return Ruad(binary("RUAD_DEV_BIN", "build/dev/ruad"))


@pytest.fixture(scope="session")
def release():
    return Ruad(binary("RUAD_BIN", "build/release/ruad"))


@pytest.fixture
def db(tmp_path):
    return tmp_path / "ruad.db"


@pytest.fixture(scope="session")
def session_folder():
    with tempfile.TemporaryDirectory(prefix="ruad-e2e-") as folder:
        yield pathlib.Path(folder)


@pytest.fixture(scope="session")
def golden_db(ruad, session_folder):
    """The golden inputs, imported once; for tests that only read."""
    db = session_folder / "golden.db"
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    return db


@pytest.fixture(scope="session")
def golden(ruad, golden_db):
    """A server over the golden inputs."""
    with ruad.serve(golden_db) as server:
        yield server


@pytest.fixture(scope="session")
def extra_db(ruad, session_folder):
    """The golden inputs and the extra ones: disagreement, hostile strings, a report over three days."""
    db = session_folder / "extra.db"
    ruad.run("import", "--db", db, GOLDEN / "inputs", GOLDEN / "extra")
    return db


@pytest.fixture(scope="session")
def extra(ruad, extra_db):
    with ruad.serve(extra_db) as server:
        yield server


@pytest.fixture(scope="session")
def empty(ruad, session_folder):
    """A server over a database without any report."""
    with ruad.serve(session_folder / "empty.db") as server:
        yield server


class Nobody:
    """Runs the program without root's rights, in a folder of its own that everybody may read."""

    def __init__(self, ruad, folder):
        self.folder = folder
        # A copy: the tree itself may lie where nobody may go, in /root for example.
        self.ruad = Ruad(shutil.copy(ruad.binary, folder / "ruad"))
        self.prefix = []
        if os.geteuid() == 0:
            self.prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
        self.state = folder / "state"
        self.state.mkdir()
        self.state.chmod(0o777)

    def run(self, *words, **more):
        return self.ruad.run(*words, prefix=self.prefix, cwd=self.folder, **more)


@pytest.fixture
def nobody(ruad):
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        missing("setpriv is not here")
    with tempfile.TemporaryDirectory(prefix="ruad-nobody-") as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        yield Nobody(ruad, folder)


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a file system of 1 MiB; None of it is left afterwards."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no small file system can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)
