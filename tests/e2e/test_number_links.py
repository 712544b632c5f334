"""A number on a page leads to what it counts, and there the same number stands; or there is a reason why it cannot."""

import re
import urllib.parse

import pytest

from browserfixtures import pages_of
from html_page import Page
from program import RANGE

NUMBER = re.compile(r"(?<![\w.,:%/=-])(\d{1,3}(?:,\d{3})+|\d+)(?![\w:%/=-]|[.,]\d)(?: ([a-z]+))?")
UNITS = {"messages": "messages", "message": "messages", "records": "records", "record": "records", "reports": "reports",
         "report": "reports", "senders": "senders", "sender": "senders", "domains": "domains", "domain": "domains",
         "changes": "changes", "change": "changes"}
HEADS = {"Records": "records", "Reports": "reports", "Undecided senders": "senders", "Domains": "domains"}

# What is not a link, and why. By page, section and place: the head of a column, the term of a list or the name of an element.
WITHOUT = {
    "records Messages": "the row itself is what it counts",
    "report Messages": "the row itself is what it counts",
    "record p": "the page itself is about what it counts",
    "source Records Messages": "the row itself is what it counts",
    "network Records Messages": "the row itself is what it counts",
    "problems-disagreements Messages": "the row itself is what it counts",
    "records h2": "the sum of this list",
    "problems-disagreements h2": "the sum of this list",
    "reports h2": "the sum of this list",
    "senders h2": "the sum of this list",
    "changes h2": "the sum of this list",
    "caption": "how many rows the table has; their sum is a link",
    "What its records say caption": "in words; records cannot be asked for by all that they say",
    "What its records say Messages": "records cannot be asked for by all that they say; one of them is linked",
    "sender p": "evidence in words; the sentence below has the links",
    "Senders What we see": "evidence in words; the number of the row is a link",
    "senders What we see": "evidence in words; the number of the row is a link",
    "Can I move to li": "a threshold, or what the sender beside it shows first",
    "small": "what part of the number beside it came from long reports",
    "Policies that receivers saw Reports": "reports cannot be asked for by a whole policy",
    "problems-runs Messages": "it is not kept which input came with which run",
    "problems-runs Reports": "it is not kept which input came with which run",
}


def number_of(text):
    return int(text.replace(",", ""))


class Numbers:
    """Every number on a page that counts something."""

    def __init__(self, name, text):
        self.name, self.page = name, Page(text)
        self.parents = {child: parent for parent in self.page.root.iter() for child in parent}
        self.main = self.page.by_id("main")

    def above(self, element, *tags):
        while element is not None and element.tag not in tags:
            element = self.parents.get(element)
        return element

    def head_of(self, cell):
        """The words over a cell."""
        row, table = self.above(cell, "tr"), self.above(cell, "table")
        heads = [self.page.text_of(h) for h in next(r for r in table.iter("tr"))]
        return cell.get("data-label") or heads[list(row).index(cell)]

    def place_of(self, element):
        cell = self.above(element, "td", "dd", "caption", "h2", "p", "li", "figcaption")
        if cell is None:
            return element.tag
        if cell.tag == "td":
            return self.head_of(cell)
        if cell.tag == "dd":
            around = list(self.parents[cell])
            return self.page.text_of(around[around.index(cell) - 1])
        return cell.tag

    def section_of(self, element):
        section = self.above(element, "section")
        head = section.find("h2") if section is not None else None
        return head.text.strip() if head is not None and head.text else ""

    def links(self):
        """(element, address, [(number, unit)])"""
        for link in self.main.iter("a"):
            if link.get("data-key"):
                continue  # another range
            # Of "511 of 519" the list has the first.
            href, text = link.get("href"), re.sub(r"(\d) of [\d,]+", r"\1 of", self.page.text_of(link))
            found = [(number_of(n), "inputs" if href.startswith("/problems") else self.unit_of(link, word)) for n, word in NUMBER.findall(text)]
            title = link.find("title")
            if title is not None:
                found = [(number_of(n), "messages") for n, word in NUMBER.findall(title.text) if word.startswith("message")]
            if found and not href.startswith("#"):
                yield link, href, found

    def unit_of(self, element, word):
        if word in UNITS:
            return UNITS[word]
        return HEADS.get(self.place_of(element), "messages")

    def bare(self):
        """(place, text): numbers of messages, records and so on that are in no link."""
        for element in self.main.iter():
            if element.tag in ("script", "title", "desc", "text", "style", "option", "a", "code") or self.above(element, "a") is not None:
                continue
            for text in [element.text] + [child.tail for child in element]:
                for number, word in NUMBER.findall(text or ""):
                    cell = self.above(element, "td")
                    alone = cell is not None and self.page.text_of(cell) == number and self.head_of(cell) in COUNTED
                    if number_of(number) > 0 and (alone or word in UNITS or word in ("passed", "failed", "explained")):
                        yield element, self.place_of(element), (text or "").strip()


