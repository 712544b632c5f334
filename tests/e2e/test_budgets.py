"""What a page may weigh: the domain page with 30 days and 50 senders, the style sheet, the scripts."""

import re

import pytest

from reports import BEGIN, DAY, head

KB = 1024
ORGS = ("google.com", "Outlook.com", "Yahoo", "gmx.example", "mail.example", "university.example", "web.example", "corp.example")


def entry(ip, count, dkim, spf, aligned=(False, False)):
    """A record; dkim is (domain, selector, result), spf (domain, result)."""
    words = ["pass" if a else "fail" for a in aligned]
    return (f"<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated><disposition>none</disposition>"
            f"<dkim>{words[0]}</dkim><spf>{words[1]}</spf></policy_evaluated></row><identifiers><header_from>example.com</header_from>"
            f"</identifiers><auth_results><dkim><domain>{dkim[0]}</domain><selector>{dkim[1]}</selector><result>{dkim[2]}</result></dkim>"
            f"<spf><domain>{spf[0]}</domain><result>{spf[1]}</result></spf></auth_results></record>\n")


def sender(n, count):
    """The n-th of 50 senders: services that pass, services that do not, addresses that nobody knows."""
    if n < 20:
        return entry(f"198.51.100.{n}", count, ("example.com", f"k{n}", "pass"), (f"mg.service{n}.example", "pass"), (True, False))
    if n < 40:
        return entry(f"203.0.113.{n}", count, (f"crm.service{n}.example", "k1", "pass"), (f"bounce.service{n}.example", "pass"))
    return entry(f"192.0.2.{n}", count, ("example.com", "s1", "fail"), ("example.com", "fail"))


@pytest.fixture(scope="module")
def fifty(ruad, tmp_path_factory):
    """Eight reporters, 30 days, 50 senders."""
    folder = tmp_path_factory.mktemp("fifty")
    for ago in range(30):
        for i, org in enumerate(ORGS):
            begin = BEGIN + DAY * (2 - ago)
            xml = head(f"{org}-{ago}", org=org, begin=begin, end=begin + DAY - 1)
            rows = [entry("192.0.2.200", 1000 + ago * 7, ("example.com", "s1", "pass"), ("example.com", "pass"), (True, True))]
            rows += [sender(n, 1 + (n * 7 + ago * 3 + i) % 40) for n in range(50) if (n + ago) % 8 == i or (n + ago) % 8 == i - 1]
            (folder / f"{org}-{ago}.xml").write_text(xml + "".join(rows) + "</feedback>\n")
    db = folder / "ruad.db"
    ruad.import_(db, folder)
    with ruad.serve(db) as server:
        yield server


def senders_shown(text):
    return len(re.findall(r'<tr><th scope="row"><a href="/domains/example.com/senders/', text))


DAYS = "from=2026-10-23&to=2026-11-22"
# What is asked, and how many senders must stand on the page at least: each link repeats what was asked.
ASKED = [("", 30), (DAYS, 30), (f"{DAYS}&basis=reported", 20), (f"{DAYS}&class=not_aligned,unauthenticated,aligned", 20),
         (f"{DAYS}&basis=reported&class=not_aligned,unauthenticated,aligned&mark=undecided", 10),
         (f"{DAYS}&basis=reported&sort=-messages", 20),
         (f"{DAYS}&basis=reported&dkim_result=!temperror&spf_result=!temperror&header_from=example.com&disposition=none", 10)]


@pytest.mark.parametrize("asked, least", ASKED)
def test_domain_page(fifty, asked, least):
    answer = fifty.get(f"/domains/example.com?{asked}" if asked else "/domains/example.com")
    shown = senders_shown(answer.text)
    assert shown >= least
    assert shown == 50 or "All senders of example.com" in answer.text, "the rest is a link away"
    if asked == DAYS:
        assert answer.text.count('class="column"') == 30, "all days"
    assert len(answer.body) <= 80_000, f"{len(answer.body)} bytes of HTML, {shown} senders"


def test_links_of_a_sender_leave_out_what_its_name_says(fifty):
    """Its class and mark select it; its records are the same without them."""
    text = fifty.get(f"/domains/example.com?{DAYS}&class=not_aligned&mark=undecided").text
    href = re.search(r'href="(/records\?[^"]*sender=service2[^"]*)"', text)[1].replace("&amp;", "&")
    assert "class=" not in href and "mark=" not in href
    count = re.search(rf'{re.escape(href.replace("&", "&amp;"))}">([0-9,]+)<', text)[1]
    assert f"{count} messages" in fifty.get(href).text
    assert fifty.get(href + "&class=not_aligned&mark=undecided").text.count("<tr") == fifty.get(href).text.count("<tr")


def test_style_and_scripts(fifty):
    page = fifty.get("/").text
    style = re.findall(r'href="(/static/[^"]+\.css)"', page)
    assert style and len(fifty.get(style[0]).body) <= 20 * KB
    scripts = set(re.findall(r'src="(/static/[^"]+\.js)"', page))
    assert sum(len(fifty.get(path).body) for path in scripts) <= 12 * KB
