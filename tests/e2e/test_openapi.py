"""schema/openapi.json: it is OpenAPI, it is what is served, and it says of the API what the running server says of itself."""

import email.message
import json
import re
import urllib.parse

import pytest
from jsonschema import Draft202012Validator

import contract
from contract import DESCRIPTION, FILES, SCHEMA, Broken, check_answer, follow
from html_page import Page
from openapi_form import FORM
from program import RANGE

PATHS = DESCRIPTION["paths"]
LIST = {"get", "head", "put", "post"}
PARTS = {"common.schema.json", "record_row.schema.json"}  # of other schemas


def every(node, key):
    """All values of a key, however deep."""
    if isinstance(node, dict):
        if key in node and isinstance(node[key], str):
            yield node[key]
        for value in node.values():
            yield from every(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from every(value, key)


def parameters(template, method="get"):
    """Of the path and of the method, resolved: (where the schema is, the parameter)."""
    for at in (("paths", template), ("paths", template, method)):
        _, found = follow(at)
        for i in range(len(found.get("parameters", []))):
            place, parameter = follow(at + ("parameters",), i)
            yield place, parameter


def names(template, where, method="get"):
    return [p["name"] for _, p in parameters(template, method) if p["in"] == where]


def operations():
    for template, item in PATHS.items():
        for method in LIST & item.keys():
            yield template, method


# --- The file ---

def test_form():
    errors = sorted(Draft202012Validator(FORM).iter_errors(DESCRIPTION), key=lambda e: list(map(str, e.path)))
    assert not errors, "\n".join(f"{'/'.join(map(str, e.path))}: {e.message[:200]}" for e in errors[:10])


def test_references_lead_somewhere():
    for reference in every(DESCRIPTION, "$ref"):
        if reference.startswith("#/"):
            follow(tuple(reference[2:].split("/")))
            continue
        file, _, place = reference.partition("#")
        found = FILES[file.removeprefix("schemas/")]
        for part in place.split("/")[1:]:
            found = found[part]


def test_nothing_is_left_over():
    used = set(every(DESCRIPTION, "$ref"))
    used.add("#/components/responses/MethodNotAllowed")  # of methods that are not there
    for kind, things in DESCRIPTION["components"].items():
        if kind == "securitySchemes":
            used |= {f"#/components/securitySchemes/{name}" for entry in DESCRIPTION["security"] for name in entry}
        assert {f"#/components/{kind}/{name}" for name in things} - used == set(), kind
    files = {reference.partition("#")[0].removeprefix("schemas/") for reference in used if reference[0] != "#"}
    of_commands = {name for name, schema in FILES.items() if "ruad " in schema["title"]}
    assert set(FILES) - files - of_commands - PARTS == set(), "schemas that nothing is described by"


def test_each_schema_is_a_schema():
    def look(node):
        if isinstance(node, dict):
            if isinstance(node.get("schema"), dict):
                Draft202012Validator.check_schema(node["schema"])
            for value in node.values():
                look(value)
        elif isinstance(node, list):
            for value in node:
                look(value)
    look(DESCRIPTION)
    for schema in DESCRIPTION["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_operations_have_names_of_their_own():
    ids = [PATHS[t][m]["operationId"] for t, m in operations()]
    assert len(set(ids)) == len(ids)
    tags = [tag["name"] for tag in DESCRIPTION["tags"]]
    assert {tag for t, m in operations() for tag in PATHS[t][m]["tags"]} == set(tags) and len(set(tags)) == len(tags)


def test_parts_of_paths():
    for template, method in operations():
        assert names(template, "path", method) == re.findall(r"{(\w+)}", template), (template, method)
        every_name = [(p["in"], p["name"]) for _, p in parameters(template, method)]
        assert len(set(every_name)) == len(every_name), template


def test_examples_keep_to_their_schema():
    for template, method in operations():
        for at, parameter in parameters(template, method):
            if "example" in parameter:
                contract.check_reference(contract.pointer(*map(str, at), "schema"), parameter["example"])


# --- The running server ---

@pytest.fixture(scope="module")
def routes(golden):
    return {route["path"]: route for route in golden.get("/api/v1").json()["routes"]}


def test_paths_and_methods(routes):
    ours = {(t, m.upper()) for t, m in operations()}
    theirs = {(path, method) for path, route in routes.items() for method in route["methods"]}
    assert ours == theirs


def test_parameters(routes):
    for path, route in routes.items():
        for method in ("get", "head"):
            assert sorted(names(path, "query", method)) == sorted(route["parameters"]), (path, method)


def test_formats(routes):
    for path, route in routes.items():
        content = PATHS[path]["get"]["responses"]["200"]["content"]
        assert list(content) == route["formats"], path


def test_links(golden):
    answer = golden.get("/api/v1").json()
    for name, link in answer["links"].items():
        assert link in PATHS, name
    collections = {path for path in PATHS if path.startswith("/api/") and path.count("/") == 3 and "{" not in path}
    assert collections <= set(answer["links"].values())


def test_it_is_served(golden):
    answer = golden.get("/api/v1/openapi.json")
    assert answer.body == (SCHEMA / "openapi.json").read_bytes() and answer.type == "application/json"
    golden.get("/api/v1/openapi.json", status=304, If_None_Match=answer.headers["ETag"])
    base = "/api/v1/openapi.json"
    wanted = {urllib.parse.urljoin(base, r.partition("#")[0]) for r in every(DESCRIPTION, "$ref") if r[0] != "#"}
    seen = set()
    while wanted - seen:
        path = sorted(wanted - seen)[0]
        seen.add(path)
        schema = golden.get(path).json()
        assert schema == json.loads((SCHEMA / path.rpartition("/")[2]).read_text()), path
        wanted |= {urllib.parse.urljoin(path, r.partition("#")[0]) for r in every(schema, "$ref") if r[0] != "#"}
    assert len(seen) > 25
    # The paths are below the address of the server that is named.
    assert urllib.parse.urljoin("http://a/prefix/api/v1/openapi.json", DESCRIPTION["servers"][0]["url"]) == "http://a/prefix/"
    for path in ("schemas/openapi.json", "schemas/0001_first.sql", "schemas/nothing.schema.json", "openapi", "openapi.csv"):
        golden.get("/api/v1/" + path, status=404)


def filled(golden):
    """An address of each path that has something to show."""
    inputs = golden.api("inputs?outcome=rejected&range=all")["data"]
    records = golden.api("records?range=all&limit=1")["data"]
    return {"/records/{id}": records[0]["id"], "/inputs/{id}": inputs[0]["id"], "/reports/{id}": "1", "{ip}": "192.0.2.0%2F24",
            "{domain}": "example.com", "{key}": "esp.example", "{file}": "records.schema.json"}


def address(template, values):
    for part, value in values.items():
        template = template.replace(part, part.replace("{id}", value) if part.startswith("/") else value)
    assert "{" not in template
    return template


def asked(template, values):
    """With the parameters that it cannot do without."""
    needed = {p["name"]: p["example"] for _, p in parameters(template) if p["in"] == "query" and p.get("required")}
    return address(template, values) + ("?" + urllib.parse.urlencode(needed) if needed else "")


def test_each_path_answers(golden):
    values = filled(golden)
    for template in PATHS:
        path = asked(template, values)
        answer = golden.get(path)
        head = golden.get(path, method="HEAD")
        assert head.body == b"" and head.type == answer.type
        for name in ("ETag", "Cache-Control", "Content-Disposition"):
            if not template.startswith(("/api/v1/status", "/api/v1/coverage", "/api/v1/inputs", "/api/v1/runs", "/api/v1/changes")):
                assert head.headers[name] == answer.headers[name], (path, name)
        if answer.headers["ETag"]:
            golden.get(path, status=304, If_None_Match=head.headers["ETag"] if "ETag" in head.headers else "*")
        golden.get(path + "?nonsense=1", status=None)
        golden.get(path, method="DELETE", status=405)
        golden.get(path, method="POST", status=None)


def test_csv_columns(golden):
    values = filled(golden)
    for template, item in PATHS.items():
        media = item["get"]["responses"]["200"].get("content", {}).get("text/csv")
        if media:
            first = golden.get(address(template, values) + ".csv").text.split("\r\n")[0]
            assert first == media["example"], template


def words_of(schema):
    """What a parameter may say, or None."""
    schema = schema.get("items", schema)
    found = re.fullmatch(r"\^!?\??-?\??\(([a-z_|]+)\)\$", schema.get("pattern", ""))
    return schema.get("enum") or (found and found[1].split("|"))


def test_words_of_parameters(golden):
    """Each word that is described is taken, and the server names no other."""
    checked, values = set(), filled(golden)
    for template in PATHS:
        for at, parameter in parameters(template):
            words = parameter["in"] == "query" and words_of(parameter["schema"])
            if not words:
                continue
            path = address(template, values)
            detail = golden.get(f"{path}?{parameter['name']}=x", status=400).json()["detail"]
            told = re.search(r"there are (.*)\.$", detail) or re.search(r"^'[a-z_]+' is (.*), not 'x'\.$", detail)
            assert told, detail
            assert re.split(", | or ", told[1]) == words, (template, parameter["name"], detail)
            for word in words:
                golden.get(f"{path}?{parameter['name']}={word}")
            if parameter["schema"].get("type") == "array" and parameter["name"] != "sort":
                golden.get(f"{path}?{parameter['name']}=!{words[0]}")
            checked.add(parameter["name"])
    assert len(checked) >= 16 and {"cause", "sort", "by"} <= checked


BAD = {"from": "yesterday", "to": "2026-13-01", "range": "5x", "source_ip": "300.1.1.1", "report": "x", "since": "x", "limit": "1001", "cursor": "x",
       "q": "x" * 1025, "reason": "nonsense"}
GOOD = {"from": "2026-11-17", "to": "2026-11-20T00:00:00Z", "range": "3w", "source_ip": "192.0.2.0/24,2001:db8::1", "report": "!1", "since": "2026-11-01",
        "limit": "1000", "q": "x" * 1024, "reason": "xml-malformed", "policy": "none,!reject", "domain": "example.com"}


def test_values_of_parameters(golden):
    """What the schema of a parameter takes and refuses, the server takes and refuses."""
    for template in PATHS:
        path = None
        for at, parameter in parameters(template):
            name = parameter["name"]
            if parameter["in"] != "query":
                continue
            path = path or address(template, filled(golden))
            form = contract.validator(contract.pointer(*map(str, at), "schema"))
            assert golden.get(f"{path}?{name}=", status=400), "an empty value is none"
            for value, status in ((BAD.get(name), 400), (GOOD.get(name), 200)):
                if value is None:
                    continue
                golden.get(f"{path}?{name}={urllib.parse.quote(value)}", status=status)
                parsed = value.split(",") if parameter["schema"]["type"] == "array" else int(value) if name == "limit" else value
                if status == 200 or name not in ("to", "cursor", "reason", "source_ip"):
                    assert form.is_valid(parsed) == (status == 200), (template, name, value)


def test_problem_types(golden):
    """Each is described with its status, and explained on the page that it names."""
    described = {}
    for at in DESCRIPTION["components"]["responses"]:
        for media in DESCRIPTION["components"]["responses"][at].get("content", {}).values():
            properties = media["schema"]["properties"]
            described |= {t: properties["status"]["const"] for t in properties["type"]["enum"]}
    page = Page(golden.get("/help/api").text)
    rows = [row for row in page.table("Type", "Status") if row]
    assert {f"/help/api#{row['Type']}": int(row["Status"]) for row in rows} == described


# --- The check of every answer finds what is wrong ---

def headers_of(answer, **changed):
    message = email.message.Message()
    for name, value in answer.headers.items():
        message[name] = value
    for name, value in changed.items():
        name = name.replace("_", "-")
        del message[name]
        if value is not None:
            message[name] = value
    return message


def test_check_finds(golden):
    path = f"/api/v1/records?{RANGE}&limit=2"
    good = golden.get(path)
    document = good.json()

    def broken(why, method="GET", path=path, status=200, body=good.body, **changed):
        with pytest.raises(Broken, match=why):
            check_answer(method, path, status, headers_of(good, **changed), body)

    def with_(**more):
        return json.dumps(document | more).encode()

    check_answer("GET", path, 200, headers_of(good), good.body)
    check_answer("GET", "/prefix" + path, 200, headers_of(good), good.body)
    broken("this is not described", path="/api/v1/nothing")
    broken("this is not described", method="DELETE")
    broken("this is not described", method="PUT")
    broken("this status is not described", status=204)
    broken("this status is not described", status=418)
    broken("application/json is not one of", status=400, ETag=None, Last_Modified=None, Link=None)
    broken("text/html is not one of", Content_Type="text/html")
    broken("suffix asks for text/csv", path="/api/v1/records.csv")
    broken("there is no header ETag", ETag=None)
    broken("header Retry-After is not described", Retry_After="5")
    broken("does not match", Link="</nowhere>")
    broken("'messages' is a required property", body=with_(totals={}))
    broken("Additional properties", body=with_(more=1))
    broken("is not of type", body=with_(data={}))
    broken("there is a body", status=304, Link=None)
    broken("there is a body", method="HEAD")
    many = [document["data"][0]] * 500
    check_answer("GET", path, 200, headers_of(good), with_(data=many))
    broken("data/", body=with_(data=many + [{}]))


def test_check_finds_wrong_methods(golden):
    answer = golden.get("/api/v1/records", status=405, method="DELETE")
    with pytest.raises(Broken, match="Allow is GET"):
        check_answer("DELETE", "/api/v1/records", 405, headers_of(answer, Allow="GET"), answer.body)
    with pytest.raises(Broken, match="status is not"):
        check_answer("DELETE", "/api/v1/records", 400, headers_of(answer), answer.body)
    with pytest.raises(Broken, match="an error is text/plain"):
        check_answer("DELETE", "/api/v1/records", 405, headers_of(answer, Content_Type="text/plain"), answer.body)
