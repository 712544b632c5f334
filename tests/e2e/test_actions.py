"""What can be done about an input that was not stored: read it again, set it aside. By forms, by the API, and by whom."""

import fcntl
import http.client
import urllib.parse

import pytest

import contract
from html_page import Page
from program import Answer
from reports import gz, report
from test_reparse import put, rejected

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def send(server, method, path, body="{}", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request(method, path, body, headers)
    answer = Answer(connection.getresponse(), method, path)
    connection.close()
    return answer


@pytest.fixture
def own(ruad, db, tmp_path):
    """Inputs 1 and 2 were rejected, 1 is good now; 3 was stored."""
    rejected(ruad, db, tmp_path, b"junk 1", gz(report("x")))
    put(ruad, db, tmp_path, b"junk 2", report("z"))
    with ruad.serve(db) as server:
        yield server


def entry(server, number):
    return server.api(f"inputs/{number}")


def badge(page):
    return next((page.text_of(a) for a in page.find("a") if a.get("href", "").startswith("/problems") and "Problems" in page.text_of(a)), "")


# --- the API ---

def test_retry(own):
    answer = send(own, "POST", "/api/v1/inputs/1/retry", **JSON)
    said = answer.json()
    contract.check("upload", said)
    assert (answer.status, said["outcome"], said["inputs"][0]["id"], said["inputs"][0]["report"]) == (200, "stored", "1", "2")
    assert answer.headers["Cache-Control"] == "no-store"
    row = entry(own, 1)
    assert (row["outcome"], row["was"], row["report"], row["has_bytes"]) == ("stored", "not-a-report", "2", False) and row["again_at"]
    said = send(own, "POST", "/api/v1/inputs/2/retry", '{"release": false}', **JSON).json()
    assert (said["outcome"], said["reason"]) == ("rejected", "not-a-report")
    assert entry(own, 2)["was"] is None and entry(own, 2)["again_at"]
    assert own.api("status")["problems"] == 1


def test_retry_of_what_is_not_there(own):
    for path, status, kind in (("9/retry", 404, "not-found"), ("3/retry", 409, "not-kept")):
        answer = send(own, "POST", f"/api/v1/inputs/{path}", **JSON)
        assert (answer.status, answer.json()["type"]) == (status, f"/help/api#{kind}"), path
    for body in ("", "x", "[]", '{"release": 1}', '{"x": true}'):
        answer = send(own, "POST", "/api/v1/inputs/1/retry", body, **JSON)
        assert (answer.status, answer.json()["type"]) == (400, "/help/api#invalid-parameter"), body
    assert send(own, "POST", "/api/v1/inputs/1/retry?x=1", **JSON).status == 400
    for method in ("PUT", "DELETE"):
        assert send(own, method, "/api/v1/inputs/1/retry", **JSON).status == 405
    assert own.api("inputs/1/retry") == own.api("inputs/1/dismissed") == entry(own, 1)
    assert send(own, "POST", "/api/v1/inputs/1/retry", "x" * 20000, **JSON).status == 413
    assert entry(own, 1)["outcome"] == "rejected"


def test_dismiss(own):
    answer = send(own, "PUT", "/api/v1/inputs/1/dismissed", **JSON)
    contract.check("input", answer.json())
    assert answer.status == 200 and answer.json()["dismissed_at"] and entry(own, 1)["dismissed_at"]
    assert own.api("status")["problems"] == 1
    assert [i["id"] for i in own.api("inputs?range=all&outcome=rejected&dismissed=false")["data"]] == ["2"]
    assert [i["id"] for i in own.api("inputs?range=all&dismissed=true")["data"]] == ["1"]
    assert "1,2026" in own.get("/api/v1/inputs.csv?range=all&dismissed=true").text
    assert send(own, "PUT", "/api/v1/inputs/1/dismissed", '{"dismissed": false}', **JSON).json()["dismissed_at"] is None
    assert own.api("status")["problems"] == 2
    assert send(own, "PUT", "/api/v1/inputs/9/dismissed", **JSON).status == 404
    assert send(own, "PUT", "/api/v1/inputs/3/dismissed", **JSON).status == 400
    assert send(own, "PUT", "/api/v1/inputs/1/dismissed", '{"dismissed": "yes"}', **JSON).status == 400


def test_other_sites_can_do_nothing(own):
    for method, path in (("POST", "/api/v1/inputs/1/retry"), ("PUT", "/api/v1/inputs/1/dismissed")):
        for headers in (JSON | {"Origin": "http://evil.example"}, JSON | {"Sec-Fetch-Site": "cross-site"}):
            assert send(own, method, path, **headers).status == 403
        assert send(own, method, path, **{"Content-Type": "text/plain"}).status == 415
    token = form_of(own, "/problems", "/problems/1/retry")["form_token"]
    for path, field in (("/problems/1/retry", ""), ("/problems/1/dismiss", "dismissed=true&")):
        for body, headers in ((field + "form_token=" + "0" * 64, {}), (field, {}),
                              (field + "form_token=" + token, {"Origin": "http://evil.example"})):
            assert send(own, "POST", path, body, **FORM | headers).status == 403, (path, body)
    row = entry(own, 1)
    assert (row["outcome"], row["again_at"], row["dismissed_at"]) == ("rejected", None, None)


def test_who_may(ruad, db, tmp_path):
    rejected(ruad, db, tmp_path, b"junk 1", gz(report("x")))
    put(ruad, db, tmp_path, b"junk 2")
    tokens = {s: ruad.run("token", "add", s, "--scope", s, "--db", db).out.strip() for s in ("read", "mark", "import")}
    conf = tmp_path / "ruad.conf"
    conf.write_text('web { auth = proxy\nproxy_addresses = {"127.0.0.1"} }\n')
    conf.chmod(0o600)
    may = {("PUT", "/api/v1/inputs/2/dismissed"): "mark", ("POST", "/api/v1/inputs/1/retry"): "import",
           ("POST", "/problems/2/dismiss"): "mark", ("POST", "/problems/2/retry"): "import"}
    with ruad.serve(db, "-c", conf) as server:
        for (method, path), needed in may.items():
            api = path.startswith("/api")
            body, kind = ("{}", JSON) if api else ("", FORM)
            for scope, token in tokens.items():
                answer = send(server, method, path, body, **kind, Authorization=f"Bearer {token}")
                wanted = 403 if scope != needed else 200 if api else 303
                assert answer.status == wanted, (path, scope, answer.text)
            assert send(server, method, path, body, **kind).status in (401, 403)
        assert server.get("/api/v1/inputs/1", Authorization="Bearer " + tokens["read"]).json()["outcome"] == "stored"
        page = Page(server.get("/problems?dismissed=true", Authorization="Bearer " + tokens["read"]).text)
        assert "junk" not in page.text and "not-a-report" in page.text
        assert [b for b in page.find("button") if page.text_of(b) in ("Try again", "Dismiss", "Reopen")] == []


def test_while_an_import_runs(own, db):
    with open(f"{db}.lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = send(own, "POST", "/api/v1/inputs/1/retry", **JSON)
        assert answer.status == 503 and answer.headers["Retry-After"]
        assert send(own, "PUT", "/api/v1/inputs/1/dismissed", **JSON).status == 200
    assert send(own, "POST", "/api/v1/inputs/1/retry", **JSON).json()["outcome"] == "stored"
    assert entry(own, 1)["dismissed_at"] is None  # it is another thing now


# --- Pages ---

def form_of(server, page, action):
    """The fields of a form, by its address; its first button is pressed."""
    for form in Page(server.get(page).text).find("form"):
        if form.get("action") == action:
            fields = {i.get("name"): i.get("value") for i in form.iter("input")}
            button = next(form.iter("button"))
            if button.get("name"):
                fields[button.get("name")] = button.get("value")
            return fields
    raise AssertionError(f"no form {action} on {page}")


def press(server, page, action):
    answer = send(server, "POST", action, urllib.parse.urlencode(form_of(server, page, action)), **FORM)
    assert answer.status == 303 and answer.body == b"", answer.text
    return answer.headers["Location"]


def test_buttons_without_scripts(own):
    assert "2" in badge(Page(own.get("/").text))
    where = press(own, "/problems", "/problems/1/retry")
    assert where == "/problems/1"
    page = Page(own.get(where).text)
    assert "Input 1: stored" in page.text and "not-a-report" in page.text and "Read again" in page.text
    assert page.link("2") and "1" in badge(page)
    where = press(own, "/problems/2", "/problems/2/retry")
    page = Page(own.get(where).text)
    assert "Input 2: rejected" in page.text and "it is as it was" in page.text
    assert press(own, "/problems/2", "/problems/2/dismiss") == "/problems"
    page = Page(own.get("/problems").text)
    assert "No input was rejected" in page.text and "Dismissed (1)" in page.text
    assert "junk" not in page.text
    page = Page(own.get(page.link("Dismissed")).text)
    assert len(page.table("When", "Reason")) == 1
    assert press(own, "/problems?dismissed=true", "/problems/2/dismiss") == "/problems/2"
    assert "Dismissed (" not in Page(own.get("/problems").text).text


def test_pages_of_inputs(own):
    page = Page(own.get("/problems/3").text)
    assert "Input 3: stored" in page.text and not [b for b in page.find("button") if page.text_of(b) in ("Try again", "Dismiss", "Reopen")]
    for path in ("/problems/9", "/problems/0", "/problems/x"):
        own.get(path, status=404)
    own.get("/problems/1/retry", status=405)
    assert send(own, "POST", "/problems/9/retry", urllib.parse.urlencode(form_of(own, "/problems", "/problems/1/retry")), **FORM).status == 404


def test_in_a_browser(browser, own):
    """A click on the button, with scripts and without."""
    for script, number, words in ((True, 1, "Input 1: stored"), (False, 2, "Input 2: rejected")):
        browser.script(script)
        browser.open(f"{own.url}/problems")
        browser.all(f'form[action="/problems/{number}/retry"] button')[0].click()
        browser.wait(f"location.pathname === '/problems/{number}'")
        assert words in browser.all("main")[0].text
    browser.all('form[action="/problems/2/dismiss"] button')[0].click()
    browser.wait("location.pathname === '/problems'")
    assert "No input was rejected" in browser.all("main")[0].text
    assert not browser.problems()
