"""Makes reports, archives and mails, the good and the strange."""

import gzip
import io
import struct
import zipfile
import zlib
from email.message import EmailMessage

BEGIN = 1795046400  # 2026-11-19T00:00:00Z
DAY = 86400


def record(ip="192.0.2.1", count=1, domain="example.com", dkim="pass", spf="pass"):
    return (f"<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated>"
            f"<disposition>none</disposition><dkim>{dkim}</dkim><spf>{spf}</spf></policy_evaluated></row>"
            f"<identifiers><header_from>{domain}</header_from></identifiers><auth_results>"
            f"<dkim><domain>{domain}</domain><selector>s1</selector><result>{dkim}</result></dkim>"
            f"<spf><domain>{domain}</domain><scope>mfrom</scope><result>{spf}</result></spf>"
            "</auth_results></record>\n")


def head(report_id="r-1", org="reporter.example", domain="example.com", begin=BEGIN, end=BEGIN + DAY - 1):
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<feedback><version>1.0</version><report_metadata>'
            f"<org_name>{org}</org_name><email>dmarc@{org}</email><report_id>{report_id}</report_id>"
            f"<date_range><begin>{begin}</begin><end>{end}</end></date_range></report_metadata>"
            f"<policy_published><domain>{domain}</domain><adkim>r</adkim><aspf>r</aspf><p>none</p>"
            "<sp>none</sp><pct>100</pct></policy_published>\n")


def report(report_id="r-1", records=None, **more):
    return (head(report_id, **more) + "".join(records or [record()]) + "</feedback>\n").encode()


# --- archives ---

def gz(data, name=None):
    out = io.BytesIO()
    with gzip.GzipFile(name or "", "wb", 9, out, mtime=0) as f:
        f.write(data)
    return out.getvalue()


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    """Members are (name, bytes); a name that ends in / is a folder."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 0, 0, 0)), data, method)
    return out.getvalue()


class Unseekable(io.RawIOBase):
    """A file that cannot go back: zip writes sizes after the data."""

    def __init__(self):
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


def zip_with_descriptor(name, data, method=zipfile.ZIP_DEFLATED):
    out = Unseekable()
    with zipfile.ZipFile(out, "w", method) as z:
        z.writestr(name, data, method)
    return out.data


def zip_encrypted(name, data):
    """A zip whose member says it is encrypted."""
    z = bytearray(zipped((name, data)))
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = z.index(sign)
        flags = struct.unpack_from("<H", z, start + at)[0]
        struct.pack_into("<H", z, start + at, flags | 1)
    return bytes(z)


# --- mails ---

def mail(subject="Report domain: example.com", message_id="<m1@reporter.example>"):
    m = EmailMessage()
    m["From"] = "dmarc@reporter.example"
    m["To"] = "rua@example.com"
    m["Subject"] = subject
    m["Date"] = "Fri, 20 Nov 2026 03:10:00 +0000"
    m["Message-ID"] = message_id
    return m


def with_attachment(data, maintype="application", subtype="gzip", filename="r.xml.gz", text="Report attached.",
                    cte="base64", disposition="attachment"):
    m = mail()
    m.set_content(text)
    m.add_attachment(data, maintype=maintype, subtype=subtype, filename=filename, cte=cte, disposition=disposition)
    return m.as_bytes()


def raw_mail(headers, body):
    """A mail written by hand: what email.message would not write."""
    top = ("From: dmarc@reporter.example\r\nTo: rua@example.com\r\nSubject: Report\r\n"
           "Message-ID: <raw@reporter.example>\r\nDate: Fri, 20 Nov 2026 03:10:00 +0000\r\nMIME-Version: 1.0\r\n")
    body = body if isinstance(body, bytes) else body.encode()
    return (top + "\r\n".join(headers) + "\r\n\r\n").encode() + body


def small_mail(n, ip=None):
    """The n-th of many mails: one small report, gzipped."""
    data = report(f"many-{n}", [record(ip or f"198.51.100.{n % 250 + 1}", n % 9 + 1)],
                  org=f"reporter{n % 20}.example", begin=BEGIN - DAY * (n % 30), end=BEGIN - DAY * (n % 30) + DAY - 1)
    import base64
    packed = base64.encodebytes(zlib_gz(data)).replace(b"\n", b"\r\n")
    return raw_mail(['Content-Type: application/gzip; name="r.xml.gz"', "Content-Transfer-Encoding: base64"], packed)


def zlib_gz(data):
    c = zlib.compressobj(6, zlib.DEFLATED, 31)
    return c.compress(data) + c.flush()


def big_report(file, records, report_id="big"):
    """A gzipped report with many records, written in pieces."""
    with gzip.GzipFile("", "wb", 1, file, mtime=0) as f:
        f.write(head(report_id).encode())
        for begin in range(0, records, 5000):
            f.write("".join(record(f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}", 1 + n % 3, dkim="pass" if n % 7 else "fail")
                            for n in range(begin, min(records, begin + 5000))).encode())
        f.write(b"</feedback>\n")