COUNTED = {"Messages", "Passed", "Failed", "Explained", "Reports", "Records", "Undecided senders", "All messages"}


class Lists:
    """What stands over a list: how many of each unit there are in it."""

    def __init__(self, server):
        self.server, self.known = server, {}

    def __getitem__(self, address):
        if address not in self.known:
            self.known[address] = self.read(address)
        return self.known[address]

    def read(self, address):
        path = urllib.parse.urlsplit(address).path
        page = Page(self.server.get(address).text)
        if path.startswith("/problems"):
            return {"inputs": sum(len(list(t.iter("tr"))) - 1 for t in page.find("table"))}
        heads = [page.text_of(e) for e in page.find("h2") + page.find("caption") + page.find("p")]
        first = next((h for h in heads if re.search(r"\d (message|change|report|domain)", h)), "")
        if path in ("/senders",):
            first = next((re.sub(r"^\S+ of ", "", h) for h in heads if "shown," in h), first)
        found = {UNITS[word]: number_of(n) for n, word in reversed(NUMBER.findall(first)) if word in UNITS}
        if path == "/":
            found |= {"domains": next(number_of(m[1]) for h in heads if (m := re.match(r"([\d,]+) domains?\b", h)))}
        return found or dict.fromkeys(("messages", "records", "reports", "senders"), 0)


@pytest.fixture(scope="module")
def lists(golden, extra):
    return {s: Lists(s) for s in (golden, extra)}


def pages(server, domain):
    yield from ((n, a) for n, a in pages_of(server, domain).items() if n != "search")
    yield "domain", f"/domains/{domain}?{RANGE}&basis=reported"
    yield "domain", f"/domains/{domain}?{RANGE}&result=fail"
    yield "coverage", f"/coverage?{RANGE}"
    yield "reports", f"/reports?{RANGE}"
    for row in server.api(f"senders?{RANGE}&domain={domain}")["data"]:
        yield "sender", f"/domains/{domain}/senders/{urllib.parse.quote(row['key'], safe='')}?{RANGE}"
    for row in server.api(f"reports?{RANGE}&domain={domain}")["data"]:
        yield "report", f"/reports/{row['id']}"


@pytest.mark.parametrize("site, domain", [("golden", "example.com"), ("golden", "example.org"), ("extra", "example.com"), ("extra", "long.example")])
def test_numbers(request, lists, site, domain):
    server = request.getfixturevalue(site)
    wrong, bare, followed = [], [], 0
    for name, address in pages(server, domain):
        numbers = Numbers(name, server.get(address).text)
        for link, href, found in numbers.links():
            if href.startswith("/api/") or not re.match(r"/(records|reports|senders|problems|changes)?(\?|$)", href):
                continue
            there = lists[server][href]
            followed += 1
            for number, unit in found:
                if unit in there and there[unit] != number or unit not in there:
                    wrong.append(f"{address}: {numbers.page.text_of(link)!r} ({numbers.place_of(link)}): {number} {unit}, {href} has {there}")
        for element, place, text in numbers.bare():
            section = numbers.section_of(element).split(" p=")[0]
            if not {place, f"{name} {place}", f"{section} {place}", f"{name} {section} {place}"} & set(WITHOUT):
                bare.append(f"{address}: {text!r} ({place}, {numbers.section_of(element)})")
    assert not wrong, "\n".join(sorted(set(wrong)))
    assert not bare, "\n".join(sorted(set(bare)))
    assert followed > 100, followed
