"""What the threshold curves say, in sentences."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from regulars_web.formats import full_stop, number
from regulars_web.words.reports import amount, chance, confidence, interval, price

Part = Mapping[str, Any]
_LEAST_LOSS = 0.005  # what rounds to nothing
_COARSE = 20  # from this threshold on nobody asks for the smaller coin


def step_name(ladder: Part, place: int, currency: str) -> str:
    """A step of a ladder: "1.2×", or the threshold itself."""
    step = ladder["steps"][place]
    if ladder["by"] == "multiple":
        return f"{number(step)}×"
    return amount(step, currency, whole=step == round(step))


def recommendation(document: Part, ladder: Part, group: Part) -> tuple[str, ...]:
    """Which step is expected to earn most, how sure that is, and whether it is proved."""
    best, currency = group["recommended"], document["plan"]["currency"]
    if best is None:
        return (
            str(
                gettext(
                    "Which step earns most cannot be told: no step has enough buyers beside the "
                    "holdout."
                )
            ),
        )
    step = group["steps"][best]
    facts: dict[str, Any] = {
        "step": _threshold_words(ladder, group, best, currency),
        "net": amount(step["believed"]["mean"], currency, signed=True),
        "range": interval(step["believed"]["low"], step["believed"]["high"], currency),
        "confidence": confidence(document),
        "loss": small_loss(step["expected_loss"], currency),
    }
    if group["pays"]:
        first = gettext(
            "Expected to earn most: %(step)s, %(net)s net each (%(confidence)s: "
            "%(range)s). Another step may be better; on average that loses %(loss)s each.",
            **facts,
        )
    else:
        first = gettext(
            "No step is expected to pay. The least bad is %(step)s, %(net)s net each "
            "(%(confidence)s: %(range)s).",
            **facts,
        )
    return (str(first), *_against_neighbours(ladder, group, currency))


def small_loss(value: float, currency: str) -> str:
    """What choosing a step costs where another is better; never nothing at all."""
    if value < _LEAST_LOSS:
        return str(gettext("under %(share)s", share=amount(0.01, currency)))
    return amount(value, currency)


def _threshold_words(ladder: Part, group: Part, place: int, currency: str) -> str:
    name = step_name(ladder, place, currency)
    if ladder["by"] != "multiple":
        return str(gettext("the offer from %(threshold)s", threshold=name))
    point, typical = group["steps"][place]["price_point"], group["typical_value"]
    if point is None or typical is None:
        return str(gettext("%(step)s what each customer spent before", step=name))
    return str(
        gettext(
            "%(step)s what each customer spent before (for a typical %(typical)s: from %(point)s)",
            step=name,
            typical=amount(typical, currency),
            point=amount(point, currency, whole=point == round(point)),
        )
    )


def _short_step(ladder: Part, group: Part, place: int, currency: str) -> str:
    """A step in a row of a table: "1.2× (from £85)"."""
    name, point = step_name(ladder, place, currency), group["steps"][place]["price_point"]
    if ladder["by"] != "multiple" or point is None:
        return name
    whole = point == round(point)
    return str(
        gettext("%(step)s (from %(point)s)", step=name, point=amount(point, currency, whole=whole))
    )


def _against_neighbours(ladder: Part, group: Part, currency: str) -> tuple[str, ...]:
    """Whether the best is proved better than the step on either side, arm against arm."""
    said = []
    for other in group["neighbours"]:
        name = step_name(ladder, other["step"], currency)
        difference = other["difference"]
        if "estimate" not in difference:
            said.append(gettext("Against %(step)s nothing can be told.", step=name))
            continue
        facts = {
            "step": name,
            "difference": amount(difference["estimate"], currency, signed=True),
            "range": interval(difference["low"], difference["high"], currency),
        }
        words = {
            "proved_better": gettext(
                "Proved better than %(step)s: %(difference)s each (%(range)s).", **facts
            ),
            "proved_worse": gettext(
                "Measured by itself it is proved worse than %(step)s: %(difference)s each "
                "(%(range)s).",
                **facts,
            ),
        }
        said.append(
            words.get(
                other["evidence"],
                gettext(
                    "Not proved better than %(step)s, all pairs of neighbours looked at: "
                    "%(difference)s each (%(range)s).",
                    **facts,
                ),
            )
        )
    return tuple(str(words) for words in said)


def reach_sentence(document: Part, curve: Part) -> str:
    """For whom one threshold is expected to pay."""
    currency = document["plan"]["currency"]
    facts = {"threshold": amount(curve["threshold"], currency, whole=_is_whole(curve))}
    if curve["reach"] is None:
        return str(
            gettext(
                "For whom %(threshold)s pays cannot be told: no group has enough buyers.", **facts
            )
        )
    if curve["reach"] == "everybody":
        return str(
            gettext(
                "No band of past order value is expected to lose by the offer from %(threshold)s.",
                **facts,
            )
        )
    if curve["reach"] == "nobody":
        return str(
            gettext(
                "The offer from %(threshold)s is expected to pay for nobody, however near to it "
                "their past orders were.",
                **facts,
            )
        )
    band = band_of_money(curve["pays_from"], curve["pays_to"], curve["threshold"], currency)
    return str(
        gettext(
            "The offer from %(threshold)s is expected to pay with those whose past orders came to "
            "%(band)s, and not with the others.",
            band=band,
            **facts,
        )
    )


def proved_words(curve: Part, currency: str) -> tuple[str, ...]:
    """What holds in all groups at once, whichever of them one looks at."""
    said = []
    for key, words in (
        ("proved", gettext("Proved, whichever group one looks at, to pay for: ")),
        ("proved_to_lose", gettext("Proved to lose money with: ")),
    ):
        found = [
            band_of_money(each["low"], each["high"], curve["threshold"], currency)
            for each in curve["bins"]
            if each[key]
        ]
        if found:
            said.append(words + gettext(", ").join(found) + full_stop())
    if not said and curve["reach"] is not None:
        said.append(str(gettext("For no single group is that proved by itself.")))
    return tuple(said)


def change_sentence(document: Part, curve: Part) -> tuple[str, ...]:
    """What telling only those for whom it pays is expected to earn more."""
    change = curve["change"]
    if change is None or curve["reach"] != "some":
        return ()
    group = next(g for g in document["overall"] if g["arm"] == curve["arm"])
    told, currency = group["n"], document["plan"]["currency"]
    return (
        str(
            gettext(
                "Telling only these is expected to earn %(gain)s more each time than telling all "
                "(%(confidence)s: %(range)s); that is %(chance)s likely to be a gain.",
                gain=amount(change["gain"] * told, currency, whole=True),
                range=interval(change["low"] * told, change["high"] * told, currency, whole=True),
                confidence=confidence(document),
                chance=chance(change["chance"]),
            )
        ),
    )


def change_reason(document: Part, group: Part) -> str:
    """To which threshold the advice "change" leads, and what that is expected to earn more."""
    decision, plan = group["decision"], document["plan"]
    facts = {
        "target": _target(document, group),
        "gain": price(decision["value_of_change"], plan["currency"]),
        "rounds": number(plan["horizon_rounds"]),
    }
    return str(
        gettext(
            "%(target)s is expected to earn %(gain)s more over the next %(rounds)s rounds.",
            **facts,
        )
    )


def _target(document: Part, group: Part) -> str:
    currency = document["plan"]["currency"]
    for ladder in document["thresholds"]["ladders"]:
        if group["arm"] in ladder["arms"]:
            same = [g for g in ladder["groups"] if g["segment"] == group["segment"]]
            if same and same[0]["recommended"] is not None:
                return _short_step(ladder, same[0], same[0]["recommended"], currency)
    for curve in document["thresholds"]["curves"]:
        if curve["arm"] == group["arm"] and curve["reach"] == "some":
            low, high = curve["pays_from"], curve["pays_to"]
            band = band_of_money(low, high, curve["threshold"], currency)
            return str(gettext("telling only those whose past orders came to %(band)s", band=band))
    return str(gettext("another threshold"))


def band_of_money(low: float, high: float | None, threshold: float, currency: str) -> str:
    """Past order values from `low` to `high` times the threshold, in money."""
    start = edge_of_money(low, threshold, currency)
    if high is None:
        return str(gettext("%(low)s and more", low=start))
    end = edge_of_money(high, threshold, currency)
    if low <= 0:
        return str(gettext("under %(high)s", high=end))
    return str(gettext("%(low)s to under %(high)s", low=start, high=end))


def edge_of_money(ratio: float, threshold: float, currency: str) -> str:
    """A multiple of the threshold; of a low one with the smaller coin."""
    return amount(ratio * threshold, currency, whole=threshold >= _COARSE)


def _is_whole(curve: Part) -> bool:
    return bool(curve["threshold"] == round(curve["threshold"]))
