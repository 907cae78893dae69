"""What a token may do: one scope for each thing that somebody may want to keep apart.

What is about single people, what is about money, what contacts people and what changes settings
are apart, so that a token gets the least that its work needs.
"""

from enum import StrEnum

from regulars_platform.words import N_


class Scope(StrEnum):
    """One permission of a token; its text is what requests and documents call it."""

    READ_SHOP = "read:shop"
    WRITE_SHOP = "write:shop"
    READ_DATA = "read:data"
    WRITE_DATA = "write:data"
    READ_CUSTOMERS = "read:customers"
    WRITE_CUSTOMERS = "write:customers"
    READ_SEGMENTS = "read:segments"
    WRITE_SEGMENTS = "write:segments"
    READ_FIGURES = "read:figures"
    READ_CAMPAIGNS = "read:campaigns"
    WRITE_CAMPAIGNS = "write:campaigns"
    LAUNCH = "launch"
    READ_CONTACTS = "read:contacts"
    SEND = "send"
    READ_REPORTS = "read:reports"
    WRITE_REPORTS = "write:reports"
    READ_OUTCOMES = "read:outcomes"
    READ_PROGRAMMES = "read:programmes"
    WRITE_PROGRAMMES = "write:programmes"
    READ_REACH = "read:reach"
    WRITE_REACH = "write:reach"
    READ_SETTINGS = "read:settings"
    WRITE_SETTINGS = "write:settings"


SAID: dict[Scope, str] = {
    Scope.READ_SHOP: N_("See the shop's particulars and the work in the background"),
    Scope.WRITE_SHOP: N_("Rename the shop, and cancel work in the background"),
    Scope.READ_DATA: N_("See the files that were brought, with their first rows"),
    Scope.WRITE_DATA: N_("Bring files, say what their columns mean, and store them"),
    Scope.READ_CUSTOMERS: N_("See single customers and what is known of each"),
    Scope.WRITE_CUSTOMERS: N_(
        "Change what is known of single customers: tags, points, corrections"
    ),
    Scope.READ_SEGMENTS: N_("See segments, and count customers by rules"),
    Scope.WRITE_SEGMENTS: N_("Save, change and remove segments"),
    Scope.READ_FIGURES: N_("See the figures of the shop as a whole: sales, lifetime value, tiers"),
    Scope.READ_CAMPAIGNS: N_("See campaigns, their plans, previews and what was learnt from them"),
    Scope.WRITE_CAMPAIGNS: N_("Make and change drafts of campaigns and the calendar"),
    Scope.LAUNCH: N_("Launch campaigns and start programmes"),
    Scope.READ_CONTACTS: N_("Take the lists of customers to write to, and who was drawn into what"),
    Scope.SEND: N_("Send messages and record what became of them"),
    Scope.READ_REPORTS: N_("See the reports of campaigns: what each earned"),
    Scope.WRITE_REPORTS: N_("Evaluate campaigns and record decisions"),
    Scope.READ_OUTCOMES: N_("Take what each customer of a campaign did, row by row"),
    Scope.READ_PROGRAMMES: N_("See programmes and what they brought"),
    Scope.WRITE_PROGRAMMES: N_("Make and change programmes without starting them"),
    Scope.READ_REACH: N_("See who is held back from everything, and who wants no contact"),
    Scope.WRITE_REACH: N_("Change who is held back from everything, and who wants no contact"),
    Scope.READ_SETTINGS: N_("See settings: channels, tiers, points, needs"),
    Scope.WRITE_SETTINGS: N_("Change settings: channels, tiers, points, needs"),
}
"""Each scope in a sentence, as the page says it."""
