"""The steps of the first campaign: what each is for, and the one button that goes there."""

from dataclasses import dataclass, replace
from typing import Literal

from flask import url_for
from flask_babel import gettext

from regulars_platform.guided.steps import Progress

State = Literal["past", "now", "later"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """title and why: one sentence each; button and address: where it is done; None: not before an
    earlier one. place: from 1 on. posts: the button acts and does not only lead there. file: where
    the file of the step can be had to bring it by hand. hint: what one has to know for it.
    """

    title: str
    why: str
    button: str
    address: str | None
    state: State = "later"
    place: int = 0
    posts: bool = False
    file: str | None = None
    hint: str = ""


def build_steps(found: Progress, *, in_sample: bool) -> list[Step]:
    """The nine steps with the state of the shop in them."""
    first = next((place for place, done in enumerate(found.done) if not done), len(found.done))
    parts = [
        _orders(in_sample),
        _customers(found),
        _choice(found, in_sample),
        _plan(found, in_sample),
        _launch(found),
        _lists(found),
        _outcomes(found, in_sample),
        _report(found),
        _decision(found),
    ]
    states: list[State] = [
        "past" if done else "now" if place == first else "later"
        for place, done in enumerate(found.done)
    ]
    return [
        replace(part, state=state, place=place)
        for place, (state, part) in enumerate(zip(states, parts, strict=True), start=1)
    ]


def _orders(in_sample: bool) -> Step:
    if in_sample:
        return Step(
            title=gettext("Bring the orders so far"),
            why=gettext(
                "A year and a half of the sample shop's orders, as a shop system exports them: you"
                " see what each column was taken for before anything is stored."
            ),
            button=gettext("Bring the sample's orders"),
            address=url_for("guide.bring_before"),
            posts=True,
            file=url_for("guide.before"),
        )
    return Step(
        title=gettext("Bring the orders so far"),
        why=gettext(
            "An export of your shop system as it is: you see what each column was taken for before"
            " anything is stored."
        ),
        button=gettext("Bring orders"),
        address=url_for("data.overview"),
    )


def _customers(found: Progress) -> Step:
    return Step(
        title=gettext("Look at the customers"),
        why=gettext(
            "Who buys often, who spends what on an order and who has gone quiet decides whom an"
            " offer fits."
        ),
        button=gettext("See customers"),
        address=url_for("customers.overview") if found.orders else None,
    )


def _choice(found: Progress, in_sample: bool) -> Step:
    return Step(
        title=gettext("Choose an offer and whom it fits"),
        why=gettext(
            "Free shipping from 80 is for those who usually spend a little less than 80: whoever"
            " spends 30 will not, and whoever spends 200 gets it as a present."
        ),
        button=gettext("See whom an offer fits"),
        address=url_for("matching.overview") if found.orders else None,
        hint=_known() if in_sample else "",
    )


def _known() -> str:
    """What a shop knows of itself, and a newcomer to the sample cannot."""
    return str(gettext("The sample shop keeps 35 percent of the price of its goods."))


def _plan(found: Progress, in_sample: bool) -> Step:
    return Step(
        title=gettext("Plan the campaign"),
        why=gettext(
            "A random part is held back: what they buy without being told is what everybody would"
            " have bought anyway, and without it nobody can say what the offer earned."
        ),
        button=gettext("Plan a campaign"),
        address=url_for("campaigns.new") if found.orders else None,
        hint=_known() if in_sample else "",
    )


def _launch(found: Progress) -> Step:
    return Step(
        title=gettext("Launch it"),
        why=gettext(
            "The plan is frozen and the draw is made once, so that nobody can move the goalposts"
            " after seeing the result."
        ),
        button=gettext("Look at it before launching"),
        address=None
        if found.draft is None
        else url_for("campaigns.launch", campaign_id=found.draft),
    )


def _lists(found: Progress) -> Step:
    return Step(
        title=gettext("Hand out the list"),
        why=gettext(
            "The contact list goes to whoever sends the messages, and nobody who is held back can"
            " be on it."
        ),
        button=gettext("Get the contact list"),
        address=None
        if found.launched is None
        else url_for("campaigns.show", campaign_id=found.launched, _anchor="lists"),
    )


def _outcomes(found: Progress, in_sample: bool) -> Step:
    title = gettext("Bring the orders that came in")
    if not in_sample:
        return Step(
            title=title,
            why=gettext(
                "All orders since the launch, of everybody: what came in from those held back"
                " counts as much as what came in from those told."
            ),
            button=gettext("Bring orders"),
            address=None if found.launched is None else url_for("data.overview"),
        )
    campaign = found.launched
    return Step(
        title=title,
        why=gettext(
            "Some weeks go by in the sample shop: its customers have read your message, or have"
            " heard nothing of it, and have bought accordingly."
        ),
        button=gettext("Let the weeks go by and bring the orders"),
        address=None if campaign is None else url_for("guide.bring_after", campaign_id=campaign),
        posts=True,
        file=None if campaign is None else url_for("guide.after", campaign_id=campaign),
    )


def _report(found: Progress) -> Step:
    ready = found.brought and found.launched is not None
    return Step(
        title=gettext("Read the report"),
        why=gettext(
            "Its first sentence says in money what telling them earned, how sure that is, and with"
            " whom."
        ),
        button=gettext("Read the report"),
        address=url_for("reports.show", campaign_id=found.launched) if ready else None,
    )


def _decision(found: Progress) -> Step:
    ready = found.evaluated and found.launched is not None
    return Step(
        title=gettext("Decide, and say why"),
        why=gettext(
            "Who decided what, and why, stays with the report: the next plan and the next colleague"
            " begin from there."
        ),
        button=gettext("Record the decision"),
        address=url_for("reports.show", campaign_id=found.launched, _anchor="decisions")
        if ready
        else None,
    )
