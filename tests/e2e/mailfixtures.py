"""Fixtures of the tests of mailboxes."""

import os
import pathlib
import tempfile

import pytest

from conftest import missing
from dovecot import Authority, Dovecot, missing_program
from mailserve import Patient
from mailsite import Site
from mailtool import Dump
from program import TOP


@pytest.fixture(scope="session")
def mail_folder():
    """Where servers live: others than us must reach it."""
    with tempfile.TemporaryDirectory(prefix="ruad-dovecot-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture(scope="session")
def ca(mail_folder):
    if what := missing_program():
        missing(f"{what} is not here")
    return Authority(mail_folder / "ca")


@pytest.fixture(scope="session")
def dovecot(mail_folder, ca):
    """The server of most tests; each takes accounts of its own."""
    server = Dovecot(mail_folder / "server", *ca.certificate("right"))
    yield server
    server.stop()


@pytest.fixture
def account(dovecot):
    """An empty mailbox."""
    return dovecot.account()


@pytest.fixture
def site(ruad, ca, tmp_path):
    return Site(ruad, tmp_path / "site", ca.file)


@pytest.fixture
def sites(ruad, ca, tmp_path):
    """Makes several, by name."""
    return lambda name, program=ruad: Site(program, tmp_path / name, ca.file)


@pytest.fixture(scope="session")
def patient(release, mail_folder, ca):
    """What takes a minute of waiting, begun as soon as a test asks for it."""
    patient = Patient(release, mail_folder, ca)
    yield patient
    patient.close()


@pytest.fixture(scope="session")
def dump(ca):
    """mailboxdump, a tool of the build for developers."""
    beside = pathlib.Path(os.environ.get("RUAD_DEV_BIN", TOP / "build/dev/ruad")).parent / "mailboxdump"
    path = pathlib.Path(os.environ.get("RUAD_MAILBOXDUMP", beside))
    if not os.access(path, os.X_OK):
        missing(f"{path} is not built (or set RUAD_MAILBOXDUMP)")
    return Dump(path, ca.file)
