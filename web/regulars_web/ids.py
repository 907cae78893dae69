"""Ids in addresses: whole numbers that the database can hold, and nothing longer."""

from werkzeug.exceptions import NotFound
from werkzeug.routing import IntegerConverter

LARGEST_ID = 2**63 - 1
"""SQLite's largest integer; a longer one cannot even be asked for."""


def read_id(text: str) -> int:
    """The id that a text names; ValueError if it is none or longer than an id can be."""
    if len(text) > len(str(LARGEST_ID)):  # int() itself refuses some thousand digits
        raise ValueError("longer than any id")
    value = int(text)
    if not 0 <= value <= LARGEST_ID:
        raise ValueError("not an id")
    return value


class IdConverter(IntegerConverter):
    """`<int:...>` of every route: what cannot be an id is an address that does not exist."""

    def to_python(self, value: str) -> int:
        """The id; NotFound where it cannot be one.

        Not a ValidationError: the router would answer 405 where another method has this address.
        """
        try:
            read_id(value)
        except ValueError as error:
            raise NotFound from error
        found: int = super().to_python(value)
        return found
