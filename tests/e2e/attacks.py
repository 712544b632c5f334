"""What somebody who means harm could mail: each an input, made here, and what must become of it.

Nothing is larger on disk than some MiB; what it would become is.
"""

import base64
import dataclasses
import io
import struct
import zipfile
import zlib

from reports import BEGIN, DAY, gz, head, raw_mail, record, report, zipped

MIB = 1 << 20
STORED, IGNORED, REJECTED = "stored", "ignored", "rejected"


@dataclasses.dataclass
class Attack:
    name: str
    make: object  # gives the bytes
    outcome: str
    reasons: tuple = (None,)  # one of them
    notes: tuple = ()  # codes that a stored report must have

    @property
    def file(self):
        return self.name.replace(" ", "-").replace("/", "_")


# --- archives ---

def zeros(mib, level=9):
    """A gzip file of blanks, made piece by piece."""
    c = zlib.compressobj(level, zlib.DEFLATED, 31)
    out = c.compress(b'<?xml version="1.0"?><feedback>')
    for _ in range(mib):
        out += c.compress(b" " * MIB)
    return out + c.flush()


def zip_bomb(mib, names=("a.xml",)):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for name in names:
            info = zipfile.ZipInfo(name, (2026, 11, 20, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            with z.open(info, "w") as f:
                f.write(b"<feedback>")
                for _ in range(mib):
                    f.write(b" " * MIB)
    return out.getvalue()


def directory(entries, before):
    """A zip file of these directory entries behind some bytes."""
    whole = b"".join(entries)
    return before + whole + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(entries) & 0xFFFF, len(entries) & 0xFFFF, len(whole), len(before), 0)


def entry_of(data):
    start, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    return data[:start], data[start:end]


def renamed(entry, name):
    """The same entry under another name."""
    return entry[:28] + struct.pack("<H", len(name)) + entry[30:46] + name + entry[46 + struct.unpack("<H", entry[28:30])[0]:]


def overlapping(members, mib):
    """Members that are all the same bytes: the file grows by 50 bytes for each."""
    before, entry = entry_of(zip_small(b"<feedback>" + b" " * (mib * MIB)))
    return directory([renamed(entry, b"%d.xml" % n) for n in range(members)], before)


def zip_small(data, name="a.xml"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        z.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def quoted(members, mib):
    """Members that lie inside each other: each begins with a stored block that holds the header of the next, so that all end
    in the same compressed bytes (the better kind of overlapping zip)."""
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    kernel = c.compress(b" " * (mib * MIB)) + c.flush()
    body, text_n, crc = kernel, mib * MIB, zlib.crc32(b" " * (mib * MIB))
    blocks, entries = b"", []
    for n in range(members):
        name = b"%04d.xml" % n
        packed = len(blocks) + len(body)
        header = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0x5D74, crc, packed, text_n, len(name), 0) + name
        entries.append((name, crc, packed, text_n, len(header)))
        # The next one outside quotes this header: a stored block that does not end the stream.
        crc = crc_combine(zlib.crc32(header), crc, text_n)
        text_n += len(header)
        blocks = b"\0" + struct.pack("<HH", len(header), len(header) ^ 0xFFFF) + header + blocks
    # The outermost header stands alone, the others are in blocks.
    data = blocks[5:] + body
    at, central = 0, []
    for name, sum_, packed, size, header_n in reversed(entries):
        central.append(struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0x5D74, sum_, packed, size, len(name), 0, 0, 0, 0, 0, at) + name)
        at += header_n + 5
    return directory(central, data)


def crc_combine(first, second, n):
    """Of two texts put together, the second n bytes long (zlib's crc32_combine)."""
    def times(matrix, vector):
        total, row = 0, 0
        while vector:
            if vector & 1:
                total ^= matrix[row]
            vector >>= 1
            row += 1
        return total

    def square(matrix):
        return [times(matrix, row) for row in matrix]

    odd = [0xEDB88320] + [1 << i for i in range(31)]
    matrix = square(square(square(odd)))  # a byte of zeros
    while n:
        if n & 1:
            first = times(matrix, first)
        n >>= 1
        matrix = square(matrix)
    return first ^ second


def forty_two(depth=3, width=16):
    """Zips in zips in zips, as the one that is named so."""
    data = zip_small(b"<feedback>" + b" " * MIB)
    for level in range(depth):
        data = zipped(*[(f"{level}-{n}.zip", data) for n in range(width)])
    return data


