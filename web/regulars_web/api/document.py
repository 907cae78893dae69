"""The OpenAPI 3.1 document, from the declarations alone."""

import json
import re
from functools import cache
from importlib.metadata import version
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from regulars_platform.api_access.scopes import SAID
from regulars_web.api.areas import all_areas, all_operations
from regulars_web.api.declaring import JsonFile, Operation, Upload, is_file
from regulars_web.api.models import DocumentSchemas
from regulars_web.api.problems import ProblemAnswer

REF = "#/components/schemas/{model}"
TOKEN = "token"  # noqa: S105 -- the name of the scheme
ABOUT = """Everything that the pages of Regulars can do, as JSON.

Send a token (made under Settings, or by `regulars token create`) in the header Authorization. Each
operation names the scope that its token needs. Amounts are decimal texts in the shop's currency,
moments are in UTC, days are days of the shop. Lists come in pages: give `page.next` as `cursor`.
Every write takes a header Idempotency-Key: sent again under its key within 24 hours, it is not
done again but answered as before."""

STATUS_WORDS = {
    200: "Done",
    201: "Made",
    202: "Asked for; a job does it in the background",
    204: "Done; nothing to say",
    400: "The body is not valid JSON",
    401: "No token, or one that opens nothing",
    403: "The token lacks the scope",
    404: "There is no such thing",
    409: "Not in this state, or the same write is under way",
    413: "The body is too large",
    415: "The body is of another kind",
    422: "Something given does not hold",
    429: "Too many wrong tokens from this address",
}


@cache
def document_text() -> str:
    """The document as text: sorted, the same bytes each time."""
    return json.dumps(build_document(), sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def build_document() -> dict[str, Any]:
    """The document."""
    schemas = Schemas(all_operations())
    paths: dict[str, dict[str, Any]] = {}
    for operation in all_operations():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(
            operation, schemas
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Regulars", "version": version("regulars"), "description": ABOUT},
        "servers": [{"url": "/api/v1"}],
        "tags": [{"name": area.name, "description": area.about} for area in all_areas()],
        "paths": paths,
        "components": {
            "schemas": schemas.all,
            "securitySchemes": {
                TOKEN: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Scopes: "
                    + "; ".join(f"`{scope}`: {said}" for scope, said in SAID.items()),
                }
            },
            "responses": {
                str(status): _problem(status) for status in STATUS_WORDS if status >= 400
            },
        },
    }


class Schemas:
    """The schemas of all models, each under its own name."""

    def __init__(self, operations: list[Operation]) -> None:
        wanted: dict[tuple[type[BaseModel], Literal["validation", "serialization"]], None] = {
            (ProblemAnswer, "serialization"): None
        }
        for operation in operations:
            if operation.body is not None:
                wanted[operation.body, "validation"] = None
            if operation.answers is not None and not is_file(operation.answers):
                wanted[operation.answers, "serialization"] = None
        refs, found = models_json_schema(
            list(wanted), ref_template=REF, schema_generator=DocumentSchemas
        )
        names = _short_names(found["$defs"])
        self.all: dict[str, Any] = {
            names[name]: _renamed(schema, names) for name, schema in found["$defs"].items()
        }
        self._refs = {key: _renamed(ref, names) for key, ref in refs.items()}

    def of_body(self, model: type[BaseModel]) -> Any:
        """A reference to the schema of a body."""
        return self._refs[model, "validation"]

    def of_answer(self, model: type[BaseModel]) -> Any:
        """A reference to the schema of an answer."""
        return self._refs[model, "serialization"]


