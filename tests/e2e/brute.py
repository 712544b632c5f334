"""Reports by chance, and every number about them by brute force: from what `ruad parse` prints, record by record."""

import collections
import datetime
import ipaddress
import random
from xml.sax.saxutils import escape

DAY = 86400
FIRST, LAST = datetime.date(2026, 10, 12), datetime.date(2026, 11, 20)
EPOCH = datetime.date(1970, 1, 1)

# What the rules call a sender; the first network that has an address gives it away.
OWN_NETWORKS = [("web-shop", ipaddress.ip_network("192.0.2.66/32")), ("web-shop", ipaddress.ip_network("2001:db8:5::/48")),
                ("old-hub", ipaddress.ip_network("192.0.2.64/28"))]
OWN_DOMAINS = {("dkim", "esp.example"): "web-shop", ("spf", "bulk.example"): "old-hub"}
CONFIG = """sender "Web shop" { match = {"ip:192.0.2.66", "ip:2001:db8:5::/48", "dkim:esp.example"}
mark = ours }
sender "Old hub" { match = {"ip:192.0.2.64/28", "spf:bulk.example"}
mark = not_ours }
"""

PUBLIC = {"com", "org", "net", "edu", "info", "example", "uk", "co.uk", "github.io", "io"}


def number(date):
    return (date - EPOCH).days


def text(day):
    return (EPOCH + datetime.timedelta(days=day)).isoformat()


# --- Reports by chance ---

POLICIES = [("example.com", "r", "r"), ("example.org", "s", "s"), ("news.example.net", "r", "s"), ("shop.example.co.uk", "", ""),
            ("user.github.io", "s", "r"), ("Big.Example", "r", "r")]
REPORTERS = ["google.com", "Google.com", "Outlook.com", "Yahoo", "Example, Inc.", "<b>mail</b> & co", "!bang", "back\\slash"]
OTHERS = ["esp.example", "mg.esp.example", "bulk.example", "crm.example.net", "lists.example.info", "forward.example.edu",
          "news.co.uk", "other.github.io", "UPPER.example"]
RESULTS = ["pass", "pass", "pass", "fail", "none", "neutral", "softfail", "temperror", "permerror", "policy", "unknown", "Pass", "x-odd"]
DISPOSITIONS = ["none", "none", "none", "quarantine", "reject", "pass", "Reject", "deliver", None]
REASONS = [("mailing_list", None), ("forwarded", "to you"), ("local_policy", "arc=pass as[1].d=x.example"), ("local_policy", "nothing"),
           ("trusted_forwarder", None), ("other", "=1+1"), ("policy_test_mode", None), ("sampled_out", "a,b")]


def tag(name, value):
    return "" if value is None else f"<{name}>{escape(value)}</{name}>"