def many_members(count):
    return zipped(*[(f"{n}.xml", b"") for n in range(count)], method=zipfile.ZIP_STORED)


def directory_alone(count):
    """Entries without anything behind them."""
    before, entry = entry_of(zip_small(b"x"))
    return directory([entry] * count, before)


def lying(stated, text=report("lying")):
    """A member that says that it has another size than it has."""
    whole = zip_small(text)
    return whole.replace(struct.pack("<I", len(text)), struct.pack("<I", stated))


def gzip_members(count):
    return gz(b"") * count


def empty_blocks(count):
    """A gzip file of deflate blocks that hold nothing."""
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"\0\0\0\xff\xff" * count + b"\x03\0" + bytes(8)


def long_gzip_name(n):
    return b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + b"a" * n + b"\0" + zlib.compress(report("named"))[2:-4] + struct.pack(
        "<II", zlib.crc32(report("named")), len(report("named")))


ARCHIVES = [
    Attack("gzip bomb", lambda: zeros(30), REJECTED, ("archive-too-large",)),
    Attack("gzip bomb in gzip", lambda: gz(zeros(30)), REJECTED, ("archive-too-large",)),
    Attack("gzip bomb in zip", lambda: zipped(("a.xml.gz", zeros(30))), REJECTED, ("archive-too-large",)),
    Attack("gzip of many members", lambda: gzip_members(50_000), REJECTED, ("archive-too-many-members",)),
    Attack("gzip of empty blocks", lambda: empty_blocks(500_000), REJECTED, ("archive-corrupt", "empty")),
    Attack("gzip in gzip in gzip", lambda: gz(gz(gz(report("deep-gz")))), REJECTED, ("archive-nested",)),
    Attack("gzip with a long name", lambda: long_gzip_name(4 * MIB), STORED),
    Attack("zip bomb", lambda: zip_bomb(30), REJECTED, ("archive-too-large",)),
    Attack("zip of many bombs", lambda: zip_bomb(4, [f"{n}.xml" for n in range(30)]), REJECTED, ("archive-too-large", "xml-malformed")),
    Attack("zip bomb that calls itself a text", lambda: zip_bomb(10, [f"{n}.txt" for n in range(10)]), REJECTED,
           ("archive-too-large", "xml-malformed")),
    Attack("zip of overlapping members", lambda: overlapping(90, 4), REJECTED, ("archive-too-large", "archive-corrupt")),
    Attack("zip of members inside each other", lambda: quoted(60, 4), REJECTED, ("archive-too-large", "archive-corrupt")),
    Attack("zip of 42", lambda: forty_two(), REJECTED, ("archive-nested", "archive-too-many-members")),
    Attack("zip of many members", lambda: many_members(20_000), REJECTED, ("archive-too-many-members",)),
    Attack("zip of a directory alone", lambda: directory_alone(60_000), REJECTED, ("archive-too-many-members", "archive-corrupt")),
    Attack("zip that says less", lambda: lying(9), REJECTED, ("archive-corrupt",)),
    Attack("zip that says more", lambda: lying(0x7FFFFFFF), REJECTED, ("archive-corrupt", "archive-truncated")),
    Attack("zip that says 4 GiB", lambda: lying(0xFFFFFFFF), REJECTED, ("archive-corrupt", "archive-truncated")),
    Attack("zip of names that lead away", lambda: zipped(*[(name, report(f"away-{n}")) for n, name in enumerate(
        ("../../../../tmp/ruad-attack.xml", "/tmp/ruad-attack.xml", "C:\\ruad-attack.xml", "a\x1b[2J\n\u202e.xml", "..", "CON.xml"))]), STORED),
    Attack("zip of a very long name", lambda: zipped(("a" * 65_000 + ".xml", report("long-name"))), STORED),
    Attack("zip without a name", lambda: zipped(("", report("no-name"))), STORED),
    Attack("zip that encrypts", lambda: zip_small(report("enc")).replace(b"PK\3\4\x14\0\0\0", b"PK\3\4\x14\0\1\0").replace(
        b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0"), REJECTED, ("archive-encrypted",)),
]

# --- XML ---

HEAD = '<?xml version="1.0"?>\n<feedback>'


def entities(levels=40):
    """A billion laughs, and then some."""
    lines = ['<!ENTITY e0 "ha">'] + [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels)]
    return f'<?xml version="1.0"?><!DOCTYPE feedback [{"".join(lines)}]><feedback>&e{levels - 1};</feedback>'.encode()


def within(text, tag="org_name"):
    """A report with something else in one of its elements."""
    whole = report("within").decode()
    start, end = whole.index(f"<{tag}>") + len(tag) + 2, whole.index(f"</{tag}>")
    return (whole[:start] + text + whole[end:]).encode()


def records_like(one, count, **more):
    return (head(**more) + one * count + "</feedback>\n").encode()


def dkim_entries(count):
    entry = "<dkim><domain>example.com</domain><selector>s</selector><result>pass</result></dkim>"
    return report("dkim", [record().replace("<auth_results>", "<auth_results>" + entry * count)])


def distinct_domains(count):
    """Every record speaks of domains that were never seen before."""
    def records():
        for n in range(count):
            yield record(f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}", domain=f"d{n}.example.com", dkim="fail", spf="fail").replace(
                "<selector>s1", f"<selector>s{n}")
    c = zlib.compressobj(1, zlib.DEFLATED, 31)
    out = c.compress(head("distinct").encode())
    for piece in records():
        out += c.compress(piece.encode())
    return out + c.compress(b"</feedback>") + c.flush()


