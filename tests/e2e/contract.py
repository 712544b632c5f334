"""Every answer of the API keeps to schema/openapi.json: path, method, status, headers, media type and document."""

import functools
import gzip
import hashlib
import json
import pathlib
import re
import urllib.parse
import warnings

from jsonschema import Draft202012Validator

TOP = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = TOP / "schema"
DESCRIPTION = json.loads((SCHEMA / "openapi.json").read_text())
FILES = {p.name: json.loads(p.read_text()) for p in SCHEMA.glob("*.schema.json")}
# Where they are served, on a server of any name.
BASE = "http://ruad.test/api/v1/"
STORE = {BASE + "openapi.json": DESCRIPTION} | {f"{BASE}schemas/{name}": schema for name, schema in FILES.items()}
SUFFIXES = {".json": "application/json", ".csv": "text/csv", ".ndjson": "application/x-ndjson"}
PROBLEM = "application/problem+json"
# What can be wrong with any request, whatever it asks for.
REFUSALS = {400, 401, 403, 404, 405, 413, 414, 421, 429}
OURS = ("ETag", "Last-Modified", "Link", "Content-Disposition", "Retry-After", "Allow", "WWW-Authenticate", "Location")
WHOLE_ROWS = 60  # of a list: of longer ones the first and last are looked at
READ = {"get", "head", "post", "put"}


seen = set()  # what was checked once


class Broken(AssertionError):
    """The answer is not what the description says."""


