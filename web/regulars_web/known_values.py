"""What the shop's customers are known to be and to have bought: values to propose."""

from functools import cached_property
from typing import get_args

from regulars_platform.segments.purchases import bought_names
from regulars_platform.segments.suggestions import MOST, known_values, own_headings
from regulars_platform.segments.tree import By
from regulars_web.looking_at_customers import Customers


class Known:
    """Looked up once each, and only what is asked for. found: None as long as nobody is there."""

    def __init__(self, found: Customers | None) -> None:
        self._found = found
        self._values: dict[str, list[tuple[str, int]]] = {}

    @cached_property
    def headings(self) -> list[str]:
        """Of the shop's own attributes."""
        return [] if self._found is None else own_headings(self._found.features)

    def counted(self, name: str) -> list[tuple[str, int]]:
        """(value, customers) of a feature, or of "product", "category" or "need"."""
        if self._found is None or not name:
            return []
        if name not in self._values:
            by = next((one for one in get_args(By) if one == name), None)
            self._values[name] = (
                known_values(self._found.features, name)
                if by is None
                else bought_names(self._found.store, by, self._found.version, most=MOST)
            )
        return self._values[name]

    def values(self, name: str) -> list[str]:
        """The values alone, or, for "attribute", the headings."""
        if name == "attribute":
            return self.headings
        return [value for value, _ in self.counted(name)]
