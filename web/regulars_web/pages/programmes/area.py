"""The blueprint of the programmes' pages."""

from flask import Blueprint

blueprint = Blueprint("programmes", __name__)
