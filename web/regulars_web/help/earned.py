"""Money: sentences with the numbers of a report."""

import datetime as dt
from collections.abc import Callable, Mapping

from flask_babel import gettext, ngettext

from regulars_web.formats import number, percent
from regulars_web.help.told import Told
from regulars_web.words.reports import listed


def _net_profit(told: Told) -> str | None:
    bars = {bar["name"]: bar.get("estimate") for bar in told.group.get("bars", ())}
    if {"goods", "returns", "offer", "contact", "net"} - set(bars) or None in bars.values():
        return None
    return str(
        gettext(
            "Margin on goods sold on top (%(goods)s), on goods that came back (%(returns)s), the "
            "offer (%(offer)s) and contacting (%(contact)s) add up to a net profit of %(net)s.",
            **{name: told.in_all(each) for name, each in bars.items()},
        )
    )


def _margin(told: Told) -> str | None:
    low, high = (told.plan.get(f"margin_{end}_percent") for end in ("low", "high"))
    if low is None or high is None:
        return None
    hundred = told.money(100, whole=True)
    left = [told.money(float(end), whole=float(end).is_integer()) for end in (low, high)]
    if told.plan.get("margin_source", "flat") != "flat":
        return str(
            gettext(
                "Goods whose cost is known count with what is left of their price; of every "
                "%(hundred)s of all others the plan takes %(left)s to be left.",
                hundred=hundred,
                left=left[0],
            )
        )
    if left[0] == left[1]:
        return str(
            gettext(
                "Of every %(hundred)s of goods sold the plan takes %(left)s to be left once the "
                "goods are paid for.",
                hundred=hundred,
                left=left[0],
            )
        )
    return str(
        gettext(
            "Of every %(hundred)s of goods sold the plan takes %(low)s to %(high)s to be left "
            "once the goods are paid for.",
            hundred=hundred,
            low=left[0],
            high=left[1],
        )
    )


def _leak(told: Told) -> str | None:
    entry = told.of_arm("leak")
    if entry is None or "estimate" not in entry["given_away"]:
        return None
    given = told.money(entry["given_away"]["estimate"], whole=True)
    share = entry.get("share") or {}
    if "estimate" not in share:
        return str(
            gettext(
                "About %(given)s of the offer went to orders that would have come without it: "
                "money spent without anything in return.",
                given=given,
            )
        )
    return str(
        gettext(
            "About %(given)s, %(share)s of what the offer cost, went to orders that would have "
            "come without it: money spent without anything in return.",
            given=given,
            share=percent(share["estimate"], 0),
        )
    )


def _return_on_cost(told: Told) -> str | None:
    answer = told.group.get("return_on_cost") or {}
    if "estimate" not in answer:
        return None
    return str(
        gettext(
            "Each %(one)s of extra cost brought back %(value)s of margin: above %(one)s the "
            "campaign pays, below it loses.",
            one=told.money(1, whole=True),
            value=told.money(answer["estimate"]),
        )
    )


def _per_user(told: Told) -> str | None:
    answer = told.group.get("net_per_user") or {}
    if "estimate" not in answer:
        return None
    return str(
        gettext(
            "The result divided by how many more used the offer comes to %(value)s for each of "
            "them, if the campaign changed nothing for everybody else.",
            value=told.money(answer["estimate"], signed=True),
        )
    )


def _average_order_value(told: Told) -> str | None:
    found = told.metric("average_order_value")
    if found is None:
        return None
    return str(
        gettext(
            "What one order comes to on average: %(told)s among those told, %(held)s among those "
            "held back.",
            told=told.money(found["mean_arm"]),
            held=told.money(found["mean_control"]),
        )
    )


def _repurchase_rate(told: Told) -> str | None:
    found = told.metric("buyers")
    if found is None:
        return None
    first, last = (dt.date.fromisoformat(told.plan[day]) for day in ("send_date", "outcome_end"))
    days = (last - first).days + 1
    return str(
        ngettext(
            "Within the campaign's %(n)s day %(held)s of those held back bought by themselves, "
            "and %(told)s of those told.",
            "Within the campaign's %(n)s days %(held)s of those held back bought by themselves, "
            "and %(told)s of those told.",
            days,
            n=number(days),
            held=percent(found["mean_control"]),
            told=percent(found["mean_arm"]),
        )
    )


def _ladder(told: Told) -> str | None:
    ladders = (told.document.get("thresholds") or {}).get("ladders") or ()
    if not ladders:
        return None
    ladder = ladders[0]
    steps = [
        f"{number(float(step))}×" if ladder["by"] == "multiple" else told.money(float(step))
        for step in ladder["steps"]
    ]
    return str(
        gettext(
            "%(n)s thresholds were tried at once (%(steps)s), each on customers drawn at random, "
            "to see which one earns most.",
            n=number(len(steps)),
            steps=listed(steps),
        )
    )


def _padding(told: Told) -> str | None:
    entry = told.of_arm("padding")
    shares = () if entry is None else (entry.get("share_arm"), entry.get("share_control"))
    if entry is None or None in shares:
        return None
    return str(
        gettext(
            "%(told)s of the orders of those told end at most %(width)s percent above the "
            "threshold, and %(held)s of those held back: where the first is larger, baskets were "
            "filled up.",
            told=percent(entry["share_arm"]),
            held=percent(entry["share_control"]),
            width=number(entry["width_percent"]),
        )
    )


SENTENCES: Mapping[str, Callable[[Told], str | None]] = {
    "net_profit": _net_profit,
    "margin": _margin,
    "leak": _leak,
    "return_on_cost": _return_on_cost,
    "per_user": _per_user,
    "average_order_value": _average_order_value,
    "repurchase_rate": _repurchase_rate,
    "ladder": _ladder,
    "padding": _padding,
}
"""Term -> its sentence."""
