"""Everything that the pages can do, programs can do."""

from flask import Flask

from regulars_web.api.areas import all_operations
from tests.web.api.counterparts import PARTS_OF_PEOPLE, PEOPLE_ONLY, SAME


def pages(app: Flask) -> set[str]:
    found = {rule.endpoint for rule in app.url_map.iter_rules()}
    return {
        endpoint
        for endpoint in found
        if endpoint.partition(".")[0] not in {*PARTS_OF_PEOPLE, "api"}
    }


def test_whatever_a_page_does_has_its_operation_or_a_reason_for_having_none(app: Flask) -> None:
    assert pages(app) - set(SAME) - set(PEOPLE_ONLY) == set()


def test_what_is_named_there_exists(app: Flask) -> None:
    names = {operation.name for operation in all_operations()}
    assert (set(SAME) | set(PEOPLE_ONLY)) - pages(app) == set()
    assert set(SAME) & set(PEOPLE_ONLY) == set()
    assert {name for same in SAME.values() for name in same} - names == set()
