"""Ready-made rules for the groups that every shop asks for first."""

from decimal import Decimal

from regulars_platform.segments.rules import Condition, Group, Rule

FITS_FROM = Decimal("0.6")
"""Below 0.6 T a customer would have to buy two thirds more than usual to reach T: out of reach."""

FITS_TO = Decimal("1.2")
"""Above 1.2 T the offer is mostly given away. In a year of a real gift shop (UCI Online Retail II,
T = 250 and 400, average before July against orders after) the share of orders that reach T anyway
rises from 28% and 15% just below 0.6 T to 57% and 46% just below 1.2 T, and to 72% and 50% above
it, while the share of orders that fall short of T by less than two fifths peaks in between.
"""


def fits_threshold(
    threshold: Decimal, *, lowest: Decimal = FITS_FROM, highest: Decimal = FITS_TO
) -> Rule:
    """Average order value between lowest x threshold and highest x threshold (currency units).

    >>> fits_threshold(Decimal(80)).values
    (Decimal('48.0'), Decimal('96.0'))
    """
    return Condition(
        feature="average_order_value",
        op="between",
        values=(lowest * threshold, highest * threshold),
    )


def dormant(*, days: int = 180) -> Rule:
    """Bought before, but not for `days` days or more."""
    return Condition(feature="last_order_days", op=">=", values=(Decimal(days),))


def recent_buyers(*, days: int = 30) -> Rule:
    """Bought within the last `days` days."""
    return Condition(feature="last_order_days", op="<=", values=(Decimal(days),))


def one_time_buyers() -> Rule:
    """Bought exactly once."""
    return Condition(feature="orders", op="=", values=(Decimal(1),))


def frequent_buyers(*, orders: int = 3, days: int = 365) -> Rule:
    """Bought at least `orders` times and not longer than `days` days ago."""
    return Group(
        joiner="all",
        rules=(
            Condition(feature="orders", op=">=", values=(Decimal(orders),)),
            Condition(feature="last_order_days", op="<=", values=(Decimal(days),)),
        ),
    )
