"""Shares: kept as basis points, read and written as decimal texts from 0 to 1."""

from decimal import Decimal


def rate(basis_points: int) -> str:
    """Basis points as a share.

    >>> rate(500), rate(10_000)
    ('0.05', '1')
    """
    return f"{(Decimal(basis_points) / 10_000).normalize():f}"


def percent_text(asked: str) -> str:
    """A share as the text of its percentage, which is how forms say it.

    >>> percent_text("0.125")
    '12.500'
    """
    return f"{Decimal(asked) * 100:f}"
