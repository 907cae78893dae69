"""What bodies, queries and answers are made of: strict models, and the one shape of an answer."""

import datetime as dt
import math
import re
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticCustomError

from regulars_platform.orders.table import MONEY_SCALE
from regulars_web.ids import LARGEST_ID


class Model(BaseModel):
    """Base of all models: nothing is converted, nothing unknown is accepted, nothing changes.

    The text below an attribute is its description in the document.
    """

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


T = TypeVar("T")
_NOT_READ_FROM_SOURCE = ConfigDict(use_attribute_docstrings=False)
"""Of each `Answer[X]` the source would be looked for anew, three seconds in all."""


class Answer(Model, Generic[T]):
    """One thing."""

    model_config = _NOT_READ_FROM_SOURCE

    data: T

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """The name in the document."""
        return f"{_name(params[0])}Answer"


class PageOf(Model):
    """Where a list goes on."""

    next: str | None
    """Give this as `cursor` to get what follows; null at the end of the list."""


class Page(Model, Generic[T]):
    """A part of a list."""

    model_config = _NOT_READ_FROM_SOURCE

    data: list[T]
    page: PageOf

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """The name in the document."""
        return f"{_name(params[0])}Page"


def _name(part: Any) -> str:
    if get_origin(part) is list:
        return f"{_name(get_args(part)[0])}List"
    return "Object" if get_origin(part) is dict else str(getattr(part, "__name__", "Object"))


NO_CONTROLS = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
"""Text without control characters; line breaks and tabs are none here."""

Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Count = Annotated[int, Field(ge=0, le=LARGEST_ID)]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Words = Annotated[str, Field(max_length=10_000, pattern=NO_CONTROLS)]
Money = Annotated[
    str, Field(pattern=r"^-?[0-9]{1,14}(\.[0-9]{1,4})?$", examples=["12.5"], title="Money")
]
"""An exact amount in the shop's currency, as a decimal text: never a rounded number."""

Rate = Annotated[
    str, Field(pattern=r"^-?[0-9]{1,6}(\.[0-9]{1,12})?$", examples=["0.35"], title="Rate")
]
"""A share or a factor as a decimal text."""


def _plain(value: Any) -> Any:
    """No number that JSON does not have, no character that databases do not take."""
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("finite_number", "a finite number is expected")
    if isinstance(value, int) and abs(value) > LARGEST_ID:
        raise PydanticCustomError("finite_number", "a smaller number is expected")
    if isinstance(value, str) and "\x00" in value:
        raise PydanticCustomError("string_pattern_mismatch", "a text without control characters")
    if isinstance(value, dict):
        for name, part in value.items():
            _plain(name)
            _plain(part)
    elif isinstance(value, list):
        for part in value:
            _plain(part)
    return value


Json = Annotated[dict[str, Any], AfterValidator(_plain)]
"""An object of a form of its own that is brought (a plan, a rule); docs say what is in it."""

Document = dict[str, Any]
"""The same as an answer."""


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(given: object) -> object:
    """A day as it is written, and nothing else that might be taken for one (a number, a moment)."""
    if not isinstance(given, str):
        return given
    try:
        return dt.date.fromisoformat(given if _DAY.fullmatch(given) else "")
    except ValueError:
        raise PydanticCustomError("date_parsing", "a day such as 2026-11-30 is expected") from None


Day = Annotated[dt.date, BeforeValidator(_day)]
"""A day of the shop, as 2026-11-30."""


def _aware(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment


def _utc(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


Moment = Annotated[
    dt.datetime,
    AfterValidator(_aware),
    PlainSerializer(
        _utc, return_type=Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    ),
]
"""A moment in time; written in UTC."""


def money(ten_thousandths: int) -> str:
    """An amount of the storage (ten-thousandths) as the interface writes it.

    >>> money(125000), money(-1), money(0)
    ('12.5', '-0.0001', '0')
    """
    whole, part = divmod(abs(ten_thousandths), MONEY_SCALE)
    digits = f"{whole}.{part:04d}".rstrip("0").rstrip(".")
    return f"-{digits}" if ten_thousandths < 0 else digits


def read_money(text: str) -> int:
    """The inverse of `money`, of a text that fits its pattern.

    >>> read_money("12.5"), read_money("-0.0001")
    (125000, -1)
    """
    return int(Decimal(text) * MONEY_SCALE)


class DocumentSchemas(GenerateJsonSchema):
    """JSON schemas as the document has them: no invented titles for fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """A field is called by its name alone."""
        del schema
        return False
