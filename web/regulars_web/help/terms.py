"""The terms of the product: a plain word and one sentence that holds anywhere.

With a campaign at hand the sentence has its numbers in it: of a report by `from_report`, of a plan
that is being made by `from_preview`.
"""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

Lazy = Any
"""A text that is read in the language of the request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """word: plain words first, the name that statisticians use in brackets after them."""

    word: Lazy
    meaning: Lazy


TERMS = {
    # what is compared
    "holdout": Term(
        word=_("held back at random (holdout)"),
        meaning=_(
            "Some customers are held back at random and get no message: what they do shows what "
            "would have happened anyway."
        ),
    ),
    "uplift": Term(
        word=_("what came on top (incremental, uplift)"),
        meaning=_(
            "What those told did beyond what those held back did at the same time: that part, and "
            "no more, is owed to the campaign."
        ),
    ),
    "intention_to_treat": Term(
        word=_("everybody counts as drawn (intention to treat)"),
        meaning=_(
            "Everybody counts in the group that was drawn for them, whether or not the message "
            "arrived or the offer was used: taking some out afterwards would undo the draw."
        ),
    ),
    "contamination": Term(
        word=_("offers used by those held back (contamination)"),
        meaning=_(
            "Where customers who were held back use the offer all the same, the difference to "
            "those told becomes smaller than the true effect."
        ),
    ),
    "segment": Term(
        word=_("segment (customer grouping)"),
        meaning=_(
            "A group of customers found by a rule, such as those who have not bought for 90 days; "
            "each segment of a campaign gets a result of its own."
        ),
    ),
    # money
    "net_profit": Term(
        word=_("net profit"),
        meaning=_(
            "The margin on what was sold on top, less returns, less what the offer cost, less what "
            "contacting cost."
        ),
    ),
    "margin": Term(
        word=_("margin"),
        meaning=_("What is left of the price of goods once the goods themselves are paid for."),
    ),
    "leak": Term(
        word=_("given away for nothing (subsidy leak)"),
        meaning=_(
            "The part of the offer that goes to orders that would have come without it: money "
            "spent without anything in return."
        ),
    ),
    "return_on_cost": Term(
        word=_("return on cost"),
        meaning=_(
            "How much margin each unit of extra cost brought back: above one the campaign pays, "
            "below one it loses."
        ),
    ),
    "per_user": Term(
        word=_("effect per user of the offer"),
        meaning=_(
            "The result divided by how many more used the offer: what one use was worth, if the "
            "campaign changed nothing for everybody else."
        ),
    ),
    "average_order_value": Term(
        word=_("average order value"),
        meaning=_("What one order comes to on average, after discounts and before returns."),
    ),
    "repurchase_rate": Term(
        word=_("repurchase rate"),
        meaning=_(
            "The share of customers who become returning customers: who buy again within a given"
            " time."
        ),
    ),
    # how sure
    "interval": Term(
        word=_("range (interval, 95 percent)"),
        meaning=_(
            "The range that holds the true value in 95 of 100 campaigns: the wider it is, the less "
            "is known."
        ),
    ),
    "evidence": Term(
        word=_("evidence and advice"),
        meaning=_(
            "Evidence says what is proved; advice says what is best to do although not everything "
            "is, because waiting for proof costs money too."
        ),
    ),
    "chance": Term(
        word=_("chance that it pays (P(net > 0))"),
        meaning=_(
            "How likely it is, by all that is known so far, that doing it again earns more than "
            "it costs."
        ),
    ),
    "cost_if_kept": Term(
        word=_("cost of keeping wrongly"),
        meaning=_(
            "What carrying on is expected to lose in case the campaign does not pay after all, "
            "weighed by how likely that is."
        ),
    ),
    "cost_if_stopped": Term(
        word=_("cost of stopping wrongly"),
        meaning=_(
            "What stopping is expected to forgo in case the campaign pays after all, weighed by "
            "how likely that is."
        ),
    ),
    "value_of_test": Term(
        word=_("value of one more test"),
        meaning=_(
            "What one more campaign with a holdout is worth because a wrong decision becomes less "
            "likely: test again only where that is more than the test costs."
        ),
    ),
    "raw": Term(
        word=_("raw figure"),
        meaning=_(
            "What a segment's own customers say, before anything is learnt from the other "
            "segments: small segments look very good or very bad by luck alone."
        ),
    ),
    "pooled": Term(
        word=_("pooled estimate"),
        meaning=_(
            "A segment's figure drawn towards what all segments together say, the more so the "
            "smaller the segment is: that takes out the part that was luck."
        ),
    ),
    "detectable": Term(
        word=_("smallest effect that would be found (detectable effect)"),
        meaning=_(
            "A difference of that size would be proved four times out of five; a smaller one may "
            "be there and stay hidden."
        ),
    ),
    "sequential": Term(
        word=_("right at every look (peek-safe, sequential)"),
        meaning=_(
            "An ordinary range is right for one look at the end; one that stays right however "
            "often you look has to be wider."
        ),
    ),
    "adjusted": Term(
        word=_("adjusted for the time before (CUPED)"),
        meaning=_(
            "The result once differences that were there before launch are taken out; it should "
            "say the same, only more exactly."
        ),
    ),
    "guard_rail": Term(
        word=_("must not get worse (guard-rail)"),
        meaning=_(
            "A figure that the campaign is not made for but must not harm, such as returns or "
            "complaints."
        ),
    ),
    # whether to trust it
    "sample_ratio": Term(
        word=_("arm sizes (sample ratio)"),
        meaning=_(
            "Whether as many customers are in each group as the plan meant: a gap that chance does "
            "not explain means that the draw or the files were damaged."
        ),
    ),
    "balance": Term(
        word=_("alike before the start (balance)"),
        meaning=_(
            "Whether the groups were alike before launch in what was known of them: only then is a "
            "difference afterwards owed to the campaign."
        ),
    ),
    "provisional": Term(
        word=_("provisional until returns settle"),
        meaning=_(
            "Goods come back for weeks after they are sold, so a result may still change until the "
            "day that the plan names."
        ),
    ),
    "kept_share": Term(
        word=_("share that is kept (pull-forward)"),
        meaning=_(
            "How much of the first days' gain is still there later: where less than all is kept, "
            "part of it were purchases that would have come later anyway."
        ),
    ),
    # thresholds
    "ladder": Term(
        word=_("ladder of thresholds"),
        meaning=_(
            "Several thresholds tried at once, each on customers drawn at random, to see which one "
            "earns most."
        ),
    ),
    "padding": Term(
        word=_("baskets filled up to the threshold (padding)"),
        meaning=_(
            "Where more orders than usual end just above the threshold, customers added something "
            "to reach it; what they send back later tells whether that lasted."
        ),
    ),
    # whom to tell next
    "gain_curve": Term(
        word=_("gain curve"),
        meaning=_(
            "What telling only the best tenth, the best two tenths and so on would have earned, "
            "the most promising customers first."
        ),
    ),
    "replay": Term(
        word=_("replay"),
        meaning=_(
            "A plan for the next round tried on customers who were drawn at random before: their "
            "real orders tell what it would have earned, without a new test."
        ),
    ),
    "memory": Term(
        word=_("programme memory"),
        meaning=_(
            "What earlier campaigns of the same kind taught: the next forecast and the next advice "
            "start from it instead of from nothing."
        ),
    ),
    # customers
    "tag": Term(
        word=_("tag"),
        meaning=_("A word that your staff or your files put on a customer, to find them by it."),
    ),
    "tier": Term(
        word=_("member tier"),
        meaning=_(
            "The rank that a customer has reached by the shop's own rules, such as ordinary, "
            "senior, VIP and supreme VIP member."
        ),
    ),
    "lifetime_value": Term(
        word=_("lifetime value"),
        meaning=_(
            "What a customer is expected to buy from now on, judged by how often and for how much "
            "they bought so far."
        ),
    ),
    "repurchase_cycle": Term(
        word=_("repurchase cycle"),
        meaning=_(
            "After how many days customers usually buy the same product again; who is past it is "
            "due."
        ),
    ),
}
"""Every term that pages explain, in the order of the glossary."""
