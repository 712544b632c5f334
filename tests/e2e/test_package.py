"""The Debian package: what is in it, what lintian and systemd say to it, the same bytes from the same source."""

import hashlib
import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import missing


def run(*words, **more):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, check=True, **more).stdout


def make(config, folder):
    run("cpack", "--config", config, "-B", folder, env={**os.environ, "SOURCE_DATE_EPOCH": "1790000000"})
    [package] = folder.glob("*.deb")
    return package


@pytest.fixture(scope="module")
def config(release):
    for program in ("cpack", "dpkg-shlibdeps", "lintian", "systemd-analyze"):
        if not shutil.which(program):
            missing(f"{program} is not here")
    return pathlib.Path(release.binary).resolve().parent / "CPackConfig.cmake"


@pytest.fixture(scope="module")
def package(config, tmp_path_factory):
    return make(config, tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def tree(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tree")
    run("dpkg-deb", "--raw-extract", package, folder)
    return folder


def test_lintian(package):
    assert run("lintian", "--fail-on", "error,warning", "--allow-root", package) == ""


def test_same_bytes(config, package, tmp_path):
    again = make(config, tmp_path)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(package.read_bytes()).digest()


def test_what_is_in_it(package, tree):
    listed = run("dpkg-deb", "--contents", package).splitlines()
    modes = {line.split()[5].rstrip("/"): line.split()[:2] for line in listed}
    assert all(owner == "root/root" for _, owner in modes.values())
    assert all(mode[8] != "w" and mode[5] != "w" for mode, _ in modes.values()), "nobody but root writes there"
    for path in ("usr/bin/ruad", "etc/ruad/ruad.conf", "usr/share/man/man1/ruad.1.gz", "usr/share/man/man5/ruad.conf.5.gz",
                 "usr/share/doc/ruad/copyright", "usr/share/doc/ruad/changelog.gz", "usr/lib/sysusers.d/ruad.conf",
                 "usr/share/doc/ruad/examples/prometheus/ruad-alerts.yml"):
        assert f"./{path}" in modes, path
    assert (tree / "DEBIAN/conffiles").read_text() == "/etc/ruad/ruad.conf\n"
    needs = run("dpkg-deb", "--field", package, "Depends")
    for library in ("libxml2", "libsqlite3-0 (>= 3.38)", "libmicrohttpd12", "libseccomp2", "publicsuffix", "adduser"):
        assert library in needs, library


def test_its_configuration_is_good(tree, ruad):
    """As it is, and with the example in it made real."""
    file = tree / "etc/ruad/ruad.conf"
    ruad.run("config", "check", "--config", file)
    lines = file.read_text().splitlines()
    begin = lines.index("#source rua {")
    end = lines.index("#}")
    password = tree / "password"
    password.write_text("secret\n")
    password.chmod(0o600)
    real = [line[1:].replace("/etc/ruad/rua.password", str(password)) for line in lines[begin:end + 1]]
    file.with_suffix(".real").write_text("\n".join(real) + "\n")
    ruad.run("config", "check", "--config", file.with_suffix(".real"))


@pytest.mark.parametrize("script", ["postinst", "prerm", "postrm"])
def test_scripts_are_of_the_shell(tree, script):
    run("sh", "-n", tree / "DEBIAN" / script)


@pytest.mark.parametrize("unit", ["ruad.service", "ruad-import.service"])
def test_services(tree, unit):
    """They start the program of the package, and can do little: an exposure of at most 1.5 of 10."""
    file = tree / "usr/lib/systemd/system" / unit
    assert "\nExecStart=/usr/bin/ruad " in file.read_text()
    run("systemd-analyze", "security", "--offline=yes", "--threshold=15", "--no-pager", file)
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", f"--root={tree}", file], capture_output=True, text=True)
    assert [line for line in said.stderr.splitlines() if "ignoring" in line] == []


def test_timer_and_socket(tree):
    units = tree / "usr/lib/systemd/system"
    assert run("systemd-analyze", "calendar", "*-*-* 04:17:00")
    assert "OnCalendar=*-*-* 04:17:00\n" in (units / "ruad-import.timer").read_text()
    assert "ListenStream=127.0.0.1:8425\n" in (units / "ruad.socket").read_text()
