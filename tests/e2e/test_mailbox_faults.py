"""What a bad network and a bad server can do: after all of it each mail is stored once, and nothing was lost.

RUAD_FAULT_RUNS: so many runs for each protocol (40); RUAD_FAULT_SEED: only this one.
"""

import concurrent.futures
import hashlib
import os

import pytest

from mailfaults import IMAP_FAULTS, POP3_FAULTS, ImapFaults, Plan, PopFaults
from mailproxy import Proxy
from mailsite import Memory, Site, letter
from dovecot import PASSWORD

MAILS = 25
LETTERS = [letter(n) for n in range(MAILS)]
TRAFFIC = sum(map(len, LETTERS)) + 4000
MEMORY_KIB = 64 * 1024


def checked(kind, site, protocol, plan):
    """A line with faults that looks into the database before anything changes in the mailbox."""

    class Checked(kind):
        def changes(self, verb, uids):
            self.change = True
            stored = site.places()
            for uid in uids:
                if protocol == "imap":
                    there = any(p.startswith("INBOX;") and p.endswith(f";UID={uid}") for p in stored)
                else:
                    key = hashlib.sha256(str(uid).encode()).hexdigest()
                    there = any(p.startswith("UIDL;") and p[5:] and key.startswith(p[5:]) for p in stored)
                if not there:
                    self.problems.append(f"{verb} {uid} comes before its commit")

    Checked.plan = plan
    return Checked


class FaultRun:
    """One mailbox, read through a bad proxy twice, and then through a good one."""

    def __init__(self, seed, protocol, account, site):
        self.seed, self.protocol, self.account, self.site = seed, protocol, account, site
        kinds = IMAP_FAULTS if protocol == "imap" else POP3_FAULTS
        self.plan = Plan(seed, kinds, TRAFFIC)
        self.done = ["leave", "move"][seed % 2] if protocol == "imap" else ["leave", "delete"][seed % 2]
        self.peak_kib, self.codes = 0, []

    def import_through(self, proxy):
        self.site.source(account=self.account, type=self.protocol, tls="none", port=proxy.port, done=self.done,
                         command_timeout="1s", connect_timeout="2s")
        process = self.site.start("import")
        memory = Memory(process)
        try:
            said = process.communicate(timeout=100)[1].decode(errors="replace")
        finally:
            process.kill()
        assert "Sanitizer" not in said and "runtime error" not in said, said[-3000:]
        assert PASSWORD not in said and len(said.splitlines()) <= 1, said
        self.peak_kib = max(self.peak_kib, memory.peak_kib)
        self.codes.append(process.returncode)
        return said

    def run(self):
        kind = ImapFaults if self.protocol == "imap" else PopFaults
        port = self.account.server.port(self.protocol, "none")
        self.account.drop(LETTERS)
        with Proxy(port, checked(kind, self.site, self.protocol, self.plan)) as proxy:
            for _ in range(2):
                said = self.import_through(proxy)
                assert self.codes[-1] in (0, 69, 75, 77), (self.codes, said)
                assert (self.codes[-1] == 0) == (said == ""), (self.codes, said)
            problems = proxy.problems
        with Proxy(port, checked(kind, self.site, self.protocol, Plan(0, ["cut"], 1 << 60))) as proxy:
            said = self.import_through(proxy)
            problems += proxy.problems
        assert self.codes[-1] == 0, said
        assert problems == []
        self.check_end()

    def check_end(self):
        stored = self.site.ask("SELECT report_id, messages, records FROM report")
        assert sorted(stored) == sorted((f"r-{n}", n % 9 + 1, 1) for n in range(MAILS))
        inputs = self.site.inputs()
        assert len(inputs) == MAILS and {(outcome, times) for _, _, outcome, times in inputs} == {(0, 1)}, inputs
        left = sorted(self.account.subjects(), key=int)
        moved = sorted(self.account.subjects("Done"), key=int)
        everything = [str(n) for n in range(MAILS)]
        assert (left, moved) == {"leave": (everything, []), "move": ([], everything), "delete": ([], [])}[self.done]


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_faults(ruad, release, ca, dovecot, tmp_path, protocol, patient):
    """Every other run with sanitizers, the others with a look at memory."""
    only = os.environ.get("RUAD_FAULT_SEED")
    seeds = [int(only)] if only else range(int(os.environ.get("RUAD_FAULT_RUNS", "40")))

    def one(seed):
        measured = seed // 2 % 2 == 0
        site = Site(release if measured else ruad, tmp_path / f"{protocol}-{seed}", ca.file)
        run = FaultRun(seed, protocol, dovecot.account(), site)
        try:
            run.run()
            assert not measured or run.peak_kib <= MEMORY_KIB, f"{run.peak_kib} KiB"
            return None, run
        except Exception as e:  # told with its seed, so that it can be repeated
            return f"seed {seed} ({run.done}; {run.plan.done}; exit {run.codes}): {type(e).__name__} {e}", run

    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        ended = list(pool.map(one, seeds))
    bad = [what for what, _ in ended if what]
    kinds = {}
    for _, run in ended:
        for kind in run.plan.done:
            kinds[kind] = kinds.get(kind, 0) + 1
    peak = max(run.peak_kib for _, run in ended if run.site.ruad is release or only)
    print(f"{protocol}: {len(ended)} runs, faults {kinds}, peak {peak} KiB")
    assert not bad, f"{len(bad)} of {len(ended)}:\n" + "\n".join(b[:1500] for b in bad[:10])
    if not only:
        assert len(kinds) >= 8, kinds
