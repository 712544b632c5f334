"""What can sit between a mail program and its server: it listens, it meddles, it breaks things."""

import base64
import contextlib
import re
import socket
import struct
import threading


class Proxy:
    """Carries bytes between clients and a server, one Line for each connection; each byte of both sides is kept."""

    def __init__(self, port, line=None, address="127.0.0.1"):
        self.target = (address, port)
        self.line = line or Line
        self.lines = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            try:
                server = socket.create_connection(self.target)
            except OSError:  # as if nobody listened
                reset(client)
                continue
            line = self.line(self, client, server)
            with self.lock:
                self.lines.append(line)
            for work in (line.carry_up, line.carry_down):
                thread = threading.Thread(target=work, daemon=True)
                thread.start()
                self.threads.append(thread)

    @property
    def sent(self):
        """By all clients."""
        return b"".join(line.sent for line in list(self.lines))

    @property
    def received(self):
        return b"".join(line.received for line in list(self.lines))

    @property
    def problems(self):
        return [p for line in list(self.lines) for p in line.problems]

    def cut(self):
        for line in list(self.lines):
            line.cut()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()
        for thread in self.threads:
            thread.join(10)

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.close()


def reset(s):
    with contextlib.suppress(OSError):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


class Line:
    """One connection.  up and down see what the client and the server say, and give what goes on; None cuts."""

    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self.sent = self.received = b""
        self.problems = []

    def up(self, data):
        return data

    def down(self, data):
        return data

    def carry_up(self):
        self.carry(self.client, self.server, "sent", self.up)

    def carry_down(self):
        self.carry(self.server, self.client, "received", self.down)

    def carry(self, source, sink, kept, pass_on):
        try:
            while data := source.recv(65536):
                setattr(self, kept, getattr(self, kept) + data)
                data = pass_on(data)
                if data is None:
                    break
                sink.sendall(data)
        except OSError:
            pass
        except Exception as e:  # of the test itself
            self.problems.append(repr(e))
            raise
        finally:
            self.cut()

    def cut(self):
        for s in (self.client, self.server):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)


def forms(secret):
    """How a secret looks on the wire: as it is, and in base64 at each offset."""
    raw = secret.encode()
    yield raw
    yield raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    for skip in range(3):
        yield base64.b64encode(raw[skip:])[:-4]


# --- Who tears TLS down ---

class Strip(Line):
    """Takes the offer of STARTTLS out."""

    def down(self, data):
        return re.sub(rb" ?STARTTLS", b"", data).replace(b"STLS\r\n", b"")


class Inject(Line):
    """Adds to what the server says before TLS begins."""

    def down(self, data):
        if b"Begin TLS" in data:
            data += b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" if b" OK " in data else b"+OK evil\r\n"
        return data


class Refuse(Line):
    """Says no to STARTTLS, as if the server were broken."""

    def down(self, data):
        data = re.sub(rb"(?m)^(\w+) OK Begin TLS", rb"\1 NO not today", data)
        return re.sub(rb"(?m)^\+OK Begin TLS", b"-ERR not today", data)


class Preauth(Line):
    """Says that the client is logged in already, and needs neither TLS nor password."""

    def down(self, data):
        return re.sub(rb"^\* OK ", b"* PREAUTH ", data)


class Pretend(Line):
    """Answers STARTTLS itself, and goes on in clear."""

    def up(self, data):
        if found := re.match(rb"(\w+) STARTTLS\r\n", data):
            self.client.sendall(found[1] + b" OK Begin TLS\r\n")
            return b""
        if data == b"STLS\r\n":
            self.client.sendall(b"+OK Begin TLS\r\n")
            return b""
        return data


# --- Who reads along ---

REMOVES = re.compile(rb"(?i)^(\w+) UID (MOVE|STORE|COPY|EXPUNGE) ([\d:,]+)")


def uid_set(text):
    """The numbers of "1:3,7"."""
    for part in text.split(","):
        first, _, last = part.partition(":")
        yield from range(int(first), int(last or first) + 1)


class ImapWatch(Line):
    """Notes the commands; changes is told of each that changes mails before it goes on."""

    def __init__(self, *a):
        super().__init__(*a)
        self.commands = []
        self.rest = b""

    def up(self, data):
        *whole, self.rest = (self.rest + data).split(b"\r\n")
        for text in whole:
            self.commands.append(text.decode(errors="replace"))
            if found := REMOVES.match(text):
                self.changes(found[2].decode().upper(), set(uid_set(found[3].decode())))
        return data

    def changes(self, verb, uids):
        pass


class PopWatch(Line):
    """Notes the commands; changes is told of each deletion before it goes on, with the mail's UIDL."""

    def __init__(self, *a):
        super().__init__(*a)
        self.commands = []
        self.rest = b""

    def names(self):
        """UIDLs by number, as the server told them."""
        text = self.received.decode(errors="replace")
        return {int(n): name for n, name in re.findall(r"(?m)^(\d+) (\S{9,})\r$", text)}

    def up(self, data):
        *whole, self.rest = (self.rest + data).split(b"\r\n")
        for text in whole:
            self.commands.append(text.decode(errors="replace"))
            if found := re.match(rb"(?i)DELE (\d+)$", text):
                self.changes("DELE", {self.names().get(int(found[1]))})
        return data

    def changes(self, verb, names):
        pass


def commands(proxy):
    return [command for line in list(proxy.lines) for command in line.commands]
