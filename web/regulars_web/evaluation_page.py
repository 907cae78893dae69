"""The one-file page of `regulars evaluate --html`: everything in it, nothing fetched."""

import gettext
from collections.abc import Callable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def evaluation_html(document: dict[str, Any]) -> str:
    """The page of an evaluation document (schema regulars.evaluation/1)."""
    environment = Environment(
        loader=PackageLoader("regulars_web"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    translations = gettext.NullTranslations()
    environment.globals.update(
        {
            "gettext": translations.gettext,
            "ngettext": translations.ngettext,
            "_": translations.gettext,
        }
    )
    environment.filters.update(_FILTERS)
    return environment.get_template("evaluation.html").render(document=document)


def _amount(value: float) -> str:
    """Money per customer, which may be far below a cent."""
    return f"{value:+,.2f}" if abs(value) >= 10 else f"{value:+,.4f}"


def _loss(value: float) -> str:
    """Never nothing at all."""
    return "< 0.0001" if value < 0.0001 else _amount(value).removeprefix("+")


def _chance(share: float) -> str:
    """Never certain."""
    if share > 0.99:
        return "> 99%"
    return "< 1%" if share < 0.01 else f"{share:.0%}"


_FILTERS: dict[str, Callable[[float], str]] = {
    "number": lambda value: f"{value:,.6g}",
    "whole": lambda value: f"{value:,.0f}",
    "whole_signed": lambda value: f"{value:+,.0f}",
    "signed": lambda value: f"{value:+,.5g}",
    "percent": lambda value: f"{value:+.1%}",
    "share": lambda value: f"{100 * value:.4g}%",
    "amount": _amount,
    "loss": _loss,
    "p": lambda value: f"{value:.2g}",
    "chance": _chance,
}