def namespaces(count):
    return (HEAD.replace("<feedback", "<feedback " + " ".join(f'xmlns:n{n}="u{n}"' for n in range(count))) + "</feedback>").encode()


TOO_LARGE = ("xml-too-large", "xml-malformed")
XML = [
    Attack("xml of entities", entities, REJECTED, ("xml-doctype",)),
    Attack("xml of a file entity", lambda: b'<?xml version="1.0"?><!DOCTYPE feedback [<!ENTITY x SYSTEM "file:///etc/passwd">]><feedback>&x;</feedback>',
           REJECTED, ("xml-doctype",)),
    Attack("xml of a parameter entity", lambda: b'<!DOCTYPE feedback [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd">%x;]><feedback/>', REJECTED, ("xml-doctype",)),
    Attack("xml doctype behind blanks", lambda: b"<?xml version='1.0'?>" + b"\n" * 200_000 + b"<!DOCTYPE feedback SYSTEM 'x'><feedback/>", REJECTED,
           ("xml-doctype", "xml-too-large")),
    Attack("xml that never closes a doctype", lambda: b"<!DOCTYPE feedback [" + b"<!ENTITY a 'b'>" * 300_000, REJECTED, ("xml-doctype",)),
    Attack("xml of an entity nobody declared", lambda: within("&unknown;"), REJECTED, ("xml-malformed",)),
    Attack("xml of depth", lambda: b"<feedback>" + b"<a>" * 500_000, REJECTED, ("xml-too-deep",)),
    Attack("xml of attributes", lambda: (HEAD + "<a " + " ".join(f'a{n}="{n}"' for n in range(200_000)) + "/></feedback>").encode(), REJECTED, TOO_LARGE),
    Attack("xml of some attributes", lambda: (HEAD + "<a " + " ".join(f'a{n}="{n}"' for n in range(200)) + "/></feedback>").encode(), REJECTED, TOO_LARGE),
    Attack("xml of a long name", lambda: b"<feedback><" + b"a" * (8 * MIB) + b"/></feedback>", REJECTED, TOO_LARGE),
    Attack("xml of a long value", lambda: b'<feedback a="' + b"a" * (8 * MIB) + b'"/>', REJECTED, TOO_LARGE),
    Attack("xml of a long comment", lambda: b"<feedback><!--" + b"a" * (8 * MIB) + b"--></feedback>", REJECTED, TOO_LARGE),
    Attack("xml of a long instruction", lambda: b"<feedback><?a " + b"a" * (8 * MIB) + b"?></feedback>", REJECTED, TOO_LARGE),
    Attack("xml of a long text", lambda: within("a" * (8 * MIB)), REJECTED, TOO_LARGE),
    Attack("xml of long character data", lambda: within("<![CDATA[" + "a" * (8 * MIB) + "]]>"), REJECTED, TOO_LARGE),
    Attack("xml of many character references", lambda: within("&#65;" * MIB), REJECTED, TOO_LARGE),
    Attack("xml of many small texts", lambda: within("<![CDATA[a]]>" * 500_000), REJECTED, TOO_LARGE),
    Attack("xml of many comments", lambda: report("comments").replace(b"</feedback>", b"<!--a-->" * 500_000 + b"</feedback>"), STORED),
    Attack("xml of namespaces", lambda: namespaces(100_000), REJECTED, TOO_LARGE),
    Attack("xml of unknown elements", lambda: report("unknown").replace(b"</feedback>", b"".join(b"<u%d/>" % n for n in range(100_000)) + b"</feedback>"), REJECTED, TOO_LARGE),
    Attack("xml of some unknown elements", lambda: report("some-unknown").replace(b"</feedback>", b"".join(b"<u%d/>" % n for n in range(3_000)) + b"</feedback>"),
           STORED, notes=("element-unknown",)),
    Attack("xml of empty records", lambda: records_like("<record/>", 300_000, report_id="empties"), STORED, notes=("placeholder-record",)),
    Attack("xml of records that say nothing", lambda: records_like("<record><row><count>1</count></row></record>", 100_000, report_id="nothing"), STORED,
           notes=("record-incomplete",)),
    Attack("xml of records before the policy", lambda: (HEAD + record() * 20_000 + head("early").split("<feedback>")[1] + "</feedback>").encode(), REJECTED,
           ("element-missing", "too-many-records", "xml-too-large")),
    Attack("xml of dkim entries", lambda: dkim_entries(100_000), STORED, notes=("entries-dropped",)),
    Attack("xml of distinct domains", lambda: distinct_domains(6_000), STORED),
    Attack("xml of a long report id", lambda: report("i" * 60_000), STORED, notes=("text-cut",)),
    Attack("xml of a longer report id", lambda: report("j" * 100_000), REJECTED, TOO_LARGE),
    Attack("xml of an unknown encoding", lambda: within("A\\xff").replace(b"\\xff", b"\xff").replace(b"UTF-8", b"x-evil"), REJECTED, ("xml-encoding",)),
    Attack("xml in UTF-7", lambda: b'<?xml version="1.0" encoding="UTF-7"?>+ADw-feedback+AD4-+ADw-/feedback+AD4-', REJECTED,
           ("xml-encoding", "xml-malformed", "element-missing", "not-a-report")),
    Attack("xml in UTF-16 that is cut", lambda: report("utf16").decode().replace("UTF-8", "UTF-16").encode("utf-16")[:-3], REJECTED, ("xml-malformed",)),
    Attack("xml that is no UTF-8", lambda: within("A\\xff").replace(b"\\xff", b"\xff\xfe\xc0\x80\xed\xa0\x80"), STORED, notes=("xml-encoding-guessed",)),
    Attack("xml with a NUL", lambda: within("a\0b"), REJECTED, ("xml-malformed",)),
    Attack("xml with an escape", lambda: within("a\x1b[31mb"), REJECTED, ("xml-malformed",)),
]

