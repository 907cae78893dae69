"""Whether order files can be joined to the arms, judged before launch only."""

from regulars_platform.reports.matching import match_file
from tests.platform.customers.build import line, lines
from tests.platform.reports.build import TOLD, drawn, held, ledger, plan

PEOPLE = ledger(*(held(f"h{i}") for i in range(500)), *(drawn(f"t{i}") for i in range(500)))


def test_orders_are_counted_once_and_strangers_are_not_in_the_campaign() -> None:
    found = match_file(
        7,
        lines(
            line("1", "h1", "2026-01-10", 10),
            line("1", "h1", "2026-01-10", 20, line_key="2"),
            line("2", "stranger", "2026-01-10", 10),
            line("3", None, "2026-01-10", 10),
        ),
        PEOPLE,
        plan(),
    )

    assert (found.orders, found.known, found.in_campaign) == (3, 2, 1)
    assert found.before == (("holdout", 500, 1), (TOLD, 500, 0))


def test_an_arm_whose_customers_are_missing_before_launch_is_flagged() -> None:
    found = match_file(
        1,
        lines(
            *(line(f"h{i}", f"h{i}", "2026-01-10", 10) for i in range(100)),
            *(line(f"t{i}", f"t{i}", "2026-01-10", 10) for i in range(40)),
        ),
        PEOPLE,
        plan(),
    )

    assert found.flagged


def test_a_difference_after_launch_is_the_effect_and_no_fault() -> None:
    found = match_file(
        1,
        lines(*(line(f"t{i}", f"t{i}", "2026-02-10", 10) for i in range(400))),
        PEOPLE,
        plan(),
    )

    assert found.p_value is None
    assert not found.flagged