def _short_names(schemas: dict[str, Any]) -> dict[str, str]:
    """Titles are better names (CustomerPage for Page_Customer_) where they are unique."""
    titles = [schema.get("title", name) for name, schema in schemas.items()]
    return {
        name: title if titles.count(title) == 1 and re.fullmatch(r"\w+", title) else name
        for name, title in zip(schemas, titles, strict=True)
    }


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    if isinstance(schema, dict):
        return {
            key: REF.format(model=names[value.rsplit("/", 1)[1]])
            if key == "$ref"
            else _renamed(value, names)
            for key, value in schema.items()
        }
    return [_renamed(part, names) for part in schema] if isinstance(schema, list) else schema


def _operation(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "security": [{TOKEN: [str(operation.scope)]}],
        "parameters": [*_in_path(operation), *_in_query(operation), *_in_header(operation)],
        "responses": {
            str(operation.status): _success(operation, schemas),
            **{
                str(status): {"$ref": f"#/components/responses/{status}"}
                for status in operation.statuses
            },
        },
    }
    needs = f"Needs the scope `{operation.scope}`."
    said["description"] = f"{operation.description} {needs}".strip()
    if operation.body is not None:
        content: dict[str, Any] = {"schema": schemas.of_body(operation.body)}
        if operation.example is not None:
            content["example"] = operation.example
        said["requestBody"] = {"required": True, "content": {"application/json": content}}
    if operation.takes_upload:
        said["requestBody"] = {
            "required": True,
            "description": "The file itself, of any size.",
            "content": {kind: {} for kind in Upload.media_types},  # any bytes: no schema holds them
        }
    return said


def _in_path(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": TypeAdapter(kind).json_schema()}
        for name, kind in operation.in_path.items()
    ]


def _in_query(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    schema = operation.query.model_json_schema(schema_generator=DocumentSchemas)
    inner = schema.get("$defs", {})
    found = []
    for name, field in schema.get("properties", {}).items():
        plain = _without_null(_inlined(field, inner))
        description = plain.pop("description", None)
        found.append(
            {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", ()),
                "schema": plain,
                **({"description": description} if description else {}),
            }
        )
    return found


def _inlined(schema: Any, inner: dict[str, Any]) -> Any:
    """With what it refers to written out: parameters have no schemas beside them."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            whole = inner[schema["$ref"].rsplit("/", 1)[1]]
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            return {**_inlined(whole, inner), **rest}
        return {key: _inlined(value, inner) for key, value in schema.items()}
    return [_inlined(part, inner) for part in schema] if isinstance(schema, list) else schema


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be missing is left out, never null."""
    parts = [part for part in schema.get("anyOf", ()) if part != {"type": "null"}]
    if schema.get("default", ...) is None:
        schema = {key: value for key, value in schema.items() if key != "default"}
    if len(parts) == 1:
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        return {**parts[0], **rest}
    return schema


def _in_header(operation: Operation) -> list[dict[str, Any]]:
    if not operation.is_write:
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "The write is done once for each key; kept for 24 hours.",
            "schema": schema,
        }
    ]


def _success(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    said: dict[str, Any] = {"description": STATUS_WORDS[operation.status]}
    if operation.is_write:
        said["headers"] = {
            "Idempotency-Replayed": {
                "description": "true where this is the answer of an earlier request",
                "schema": {"type": "string", "const": "true"},
            }
        }
    if is_file(operation.answers):
        content = {"schema": {"type": "object"}} if operation.answers is JsonFile else {}
        said["content"] = {operation.answers.media_type: content}
    elif operation.answers is not None:
        schema = schemas.of_answer(operation.answers)
        said["content"] = {"application/json": {"schema": schema}}
    return said


def _problem(status: int) -> dict[str, Any]:
    said: dict[str, Any] = {
        "description": STATUS_WORDS[status],
        "content": {"application/json": {"schema": {"$ref": REF.format(model="ProblemAnswer")}}},
    }
    if status in (401, 403):
        said["headers"] = {
            "WWW-Authenticate": {"schema": {"type": "string"}, "required": True},
        }
    if status == 429:
        said["headers"] = {"Retry-After": {"schema": {"type": "string"}, "required": True}}
    return said
