"""How the fields of a plan go together, once each of them holds by itself."""

from typing import Any

from regulars_platform.fields import WHOLE, FieldReader, percent_text
from regulars_platform.offers.kinds import own_multiple
from regulars_platform.words import N_, Sentence

MAX_WINDOW_DAYS = 731

NOT_PER_PERSON = N_("Not measurable per person: a post reaches everybody in its audience.")
DRAW_GROUPS = Sentence(
    N_(
        "Bring a file of customers with a column that names each one's group, and draw whole "
        "groups by it; or take a channel that reaches persons."
    )
)


def check_together(reader: FieldReader, values: dict[str, Any]) -> None:
    """Say what does not go together beside its field.

    values: by the fields of `Draft`; the group's column is emptied where customers are drawn.
    """
    _whole_groups(reader, values)
    _dates_in_order(reader, values)
    _shares_add_up(reader, values)
    _margins_in_order(reader, values)


def _dates_in_order(reader: FieldReader, values: dict[str, Any]) -> None:
    as_of, send = values["as_of"], values["send_date"]
    end, settle = values["outcome_end"], values["settle_until"]
    if as_of and send and as_of > send:
        reader.refuse(
            "as_of",
            N_("Customers are described as of %(as_of)s, after the sending on %(send)s."),
            Sentence(N_("Take a day on or before the send date, or the outcome would leak in.")),
            as_of=as_of.isoformat(),
            send=send.isoformat(),
        )
    if send and end and end < send:
        reader.refuse(
            "outcome_end",
            N_("The window ends on %(end)s, before it starts on %(send)s."),
            Sentence(N_("Take a last day on or after the send date.")),
            end=end.isoformat(),
            send=send.isoformat(),
        )
    elif send and end and (end - send).days + 1 > MAX_WINDOW_DAYS:
        reader.refuse(
            "outcome_end", N_("A window has at most %(limit)s days."), limit=MAX_WINDOW_DAYS
        )
    if end and settle and settle < end:
        reader.refuse(
            "settle_until",
            N_("Returns cannot be settled on %(settle)s, before the window ends on %(end)s."),
            settle=settle.isoformat(),
            end=end.isoformat(),
        )


def _shares_add_up(reader: FieldReader, values: dict[str, Any]) -> None:
    holdout, arms = values["holdout"], values["arms"]
    if holdout is None or arms is None:
        return
    total = holdout + sum(arm.share for arm in arms)
    if total != WHOLE:
        reader.refuse(
            "holdout_percent",
            N_("Holdout and arms add up to %(total)s percent instead of 100."),
            Sentence(N_("Change the holdout or the shares of the arms.")),
            total=percent_text(total),
        )


def _whole_groups(reader: FieldReader, values: dict[str, Any]) -> None:
    """What reaches an audience is drawn group by group, or cannot be measured per person."""
    unit, arms = values["unit"], values["arms"] or ()
    if unit != "group":
        values["group_by"] = ""
        if unit is not None and any(arm.reaches_audience for arm in arms):
            reader.refuse("unit", NOT_PER_PERSON, DRAW_GROUPS)
        return
    if values["group_by"] == "":
        reader.refuse(
            "group_by",
            N_("Say which column of your customers' file names the group."),
            Sentence(N_("If there is none yet, bring a file of customers with such a column.")),
        )
        values["group_by"] = None
    if values["segments"]:
        reader.refuse(
            "segments",
            N_("Whole groups are drawn, with customers of many segments in each."),
            Sentence(N_("Remove the report segments, or draw each customer.")),
        )
    for place, arm in enumerate(arms):
        if own_multiple(arm.offer) is not None:
            reader.refuse(
                f"arms.{place}.offer.multiple",
                N_("A whole group is told the same: there is no threshold of each one's own."),
            )


def _margins_in_order(reader: FieldReader, values: dict[str, Any]) -> None:
    low, high = values["margin_low"], values["margin_high"]
    if low is not None and high is not None and low > high:
        reader.refuse(
            "margin_high_percent",
            N_("The upper margin (%(high)s percent) is below the lower one (%(low)s percent)."),
            high=percent_text(high),
            low=percent_text(low),
        )
    elif values["margin_source"] == "products" and None not in (low, high) and low != high:
        reader.refuse(
            "margin_high_percent",
            N_("With costs per product, the margin of the other goods is one number."),
            Sentence(N_("Give the same margin twice: that of goods whose cost is not known.")),
        )
