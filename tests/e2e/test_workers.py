"""Mails are read in processes of their own, which can do nothing else; when one dies, at most its mail is lost, and told."""

import os
import pathlib
import re
import signal
import time

import pytest

from reports import big_report, small_mail
from test_memory import make_maildir


def workers_of(pid):
    """The worker processes of a running import."""
    found = []
    try:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return found
    for child in children:
        try:
            if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == "ruad-worker":
                found.append(int(child))
        except OSError:
            continue
    return found


def status_of(pid):
    return dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def confined(pid):
    """It has begun: its own filter, beside that of the import, is the last thing that it sets up."""
    try:
        status = status_of(pid)
        return int(status["Seccomp_filters"]) > int(status_of(int(status["PPid"]))["Seccomp_filters"])
    except (OSError, KeyError, ValueError):
        return False


def wait_for_workers(process, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = [pid for pid in workers_of(process.pid) if confined(pid)]
        if found or process.poll() is not None:
            return found
        time.sleep(0.002)
    return []


def finish(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err.decode(errors="replace")[-3000:]
    return err.decode(errors="replace")


def export(ruad, db):
    return sorted(ruad.run("export", "records", "--range", "all", "--format", "csv", "--db", db).out.splitlines())


@pytest.fixture(scope="module")
def huge(session_folder):
    """A report that takes a while."""
    file = session_folder / "huge.xml.gz"
    with open(file, "wb") as f:
        big_report(f, 300_000)
    yield file
    file.unlink()


def test_confined(release, db, huge):
    """What the kernel says of a worker at work: filter, no new privileges, bounded memory, and two sockets."""
    process = release.start("import", "--db", db, huge)
    seen = None
    end = time.monotonic() + 60
    while seen is None and time.monotonic() < end and process.poll() is None:
        for pid in workers_of(process.pid):
            if confined(pid):
                status = status_of(pid)
                limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
                files = {fd: os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
                seen = status, limits, files, pathlib.Path(f"/proc/{pid}/environ").read_bytes()
    finish(process)
    assert seen, "no worker was seen with a filter"
    status, limits, files, environment = seen
    assert status["NoNewPrivs"].strip() == "1"
    assert re.search(r"Max address space\s+268435456\s+268435456", limits)
    assert re.search(r"Max core file size\s+0\s+0", limits)
    assert re.search(r"Max file size\s+0\s+0", limits)
    others = {fd: name for fd, name in files.items() if name != "/dev/null" and not name.startswith("socket:")}
    assert set(others.values()) <= {str(huge)}, "it has nothing but sockets, and a large file that it is to read"
    assert b"RUAD_" not in environment and b"PATH=" not in environment.replace(b"LD_LIBRARY_PATH=", b"")


def test_killed_workers(release, db, tmp_path):
    """Workers are killed all the time; the database is that of an undisturbed run, but for mails that met two killers."""
    box = make_maildir(tmp_path / "M", 1500)
    release.import_(tmp_path / "calm.db", box)
    process = release.start("import", "--db", db, box)
    kills = 0
    while process.poll() is None:
        for pid in filter(confined, workers_of(process.pid)):
            try:
                os.kill(pid, signal.SIGKILL)
                kills += 1
            except ProcessLookupError:
                pass
        time.sleep(0.02)
    finish(process)
    assert kills >= 3
    rows = release.run("show", "problems", "--json", "--range", "all", "--db", db).json()["data"]
    lost = [r for r in rows if r["outcome"] == "rejected"]
    assert all(r["reason"] == "worker-crashed" for r in lost)
    status = release.run("db", "status", "--json", "--db", db).json()
    assert status["reports"] + len(lost) == 1500
    if not lost:
        assert export(release, db) == export(release, tmp_path / "calm.db")


def test_a_worker_that_hangs(release, db, tmp_path):
    """It is given up after the time that one mail may take; the others are read, and its bytes are kept."""
    config = tmp_path / "ruad.conf"
    config.write_text("limits { worker_seconds = 1 }\n")
    box = make_maildir(tmp_path / "M", 3000)
    process = release.start("import", "--config", config, "--db", db, box)
    stopped = wait_for_workers(process)
    assert stopped
    time.sleep(0.2)  # it has said that it is ready
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    finish(process)
    rows = release.run("show", "problems", "--json", "--range", "all", "--db", db).json()["data"]
    status = release.run("db", "status", "--json", "--db", db).json()
    lost = [r for r in rows if r["outcome"] == "rejected"]
    assert len(lost) <= len(stopped)
    assert all(r["reason"] == "worker-timeout" and r["has_bytes"] for r in lost)
    assert status["reports"] + len(lost) == 3000


def test_no_worker_is_waited_for(release, db, tmp_path):
    """Who asks the import to stop does not wait for a worker that says nothing."""
    config = tmp_path / "ruad.conf"
    config.write_text("limits { worker_seconds = 3600 }\n")
    box = make_maildir(tmp_path / "M", 3000)
    process = release.start("import", "--config", config, "--db", db, box)
    assert wait_for_workers(process)
    time.sleep(0.1)
    for pid in workers_of(process.pid):
        os.kill(pid, signal.SIGSTOP)
    time.sleep(1)  # what they had said is taken by then
    assert process.poll() is None, "it ended before it could be stopped"
    process.terminate()
    process.communicate(timeout=120)
    release.import_(db, box)
    assert release.run("db", "status", "--json", "--db", db).json()["reports"] == 3000


def test_stopped_in_the_middle(release, db, huge, tmp_path):
    """Who asks the import to stop while a large report is told of does not wait for its end; nothing of it is stored, and
    the next import does all."""
    config = tmp_path / "ruad.conf"
    config.write_text("limits { worker_seconds = 3600 }\n")
    process = release.start("import", "--config", config, "--db", db, huge)
    pids = wait_for_workers(process)
    assert pids
    time.sleep(0.3)  # it has begun to tell
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(1)  # what it had told is taken
    assert process.poll() is None, "it ended before it could be stopped"
    process.terminate()
    err = process.communicate(timeout=120)[1].decode()
    assert process.returncode == 75 and "interrupted" in err
    status = release.run("db", "status", "--json", "--db", db).json()
    assert (status["reports"], status["inputs"]) == (0, 0)
    assert release.import_(db, huge)["records"] == 300_000


def test_a_worker_that_needs_too_much(release, db, tmp_path):
    """Memory is bounded: that mail is refused with its reason, the next is read."""
    config = tmp_path / "ruad.conf"
    config.write_text('limits { worker_memory = "128M" mail_size = "200M" }\n')
    (tmp_path / "large.eml").write_bytes(small_mail(1) + b"x" * (100 << 20))
    (tmp_path / "small.eml").write_bytes(small_mail(2))
    sums = release.run("import", "--json", "--config", config, "--db", db, tmp_path / "large.eml", tmp_path / "small.eml").json()
    assert (sums["stored"], sums["rejected"]) == (1, 1)
    rows = release.run("show", "problems", "--json", "--range", "all", "--db", db).json()["data"]
    assert [r["reason"] for r in rows if r["outcome"] == "rejected"] == ["worker-memory"]


def test_no_worker_is_left(release, db, tmp_path):
    """A kill of the import itself leaves no worker behind."""
    box = make_maildir(tmp_path / "M", 3000)
    process = release.start("import", "--db", db, box)
    pids = wait_for_workers(process)
    process.kill()
    process.communicate()
    end = time.monotonic() + 10
    while time.monotonic() < end and any(pathlib.Path(f"/proc/{p}").exists() for p in pids):
        time.sleep(0.02)
    assert not [p for p in pids if pathlib.Path(f"/proc/{p}").exists()]
