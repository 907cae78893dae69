"""The living style page: every token and every component, made by the macros that pages use."""

import re

from flask import Blueprint, render_template, request
from flask_babel import force_locale
from markupsafe import Markup

from regulars_web.language import HTML_TAGS, LANGUAGES, choose_locale
from regulars_web.pages.style.colours import SCHEMES, TOKENS, colours, pairs
from regulars_web.pages.style.samples import TYPE, build_samples

blueprint = Blueprint("style", __name__)


@blueprint.get("")
def overview() -> str:
    """?in=zh_Hant: the components in another language than the page."""
    asked = request.args.get("in", "")
    chosen = asked if asked in LANGUAGES else choose_locale()
    with force_locale(chosen):
        samples = Markup(  # noqa: S704 - rendered by a template that escapes
            render_template("style/components.html", sample=build_samples())
        )
    return render_template(
        "style/overview.html",
        schemes={scheme: colours(scheme) for scheme in SCHEMES},
        pairs=zip(*(pairs(scheme) for scheme in SCHEMES), strict=True),
        sizes=lengths("size"),
        spaces=lengths("s"),
        scripts=tuple(zip(("en", "zh-Hans", "zh-Hant"), TYPE, strict=True)),
        samples=samples,
        chosen=chosen,
        chosen_tag=HTML_TAGS[chosen],
    )


def lengths(kind: str) -> dict[str, str]:
    """The tokens of a kind as they are written: --size-..., or --s1 and on."""
    name = r"size-[\w]+" if kind == "size" else r"s\d"
    sheet = TOKENS.read_text(encoding="utf-8").partition("@media")[0]
    return dict(re.findall(rf"--({name}): ([^;]+);", sheet))
