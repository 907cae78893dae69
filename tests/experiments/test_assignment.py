"""The draw: exact chances, exact quotas, and the same answer in another language."""

import json
import re
import shutil
import subprocess
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from regulars_experiments.assignment import draw, quota_edges, stratum_offset, unit_hash

GUIDE = Path(__file__).parents[2] / "docs" / "assignment.md"

shares_of_arms = st.lists(st.integers(1, 9_999), min_size=1, max_size=4).map(
    lambda cuts: [b - a for a, b in zip([0, *sorted(set(cuts))], [*sorted(set(cuts)), 10_000])]  # noqa: B905
)


def worked_example() -> list[list[str]]:
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in GUIDE.read_text("utf-8").splitlines()
        if re.match(r"\| \S+ \| (near 80|everyone else) \|", row)
    ]
    assert len(rows) == 7
    return rows


def test_the_worked_example_of_the_guide_comes_out_as_written() -> None:
    rows = worked_example()
    arms = draw([(row[0], row[1]) for row in rows], shares=(3_000, 7_000), salt="tea-2026")
    assert arms == {row[0]: int(row[4]) for row in rows}
    assert all(unit_hash("tea-2026", row[0]).startswith(row[2]) for row in rows)
    assert stratum_offset("tea-2026", "near 80") == 3867086729196892
    assert stratum_offset("tea-2026", "everyone else") == 1356427818059120


def test_the_hash_is_the_one_that_the_shell_computes() -> None:
    if shutil.which("sha256sum") is None:
        pytest.skip("sha256sum is not on this machine")
    said = subprocess.run(
        ["sha256sum"], input="tea-2026:小明".encode(), capture_output=True, check=True
    )
    assert unit_hash("tea-2026", "小明") == said.stdout.decode().split()[0]


def test_the_guides_program_in_another_language_draws_the_same_arms() -> None:
    if shutil.which("node") is None:
        pytest.skip("Node.js is not on this machine, so the guide's program cannot run")
    found = re.search(r"```js\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    units = [[f"客户-{i}", f"segment {i % 7 if i % 3 else 'é'}"] for i in range(5_000)]
    shares = [1_501, 333, 4_166, 4_000]
    program = (
        found.group(1)
        + f"console.log(JSON.stringify(draw({json.dumps(units)}, {shares}, 'a salt: ünïcode')));"
    )
    ran = subprocess.run(["node", "-"], input=program.encode(), capture_output=True, check=True)
    ours = draw([(u, s) for u, s in units], shares=shares, salt="a salt: ünïcode")
    assert json.loads(ran.stdout) == ours


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    shares=shares_of_arms,
    salt=st.text(min_size=1, max_size=8),
)
def test_every_arm_of_every_stratum_is_within_one_of_its_share(
    sizes: list[int], shares: list[int], salt: str
) -> None:
    units = [(f"{s}-{i}", str(s)) for s, size in enumerate(sizes) for i in range(size)]
    arms = draw(units, shares=shares, salt=salt.encode("utf-8", "replace").decode())
    assert set(arms) == {unit for unit, _ in units}
    for s, size in enumerate(sizes):
        counted = Counter(arms[unit] for unit, stratum in units if stratum == str(s))
        for arm, share in enumerate(shares):
            assert abs(counted[arm] - Fraction(size * share, 10_000)) < 1


@settings(max_examples=30, deadline=None)
@given(size=st.integers(1, 12), shares=shares_of_arms)
def test_over_all_offsets_every_arm_gets_exactly_its_share(size: int, shares: list[int]) -> None:
    # the edge floor(size*C + u) changes only at multiples of 1/10000, so that many offsets are all
    totals = Counter[int]()
    for step in range(10_000):
        # the smallest offset whose u is at least step / 10,000
        edges = quota_edges(size, shares=shares, offset=-(-step * 2**52 // 10_000))
        for arm in range(len(shares)):
            totals[arm] += edges[arm + 1] - edges[arm]
    assert [totals[arm] for arm in range(len(shares))] == [size * share for share in shares]


def test_the_chance_of_being_held_back_is_the_share_in_tiny_strata_too() -> None:
    shares = (1_500, 4_250, 4_250)
    held = Counter[int]()
    for number in range(4_000):
        arms = draw([("a", "s"), ("b", "s"), ("c", "s")], shares=shares, salt=f"salt {number}")
        held[arms["b"]] += 1
    expected = [4_000 * share / 10_000 for share in shares]
    assert stats.chisquare([held[arm] for arm in range(3)], expected).pvalue > 0.001


def test_two_units_of_a_large_stratum_are_drawn_nearly_independently() -> None:
    both = sum(
        draw([(str(i), "s") for i in range(20)], shares=(5_000, 5_000), salt=f"x{k}")["3"]
        == draw([(str(i), "s") for i in range(20)], shares=(5_000, 5_000), salt=f"x{k}")["17"]
        for k in range(1_000)
    )
    # without replacement: P(same arm) = 9/19
    assert stats.binomtest(both, 1_000, 9 / 19).pvalue > 0.001


def test_the_order_in_which_units_come_does_not_matter() -> None:
    units = [(str(i), str(i % 3)) for i in range(100)]
    forth = draw(units, shares=(2_000, 8_000), salt="s")
    assert draw(reversed(units), shares=(2_000, 8_000), salt="s") == forth
    assert draw(units, shares=(2_000, 8_000), salt="t") != forth


def test_one_stratum_does_not_move_another() -> None:
    first = [(f"a{i}", "a") for i in range(50)]
    second = [(f"b{i}", "b") for i in range(50)]
    both = draw(first + second, shares=(2_000, 8_000), salt="s")
    assert draw(first, shares=(2_000, 8_000), salt="s").items() <= both.items()


def test_shares_and_ids_must_be_as_said() -> None:
    for shares in ((), (5_000,), (0, 10_000), (-1, 10_001)):
        with pytest.raises(ValueError, match="share"):
            draw([("a", "s")], shares=shares, salt="s")
    with pytest.raises(ValueError, match="more than once"):
        draw([("a", "s"), ("a", "t")], shares=(5_000, 5_000), salt="s")
