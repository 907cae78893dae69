"""The blueprint of this area; the modules beside this one hang their routes on it."""

from flask import Blueprint

blueprint = Blueprint("campaigns", __name__)
