"""A real browser, chromium with its driver, and the pages that it looks at."""

import ipaddress
import json
import shutil
import tempfile
import time
from urllib.parse import quote

import pytest

from conftest import missing
from program import RANGE, TOP

AXE = TOP / "build/npm/node_modules/axe-core/axe.min.js"
SHOTS = TOP / "build/screenshots"
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
           "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1366,768")
# What axe finds, as lines: the rule, where, why.
RUN_AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations']}).then(found => done(found.violations.flatMap(v =>
  v.nodes.map(n => `${v.id} (${v.impact}): ${n.target.join(' ')}: ${n.failureSummary}`))), e => done(['axe: ' + e]));
"""


class Browser:
    def __init__(self, driver):
        self.driver = driver

    def cdp(self, name, **words):
        return self.driver.execute_cdp_cmd(name, words)

    def reset(self):
        """As on the first day: wide, light, on a screen, with scripts and without a past."""
        self.driver.switch_to.new_window("tab")
        fresh = self.driver.current_window_handle
        for handle in self.driver.window_handles:
            if handle != fresh:
                self.driver.switch_to.window(handle)
                self.driver.close()
        self.driver.switch_to.window(fresh)
        self.laptop()
        self.media()
        self.script(True)
        self.cdp("Network.clearBrowserCookies")
        self.cdp("Network.setBlockedURLs", urls=[])
        self.driver.get_log("browser")
        self.driver.get_log("performance")

    def open(self, url):
        self.driver.get(url)
        return self

    def back(self):
        self.driver.back()

    @property
    def url(self):
        return self.driver.current_url

    @property
    def text(self):
        """What is to be seen."""
        return self.run("return document.body.innerText")

    def run(self, script, *words):
        return self.driver.execute_script(script, *words)

    def wait(self, expression, *words):
        """Until the expression is true; its value."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if value := self.run("return " + expression, *words):
                return value
            time.sleep(0.02)
        raise AssertionError(f"never: {expression} {words}\n{self.url}")

    # --- how it looks ---

    def script(self, on):
        self.cdp("Emulation.setScriptExecutionDisabled", value=not on)

    def media(self, media="", **features):
        self.cdp("Emulation.setEmulatedMedia", media=media,
                 features=[{"name": k.replace("_", "-"), "value": v} for k, v in features.items()])

    def scheme(self, name):
        self.media(prefers_color_scheme=name)

    def size(self, width, height, scale=1, mobile=False):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=mobile)

    def laptop(self):
        self.size(1366, 768)

    def phone(self):
        self.size(390, 844, 2, True)

    def shot(self, name):
        """A picture of the whole page."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        import base64
        taken = self.cdp("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        (SHOTS / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))

    # --- what a reader does ---

    def all(self, selector):
        from selenium.webdriver.common.by import By
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        found = self.all(selector)
        assert found, f"no {selector} on {self.url}"
        return found[0]

    def click(self, text, within="a, button"):
        """The first link or button with these words."""
        found = next((e for e in self.all(within) if text in e.text), None)
        assert found, f"nothing with {text!r} to click on {self.url}"
        self.run("arguments[0].scrollIntoView({block: 'center'})", found)
        found.click()

    def press(self, *keys):
        """Keys, to whatever has the focus."""
        from selenium.webdriver.common.action_chains import ActionChains
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    @property
    def focused(self):
        return self.driver.switch_to.active_element

    def choose(self, name, value):
        options = self.all(f"form.filters select[name={name}] option")
        next(o for o in options if o.get_attribute("value") == value).click()

    # --- what must not be ---

    def dialog(self):
        from selenium.common.exceptions import NoAlertPresentException
        try:
            return self.driver.switch_to.alert.text
        except NoAlertPresentException:
            return None

    def problems(self):
        """Console messages since the last time."""
        return [m["message"] for m in self.driver.get_log("browser") if m["level"] in ("SEVERE", "WARNING")]

    def requests(self):
        """What was asked for since the last time."""
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                yield message["params"]["request"]

    def outside(self, origin):
        """Requests that left the origin."""
        return [r["url"] for r in self.requests() if not r["url"].startswith((origin + "/", "about:", "data:", "chrome"))]

    def axe(self):
        """Violations of the rules of axe-core."""
        if not AXE.exists():
            missing(f"axe-core is not here ({AXE}): tools/test takes it from npm")
        self.run(AXE.read_text())
        return self.driver.execute_async_script(RUN_AXE)


@pytest.fixture(scope="session")
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
        for word in (*OPTIONS, f"--user-data-dir={profile}"):
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        browser = webdriver.Chrome(service=Service(bridge), options=options)
        browser.set_page_load_timeout(60)
        browser.set_script_timeout(60)
        yield browser
        browser.quit()


@pytest.fixture
def browser(driver):
    browser = Browser(driver)
    browser.reset()
    return browser


def record_of(server, **filters):
    query = "&".join(f"{k}={v}" for k, v in filters.items())
    return server.api(f"records?{RANGE}&{query}")["data"][0]


def pages_of(server, domain="example.com"):
    """Every page of data, by a name; those about one thing are of the newest record of the domain."""
    record = record_of(server, domain=domain)
    sender, ip, report = record["sender"]["key"], record["source_ip"], record["report"]["id"]
    network = ipaddress.ip_network(f"{ip}/{64 if ':' in ip else 24}", strict=False)
    return {
        "overview": f"/?{RANGE}",
        "domain": f"/domains/{domain}?{RANGE}",
        "senders": f"/senders?{RANGE}&domain={domain}",
        "sender": f"/domains/{domain}/senders/{quote(sender, safe='')}?{RANGE}",
        "source": f"/sources/{ip}?{RANGE}",
        "network": f"/sources/{quote(str(network), safe='')}?{RANGE}",
        "records": f"/records?{RANGE}&domain={domain}",
        "record": f"/records/{record['id']}",
        "reports": f"/reports?{RANGE}&domain={domain}",
        "report": f"/reports/{report}",
        "xml": f"/reports/{report}/xml",
        "coverage": f"/coverage?{RANGE}&domain={domain}",
        "search": f"/search?q={quote(domain[:4])}",
        "changes": "/changes",
        "problems": "/problems",
        "input": f"/problems/{server.api('inputs?range=all')['data'][0]['id']}",
        "problems-ignored": "/problems?outcome=ignored",
        "problems-duplicate": "/problems?outcome=duplicate",
        "problems-disagreements": "/problems/disagreements",
        "problems-runs": "/problems/runs",
        "status": "/status",
    }


# Pages that say the same whatever the data, and states of pages.
STATES = {
    "help": "/help",
    "help-verdicts": "/help/verdicts",
    "help-keys": "/help/keys",
    "help-api": "/help/api",
    "error": "/records?reportr=x",
    "nowhere": "/nowhere",
    "empty-range": "/domains/example.com?from=2020-01-01&to=2020-01-31",
    "too-narrow": f"/records?{RANGE}&reporter=nobody.example&result=fail",
    "search-nothing": "/search?q=nothing.example",
    "source-unseen": "/sources/192.0.2.200",
}
EMPTY = {"overview": "/", "domain": "/domains/example.com", "senders": "/senders", "records": "/records", "reports": "/reports",
         "coverage": "/coverage", "changes": "/changes", "problems": "/problems", "status": "/status", "search": "/search?q=x",
         "source": "/sources/192.0.2.1"}