@functools.lru_cache(maxsize=None)
def validator(reference):
    """For "schemas/records.schema.json", or "openapi.json#/components/…"."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": BASE + reference}
    try:
        import referencing  # Debian 13
        import referencing.jsonschema
    except ImportError:
        from jsonschema import RefResolver
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return Draft202012Validator(schema, resolver=RefResolver(BASE, schema, store=STORE))
    form = referencing.jsonschema.DRAFT202012
    every = [(url, referencing.Resource.from_contents(s, default_specification=form)) for url, s in STORE.items()]
    return Draft202012Validator(schema, registry=referencing.Registry().with_resources(every))


def check(name, document):
    """A document keeps to schema/<name>.schema.json."""
    check_reference(f"schemas/{name}.schema.json", document)


def check_reference(reference, document):
    errors = sorted(validator(reference).iter_errors(document), key=lambda e: list(map(str, e.path)))
    if errors:
        raise Broken("\n".join(f"{'/'.join(map(str, e.path))}: {e.message[:300]}" for e in errors[:10]))


def pointer(*parts):
    return "openapi.json#/" + "/".join(urllib.parse.quote(p.replace("~", "~0").replace("/", "~1")) for p in parts)


def follow(at, *parts):
    """Go on to parts of what lies at a place of the description, through references: the place and what is there."""
    found = DESCRIPTION
    for part in at:
        found = found[part]
    for part in parts + (None,):
        if "$ref" in found and found["$ref"].startswith("#/"):
            at = tuple(found["$ref"][2:].split("/"))
            found = DESCRIPTION
            for step in at:
                found = found[step]
        if part is not None:
            at, found = at + (part,), found[part]
    return at, found


@functools.lru_cache(maxsize=None)
def forms():
    """Concrete paths are asked before those with braces."""
    def form(path):
        return re.compile("/".join("[^/]+" if p.startswith("{") else re.escape(p) for p in path.split("/")))
    return sorted(((path, form(path)) for path in DESCRIPTION["paths"]), key=lambda pair: pair[0].count("{"))


def find(path):
    """The template of an address, and the media type that its suffix asks for."""
    for template, form in forms():
        if form.fullmatch(path):
            return template, None
    for suffix, media in SUFFIXES.items():
        if path.endswith(suffix):
            for template, form in forms():
                content = DESCRIPTION["paths"][template]["get"]["responses"]["200"]["content"]
                named = not template.endswith("}")
                if named and media in content and form.fullmatch(path[:-len(suffix)]):
                    return template, media
    return None, None


def is_described(path):
    """Is it below /api/, or what machines ask for?"""
    return path.startswith("/api/") or path in ("/healthz", "/readyz", "/metrics")


def response_of(template, method, status):
    """Where the description of this answer is, or None."""
    at = ("paths", template, method.lower(), "responses")
    responses = follow(at)[1]
    for name in (str(status), f"{status // 100}XX"):
        if name in responses:
            return follow(at + (name,))
    return None


def sample(document):
    """Of many rows some: a list of ten thousand says nothing that a hundred do not."""
    rows = document.get("data") if isinstance(document, dict) else None
    if isinstance(rows, list) and len(rows) > WHOLE_ROWS:
        return document | {"data": rows[:WHOLE_ROWS // 2] + rows[-WHOLE_ROWS // 2:]}
    return document


def check_headers(at, response, headers):
    described = response.get("headers", {})
    for name in described:
        place, header = follow(at, "headers", name)
        value = headers.get(name)
        if value is None:
            if header.get("required"):
                raise Broken(f"there is no header {name}")
            continue
        whole = header["schema"].get("type") == "integer" and re.fullmatch("[0-9]+", value)
        check_reference(pointer(*place, "schema"), int(value) if whole else value)
    for name in OURS:
        if name in headers and name not in described:
            raise Broken(f"the header {name} is not described")


def check_body(at, response, media, wanted, body):
    content = response.get("content")
    if content is None:
        if body:
            raise Broken("there is a body")
        return
    if media not in content:
        raise Broken(f"{media} is not one of {', '.join(content)}")
    if wanted and media != wanted:
        raise Broken(f"the suffix asks for {wanted}, there is {media}")
    schema = content[media]["schema"]
    # Of text only that what is said of the whole is looked at.
    if media.endswith("json") and media != "application/x-ndjson":
        document = sample(json.loads(body))
    elif media in ("text/plain", "text/csv", "application/x-ndjson"):
        document = body.decode()
    else:
        return
    if schema:
        check_reference(pointer(*at, "content", media, "schema"), document)


def check_problem(media, status, body):
    """An error that has no place in the description."""
    if media != PROBLEM:
        raise Broken(f"an error is {media}")
    if body:
        check("problem", json.loads(body))
        if json.loads(body)["status"] != status:
            raise Broken("status is not that of the answer")


def check_elsewhere(template, method, status, headers, media, body):
    """The address, or this method of it, is not described: it is refused."""
    if status not in REFUSALS:
        raise Broken("this is not described")
    if status == 405:
        check_reference(pointer("components", "responses", "MethodNotAllowed", "content", PROBLEM, "schema"), json.loads(body or "null"))
    if status == 405 and template:
        allowed = {m.upper() for m in READ & DESCRIPTION["paths"][template].keys()}
        if set(re.split(", *", headers.get("Allow", ""))) != allowed:
            raise Broken(f"Allow is {headers.get('Allow')}, not {allowed}")
    check_problem(media, status, body)


def check_described(path, method, status, headers, media, body):
    template, wanted = find(path)
    # The suffix is for reading.
    if template is None or method.lower() not in DESCRIPTION["paths"][template] or (wanted and method not in ("GET", "HEAD")):
        check_elsewhere(None if wanted else template, method, status, headers, media, body)
        return
    found = response_of(template, method, status)
    if not found:
        raise Broken("this status is not described")
    at, response = found
    if method == "HEAD":
        check_body(at, {}, media, None, body)
        return
    check_headers(at, response, headers)
    check_body(at, response, media, wanted, body)


def check_answer(method, target, status, headers, body):
    """An answer to a request of ours; headers is an email.message.Message. Pages are not looked at."""
    path = urllib.parse.urlsplit(target).path
    at = path.find("/api/")
    path = path[at:] if at > 0 else path  # the prefix of public_url
    if not is_described(path):
        return
    shown = {name: headers[name] for name in OURS + ("Cache-Control", "Vary") if headers[name] is not None}
    media = headers.get_content_type() if headers["Content-Type"] else None
    if headers["Content-Encoding"] == "gzip" and body:
        body = gzip.decompress(body)
    same = (path, method, status, tuple(sorted(shown.items())), media, hashlib.sha256(body).digest())
    if same in seen:
        return
    try:
        check_described(path, method, status, shown, media, body)
        seen.add(same)
    except Broken as e:
        raise Broken(f"{method} {target}: {status} {media} is not what schema/openapi.json says: {e}") from None
