"""Proxies that break what a server says, at random points, so that the other side has a chance to see it.

TCP loses no bytes in the middle, so nothing is changed here that a client could not notice: bytes go missing only
inside a literal or before a cut, and what is added is no valid answer.
"""

import random
import re
import threading
import time

from mailproxy import ImapWatch, PopWatch, reset

HUGE = 200_000_000
IMAP_FAULTS = ["cut", "reset", "stall", "drip", "garbage", "truncate", "huge", "short", "flood", "lines", "no", "bye",
               "upcut", "upcut-late", "ambush", "ambush-late"]
POP3_FAULTS = ["cut", "reset", "stall", "drip", "garbage", "flood", "lines", "no", "upcut", "upcut-late", "ambush",
               "ambush-late"]


class Plan:
    """Some faults of one run, each at an offset in all that the server says; or of the nth command, or of one that
    changes mails."""

    def __init__(self, seed, kinds, bytes_expected, most=3):
        self.rnd = random.Random(seed)
        self.lock = threading.Lock()
        self.offset = 0
        self.commands = 0
        wanted = [self.rnd.choice(kinds) for _ in range(self.rnd.randint(1, most))]
        self.down = sorted((self.rnd.randrange(bytes_expected), kind) for kind in wanted if "up" not in kind
                           and "ambush" not in kind)
        self.up = sorted((self.rnd.randrange(1, 12), kind) for kind in wanted if "up" in kind)
        self.ambushes = [kind for kind in wanted if "ambush" in kind]
        self.done = []

    def due(self, n):
        """The fault within the next n bytes from the server: (position, kind), or None."""
        with self.lock:
            at = self.offset
            self.offset += n
            if not self.down or self.down[0][0] >= at + n:
                return None
            where, kind = self.down.pop(0)
            self.done.append(kind)
            return max(0, where - at), kind

    def again(self, kind):
        """It could not be done here: at the next chance."""
        with self.lock:
            self.done.remove(kind)
            self.down.insert(0, (0, kind))

    def due_up(self):
        with self.lock:
            self.commands += 1
            if not self.up or self.up[0][0] > self.commands:
                return None
            kind = self.up.pop(0)[1]
            self.done.append(kind)
            return kind

    def ambush(self):
        with self.lock:
            if not self.ambushes:
                return None
            self.done.append(self.ambushes[-1])
            return self.ambushes.pop()


class Broken(Exception):
    """The connection is over."""


class Faults:
    """Mixed into a line that knows the language of the server; plan is of its proxy.  What comes from the server is
    looked at piece by piece: whole lines, and parts of content."""

    plan = None

    def down(self, data):
        try:
            for content, piece in self.pieces(data):
                self.forward(content, piece)
        except Broken:
            return None
        return b""

    def forward(self, content, piece):
        due = self.plan.due(len(piece))
        if due is None:
            self.client.sendall(piece)
            return
        at, kind = due
        getattr(self, "fault_" + kind)(content, piece, at)

    def up(self, data):
        before, self.change = len(self.commands), False
        data = super().up(data)
        kind = None
        for _ in self.commands[before:]:
            kind = kind or self.plan.due_up()
        if self.change:
            kind = kind or self.plan.ambush()
        if kind in ("upcut-late", "ambush-late"):
            self.server.sendall(data)
            time.sleep(self.plan.rnd.choice([0, 0.002, 0.02]))
        return None if kind else data

    # --- faults of what the server says ---

    def fault_cut(self, content, piece, at):
        self.client.sendall(piece[:at])
        raise Broken

    def fault_reset(self, content, piece, at):
        self.client.sendall(piece[:at])
        reset(self.client)
        raise Broken

    def fault_stall(self, content, piece, at):
        """Until the client has had enough."""
        self.client.sendall(piece[:at])
        self.over.wait(30)
        raise Broken

    def fault_drip(self, content, piece, at):
        """Slow, but good."""
        self.client.sendall(piece[:at])
        for n in range(at, min(len(piece), at + 40)):
            self.client.sendall(piece[n:n + 1])
            time.sleep(0.003)
        self.client.sendall(piece[at + 40:])

    def pump(self, what):
        sent = 0
        try:
            while sent < HUGE:
                self.client.sendall(what)
                sent += len(what)
        except OSError:
            pass
        raise Broken

    def fault_flood(self, content, piece, at):
        """A line, or a mail, without end."""
        self.client.sendall(piece[:at])
        self.pump(b"x" * 65536)

    def fault_lines(self, content, piece, at):
        """Lines without end; inside content, such that no part of one could be its proper end."""
        self.client.sendall(piece[:at] + b"\r\n")
        self.pump((b"and more\r\n" if content else self.chatter) * 1000)

    def rubbish(self):
        return bytes([0xff]) + self.plan.rnd.randbytes(self.plan.rnd.randrange(1, 300)) + b"\x01"


