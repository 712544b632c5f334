"""A real browser: nothing runs that came in a report, every number can be reached, on a phone, in the dark and on paper."""

import shutil
import tempfile

import pytest

from conftest import missing
from program import RANGE

PAGES = ["/", f"/?{RANGE}", f"/domains/example.com?{RANGE}", f"/domains/xss.example?{RANGE}", f"/records?{RANGE}",
         f"/records?{RANGE}&domain=xss.example", "/records/1.1", "/reports", "/reports/1", "/reports/1/xml", "/problems",
         "/status", "/help"]


@pytest.fixture(scope="module")
def driver():
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
    except ImportError:
        missing("python3-selenium is not here")
    chrome, bridge = shutil.which("chromium"), shutil.which("chromedriver")
    if not chrome or not bridge:
        missing("chromium or chromium-driver is not here")
    with tempfile.TemporaryDirectory(prefix="ruad-chromium-") as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = chrome
        for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                     "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
                     "--disable-sync", f"--user-data-dir={profile}", "--window-size=1366,768"):
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        browser = webdriver.Chrome(service=Service(bridge), options=options)
        browser.set_page_load_timeout(60)
        yield browser
        browser.quit()


@pytest.fixture
def browser(driver):
    """The browser as on the first day: wide, light, on a screen."""
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    driver.get("about:blank")
    driver.get_log("browser")
    driver.get_log("performance")
    return driver


def text_of(browser):
    return browser.execute_script("return document.body.innerText")


def click(browser, text):
    from selenium.webdriver.common.by import By
    link = next(a for a in browser.find_elements(By.TAG_NAME, "a") if text in a.text)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", link)
    link.click()


def problems(browser):
    """Console messages that are not about the browser itself."""
    return [m["message"] for m in browser.get_log("browser") if m["level"] in ("SEVERE", "WARNING")]


def requests(browser):
    import json
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            yield message["params"]["request"]["url"]


def test_nothing_of_a_report_runs(browser, extra):
    """Hostile text stays text, opens nothing and asks nobody."""
    from selenium.common.exceptions import NoAlertPresentException
    record = extra.api(f"records?{RANGE}&domain=xss.example")["data"][0]
    paths = PAGES + [f"/records/{record['id']}", f"/reports/{record['report']['id']}", f"/reports/{record['report']['id']}/xml"]
    shown = 0
    for path in paths:
        browser.get(extra.url + path)
        with pytest.raises(NoAlertPresentException):
            browser.switch_to.alert.accept()
        shown += "<script>alert(1)</script>" in text_of(browser)
        assert not browser.execute_script("return [...document.scripts].filter(s => !s.src).length"), path
    assert shown >= 3
    assert problems(browser) == []
    outside = [u for u in requests(browser) if not u.startswith((extra.url, "about:", "data:", "chrome"))]
    assert outside == []


def test_click_a_number(browser, golden):
    """A number is a link to the records it counts."""
    browser.get(f"{golden.url}/domains/example.com?{RANGE}")
    click(browser, "22 failed")
    assert "/records" in browser.current_url and "result=fail" in browser.current_url
    assert "22 messages in 6 records" in text_of(browser)
    browser.back()
    assert "541 messages" in text_of(browser)


def test_a_record_and_its_line(browser, golden):
    """From the record to the marked line of the original."""
    rows = golden.api(f"records?{RANGE}&source_ip=203.0.113.30")["data"]
    record = next(r for r in rows if r["report"]["report_id"] == "golden-0003")
    browser.get(f"{golden.url}/records/{record['id']}")
    href = browser.execute_script("return [...document.links].map(a => a.href).find(h => h.includes('/xml#L'))")
    browser.get(href)
    line = browser.execute_script("const e = document.querySelector(':target');"
                                  "return e && (e.textContent.trim().length > 8 ? e : e.parentElement).textContent")
    assert line and "203.0.113.30" in line


def test_the_form_without_script(browser, golden):
    """The state is the URL."""
    from selenium.webdriver.common.by import By
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(f"{golden.url}/domains/example.com?{RANGE}")
    fields = browser.find_elements(By.NAME, "reporter")
    if not fields:
        pytest.skip("no form has the field 'reporter' yet")
    field = next(f for f in fields if f.get_attribute("type") != "hidden")
    if field.tag_name == "select":
        from selenium.webdriver.support.ui import Select
        Select(field).select_by_value("google.com")
    else:
        field.clear()
        field.send_keys("google.com")
    field.submit()
    assert "reporter=google.com" in browser.current_url
    assert "471 messages" in browser.find_element(By.TAG_NAME, "body").text
    browser.back()
    assert "541 messages" in browser.find_element(By.TAG_NAME, "body").text


def test_same_text_without_script(browser, golden):
    from selenium.webdriver.common.by import By
    for path in ("/", f"/domains/example.com?{RANGE}", f"/records?{RANGE}"):
        texts = []
        for off in (False, True):
            browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": off})
            browser.get(golden.url + path)
            texts.append(browser.find_element(By.TAG_NAME, "body").text)
        assert texts[0] == texts[1], path


@pytest.mark.parametrize("path", PAGES)
def test_phone(browser, extra, path):
    """At 390 px nothing is wider than the screen."""
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True})
    browser.get(extra.url + path)
    wide, inner = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert inner == 390 and wide <= inner, f"{wide} px"
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_cut_on_a_laptop(browser, extra, path):
    """At 1366 px no table needs to be scrolled sideways to be read."""
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": 1366, "height": 768, "deviceScaleFactor": 1, "mobile": False})
    browser.get(extra.url + path)
    cut = browser.execute_script("""
        return [...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth)
            .map(box => [box.textContent.trim().slice(0, 40), box.scrollWidth - box.clientWidth])""")
    assert cut == []
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_phone_drops_nothing(browser, golden):
    path = f"{golden.url}/records?{RANGE}&source_ip=203.0.113.30"
    visible = ("return [...document.querySelectorAll('tbody td')].filter(c => c.getClientRects().length)"
               ".map(c => c.textContent.trim().replace(/\\s+/g, ' ')).filter(t => t)")
    browser.get(path)
    wide = browser.execute_script(visible)
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True})
    browser.get(path)
    assert wide and browser.execute_script(visible) == wide
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_dark(browser, golden):
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    browser.get(golden.url + "/")
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "light"}]})
    browser.get(golden.url + "/")
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_print(browser, golden):
    browser.get(f"{golden.url}/domains/example.com?{RANGE}")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert browser.execute_script("return getComputedStyle(document.querySelector('nav')).display") == "none"
    assert "2026-11-17 – 2026-11-19 UTC" in text_of(browser)


def test_keyboard(browser, golden):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    browser.get(golden.url + "/")
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    first = browser.switch_to.active_element
    assert first.text == "Skip to content"
    box = browser.execute_script("const r = document.activeElement.getBoundingClientRect(); return [r.width, r.height, r.left, r.top]")
    assert box[0] > 20 and box[1] > 10 and box[2] >= 0 and box[3] >= 0, "the focused link is to be seen"
    first.send_keys(Keys.ENTER)
    assert browser.current_url.endswith("#" + browser.execute_script("return document.querySelector('main').id"))


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(browser, extra, scheme):
    """Every text has 4.5 : 1 against what is behind it."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    for path in PAGES:
        browser.get(extra.url + path)
        assert browser.execute_script(CONTRAST) == [], path