# --- numbers and days ---


def counted(*counts):
    return report(f"count-{counts[0]}", [record(f"192.0.2.{n + 1}", count) for n, count in enumerate(counts)])


def period(begin, end, name):
    return report(f"period-{name}", begin=begin, end=end)


NUMBERS = [
    Attack("count of 2^63", lambda: counted(1 << 63), STORED, notes=("value-invalid",)),
    Attack("count of 2^64", lambda: counted(1 << 64), STORED, notes=("value-invalid",)),
    Attack("count of a googol", lambda: counted(10 ** 100), STORED, notes=("value-invalid",)),
    Attack("count below nothing", lambda: counted(-1), STORED, notes=("value-invalid",)),
    Attack("counts that sum to more than 2^63", lambda: counted((1 << 62) + 1, (1 << 62) + 2, (1 << 62) + 3), STORED, notes=("value-invalid",)),
    Attack("period in the year 9999", lambda: period(253402214400, 253402300799, "9999"), REJECTED, ("date-range",)),
    Attack("period of 2^63", lambda: period((1 << 63) - 2, (1 << 63) - 1, "2-63"), REJECTED, ("date-range", "value-invalid")),
    Attack("period of a googol", lambda: period(10 ** 100, 10 ** 100 + 1, "googol"), REJECTED, ("date-range", "value-invalid")),
    Attack("period before 1970", lambda: period(-DAY, -1, "minus"), REJECTED, ("date-range", "value-invalid")),
    Attack("period of a century", lambda: period(BEGIN - 36500 * DAY, BEGIN, "century"), REJECTED, ("date-range", "value-invalid")),
    Attack("period of ten years", lambda: period(BEGIN - 3650 * DAY, BEGIN, "decade"), STORED, notes=("period-long",)),
]

# --- mails ---


def nested(depth):
    mail = b"Content-Type: text/plain\r\n\r\nx"
    opening = [b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(depth)]
    return b"From: a@example.net\r\nSubject: x\r\n" + b"".join(opening) + mail


