"""Whatever stands somewhere in a plan: a draft with its problems, or why there is none."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from regulars_platform.settings import Settings
from tests.web.api.conftest import Program
from tests.web.api.test_campaigns import plan
from tests.web.campaigns.conftest import write_orders

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", "0", "-1", "1e999", "NaN", "9" * 40, "2026-02-30", "=1+1", "￥", "x" * 500]
    ),
    st.text(max_size=20),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["all", "any", "not", "feature", "op", "value", "kind", "name", "by"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a plan that something else can stand at."""
    found = [here] if here else []
    parts = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, part in parts:
        found += places(part, (*here, key))
    return found


def with_other(raw: dict[str, Any], place: tuple[Any, ...], other: Any) -> dict[str, Any]:
    """The plan with something else at one place."""
    changed = copy.deepcopy(raw)
    inside: Any = changed
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = other
    return changed


PLAN = plan(
    segments=[{"name": "new", "rule": {"feature": "orders", "op": "=", "value": "1"}}],
    exclusions={"customers": ["c001"], "max_average_order_value": "2000"},
)


@pytest.fixture
def planner(program: Program, settings: Settings) -> Program:
    write_orders(settings.shop_dir(1))
    return program


@bounded(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(place=st.sampled_from(places(PLAN)), other=ANYTHING)
def test_any_plan_is_answered(planner: Program, place: tuple[Any, ...], other: Any) -> None:
    raw = with_other(PLAN, place, other)
    seen = planner.send("POST", "/campaigns/preview", json={"plan": raw})
    assert seen.status_code in (200, 422), (place, other, seen.get_data(as_text=True))
    kept = planner.send("POST", "/campaigns", json={"plan": raw})
    assert kept.status_code in (201, 422), (place, other, kept.get_data(as_text=True))
    if kept.status_code == 201:
        made = kept.get_json()["data"]
        assert planner.send("GET", f"/campaigns/{made['id']}").status_code == 200
        assert planner.send("GET", "/campaigns").status_code == 200
        launched = planner.send("POST", f"/campaigns/{made['id']}/launch", json={"revision": 1})
        assert launched.status_code in (200, 422)
        assert (launched.status_code == 200) <= (made["problems"] == [])
        if launched.status_code != 200:
            planner.delete(f"/campaigns/{made['id']}")
