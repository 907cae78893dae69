"""The one-file page of `regulars evaluate --html`: everything in it, nothing fetched."""

import gettext
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
    environment.filters["number"] = lambda value: f"{value:,.6g}"
    environment.filters["signed"] = lambda value: f"{value:+,.5g}"
    environment.filters["percent"] = lambda value: f"{value:+.1%}"
    return environment.get_template("evaluation.html").render(document=document)