class Chance:
    """The files of a world, made of a seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def address(self):
        pick = self.random.choice
        return pick([f"192.0.2.{self.random.randrange(60, 84)}", f"198.51.100.{self.random.randrange(20)}",
                     f"203.0.113.{self.random.randrange(12)}", f"2001:db8:{self.random.randrange(4, 7)}::{self.random.randrange(9):x}",
                     f"2001:db8:9:1::{self.random.randrange(1, 5)}", "2001:DB8:0:0::1"])

    def below(self, domain):
        return self.random.choice([domain, domain, domain, f"mail.{domain}", f"a.b.{domain}", domain.upper()])

    def entry(self, domain, result, dkim):
        more = tag("selector", self.random.choice(["s1", "s2", "S1", "k1", None])) if dkim else \
            tag("scope", self.random.choice(["mfrom", "mfrom", None, "helo"]))
        kind = "dkim" if dkim else "spf"
        return f"<{kind}>{tag('domain', domain)}{more}{tag('result', result)}</{kind}>"

    def auth(self, domain):
        pick = self.random.choice
        kind = self.random.randrange(10)
        if kind == 0:
            return "", (None, None)  # nothing is told
        dkim = [self.entry(pick([self.below(domain), self.below(domain), pick(OTHERS)]), pick(RESULTS), True)
                for _ in range(pick([0, 1, 1, 1, 2]))]
        spf = [self.entry(pick([self.below(domain), pick(OTHERS), pick(OTHERS), ""]), pick(RESULTS), False)
               for _ in range(pick([0, 1, 1, 1, 1, 2]))]
        return "".join(dkim + spf), (pick(["pass", "fail"]), pick(["pass", "fail", "fail"]))

    def record(self, domain):
        pick = self.random.choice
        auth, (dkim, spf) = self.auth(domain)
        if self.random.random() < 0.1:
            dkim, spf = pick([None, "pass", "Pass"]), pick([None, "fail", "softfail"])
        reasons = "".join(f"<reason>{tag('type', t)}{tag('comment', c)}</reason>"
                          for t, c in self.random.sample(REASONS, pick([0, 0, 0, 1, 2])))
        author = pick([self.below(domain)] * 12 + ["other.example", f"{domain}, other.example", ""])
        return (f"<record><row>{tag('source_ip', self.address())}{tag('count', str(pick([1, 1, 2, 3, 7, 20, 111, 5000, 0])))}"
                f"<policy_evaluated>{tag('disposition', pick(DISPOSITIONS))}{tag('dkim', dkim)}{tag('spf', spf)}{reasons}"
                f"</policy_evaluated></row><identifiers>{tag('envelope_from', pick([None, '', 'b.' + domain]))}"
                f"{tag('header_from', author)}</identifiers><auth_results>{auth}</auth_results></record>\n")

    def period(self):
        begin = number(FIRST) + self.random.randrange(number(LAST) - number(FIRST))
        days, shift = self.random.choice([(1, 0)] * 8 + [(1, -7200), (1, 10), (3, 0), (2, 3600), (9, 40000)])
        begin = begin * DAY + shift
        return begin, begin + days * DAY - self.random.choice([1, 1, 0])

    def report(self, n):
        domain, adkim, aspf = self.random.choice(POLICIES + POLICIES[:1] * 4)
        begin, end = self.period()
        policy = self.random.choice(["none", "none", "quarantine", "reject", "Reject", None, "odd"])
        records = [self.record(domain.lower()) for _ in range(self.random.choice([0, 1, 2, 3, 5, 8]))]
        if records and self.random.random() < 0.3:
            records.append(records[0])
        return ('<?xml version="1.0"?>\n<feedback><version>1.0</version><report_metadata>'
                f"{tag('org_name', self.random.choice(REPORTERS))}<email>r@r.example</email>{tag('report_id', f'Id-{n:03} <x>,1')}"
                f"<date_range><begin>{begin}</begin><end>{end}</end></date_range></report_metadata><policy_published>"
                f"{tag('domain', domain)}{tag('adkim', adkim or None)}{tag('aspf', aspf or None)}{tag('p', policy)}</policy_published>\n"
                f"{''.join(records)}</feedback>\n")

    def write(self, folder, reports):
        folder.mkdir()
        for n in range(reports):
            (folder / f"{n:03}.xml").write_text(self.report(n))


# --- The verdict, as the design says ---

def org_of(name):
    labels = name.split(".")
    for n in range(len(labels)):
        if ".".join(labels[n:]) in PUBLIC:
            return ".".join(labels[n - 1:]) if n else None
    return None


def below(name, parent):
    return name.endswith("." + parent)


class Verdict:
    """What a record means, computed from its identifiers and results alone."""

    def __init__(self, policy, record):
        names = (record["identifiers"]["header_from"] or "").replace(",", " ").split()
        self.author = names[0].lower().rstrip(".") if len(names) == 1 else None
        self.policy = policy
        published = policy["domain"]
        self.from_policy = bool(self.author and below(self.author, published) and org_of(published))
        self.org = self.author and (published if self.from_policy else org_of(self.author))
        dkim, spf = record["auth_results"]["dkim"], record["auth_results"]["spf"]
        counted = [e for e in spf if e["scope"] in ("mfrom", None) or
                   (e["scope"] == "helo" and len(spf) == 1 and not record["identifiers"]["envelope_from"])]
        self.passing = [[e for e in entries if e["result"] == "pass" and e["domain"]] for entries in (dkim, spf)]
        self.dkim = any(self.aligns(e["domain"], "adkim") for e in self.passing[0])
        self.spf = any(self.aligns(e["domain"], "aspf") for e in counted if e in self.passing[1])
        said = record["policy_evaluated"]
        self.said_dkim, self.said_spf = said["dkim"] == "pass", said["spf"] == "pass"
        self.said = self.said_dkim or self.said_spf
        unseen = (self.said_dkim and not any(map(self.evaluated, dkim))) or (self.said_spf and not any(map(self.evaluated, spf)))
        self.reported = self.author is None and len(names) != 1 or (not (self.dkim or self.spf) and unseen)
        self.result = self.said if self.reported else self.dkim or self.spf
        self.sender, self.named_by = self.name(dkim, spf)

    @staticmethod
    def evaluated(entry):
        return entry["domain"] and entry["result"] not in (None, "", "none", "unknown", "temperror")

    def aligns(self, domain, mode):
        if not self.author or not self.org or not domain:
            return False
        domain = domain.lower().rstrip(".")
        if domain == self.author or self.policy[mode] == "s":
            return domain == self.author
        if domain == self.org:
            return True
        return below(domain, self.org) and bool(org_of(domain) if self.from_policy else org_of(domain) == self.org)

    def name(self, dkim, spf):
        for entries, kind, mode in ((dkim, "dkim", "adkim"), (spf, "spf", "aspf")):
            for e in entries:
                if e["result"] == "pass" and e["domain"] and not self.aligns(e["domain"], mode) and \
                        (kind == "dkim" or e["scope"] in ("mfrom", None)) and org_of(e["domain"].lower()):
                    return org_of(e["domain"].lower()), kind
        return None, "address"


# --- Records ---

def shares(begin, end, messages):
    """Messages by day, and the day of the middle."""
    end = max(begin, end)
    end += end % DAY == DAY - 1
    middle = (begin + (end - begin) // 2) // DAY
    first, last = begin // DAY, (end - 1) // DAY
    if end - begin <= 27 * 3600:
        return {middle: messages}, middle
    parts = {d: messages * (min(end, (d + 1) * DAY) - max(begin, d * DAY)) for d in range(first, last + 1)}
    out = {d: p // (end - begin) for d, p in parts.items()}
    rest = sorted(parts, key=lambda d: (-(parts[d] % (end - begin)), d))
    for d in rest[:messages - sum(out.values())]:
        out[d] += 1
    return {d: n for d, n in out.items() if n or d == middle}, middle


class Report:
    def __init__(self, document):
        meta, self.policy = document["report_metadata"], document["policy_published"]
        self.id, self.reporter, self.domain = meta["report_id"], meta["org_name"], self.policy["domain"]
        self.key = self.reporter.lower()
        self.begin, self.end = meta["begin"], meta["end"]
        self.days, self.middle = shares(self.begin, self.end, 10 ** 9)
        self.spread = len(self.days) > 1
        self.stored = None  # its number in the store
        self.records = [Record(self, n + 1, r) for n, r in enumerate(document["records"])]


class Record:
    def __init__(self, report, n, r):
        self.report, self.n, self.raw = report, n, r
        self.ip = r["source_ip"]
        self.days, self.middle = shares(report.begin, report.end, r["count"])
        self.verdict = Verdict(report.policy, r)
        self.author = self.verdict.author or (r["identifiers"]["header_from"] or "").lower()
        self.cause = r["verdict"]["cause"]
        self.dkim, self.spf = r["auth_results"]["dkim"], r["auth_results"]["spf"]
        said = r["policy_evaluated"]
        self.reasons = {x["type"] for x in said["reasons"]}
        self.forwarded = any(x["type"] in ("forwarded", "trusted_forwarder", "mailing_list") or
                             (x["type"] in ("local_policy", "other") and "arc=pass" in (x["comment"] or "")) for x in said["reasons"])
        word = said["disposition"]
        self.disposition = word if word in ("none", "quarantine", "reject", "pass") else "other" if word else None
        self.sender = self.key()
        self.kind = None  # class, mark and new of its sender in the range of the question at hand, if it is in the range

    def key(self):
        address = ipaddress.ip_address(self.ip)
        for name, network in OWN_NETWORKS:
            if address in network:
                return name
        if self.verdict.sender:
            return OWN_DOMAINS.get((self.verdict.named_by, self.verdict.sender), self.verdict.sender)
        return self.ip if address.version == 4 else str(ipaddress.ip_network(f"{self.ip}/64", strict=False))

    def passes(self, by_receiver):
        return self.verdict.said if by_receiver else self.raw["verdict"]["result"] == "pass"

    def aligned(self, by_receiver):
        v, ours = self.verdict, self.raw["verdict"]["computed"]
        return (v.said_spf, v.said_dkim) if by_receiver else (bool(ours["spf_aligned"]), bool(ours["dkim_aligned"]))


# --- Questions ---

def words(value):
    """included and excluded values of a list"""
    out, piece, letters = [], "", iter(value)
    for c in letters:
        if c == "\\":
            piece += c + next(letters, "")
        elif c == ",":
            out.append(piece)
            piece = ""
        else:
            piece += c
    plain = [(p.startswith("!"), p.removeprefix("!").replace("\\,", ",").replace("\\!", "!").replace("\\\\", "\\"))
             for p in out + [piece]]
    return {p for no, p in plain if not no}, {p for no, p in plain if no}


def quoted(value):
    value = value.replace("\\", "\\\\").replace(",", "\\,")
    return "\\" + value if value.startswith("!") else value


def fits(value, found):
    wanted, unwanted = words(value)
    return (not wanted or bool(wanted & found)) and not unwanted & found


def flag(value, yes, state):
    return (value == yes) == state


ENTRY = {"dkim": ("domain", "selector", "result"), "spf": ("domain", "scope", "result")}


def entries_fit(q, kind, entries):
    """One entry has the wanted values of all columns, and of columns without one none of the others; else no entry has them."""
    asked = {c: words(q[f"{kind}_{c}"].lower()) for c in ENTRY[kind] if f"{kind}_{c}" in q}
    wants = any(wanted for wanted, _ in asked.values())

    def good(entry):
        values = {c: (entry[c] or "").lower() for c in asked}
        return all(values[c] in wanted if wanted else values[c] not in unwanted for c, (wanted, unwanted) in asked.items())
    if wants and not any(map(good, entries)):
        return False
    return not any((e[c] or "").lower() in unwanted for c, (wanted, unwanted) in asked.items() if wanted or not wants for e in entries)


class Brute:
    """All records, and the answers to questions: dicts of parameters as in an address."""

    def __init__(self, documents):
        self.reports = [Report(d) for d in documents]
        self.records = [r for report in self.reports for r in report.records]

    # q has from and to, as days.
    def report_fits(self, report, q):
        return (("domain" not in q or fits(q["domain"], {report.domain})) and
                ("reporter" not in q or fits(q["reporter"].lower(), {report.key})) and
                ("policy" not in q or fits(q["policy"], {report.policy["p"]})) and
                ("report" not in q or fits(q["report"], {report.stored})) and
                ("q" not in q or any(q["q"].lower() in x.lower() for x in (report.id, report.key, report.domain))))

    def covered(self, q):
        return [r for r in self.reports if self.report_fits(r, q) and any(q["from"] <= d < q["to"] for d in r.days)]

    def fits(self, r, q):
        by_receiver = q.get("basis") == "reported"
        spf, dkim = r.aligned(by_receiver)
        passes = r.passes(by_receiver)
        address = ipaddress.ip_address(r.ip)
        checks = {
            "header_from": lambda v: fits(v, {r.author}),
            "subdomains": lambda v: flag(v, "true", below(r.author, r.report.domain)),
            "source_ip": lambda v: any(address in ipaddress.ip_network(n) for n in v.split(",")),
            "sender": lambda v: fits(v, {r.sender}),
            "class": lambda v: r.kind and fits(v, {r.kind[0]}),
            "mark": lambda v: r.kind and fits(v, {r.kind[1]}),
            "new": lambda v: r.kind and flag(v, "true", r.kind[2]),
            "undecided": lambda v: r.kind and flag(v, "true", r.kind[3]),
            "own": lambda v: r.kind and flag(v, "true", r.kind[4]),
            "result": lambda v: flag(v, "pass", passes),
            "spf": lambda v: flag(v, "aligned", spf),
            "dkim": lambda v: flag(v, "aligned", dkim),
            "cause": lambda v: fits(v, {r.cause}),
            "explained": lambda v: flag(v, "true", r.forwarded and not passes),
            "disposition": lambda v: fits(v, {r.disposition or "not_reported"}),
            "override": lambda v: fits(v, r.reasons),
            "disagrees": lambda v: flag(v, "true", r.raw["verdict"]["disagrees"]),
        }
        return self.report_fits(r.report, q) and all(checks[k](v) for k, v in q.items() if k in checks) and \
            entries_fit(q, "dkim", r.dkim) and entries_fit(q, "spf", r.spf)

    def select(self, q):
        """(record, messages in the range) of all records that have a day in the range."""
        for r in self.records:
            days = [d for d in r.days if q["from"] <= d < q["to"]]
            if days and self.fits(r, q):
                yield r, sum(r.days[d] for d in days)

    def by(self, q, key):
        """Totals of the records that have the same key."""
        out = collections.defaultdict(list)
        for r, messages in self.select(q):
            for k in key(r):
                out[k].append((r, messages))
        return {k: self.sums(rows, q) for k, rows in out.items()}

    def totals(self, q):
        rows = list(self.select(q))
        return self.sums(rows, q) | {"records": sum(q["from"] <= r.middle < q["to"] for r, _ in rows)}

    @staticmethod
    def sums(rows, q):
        by_receiver = q.get("basis") == "reported"
        out = dict.fromkeys(("messages", "pass", "fail", "explained", "both", "one", "failed"), 0)
        for r, n in rows:
            passes = r.passes(by_receiver)
            out["messages"] += n
            out["pass" if passes else "fail"] += n
            if passes:
                out["both" if all(r.aligned(by_receiver)) else "one"] += n
            else:
                out["explained" if r.forwarded else "failed"] += n
        return out

    def days(self, q, key=lambda r: None):
        """Totals by day and key."""
        out = collections.defaultdict(list)
        for r, _ in self.select(q):
            for d, n in r.days.items():
                if q["from"] <= d < q["to"]:
                    out[d, key(r)].append((r, n))
        return {k: self.sums(rows, q) for k, rows in out.items()}
