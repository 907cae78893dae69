"""JSON that is written in one way only, and its digest."""

import hashlib
import json


def canonical_json(value: object) -> str:
    """JSON with sorted keys, no blanks and no floats.

    >>> canonical_json({"b": "0.2", "a": [1, None]})
    '{"a":[1,null],"b":"0.2"}'
    """
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256_of(text: str) -> str:
    """SHA-256 of UTF-8 text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("a float has no canonical form: write a decimal as text")
    if isinstance(value, dict):
        for part in value.values():
            _refuse_floats(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _refuse_floats(part)
