"""The one-file page of `regulars evaluate --html`: everything in it, nothing fetched."""

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from regulars_web.evaluation_numbers import (
    chance,
    figures,
    loss,
    mean,
    p_words,
    parts,
    percent,
    times,
    unused,
)
from regulars_web.evaluation_sentences import (
    correction,
    differs,
    evidence_of_effect,
    has_contact,
    has_costs,
    in_order,
    is_grave,
    kinds_of,
    method_words,
    refused,
    warnings,
    why_not,
)
from regulars_web.languages import HTML_TAGS
from regulars_web.spoken import gettext, ngettext, spoken_language


def evaluation_html(document: dict[str, Any]) -> str:
    """The page of an evaluation document (schema regulars.evaluation/1), as is spoken."""
    environment = Environment(
        loader=PackageLoader("regulars_web"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update({"gettext": gettext, "ngettext": ngettext, "_": gettext})
    environment.globals.update(_NUMBERS)
    page = environment.get_template("evaluation.html")
    return page.render(
        document=document,
        effects=in_order(document),
        kinds=kinds_of(document),
        warnings=list(warnings(document)),
        language_tag=HTML_TAGS[spoken_language()],
    )


_NUMBERS: dict[str, Callable[..., Any]] = {
    "figures": figures,
    "times": times,
    "parts": parts,
    "unused": unused,
    "mean": mean,
    "percent": percent,
    "p_words": p_words,
    "correction": correction,
    "chance": chance,
    "loss": loss,
    "whole": lambda value: f"{value:,.0f}",
    "share": lambda value: f"{100 * value:.4g}%",
    "differs": differs,
    "evidence_of": evidence_of_effect,
    "why_not": why_not,
    "refused": refused,
    "method_words": method_words,
    "is_grave": is_grave,
    "has_costs": has_costs,
    "has_contact": has_contact,
}
