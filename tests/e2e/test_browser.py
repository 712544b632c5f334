"""A real browser: every page for every reader (on a phone, in the dark, on paper, by keyboard), and what the scripts add."""

import re

import pytest

from browserfixtures import EMPTY, STATES, pages_of
from html_page import Page
from program import GOLDEN, RANGE
from test_demo import demo

BUDGET = {".js": 12 * 1024, ".css": 20 * 1024}


@pytest.fixture(scope="module")
def demo_server(ruad, tmp_path_factory):
    """What tools/try shows: a month of many senders."""
    folder = tmp_path_factory.mktemp("demo")
    ruad.run("import", "--db", folder / "ruad.db", demo(ruad, folder / "Maildir"))
    with ruad.serve(folder / "ruad.db") as server:
        yield server


@pytest.fixture(scope="module", params=["golden", "hostile", "demo", "empty"])
def site(request):
    """A server and its pages: golden data, hostile text, the demo, nothing."""
    return Site(request.param, request.getfixturevalue(
        {"golden": "golden", "hostile": "extra", "demo": "demo_server", "empty": "empty"}[request.param]))


class Site:
    def __init__(self, name, server):
        self.name, self.server = name, server
        if name == "empty":
            self.pages = EMPTY
        else:
            self.pages = pages_of(server, "xss.example" if name == "hostile" else "example.com")
        if name == "golden":
            self.pages |= STATES
        self.seen = {}

    def open_all(self, browser, view):
        """Each page in turn; a picture of it goes to build/screenshots, for people to look at."""
        for name, path in self.pages.items():
            browser.open(self.server.url + path)
            yield name
            browser.shot(f"{self.name}-{name}-{view}")

    def as_on_a_laptop(self, browser):
        """Text and values of tables of each page, on a wide screen and with scripts."""
        if not self.seen:
            for name, path in self.pages.items():
                browser.open(self.server.url + path)
                self.seen[name] = seen_of(browser)
        return self.seen


def seen_of(browser):
    """The text of the page and the values of its tables, without the number of the request."""
    values = browser.run("return [...document.querySelectorAll('main tbody :is(td, th)')].filter(c => c.getClientRects().length)"
                         ".map(c => c.textContent.trim().replace(/\\s+/g, ' ')).filter(t => t)")
    return re.sub(r"\breq-\w+", "", browser.text), values


CONTRAST = """
const lum = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => { x /= 255; return x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4 });
  return .2126 * v[0] + .7152 * v[1] + .0722 * v[2] };
const back = e => { for (; e; e = e.parentElement) { const b = getComputedStyle(e).backgroundColor;
  if (!/, 0\\)$/.test(b) && b != 'transparent') return b } return 'rgb(255, 255, 255)' };
const bad = [];
for (const e of document.querySelectorAll('body *')) {
  if (![...e.childNodes].some(n => n.nodeType == 3 && n.textContent.trim()) || !e.getClientRects().length) continue;
  if (e.closest('svg')) continue;
  const s = getComputedStyle(e), a = lum(s.color), b = lum(back(e));
  const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (ratio < 4.5) bad.push(e.tagName + '.' + e.className + ' ' + e.textContent.trim().slice(0, 30) + ' ' + ratio.toFixed(1));
}
return bad.slice(0, 5);
"""
CUT = """return [...document.querySelectorAll('.scroll')].filter(b => b.scrollWidth > b.clientWidth)
    .map(b => [b.textContent.trim().slice(0, 40), b.scrollWidth - b.clientWidth])"""

# Rows of tables that have not as many cells as there are heads.
CROOKED = """const wide = r => [...r.cells].reduce((n, c) => n + c.colSpan, 0);
return [...document.querySelectorAll('table:has(thead)')].flatMap(t => [...t.querySelectorAll('tbody tr, tfoot tr')]
    .filter(r => wide(r) !== wide(t.tHead.rows[t.tHead.rows.length - 1])).slice(0, 1).map(r => t.textContent.trim().slice(0, 60)))"""


# --- every page ---

@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_laptop(browser, site, scheme):
    """axe-core finds nothing; every text has 4.5 : 1 against what is behind it; no table is cut; the console is empty; every
    request goes home."""
    browser.scheme(scheme)
    found = []
    for name in site.open_all(browser, scheme):
        found += [f"{name}: {line}" for line in browser.axe()]
        found += [f"{name}: contrast of {line}" for line in browser.run(CONTRAST)]
        found += [f"{name}: cut: {box}" for box in browser.run(CUT) if name != "coverage"]
        found += [f"{name}: rows and heads differ: {table}" for table in browser.run(CROOKED)]
        found += [f"{name}: console: {m}" for m in browser.problems() if not re.search(r"status of 40[04]", m)]
        found += [f"{name}: asked {url}" for url in browser.outside(site.server.url)]
    assert not found, "\n".join(found)


