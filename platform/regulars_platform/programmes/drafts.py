"""What a draft has to be before it is kept at all, however little of it is there yet."""

from collections.abc import Mapping
from typing import Any

from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import FieldReader
from regulars_platform.programmes.kinds import KINDS
from regulars_platform.words import N_

_OBJECTS = ("offer", "audience", "segment")


def refuse_shapeless(draft: Mapping[str, Any]) -> None:
    """Raise InvalidInputError for a draft that no form could show: without a kind or a name, or
    with a text where an offer belongs. What else is wrong or missing keeps it only from starting.
    """
    reader = FieldReader(draft)
    reader.choice("kind", tuple(KINDS))
    reader.text("name")
    for name in _OBJECTS:
        if draft.get(name) is not None:
            reader.inner(name, draft[name])
    _refuse_no_texts(reader, "dates", draft.get("dates"))
    offer = draft.get("offer")
    if isinstance(offer, Mapping):
        _refuse_no_texts(reader, "offer.products", offer.get("products"))
    if reader.problems:
        raise InvalidInputError(reader.problems)


def _refuse_no_texts(reader: FieldReader, field: str, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        reader.refuse(field, N_("A list of texts is expected here."))
