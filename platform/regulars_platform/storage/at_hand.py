"""Values kept in memory between two looks, up to so many bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

_Value = TypeVar("_Value")


class AtHand:
    """What was worked out lately. A key names everything that its value was made from, so that a
    value is never out of date; what was not asked for longest is forgotten first.

    Threads that ask for the same value at once wait for the first of them. Values are shared:
    nobody may change one.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """What is kept now."""
        return self._bytes

    def get(
        self, key: Hashable, build: Callable[[], _Value], weigh: Callable[[_Value], int]
    ) -> _Value:
        """The value of that key, built where it is not known. weigh: its size in bytes.

        What weighs more than half of all that may be kept is built and not kept.
        """
        found = self._find(key)
        if found is not None:
            return cast(_Value, found[0])
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            found = self._find(key)
            if found is not None:
                return cast(_Value, found[0])
            try:
                value = build()
                self._keep(key, value, weigh(value))
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return value

    def knows(self, key: Hashable) -> bool:
        """Whether the value of that key is kept now."""
        with self._lock:
            return key in self._kept

    def forget(self) -> None:
        """Everything: as after a restart."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def _find(self, key: Hashable) -> tuple[Any, int] | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def _keep(self, key: Hashable, value: object, weight: int) -> None:
        if weight > self.most_bytes // 2:
            return
        with self._lock:
            before = self._kept.pop(key, None)
            self._bytes += weight - (0 if before is None else before[1])
            self._kept[key] = (value, weight)
            while self._bytes > self.most_bytes:
                _, (_, forgotten) = self._kept.popitem(last=False)
                self._bytes -= forgotten
