"""The campaign pages. `blueprint` carries the routes of all modules of this area."""

from regulars_web.pages.campaigns import launching, lists, planning, show, suppressing
from regulars_web.pages.campaigns.area import blueprint

__all__ = ["blueprint", "launching", "lists", "planning", "show", "suppressing"]