def letters(depth):
    """Each encoded into the next."""
    mail = b"Subject: x\r\nContent-Type: text/plain\r\n\r\nx"
    for _ in range(depth):
        mail = b"Subject: x\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(mail)
    return mail


def parts(count, part=b"--b\r\n\r\nx\r\n", boundary="b"):
    return raw_mail([f'Content-Type: multipart/mixed; boundary="{boundary}"'], part * count)


def field(name, value):
    return raw_mail([f"{name}: {value}"], "x")


def encoded(kind, data, encoding):
    return raw_mail([f"Content-Type: {kind}", f"Content-Transfer-Encoding: {encoding}"], data)


NONE = ("no-report-in-mail",)
MAILS = [
    Attack("mail of depth", lambda: nested(20_000), REJECTED, ("mime-too-deep",)),
    Attack("mail in mail in mail", lambda: letters(34), REJECTED, ("mime-too-deep",)),
    Attack("mail of parts", lambda: parts(200_000), REJECTED, ("mime-too-many-parts",)),
    Attack("mail of a long header", lambda: field("X-A", "a" * (8 * MIB)), REJECTED, ("mime-malformed",)),
    Attack("mail of many headers", lambda: raw_mail([f"X-{n}: a" for n in range(300_000)], "x"), REJECTED, ("mime-malformed",)),
    Attack("mail of a folded header", lambda: field("Subject", "a" + "\r\n b" * 60_000), IGNORED, NONE),
    Attack("mail of a long boundary", lambda: parts(3, boundary="b" * 100_000), IGNORED, NONE),
    Attack("mail of lines like boundaries", lambda: raw_mail(['Content-Type: multipart/mixed; boundary="' + "-" * 60 + '"'], b"-" * 61 + b"\r\n" + b"-" * (8 * MIB) + b"\r\n" +
                                                             (b"-" * 70 + b"\r\n") * 60_000), IGNORED, NONE),
    Attack("mail of one boundary in another", lambda: raw_mail(['Content-Type: multipart/mixed; boundary="a"'], b'--a\r\nContent-Type: multipart/mixed; boundary="a"\r\n\r\n' * 31 + b"--a--\r\n" * 100_000),
           IGNORED, NONE),
    Attack("mail of encoded words", lambda: field("Subject", "=?utf-8?q?=41?= " * 15_000), IGNORED, NONE),
    Attack("mail of words that do not end", lambda: field("Subject", "=?utf-8?b?" * 20_000), IGNORED, NONE),
    Attack("mail of a name in pieces", lambda: raw_mail(["Content-Type: text/xml" + "".join(f"; name*{n}=a" for n in range(15_000))], report("pieces")), STORED),
    Attack("mail of backslashes", lambda: raw_mail(['Content-Type: text/xml; name="' + "\\" * 200_000 + '"'], report("slashes")), STORED),
    Attack("mail of base64 that is none", lambda: encoded("application/gzip", b"=" * (8 * MIB), "base64"), REJECTED, ("empty", "archive-corrupt")),
    Attack("mail of quoted blanks", lambda: encoded("text/xml", b" " * (8 * MIB) + b"=", "quoted-printable"), REJECTED, ("empty", "not-a-report")),
    Attack("mail of short lines of uuencode", lambda: encoded("text/xml", b"begin 644 a\r\n" + b"M\r\n" * 1_000_000, "x-uuencode"), REJECTED, ("not-a-report", "xml-malformed", "empty")),
    Attack("mail of lone returns", lambda: raw_mail(["Content-Type: text/plain"], b"\r" * (8 * MIB)), IGNORED, NONE),
    Attack("mail of NULs", lambda: raw_mail(["Content-Type: text/xml"], bytes(8 * MIB)), REJECTED, ("not-a-report", "empty")),
    Attack("mail of many reports", lambda: parts(150, b"--b\r\nContent-Type: text/xml\r\n\r\n" + gz(b"") + b"\r\n"), REJECTED, ("empty", "archive-corrupt")),
    Attack("mail of one bomb twice", lambda: parts(2, b"--b\r\nContent-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                                                   base64.encodebytes(zeros(30)) + b"\r\n"), REJECTED, ("archive-too-large",)),
    Attack("mail that only quotes a report", lambda: raw_mail(["Content-Type: text/plain"], b"> " + report("quoted")), IGNORED, NONE),
]

ATTACKS = ARCHIVES + XML + NUMBERS + MAILS
