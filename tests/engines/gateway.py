"""Rules of the Gateway API for generated `HTTPRoute`s.

They are written by hand from the API reference (https://gateway-api.sigs.k8s.io/reference/spec/) for the
fields that are used; any other field is an error. The published validators are written in JavaScript, and
these tests should not require Node. The features of gateways are not checked.
"""

from jsonschema import Draft202012Validator

GROUP = "gateway.networking.k8s.io"

NAME = {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", "maxLength": 253}
LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"


def record(required=(), **properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def listed(items, most):
    return {"type": "array", "items": items, "minItems": 1, "maxItems": most}


PATH = {
    **record(
        ["type", "value"],
        type={"enum": ["Exact", "PathPrefix", "RegularExpression"]},
        value={"type": "string", "maxLength": 1024},
    ),
    # A value that is not an expression must be the path of a URL, without steps that a proxy would
    # resolve.
    "if": {"properties": {"type": {"enum": ["Exact", "PathPrefix"]}}},
    "then": {
        "properties": {
            "value": {
                "pattern": r"^/([-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$",
                "not": {"pattern": r"//|/\./|/\.\./|%2[fF]|/\.\.?$|#"},
            }
        }
    },
}

REWRITE = record(
    ["type", "urlRewrite"],
    type={"const": "URLRewrite"},
    urlRewrite=record(
        ["path"],
        path=record(
            ["type", "replacePrefixMatch"],
            type={"const": "ReplacePrefixMatch"},
            replacePrefixMatch={"type": "string", "pattern": "^/", "maxLength": 1024},
        ),
    ),
)

HTTP_ROUTE = record(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": f"{GROUP}/v1"},
    kind={"const": "HTTPRoute"},
    metadata={"type": "object", "required": ["name"]},
    spec=record(
        parentRefs=listed(
            record(
                ["name"],
                name=NAME,
                namespace={"type": "string", "pattern": f"^{LABEL}$", "maxLength": 63},
                sectionName=NAME,
            ),
            32,
        ),
        hostnames=listed(
            {"type": "string", "pattern": rf"^(\*\.)?{LABEL}(\.{LABEL})*$", "maxLength": 253}, 16
        ),
        rules=listed(
            record(
                matches=listed(record(path=PATH), 64),
                filters=listed(REWRITE, 1),
                backendRefs=listed(
                    record(
                        # The port is required if the backend is a Service.
                        ["name", "port"],
                        name=NAME,
                        port={"type": "integer", "minimum": 1, "maximum": 65535},
                    ),
                    16,
                ),
            ),
            16,
        ),
    ),
)

VALIDATOR = Draft202012Validator(HTTP_ROUTE)


def problems(item):
    """The violations of the rules in an object of the group."""
    if item["kind"] != "HTTPRoute":
        return [f"no rules for {item['kind']}"]
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(item)]
