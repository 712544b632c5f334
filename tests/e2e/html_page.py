"""A page as its reader sees it. Pages are well-formed XML, so the standard library can read them."""

import re
import xml.etree.ElementTree as xml

SVG = "{http://www.w3.org/2000/svg}"
# Names that HTML knows and XML does not.
ENTITIES = {"nbsp": "\u00a0", "middot": "·", "ndash": "–", "mdash": "—", "larr": "←", "rarr": "→", "times": "×"}


class Page:
    def __init__(self, html):
        self.html = html
        text = re.sub(r"^\s*<!doctype html>", "", html, flags=re.I)
        assert text != html, "a page begins with <!doctype html>"
        self.root = xml.fromstring(re.sub(r"&(\w+);", lambda m: ENTITIES.get(m[1], m[0]), text))
        for element in self.root.iter():
            if isinstance(element.tag, str):
                element.tag = element.tag.removeprefix(SVG).removeprefix("{http://www.w3.org/1999/xhtml}")
        self.text = self.text_of(self.root.find("body"))

    @staticmethod
    def text_of(element):
        return re.sub(r"\s+", " ", "".join(element.itertext())).strip()

    def find(self, tag):
        return list(self.root.iter(tag))

    def by_id(self, name):
        return next(e for e in self.root.iter() if e.get("id") == name)

    def hrefs(self):
        return [a.get("href") for a in self.find("a")]

    def link(self, text):
        """Where the link leads whose text has these words."""
        found = [a.get("href") for a in self.find("a") if text in self.text_of(a)]
        assert found, f"no link {text!r} among {[self.text_of(a) for a in self.find('a')]}"
        return found[0]

    def tables(self):
        """Each table as a list of rows: {heading: cell text}."""
        for table in self.find("table"):
            heads = [[self.text_of(c) for c in row if c.tag in ("th", "td")]
                     for row in table.iter("tr") if all(c.tag == "th" for c in row)]
            body = [row for row in table.iter("tr") if any(c.tag == "td" for c in row)]
            if heads:
                names = [re.sub(r"[\s▲▼↑↓]+$", "", h) for h in heads[-1]]
                yield names, [dict(zip(names, (self.text_of(c) for c in row))) for row in body]

    def table(self, *headings):
        """Rows of the first table that has these headings."""
        for names, rows in self.tables():
            if set(headings) <= set(names):
                return rows
        raise AssertionError(f"no table with {headings} among {[names for names, _ in self.tables()]}")