def test_axe_is_awake(browser, golden):
    """What is wrong is found."""
    browser.open(golden.url + "/")
    browser.run("document.querySelector('main').append(document.createElement('button'))")
    assert [line.split()[0] for line in browser.axe()] == ["button-name"]


def test_on_a_phone(browser, site):
    """At 390 px nothing is wider than the screen, and every value is still there."""
    seen = site.as_on_a_laptop(browser)
    browser.phone()
    found = []
    for name in site.open_all(browser, "phone"):
        wide, inner = browser.run("return [document.documentElement.scrollWidth, innerWidth]")
        if (wide, inner) != (390, 390):
            found.append(f"{name}: {wide} px wide")
        if seen_of(browser)[1] != seen[name][1]:
            found.append(f"{name}: other values than on a laptop")
    assert not found, "\n".join(found)


def test_on_paper(browser, site):
    """On paper: what is meant, without what is only to be clicked."""
    browser.media("print")
    for name in site.open_all(browser, "print"):
        for what in ("header nav", "form.filters", ".skip"):
            shown = browser.run("const e = document.querySelector(arguments[0]); return e && getComputedStyle(e).display", what)
            assert shown in (None, "none"), (name, what)
        assert ("no data yet" if site.name == "empty" else "data complete to") in browser.text, name


def test_without_scripts(browser, site):
    """Scripts add no word, and hide none."""
    seen = site.as_on_a_laptop(browser)
    browser.script(False)
    for name, path in site.pages.items():
        browser.open(site.server.url + path)
        assert seen_of(browser) == seen[name], name


def test_forced_colors(browser, extra):
    """Where the system sets the colours, chips have a border and the charts keep theirs."""
    browser.media(forced_colors="active")
    browser.open(f"{extra.url}/domains/example.com?{RANGE}")
    assert browser.run("return matchMedia('(forced-colors: active)').matches")
    assert browser.run("return [...document.querySelectorAll('main .chip')].map(c => getComputedStyle(c))"
                       ".every(s => s.borderTopStyle === 'solid' && s.borderTopColor !== 'rgba(0, 0, 0, 0)')")
    shades = browser.run("return ['both', 'one', 'failed'].map(n => getComputedStyle(document.querySelector('svg .' + n)).fill)")
    assert len(set(shades)) == 3


def test_budgets(golden):
    """Scripts and styles stay small, are of this origin and are kept for ever."""
    page = Page(golden.get("/").text)
    scripts = [s.get("src") for s in page.find("script")]
    assert len(scripts) == 5 and all(s.get("type") == "module" for s in page.find("script"))
    for kind, most in BUDGET.items():
        files = [e.get("href") or e.get("src") for e in page.find("link") + page.find("script")]
        size = sum(len(golden.get(f).body) for f in files if f.endswith(kind))
        assert 0 < size <= most, f"{size} bytes of {kind}"
    for script in scripts:
        answer = golden.get(script)
        assert answer.headers["Content-Type"].startswith("text/javascript") and "immutable" in answer.headers["Cache-Control"]


# --- explain.js ---

@pytest.fixture
def record_page(browser, golden):
    browser.open(f"{golden.url}/records?{RANGE}&source_ip=203.0.113.30")
    browser.wait("document.querySelector('a[data-explain][aria-expanded=false]')")
    return browser


def test_explain_in_place(record_page):
    """The explanation opens under its row, in the words of its page, and Esc closes it."""
    from selenium.webdriver.common.keys import Keys
    browser, link = record_page, record_page.one("a[data-explain]")
    before = browser.text
    link.click()
    browser.wait("document.querySelector('tr.under')")
    assert link.get_attribute("aria-expanded") == "true"
    assert "/records?" in browser.url, "no other page"
    under = browser.one("tr:has(a[data-explain]) + tr.under")
    assert under.get_attribute("id") == link.get_attribute("aria-controls")
    said, where = under.find_element("tag name", "section").text, link.get_attribute("href")
    assert "Passes for crm.example.net, not for example.com." in said
    browser.press(Keys.ESCAPE)
    assert browser.all("tr.under") == [] and link.get_attribute("aria-expanded") == "false"
    assert browser.text == before
    browser.open(where)
    assert re.sub(r"\s+", " ", browser.one("#explanation").text) == re.sub(r"\s+", " ", said)


