"""What each page shows, in few sentences, and where to read on."""

from dataclasses import dataclass

from flask import request, url_for
from flask_babel import lazy_gettext as _

from regulars_web.help.terms import TERMS, Lazy
from regulars_web.navigation import page_exists


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """sentences: what the page shows, in its order; terms: of the glossary; pages: endpoints with
    their names, to go on to."""

    sentences: tuple[Lazy, ...]
    terms: tuple[str, ...] = ()
    pages: tuple[tuple[str, Lazy], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawer:
    """A topic as it is shown: its links are (words, address)."""

    sentences: tuple[str, ...]
    links: tuple[tuple[str, str], ...]


TOPICS = {
    "home.shop": Topic(
        sentences=(
            _("Here you see where the shop stands: campaigns with what they earned, and the week."),
            _("A new shop is led step by step: bring orders, look at customers, plan a campaign."),
            _("Nothing here contacts anybody; that happens only on a launched campaign's page."),
        ),
        terms=("net_profit", "holdout", "average_order_value"),
        pages=(("figures.overview", _("Shop report")), ("campaigns.overview", _("Campaigns"))),
    ),
    "customers.overview": Topic(
        sentences=(
            _("All customers as the orders tell of them, up to the day that stands at the top."),
            _("The drawings show how they are spread; the bars count customers, not money."),
            _("Below, each customer is a row: choose what to sort by, and open one for the story."),
            _("To write to some of them, make a segment of a rule, then plan a campaign for it."),
        ),
        terms=("segment", "tag", "tier", "average_order_value", "repurchase_cycle"),
        pages=(("segments.overview", _("Segments")), ("lifetime.overview", _("Lifetime value"))),
    ),
    "lifetime.overview": Topic(
        sentences=(
            _("How much customers are expected to buy from now on, by how they bought so far."),
            _(
                "It is tried on a part of the past that it never saw; the page says how near it "
                "came."
            ),
            _("Each figure has its range; a group's range is narrower than a single customer's."),
        ),
        terms=("lifetime_value", "interval"),
    ),
    "cycle.overview": Topic(
        sentences=(
            _("Who is about to run out of what they bought, product by product."),
            _("The dates come from how long others took until they bought the same again."),
            _("The list leaves out whoever must not be contacted and whoever is held back."),
        ),
        terms=("repurchase_cycle", "holdout"),
        pages=(("programmes.overview", _("Programmes")),),
    ),
    "tiers.overview": Topic(
        sentences=(
            _("The shop's member tiers: their rules, who stands where, and who may rise soon."),
            _("What the rights of a tier cost is reckoned from the orders of its members."),
            _(
                "Members spend more because they are regulars, not because of the tier: only a "
                "campaign with a holdout shows what a right earns."
            ),
        ),
        terms=("tier", "holdout"),
    ),
    "segments.overview": Topic(
        sentences=(
            _("A segment is a rule; the page counts anew whom it holds for whenever you look."),
            _("Your own stand first; below are ready-made groups that can be changed and kept."),
            _("“Which offer?” asks what would suit a group and what is known of it."),
        ),
        terms=("segment", "tag"),
        pages=(("segments.new", _("New segment")), ("matching.overview", _("Offers and segments"))),
    ),
    "campaigns.overview": Topic(
        sentences=(
            _("Every campaign of the shop: drafts first planned, then launched, then evaluated."),
            _("A launch freezes the plan and draws at random who is told and who is held back."),
            _("The result says what was earned net of every cost, with its range."),
        ),
        terms=("holdout", "net_profit", "interval", "evidence"),
        pages=(("campaigns.new", _("Plan a campaign")), ("memory.overview", _("Memory"))),
    ),
    "campaigns.new": Topic(
        sentences=(
            _("On the left is the plan, beside it what it would mean; nothing is sent from here."),
            _("The offer, who is in it, how many are held back and the days are enough to begin."),
            _(
                "The side shows how many take part, whom the threshold fits, what would be given "
                "away for nothing, and which difference could be proved."
            ),
            _("Keep the draft whenever you like; the launch asks once more before it freezes it."),
        ),
        terms=("holdout", "detectable", "leak", "margin", "guard_rail", "intention_to_treat"),
        pages=(("matching.overview", _("Offers and segments")),),
    ),
    "campaigns.edit": Topic(
        sentences=(
            _("On the left is the plan, beside it what it would mean; nothing is sent from here."),
            _("Keep the draft whenever you like; the launch asks once more before it freezes it."),
            _("After the launch the plan cannot be changed, so that the result means something."),
        ),
        terms=("holdout", "detectable", "leak", "margin", "guard_rail", "intention_to_treat"),
        pages=(("matching.overview", _("Offers and segments")),),
    ),
    "campaigns.show": Topic(
        sentences=(
            _("A launched campaign: its plan in words, the lists for sending, and its numbers."),
            _("Send the contact list to those told only; whoever is held back must get nothing."),
            _("Once the outcome window is over, bring its orders and open the report."),
        ),
        terms=("holdout", "provisional", "contamination"),
        pages=(("data.overview", _("Data")),),
    ),
    "reports.show": Topic(
        sentences=(
            _("The first sentence is the result: what was earned net of every cost, and how sure."),
            _("The strip under it says what the result rests on; what is red says what to do."),
            _("Then come the money step by step, the segments, and how the effect went on."),
            _("Small segments lean on the others; a thin mark shows what they say alone."),
            _("Your decision is kept with the report, and the next forecast starts from it."),
        ),
        terms=("net_profit", "interval", "evidence", "pooled", "raw", "leak", "sample_ratio"),
        pages=(("memory.overview", _("Memory")), ("campaigns.overview", _("Campaigns"))),
    ),
    "matching.overview": Topic(
        sentences=(
            _("Two questions: for whom is this offer, and which offer is for this group."),
            _("Where a campaign with a holdout has tried it, its result is told with its range."),
            _("Where nobody has, the page says from which extra spend on the offer would pay."),
        ),
        terms=("segment", "leak", "margin", "memory"),
    ),
    "programmes.overview": Topic(
        sentences=(
            _("A programme writes to customers on its own when something happens, day after day."),
            _("A part of them is held back at random all the time: so its effect is known."),
            _("Before it runs, a dry run says whom it would have written to."),
            _("For coupon care, give one an offer: each customer gets a code of their own."),
        ),
        terms=("holdout", "interval", "net_profit"),
    ),
    "programmes.show": Topic(
        sentences=(
            _("One programme: what sets it off, whom it has written to, and what it brought."),
            _("Each change makes a new version, which is judged by itself."),
            _("It can be paused at any time; messages already handed over are not called back."),
        ),
        terms=("holdout", "net_profit", "interval", "sequential"),
    ),
    "memory.overview": Topic(
        sentences=(
            _("What every evaluated campaign taught, by group of customers and kind of offer."),
            _("The next forecast starts from here, and so does the advice of the next report."),
            _("Each row says how sure it is and which campaigns it comes from."),
        ),
        terms=("memory", "pooled", "interval", "chance"),
    ),
    "data.overview": Topic(
        sentences=(
            _("Bring a file of orders as your shop exports it; nothing is kept before you agree."),
            _(
                "The next page shows the first rows, what each column means, and what would be "
                "left out and why."
            ),
            _("Bringing the same orders again changes nothing twice."),
        ),
        pages=(
            ("datasets.overview", _("Other files")),
            ("identity.overview", _("Identity doctor")),
        ),
    ),
    "reach.overview": Topic(
        sentences=(
            _("A part of the customers can be held back from everything for a quarter."),
            _("What they do beside the others says what all campaigns and programmes brought."),
            _("It costs what those customers would have earned; the page says how much."),
        ),
        terms=("holdout", "uplift", "contamination"),
    ),
    "figures.overview": Topic(
        sentences=(
            _("The usual figures of the shop for any days, beside those of the days before."),
            _("They describe and do not prove: what an offer caused only a holdout can tell."),
            _("Every table can be taken away as a file."),
        ),
        terms=("average_order_value", "repurchase_rate"),
        pages=(("effects.overview", _("What it brought")),),
    ),
    "settings.overview": Topic(
        sentences=(
            _("The shop's name, your language and your account."),
            _("Channels hold what contacting costs, the mail server and the hours of quiet."),
            _("Currency and time zone are fixed, because every result is reckoned in them."),
        ),
        pages=(("channels.overview", _("Channels")), ("style.overview", _("Style"))),
    ),
}
"""Endpoint -> what its page shows."""


def page_help() -> Drawer | None:
    """Of the page of this request; None where there is none."""
    topic = TOPICS.get(request.endpoint or "")
    if topic is None:
        return None
    pages = ((str(name), url_for(point)) for point, name in topic.pages if page_exists(point))
    glossary = url_for("help.terms")
    terms = ((str(TERMS[key].word), f"{glossary}#{key}") for key in topic.terms)
    return Drawer(
        sentences=tuple(str(sentence) for sentence in topic.sentences), links=(*terms, *pages)
    )
