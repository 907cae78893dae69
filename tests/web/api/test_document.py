"""The OpenAPI document: valid, the same each time, and about exactly what is there."""

import json
import re

from click.testing import CliRunner
from flask import Flask

from regulars_web.api.areas import all_operations
from regulars_web.api.document import build_document
from regulars_web.cli import group
from tests.web.api.conftest import Program


def test_the_command_prints_what_the_address_serves(program: Program) -> None:
    printed = CliRunner().invoke(group, ["openapi"]).output
    served = program.client.get("/api/v1/openapi.json")
    assert served.get_data(as_text=True) == printed
    assert json.loads(printed)["openapi"] == "3.1.0"


def test_every_route_is_in_the_document_and_the_other_way_round(app: Flask) -> None:
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1") and rule.endpoint != "api.openapi"
        for method in (rule.methods or set()) - {"HEAD"}
    }
    document = build_document()
    told = {
        (f"/api/v1{path}", method.upper())
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert told == routes


def test_every_reference_leads_somewhere() -> None:
    document = build_document()
    text = json.dumps(document)
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', text)):
        found = document
        for step in reference.split("/"):
            found = found[step]
        assert found


def test_operations_are_told_in_words() -> None:
    for operation in all_operations():
        assert operation.summary, operation.name
        assert len(operation.summary) < 90, operation.name


def test_no_address_is_that_of_two_resources() -> None:
    """/customers/tags would be a customer called tags, too."""
    paths = {operation.path: operation.in_path for operation in all_operations()}

    def is_open(path: str, segment: str) -> bool:
        return segment.endswith("}") and "str" in str(paths[path][segment.strip("{}")])

    for one in paths:
        for other in paths:
            if one == other or one.count("/") != other.count("/"):
                continue
            pairs = list(zip(one.split("/"), other.split("/"), strict=True))
            alike = all(
                mine == theirs or is_open(one, mine) or is_open(other, theirs)
                for mine, theirs in pairs
            )
            assert not alike, f"{one} and {other}"
