"""Numbers as they are typed into the plan form, and shares in percent made of them."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation


def read_decimal(text: object) -> Decimal | None:
    """The number that was typed; None where it is none, or beyond what anything here costs."""
    try:
        number = Decimal(str(text).strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 10:
        return None
    return number if number == round(number, 10) else None


def share_of_one(holdout: str) -> str:
    """The share of a single arm: everybody whom the holdout leaves, in percent."""
    held = read_decimal(holdout)
    return "" if held is None else f"{100 - held:f}"


def even_shares(holdout: str, arms: int) -> list[str]:
    """Shares in percent of so many arms, alike but for the last hundredths."""
    held = read_decimal(holdout)
    if held is None or not 0 <= held <= 100:
        return [""] * arms
    points = int((100 - held) * 100)
    each = points // arms
    parts = [each + (points - each * arms if place == 0 else 0) for place in range(arms)]
    return [f"{(Decimal(part) / 100).normalize():f}" for part in parts]


def scaled_shares(holdout: str, before: Sequence[str]) -> list[str]:
    """Shares in percent that fill what the holdout leaves, in the proportion that they had.

    >>> scaled_shares("15", ["60", "20"])
    ['63.75', '21.25']
    """
    held, old = read_decimal(holdout), [read_decimal(share) for share in before]
    known = [share for share in old if share is not None and share > 0]
    if held is None or not 0 <= held < 100 or len(known) < len(before):
        return even_shares(holdout, len(before))
    points = int((100 - held) * 100)
    parts = [int(points * share / sum(known)) for share in known]
    parts[0] += points - sum(parts)
    return [f"{(Decimal(part) / 100).normalize():f}" for part in parts]
