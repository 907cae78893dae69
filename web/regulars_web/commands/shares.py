"""Shares as people write them on a command line: 0.4 or 40%."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation

import click

from regulars_web.spoken import gettext

_LONGEST = 30


def read_share(text: str) -> float | None:
    """0.4 and 40% alike; None for what is no finite number.

    >>> read_share("0.4"), read_share("40 %"), read_share("forty")
    (0.4, 0.4, None)
    """
    written = text.strip()
    figures = written.removesuffix("%").strip()
    try:
        value = Decimal(figures)
    except InvalidOperation:
        return None
    if not value.is_finite() or len(figures) > _LONGEST:
        return None
    return float(value / 100 if written.endswith("%") else value)


class Share(click.ParamType[float]):
    """A share within a range. expected: the range in words, as in "a share up to 1 (0.4, 40%)"."""

    name = "share"

    def __init__(self, within: Callable[[float], bool], expected: str) -> None:
        self.within, self.expected = within, expected

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """As a fraction; defaults are fractions already."""
        found = value if isinstance(value, float) else read_share(str(value))
        if found is None or not self.within(found):
            self.fail(
                gettext(
                    "expected %(form)s, got %(value)s", form=gettext(self.expected), value=value
                ),
                param,
                ctx,
            )
        return found
