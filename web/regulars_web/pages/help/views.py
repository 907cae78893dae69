"""The glossary: every term that pages explain. Open to everybody, it tells nothing of a shop."""

from flask import Blueprint, render_template

from regulars_web.help.explaining import explain
from regulars_web.help.terms import TERMS

blueprint = Blueprint("help", __name__)


@blueprint.get("/terms")
def terms() -> str:
    """All terms, each in one sentence."""
    return render_template("help/terms.html", terms=[explain(key) for key in TERMS])