class ImapFaults(Faults, ImapWatch):
    chatter = b"* 1 FETCH (FLAGS (\\Seen) UID 1)\r\n"

    def __init__(self, *a):
        super().__init__(*a)
        self.over = threading.Event()
        self.line_so_far, self.left = b"", 0

    def cut(self):
        self.over.set()
        super().cut()

    def pieces(self, data):
        """Whole lines, and parts of literals."""
        while data:
            if self.left:
                piece, data = data[:self.left], data[self.left:]
                self.left -= len(piece)
                yield True, piece
                continue
            line, end, data = data.partition(b"\n")
            self.line_so_far += line + end
            if end:
                whole, self.line_so_far = self.line_so_far, b""
                if found := re.search(rb"\{(\d+)\}\r\n$", whole):
                    self.left = int(found[1])
                yield False, whole

    def put_off(self, piece, kind):
        self.plan.again(kind)
        self.client.sendall(piece)

    def fault_garbage(self, content, piece, at):
        self.client.sendall(piece[:at] + self.rubbish() + piece[at:])

    def fault_truncate(self, content, piece, at):
        if not content:
            self.put_off(piece, "truncate")
            return
        self.client.sendall(piece[:at] + piece[at + self.plan.rnd.randint(1, 200):])

    def fault_huge(self, content, piece, at):
        if content or not (line := re.sub(rb"\{\d+\}\r\n$", b"{%d}\r\n" % HUGE, piece)) != piece:
            self.put_off(piece, "huge")
            return
        self.client.sendall(line)
        if self.plan.rnd.random() < 0.7:
            self.pump(b"A" * 65536)

    def fault_short(self, content, piece, at):
        line = re.sub(rb"\{(\d+)\}\r\n$", lambda m: b"{%d}\r\n" % max(0, int(m[1]) - 7), piece)
        if content or line == piece:
            self.put_off(piece, "short")
            return
        self.client.sendall(line)

    def fault_no(self, content, piece, at):
        line = re.sub(rb"^(\d+) OK ", rb"\1 NO ", piece)
        if content or line == piece:
            self.put_off(piece, "no")
            return
        self.client.sendall(line)

    def fault_bye(self, content, piece, at):
        if content:
            self.put_off(piece, "bye")
            return
        self.client.sendall(b"* BYE shutting down\r\n")
        raise Broken


class PopFaults(Faults, PopWatch):
    chatter = b"and more\r\n"

    def __init__(self, *a):
        super().__init__(*a)
        self.over = threading.Event()
        self.line_so_far, self.asked, self.inside = b"", ["greeting"], False

    def cut(self):
        self.over.set()
        super().cut()

    def up(self, data):
        before = len(self.commands)
        gives = super().up(data)
        self.asked += self.commands[before:]
        return gives

    def pieces(self, data):
        """Lines: first ones of answers, and content."""
        while data:
            line, end, data = data.partition(b"\n")
            self.line_so_far += line + end
            if not end:
                return
            whole, self.line_so_far = self.line_so_far, b""
            if self.inside:
                self.inside = whole != b".\r\n"
                yield True, whole
                continue
            command = self.asked.pop(0) if self.asked else ""
            self.inside = whole.startswith(b"+OK") and bool(re.match(r"(?i)(RETR|TOP) |(LIST|UIDL|CAPA)$", command))
            yield False, whole

    def fault_garbage(self, content, piece, at):
        if content:
            self.plan.again("garbage")
            self.client.sendall(piece)
            return
        self.client.sendall(self.rubbish() + piece)

    def fault_no(self, content, piece, at):
        if content or not piece.startswith(b"+OK"):
            self.plan.again("no")
            self.client.sendall(piece)
            return
        self.inside = False
        self.client.sendall(b"-ERR not now\r\n")
