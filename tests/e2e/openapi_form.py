"""The form of an OpenAPI 3.1 document, as far as ours uses it: what it does not use is not allowed."""


def thing(needs="", /, **properties):
    return {"type": "object", "properties": properties, "required": needs.split(), "additionalProperties": False}


def named(what, pattern=None):
    names = {"propertyNames": {"pattern": pattern}} if pattern else {}
    return {"type": "object", "additionalProperties": what} | names


def local(name):
    return {"$ref": f"#/$defs/{name}"}


def or_reference(what):
    """Either it, or a reference to one of components."""
    return {"if": {"required": ["$ref"]}, "then": thing("$ref", **{"$ref": {"type": "string", "pattern": "^#/components/"}}), "else": what}


TEXT = {"type": "string", "minLength": 1}
WORD = "^[A-Za-z0-9._-]+$"
# What a schema is, JSON Schema says; test_openapi.py asks it.
SCHEMA = {"type": "object"}

PARAMETER = thing("name in description schema", **{
    "name": TEXT, "in": {"enum": ["query", "path", "header"]}, "description": TEXT, "required": {"const": True}, "style": {"const": "form"},
    "explode": {"const": False}, "schema": SCHEMA, "example": True})
PARAMETER |= {"if": {"properties": {"in": {"const": "path"}}}, "then": {"required": ["required"]}}
HEADER = thing("description schema", description=TEXT, schema=SCHEMA, required={"type": "boolean"})
CONTENT = named(thing("schema", schema=SCHEMA, example=True), "^[a-z]+/[a-z0-9.+-]+$") | {"minProperties": 1}
RESPONSE = thing("description", description=TEXT, headers=named(or_reference(HEADER)), content=CONTENT)
RESPONSES = named(or_reference(RESPONSE), "^[1-5]([0-9][0-9]|XX)$") | {"minProperties": 1}
SECURITY = {"type": "array", "items": named({"type": "array", "items": TEXT})}
PARAMETERS = {"type": "array", "minItems": 1, "items": or_reference(PARAMETER)}
OPERATION = thing("operationId tags summary responses", operationId={"type": "string", "pattern": "^[a-z][A-Za-z]+$"},
                  tags={"type": "array", "items": TEXT, "minItems": 1}, summary=TEXT, description=TEXT, parameters=PARAMETERS,
                  requestBody=thing("content", description=TEXT, required={"type": "boolean"}, content=CONTENT), responses=RESPONSES,
                  security=SECURITY)
PATH = thing("get head", parameters=PARAMETERS, get=local("operation"), head=local("operation"), put=local("operation"),
             post=local("operation"))
LOGIN = thing("type scheme description", type={"const": "http"}, scheme={"enum": ["basic", "bearer"]}, description=TEXT)
COMPONENTS = thing("", securitySchemes=named(LOGIN, WORD), parameters=named(PARAMETER, WORD), headers=named(HEADER, WORD),
                   responses=named(RESPONSE, WORD), schemas=named(SCHEMA, WORD))

FORM = thing("openapi info servers security tags paths components",
             openapi={"type": "string", "pattern": r"^3\.1\.[0-9]+$"},
             info=thing("title version", title=TEXT, version=TEXT, summary=TEXT, description=TEXT,
                        license=thing("name identifier", name=TEXT, identifier=TEXT)),
             servers={"type": "array", "items": thing("url", url=TEXT, description=TEXT)},
             security=SECURITY,
             tags={"type": "array", "items": thing("name", name=TEXT, description=TEXT)},
             paths=named(PATH, "^/"),
             components=COMPONENTS) | {"$defs": {"operation": OPERATION}}
