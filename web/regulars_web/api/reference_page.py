"""The OpenAPI document as a page: every operation with what it takes and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from regulars_web.api.declaring import Area
from regulars_web.api.document import STATUS_WORDS


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenShown:
    """One parameter or field: its name, what kind of value, whether it has to be given."""

    name: str
    place: str
    kind: str
    needed: bool
    about: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OperationShown:
    """One operation."""

    name: str
    method: str
    path: str
    summary: str
    about: str
    scope: str
    given: tuple[GivenShown, ...]
    answers: tuple[tuple[int, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AreaShown:
    """The operations about one thing."""

    name: str
    about: str
    operations: tuple[OperationShown, ...]


def build_reference(document: dict[str, Any], areas: Sequence[Area]) -> tuple[AreaShown, ...]:
    """Everything that the document says, in its order."""
    return tuple(
        AreaShown(
            name=area.name,
            about=area.about,
            operations=tuple(
                _operation(document, operation.path, operation.method)
                for operation in area.operations
            ),
        )
        for area in areas
    )


def _operation(document: dict[str, Any], path: str, method: str) -> OperationShown:
    said = document["paths"][path][method.lower()]
    scope = next(iter(said["security"][0].values()))[0]
    return OperationShown(
        name=said["operationId"],
        method=method,
        path=f"/api/v1{path}",
        summary=said["summary"],
        about=said["description"].removesuffix(f"Needs the scope `{scope}`.").strip(),
        scope=scope,
        given=(*_parameters(said), *_body(document, said)),
        answers=tuple((int(status), STATUS_WORDS[int(status)]) for status in said["responses"]),
    )


def _parameters(said: dict[str, Any]) -> tuple[GivenShown, ...]:
    return tuple(
        GivenShown(
            name=parameter["name"],
            place=parameter["in"],
            kind=_kind(parameter["schema"]),
            needed=parameter["required"],
            about=parameter.get("description", ""),
        )
        for parameter in said["parameters"]
        if parameter["in"] != "header"
    )


def _body(document: dict[str, Any], said: dict[str, Any]) -> tuple[GivenShown, ...]:
    content = said.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return tuple(
            GivenShown(name=kind, place="body", kind="file", needed=True, about="")
            for kind in content
        )
    schema = content["application/json"]["schema"]
    whole = _followed(document, schema)
    return tuple(
        GivenShown(
            name=name,
            place="body",
            kind=_kind(field, document),
            needed=name in whole.get("required", ()),
            about=field.get("description", ""),
        )
        for name, field in whole.get("properties", {}).items()
    )


def _followed(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: dict[str, Any] = document["components"]["schemas"][_named(schema)]
        return found
    return schema


def _named(schema: dict[str, Any]) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[1]


def _kind(schema: dict[str, Any], document: dict[str, Any] | None = None) -> str:
    """A schema in a word or two: "integer", "list of string", "red | green"."""
    if "$ref" in schema:
        whole = {} if document is None else _followed(document, schema)
        return _kind(whole) if "enum" in whole else _named(schema)
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    parts = schema.get("anyOf") or schema.get("oneOf")
    if parts:
        words = (_kind(part, document) for part in parts if part != {"type": "null"})
        return " | ".join(dict.fromkeys(words))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}), document)}"
    return str(schema.get("format") or schema.get("title") or schema.get("type", "any"))