def test_explain_again_closes(record_page):
    browser, link = record_page, record_page.one("a[data-explain]")
    link.click()
    browser.wait("document.querySelector('tr.under')")
    link.click()
    assert browser.all("tr.under") == []
    link.click()
    browser.wait("document.querySelectorAll('tr.under').length === 1")


def test_focus_comes_back_from_an_explanation(record_page):
    from selenium.webdriver.common.keys import Keys
    browser, link = record_page, record_page.one("a[data-explain]")
    link.click()
    browser.wait("document.querySelector('tr.under a')")
    browser.run("document.querySelector('tr.under a').focus()")
    browser.press(Keys.ESCAPE)
    assert browser.focused == link


def test_explain_without_network(record_page):
    """What cannot be fetched is gone to."""
    browser, link = record_page, record_page.one("a[data-explain]")
    browser.run("window.fetch = () => Promise.reject(new Error('gone'))")
    link.click()
    browser.wait("/\\/records\\/\\d/.test(location.pathname)")


def test_no_name_twice(record_page):
    """Open explanations share no id, whatever the order in which they were opened."""
    browser = record_page
    browser.open(f"{browser.url.split('?')[0]}?{RANGE}")
    browser.wait("document.querySelector('a[aria-expanded]')")
    links = browser.all("a[data-explain]")
    for n, link in enumerate((links[2], links[0], links[1])):
        link.click()
        browser.wait("document.querySelectorAll('tr.under').length === arguments[0]", n + 1)
    ids = browser.run("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert browser.axe() == []


# --- keys.js ---

@pytest.mark.parametrize("keys, path", [("go", "/"), ("gs", "/senders"), ("gr", "/records"), ("gp", "/reports"),
                                        ("gc", "/coverage"), ("gx", "/problems")])
def test_go(browser, golden, keys, path):
    browser.open(f"{golden.url}/help")
    browser.wait("document.readyState === 'complete'")
    browser.press(*keys)
    browser.wait("location.pathname === arguments[0]", path)


@pytest.mark.parametrize("key, wanted", [("1", "range=7d"), ("2", "range=30d"), ("3", "range=90d"), ("[", "from=2026-11-14&to=2026-11-17"),
                                         ("]", "from=2026-11-20&to=2026-11-23")])
def test_range_keys(browser, golden, key, wanted):
    browser.open(f"{golden.url}/records?{RANGE}")
    browser.wait("document.readyState === 'complete'")
    browser.press(key)
    browser.wait("location.search.includes(arguments[0])", wanted)


def test_rows_by_key(browser, golden):
    """j and k go along the rows; Enter opens, e explains the row that has the focus."""
    from selenium.webdriver.common.keys import Keys
    browser.open(f"{golden.url}/records?{RANGE}&sort=-messages")
    browser.wait("document.querySelector('a[aria-expanded]')")
    row = "[...document.querySelectorAll('main tbody tr')].findIndex(r => r.contains(document.activeElement))"
    for key, at in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        browser.press(key)
        assert browser.run("return " + row) == at, key
    browser.press("e")
    browser.wait("document.querySelector('main tbody tr:nth-child(2) + tr.under')")
    href = browser.focused.get_attribute("href")
    browser.press(Keys.ENTER)
    browser.wait("location.href === arguments[0]", href)


def test_clear_by_key(browser, golden):
    for query in ("&result=fail", "&result=fail&reporter=google.com"):
        browser.open(f"{golden.url}/records?{RANGE}{query}")
        browser.wait("document.readyState === 'complete'")
        browser.press("x")
        browser.wait("!location.search.includes('result')")
        assert "reporter" not in browser.url


def test_slash_goes_to_the_search(browser, golden):
    browser.open(golden.url + "/")
    browser.wait("document.readyState === 'complete'")
    browser.press("/")
    assert browser.focused.get_attribute("name") == "q" and browser.focused.get_attribute("value") == ""


def test_list_of_keys(browser, golden):
    """? opens the list of the help page; the keys can be switched off, and stay off."""
    from selenium.webdriver.common.keys import Keys
    browser.open(golden.url + "/help/keys")
    listed = browser.one("main table").text
    browser.open(golden.url + "/records")
    browser.wait("document.readyState === 'complete'")
    browser.press("?")
    browser.wait("document.querySelector('dialog[open] table')")
    assert browser.one("dialog table").text == listed
    assert browser.axe() == []
    browser.press("g", "o")
    assert "/records" in browser.url, "keys are off in a dialog"
    browser.press(Keys.ESCAPE)
    browser.wait("!document.querySelector('dialog')")
    browser.click("Keyboard", "footer a")
    browser.wait("document.querySelector('dialog[open] input')")
    browser.one("dialog input").click()
    browser.click("Close", "dialog button")
    for path in ("/records", "/reports"):
        browser.press("g", "o", "?")
        assert path in browser.url and browser.all("dialog") == []
        browser.open(golden.url + "/reports")
        browser.wait("document.readyState === 'complete'")
    browser.click("Keyboard", "footer a")
    browser.wait("document.querySelector('dialog[open] input:not(:checked)')")
    browser.one("dialog input").click()
    browser.press(Keys.ESCAPE)
    browser.wait("!document.querySelector('dialog')")
    browser.press("g", "o")
    browser.wait("location.pathname === '/'")


def test_keys_are_letters_in_fields(browser, golden):
    browser.open(f"{golden.url}/records?{RANGE}")
    browser.one("form.filters summary").click()
    field = browser.one("form.filters input[name=domain]")
    field.send_keys("?jx12.go")
    assert field.get_attribute("value") == "?jx12.go" and browser.all("dialog") == []


def test_keys_with_modifiers_are_the_browsers(browser, golden):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    browser.open(f"{golden.url}/records?{RANGE}&result=fail")
    browser.wait("document.readyState === 'complete'")
    ActionChains(browser.driver).key_down(Keys.CONTROL).send_keys("x").key_up(Keys.CONTROL).perform()
    ActionChains(browser.driver).key_down(Keys.ALT).send_keys("1").key_up(Keys.ALT).perform()
    assert "result=fail" in browser.url and "range=7d" not in browser.url


def test_every_key_of_the_list_works(golden):
    """What the list has, a page has: as data-key or as a key of the script."""
    listed = [[Page.text_of(k) for k in row.iter("kbd")] for row in Page(golden.get("/help/keys").text).find("tr")]
    listed = [keys for keys in listed if keys]
    page = Page(golden.get(f"/records?{RANGE}").text)
    given = {e.get("data-key") for e in page.root.iter() if e.get("data-key")}
    script = next(golden.get(s.get("src")).text for s in page.find("script") if "/keys." in s.get("src"))
    for keys in listed:
        for key in [" ".join(keys)] if keys[0] == "g" else keys:
            assert key in given or re.search(rf"^\t\"?{re.escape(key)}\"?: ", script, re.M) or key in ("Enter", "←", "→"), key
    assert given <= {" ".join(k) if k[0] == "g" else one for k in listed for one in k}


# --- filter.js ---

def test_filter_acts_at_once(browser, golden):
    """A choice shows its page without losing the place; back and forward go through the choices."""
    browser.open(f"{golden.url}/domains/example.com?{RANGE}")
    browser.run("window.here = true; scrollTo(0, 37)")
    browser.choose("reporter", "google.com")
    browser.wait("document.body.innerText.includes('471 messages')")
    assert "reporter=google.com" in browser.url and "&result=" not in browser.url, "empty fields stay out of the address"
    assert browser.run("return window.here") is True, "the page was not left"
    assert browser.run("return document.activeElement.name") == "reporter"
    assert browser.run("return scrollY") == 37
    assert browser.run("return document.querySelector('main').getAttribute('aria-busy')") is None
    nav = browser.one("header nav a[href*='/records']").get_attribute("href")
    assert "reporter=google.com" in nav, "links of the frame carry the filter"
    browser.choose("result", "fail")
    browser.wait("location.search.includes('result=fail')")
    browser.wait("document.title && document.querySelectorAll('.active li').length === 3")
    browser.back()
    browser.wait("document.body.innerText.includes('471 messages')")
    browser.back()
    browser.wait("document.body.innerText.includes('541 messages')")
    assert "reporter" not in browser.url and browser.run("return window.here") is True
    assert browser.one("form.filters select[name=reporter]").get_attribute("value") == ""
    browser.driver.forward()
    browser.wait("document.body.innerText.includes('471 messages')")


def test_filtered_page_is_the_page(browser, golden):
    """What filter.js shows is what the address shows."""
    browser.open(f"{golden.url}/domains/example.com?{RANGE}")
    browser.choose("reporter", "google.com")
    browser.wait("document.body.innerText.includes('471 messages')")
    text, url = browser.text, browser.url
    assert browser.open(url).text == text
    for name in ("explain", "chart"):
        assert name in "".join(browser.run("return [...document.scripts].map(s => s.src)"))


def test_busy_while_waiting(browser, golden):
    """The old table stays, dimmed, until the new one is there."""
    browser.open(f"{golden.url}/records?{RANGE}&domain=example.com")
    browser.run("const real = fetch; window.fetch = async (...a) => { await new Promise(r => window.go = r); return real(...a) }")
    browser.choose("result", "fail")
    browser.wait("document.querySelector('main[aria-busy=true] table')")
    assert float(browser.run("return getComputedStyle(document.querySelector('main table')).opacity")) < 1
    browser.run("window.go()")
    browser.wait("document.body.innerText.includes('22 messages in 6 records')")
    browser.wait("!document.querySelector('[aria-busy]')")


def test_last_choice_wins(browser, golden):
    """A slow answer to an old question does not come after the new one."""
    browser.open(f"{golden.url}/records?{RANGE}&domain=example.com")
    browser.run("const real = fetch; let n = 0; window.fetch = async (u, o) => {"
                " if (++n === 1) await new Promise(r => window.go = r); return real(u, {...o, signal: n === 1 ? undefined : o.signal}) }")
    browser.choose("result", "pass")
    browser.choose("result", "fail")
    browser.wait("document.body.innerText.includes('22 messages in 6 records')")
    browser.run("window.go()")
    browser.run("return new Promise(r => setTimeout(r, 300))")
    assert "22 messages in 6 records" in browser.text and "result=fail" in browser.url


def test_filter_that_is_refused(browser, golden):
    """An error is a page like any other, and back leaves it."""
    browser.open(f"{golden.url}/records?{RANGE}")
    browser.one("form.filters summary").click()
    field = browser.one("form.filters input[name=source_ip]")
    field.send_keys("not an address\n")
    browser.wait("location.search.includes('source_ip')")
    browser.wait("!document.body.innerText.includes('messages in')")
    assert browser.one("h1").text
    browser.back()
    browser.wait("document.body.innerText.includes('551 messages')")


def test_filter_without_network(browser, golden):
    browser.open(f"{golden.url}/records?{RANGE}&domain=example.com")
    browser.run("window.fetch = () => Promise.reject(new Error('gone'))")
    browser.choose("result", "fail")
    browser.wait("document.body.innerText.includes('22 messages in 6 records')")


def test_more_filters_stay_open(browser, golden):
    browser.open(f"{golden.url}/records?{RANGE}&domain=example.com")
    browser.one("form.filters summary").click()
    browser.choose("result", "fail")
    browser.wait("document.body.innerText.includes('22 messages in 6 records')")
    assert browser.run("return document.querySelector('form.filters details').open") is True


def test_what_is_being_typed_stays(browser, golden):
    """The answer to one field comes while the next one is being filled in."""
    browser.open(f"{golden.url}/records?{RANGE}")
    browser.one("form.filters summary").click()
    browser.run("const real = fetch; window.fetch = async (...a) => { await new Promise(r => window.go = r); return real(...a) }")
    browser.one("form.filters input[name=domain]").send_keys("example.com\t")
    browser.run("document.querySelector('form.filters input[name=sender]').focus()")
    browser.press(*"example.n")
    browser.run("window.go()")
    browser.wait("document.body.innerText.includes('541 messages')")
    browser.press(*"et")
    assert browser.focused.get_attribute("name") == "sender" and browser.focused.get_attribute("value") == "example.net"


def test_a_year_that_is_being_typed(browser, golden):
    """A date field changes with each digit: only a whole date is asked for."""
    browser.open(f"{golden.url}/records?{RANGE}")
    browser.run("window.asked = []; const real = fetch; window.fetch = (u, o) => { asked.push(String(u)); return real(u, o) }")
    field = browser.one("form.filters input[name=from]")
    browser.run("arguments[0].value = '0002-11-18'; arguments[0].dispatchEvent(new Event('change', {bubbles: true}))", field)
    assert browser.run("return asked") == []
    browser.run("arguments[0].value = '2026-11-18'; arguments[0].dispatchEvent(new Event('change', {bubbles: true}))", field)
    browser.wait("location.search.includes('from=2026-11-18')")


# --- chart.js ---

READOUT = "document.querySelector('.readout')?.textContent"


def test_readout(browser, golden):
    """The column under the pointer is told, in the words of its title; nothing is said before."""
    from selenium.webdriver.common.action_chains import ActionChains
    browser.open(f"{golden.url}/domains/example.com?{RANGE}")
    titles = browser.run("return [...document.querySelectorAll('svg.chart .column > title, svg.chart .column title')].map(t => t.textContent)")
    first = next(t for t in titles if t.startswith("2026-11-17"))
    assert "143 messages" in first
    assert not browser.run("return " + READOUT)
    column = next(c for c in browser.all("svg.chart .column") if "2026-11-17" in c.get_attribute("textContent"))
    browser.run("arguments[0].scrollIntoView({block: 'center'})", column)
    ActionChains(browser.driver).move_to_element(column).perform()
    assert browser.wait(READOUT) == first
    ActionChains(browser.driver).move_to_element(browser.one("h1")).perform()
    browser.wait(READOUT + " === ''")


def test_readout_by_keyboard(browser, golden):
    """The arrow keys go along the columns, from left to right."""
    from selenium.webdriver.common.keys import Keys
    browser.open(f"{golden.url}/domains/example.com?{RANGE}")
    browser.run("document.querySelector('svg.chart').closest('.scroll').focus()")
    said = []
    for key in (Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT):
        browser.press(key)
        said.append(browser.wait(READOUT)[:10])
    assert said == ["2026-11-17", "2026-11-18", "2026-11-19", "2026-11-18"]
    assert browser.run("return document.querySelector('.readout').getAttribute('aria-live')") == "polite"
    browser.press(Keys.ENTER)
    browser.wait("document.querySelector('h2')?.innerText.includes('185 messages in 6 records')")
    assert "/records?range=2026-11-18" in browser.url
    browser.back()
    browser.press(Keys.TAB)
    assert browser.run("return " + READOUT) in (None, "") or "2026" in browser.run("return " + READOUT)


def test_column_is_a_link(browser, golden):
    """A click on a day opens its records; the chart is one stop of Tab, not one for each day."""
    browser.open(f"{golden.url}/domains/example.com?{RANGE}")
    column = browser.all("svg.chart .column")[0]
    browser.run("arguments[0].scrollIntoView({block: 'center'})", column)
    column.click()
    browser.wait("document.querySelector('h2')?.innerText.includes('143 messages in 3 records')")
    assert "/records?range=2026-11-17" in browser.url


def test_newest_days_on_a_phone(browser, golden):
    browser.phone()
    browser.open(f"{golden.url}/domains/example.com?{RANGE}")
    box = "document.querySelector('svg.chart').closest('.scroll')"
    assert browser.run(f"const b = {box}; return b.scrollWidth > b.clientWidth")
    assert browser.run(f"""const edge = {box}.getBoundingClientRect().right, last = [...document.querySelectorAll('svg.chart .column')].pop();
        return last.getBoundingClientRect().right <= edge + 1""")


# --- fresh.js ---

def test_new_data_are_offered(browser, ruad, db):
    """When an import brings data, the page says so and can be had anew; it does not change by itself."""
    ruad.run("import", "--db", db, GOLDEN / "inputs")
    with ruad.serve(db) as server:
        browser.cdp("Page.addScriptToEvaluateOnNewDocument", source=(
            "const every = window.setInterval; window.setInterval = (f, ms, ...a) => every(f, ms === 60000 ? 200 : ms, ...a);"
            "const now = Date.now, start = now(); Date.now = () => start + (now() - start) * 1000;"))
        browser.open(f"{server.url}/records?{RANGE}")
        asked = []
        while len(asked) < 3:
            asked += [r for r in browser.requests() if r["method"] == "HEAD"]
        assert all(r["url"] == browser.url for r in asked)
        assert "If-None-Match" in {k for r in asked for k in r["headers"]}
        assert browser.one("[role=status]").text == "", "no data, no word"
        ruad.run("import", "--db", db, GOLDEN / "extra/L1-three-days.xml")
        browser.wait("document.querySelector('[role=status]').innerText")
        assert "New data" in browser.one("[role=status]").text
        assert "551 messages" in browser.text
        browser.one("[role=status] button").click()
        browser.wait("document.body.innerText.includes('651 messages')")
        assert browser.one("[role=status]").text == ""
