"""What is compared, and whether to trust it: sentences with the numbers of a report."""

from collections.abc import Callable, Mapping

from flask_babel import gettext, ngettext

from regulars_web.formats import number, percent, written_day
from regulars_web.help.told import Told


def _holdout(told: Told) -> str:
    observed = told.document["checks"]["sample_ratio"]["observed"]
    return str(
        gettext(
            "Of %(all)s, %(n)s were held back at random (holdout): what they did shows what would "
            "have happened anyway.",
            all=told.counted(sum(observed)),
            n=number(observed[0]),
        )
    )


def _uplift(told: Told) -> str | None:
    spent = told.metric("revenue")
    if spent is None or "estimate" not in spent["difference"]:
        return None
    facts = {
        "told": told.money(spent["mean_arm"]),
        "held": told.money(spent["mean_control"]),
        "each": told.money(abs(spent["difference"]["estimate"])),
    }
    if spent["difference"]["estimate"] >= 0:
        return str(
            gettext(
                "Those told spent %(told)s each and those held back %(held)s in the same days, so "
                "%(each)s each came on top and is owed to the campaign.",
                **facts,
            )
        )
    return str(
        gettext(
            "Those told spent %(told)s each and those held back %(held)s in the same days, so "
            "%(each)s less came from each than without the campaign.",
            **facts,
        )
    )


def _intention_to_treat(told: Told) -> str:
    missed = (told.document["checks"].get("failed_sends") or {}).get(told.group["arm"], 0)
    if missed:
        return str(
            gettext(
                "All %(all)s count as told, also the %(missed)s whom the message did not reach: "
                "taking them out afterwards would undo the draw.",
                all=told.counted(told.group["n"]),
                missed=number(missed),
            )
        )
    return str(
        gettext(
            "All %(all)s count as told, whether or not they read the message or used the offer: "
            "taking some out afterwards would undo the draw.",
            all=told.counted(told.group["n"]),
        )
    )


def _contamination(told: Told) -> str | None:
    arms = (told.document.get("contamination") or {}).get("arms", ())
    own = next((one for one in arms if one["arm"] == told.group["arm"]), None)
    if own is None or own.get("held_out_users") is None or not own.get("held_out"):
        return None
    return str(
        ngettext(
            "Of %(held)s held back %(n)s used the offer all the same; the more do, the smaller "
            "the measured difference is beside the true effect.",
            "Of %(held)s held back %(n)s used the offer all the same; the more do, the smaller "
            "the measured difference is beside the true effect.",
            own["held_out_users"],
            n=number(own["held_out_users"]),
            held=told.counted(own["held_out"]),
        )
    )


def _segment(told: Told) -> str | None:
    arm = told.group["arm"]
    every = [one for one in told.document.get("segments", ()) if one["arm"] == arm]
    if len(every) < 2:
        return None
    return str(
        gettext(
            "This campaign's %(all)s are in %(n)s segments, each found by a rule before the draw "
            "and each with a result of its own.",
            all=told.counted(sum(one["customers"] for one in every)),
            n=number(len(every)),
        )
    )


def _sample_ratio(told: Told) -> str:
    check = told.document["checks"]["sample_ratio"]
    return str(
        gettext(
            "The plan meant about %(planned)s to be held back and %(there)s are: a gap that "
            "chance does not explain would mean that the draw or the files were damaged.",
            planned=told.counted(round(check["expected"][0])),
            there=number(check["observed"][0]),
        )
    )


def _balance(told: Told) -> str | None:
    own = next(
        (
            one
            for one in told.document["checks"].get("balance", ())
            if one["arm"] == told.group["arm"]
        ),
        None,
    )
    known = [] if own is None else [v for v in own["differences"].values() if v is not None]
    if not known:
        return None
    return str(
        gettext(
            "Before launch the groups differed by at most %(worst)s standard deviations in what "
            "was known of them; up to %(alike)s they count as alike.",
            worst=number(max(map(abs, known)), 3),
            alike=number(0.1, 1),
        )
    )


def _provisional(told: Told) -> str:
    day = written_day(told.document["status"]["settle_until"])
    if told.document["status"]["state"] == "closed":
        return str(
            gettext(
                "Returns were waited for until %(day)s, so the result counts as settled.", day=day
            )
        )
    return str(
        gettext(
            "Goods come back for weeks after they are sold, so these figures may still change "
            "until %(day)s.",
            day=day,
        )
    )


def _kept_share(told: Told) -> str | None:
    entry = told.of_arm("days")
    useful = [
        kept
        for kept in ((entry or {}).get("kept") or ())
        if "estimate" in kept["share"] and kept["share"]["low"] >= -1 and kept["share"]["high"] <= 3
    ]
    if not useful:
        return None
    kept = useful[-1]
    facts = {
        "early": number(kept["early_days"]),
        "late": number(kept["late_days"]),
        "share": percent(kept["share"]["estimate"], 0),
    }
    if kept["share"]["estimate"] >= 1:
        return str(
            gettext(
                "Of what the first %(early)s days brought, %(share)s is there after %(late)s "
                "days: purchases were not only made earlier.",
                **facts,
            )
        )
    return str(
        gettext(
            "Of what the first %(early)s days brought, %(share)s is there after %(late)s days; "
            "the rest would have been bought later anyway.",
            **facts,
        )
    )


def _gain_curve(told: Told) -> str:
    return str(
        gettext(
            "What telling only the best tenth of these %(all)s, the best two tenths and so on "
            "would have earned, the most promising first.",
            all=told.counted(told.group["n"] + told.group["n_control"]),
        )
    )


def _replay(told: Told) -> str:
    return str(
        gettext(
            "A plan for the next round tried on these %(all)s, who were drawn at random: their "
            "real orders tell what it would have earned, without a new test.",
            all=told.counted(told.group["n"] + told.group["n_control"]),
        )
    )


def _memory(told: Told) -> str | None:
    cells = (told.document.get("memory") or {}).get("cells") or ()
    own = next(
        (one for one in cells if one["arm"] == told.group["arm"] and one["segment"] is None), None
    )
    if own is None:
        return None
    past = len(own["campaigns"])
    if not past:
        return str(
            gettext(
                "No earlier campaign of this kind is remembered, so this result stands alone and "
                "the next forecast starts from it."
            )
        )
    return str(
        ngettext(
            "%(n)s earlier campaign of this kind is remembered, and the forecast and the advice "
            "start from it.",
            "%(n)s earlier campaigns of this kind are remembered, and the forecast and the advice "
            "start from them.",
            past,
            n=number(past),
        )
    )


SENTENCES: Mapping[str, Callable[[Told], str | None]] = {
    "holdout": _holdout,
    "uplift": _uplift,
    "intention_to_treat": _intention_to_treat,
    "contamination": _contamination,
    "segment": _segment,
    "sample_ratio": _sample_ratio,
    "balance": _balance,
    "provisional": _provisional,
    "kept_share": _kept_share,
    "gain_curve": _gain_curve,
    "replay": _replay,
    "memory": _memory,
}
"""Term -> its sentence."""
