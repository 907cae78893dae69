"""The method in formulas that hold this campaign's own numbers, so that anybody can follow them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import exp, isclose, pi, sqrt
from statistics import NormalDist
from typing import Any

from flask_babel import gettext

from regulars_web.formats import number, percent
from regulars_web.words.reports import believed_of, chance, method_name, p_equation

Document = Mapping[str, Any]
NORMAL = NormalDist()


@dataclass(frozen=True, kw_only=True, slots=True)
class Formula:
    """What is worked out, and how: `left = numbers = right`, written."""

    what: str
    written: str
    source: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ratio:
    """The check of the arms' sizes, formatted."""

    observed: str
    expected: str
    method: str
    p: str


def ratio_shown(check: Mapping[str, Any]) -> Ratio:
    """Holdout first, as the document has it."""
    return Ratio(
        observed=" : ".join(number(count) for count in check["observed"]),
        expected=" : ".join(number(count, 0) for count in check.get("expected", ())) or "–",
        method=method_name(check.get("method", "")),
        p=p_equation(check.get("p_value")),
    )


def code_again(document: Document, filename: str) -> str:
    """Python that gets the headline's number out of the downloaded document."""
    return _code(
        document,
        "import json\n\n"
        f'with open("{filename}", encoding="utf-8") as file:\n'
        "    report = json.load(file)\n",
    )


def code_by_program(document: Document, campaign_id: int, report_id: int) -> str:
    """Python that gets it from the running product, with a token of its owner's."""
    return _code(
        document,
        "import json\nfrom urllib.request import Request, urlopen\n\n"
        'regulars, token = "https://regulars.example.org", "regs_..."\n'
        f'address = f"{{regulars}}/api/v1/campaigns/{campaign_id}/reports/{report_id}"\n'
        'asked = Request(address, headers={"Authorization": f"Bearer {token}"})\n'
        "with urlopen(asked) as answer:\n"
        "    report = json.load(answer)\n",
    )


def _code(document: Document, fetching: str) -> str:
    group = document["overall"][0]
    if "estimate" not in group["net"]:
        return ""
    total = group["net"]["estimate"] * group["n"]
    return (
        f'{fetching}arm = report["overall"][0]\n'
        f'print(round(arm["net"]["estimate"] * arm["n"], 2))  # {total:.2f}'
    )


def formulas(document: Document, place: int) -> tuple[Formula, ...]:
    """Of the arm at that place; what cannot be told has no formula."""
    group = document["overall"][place]
    if "estimate" not in group["net"] or any("estimate" not in bar for bar in group["bars"]):
        return ()
    return (
        *_return_on_cost(group),
        *_leak(document, group),
        *_kept(document, group),
        *_belief(document, group),
    )


def _bars(group: Mapping[str, Any]) -> dict[str, float]:
    return {bar["name"]: bar["estimate"] for bar in group["bars"]}


def _figure(value: float) -> str:
    return number(value, 4)


def _return_on_cost(group: Mapping[str, Any]) -> Iterator[Formula]:
    answer, bars = group.get("return_on_cost"), _bars(group)
    if answer is None or "estimate" not in answer:
        return
    goods, returns, offer, contact = (
        bars[name] for name in ("goods", "returns", "offer", "contact")
    )
    yield Formula(
        what=str(gettext("return on cost = margin / cost")),
        written=(
            f"({_figure(goods)} + {_figure(returns)}) / ({_figure(-offer)} + {_figure(-contact)}) "
            f"= {_figure(answer['estimate'])}"
        ),
        source="Fieller 1954; Donner and Zou 2012",
    )


def _leak(document: Document, group: Mapping[str, Any]) -> Iterator[Formula]:
    """Only where what is given away is the leak's share of what the offer cost: where the holdout
    cannot use the offer."""
    found = next((one for one in document.get("leak", ()) if one["arm"] == group["arm"]), None)
    if found is None or "estimate" not in found.get("given_away", {}):
        return
    share, cost = found["share"], -_bars(group)["offer"] * group["n"]
    if share is None or "estimate" not in share:
        return
    if isclose(share["estimate"] * cost, found["given_away"]["estimate"], rel_tol=1e-6):
        yield Formula(
            what=str(gettext("given away = leak × what the offer cost")),
            written=(
                f"{_figure(share['estimate'])} × {number(cost, 2)} = "
                f"{number(found['given_away']['estimate'], 2)}"
            ),
            source="Cochran 1977, 2.11",
        )


def _kept(document: Document, group: Mapping[str, Any]) -> Iterator[Formula]:
    """Margin less offer: the net without what contacting cost, which counts on the first day."""
    contact = _bars(group)["contact"]
    arm = next((one for one in document.get("days", ()) if one["arm"] == group["arm"]), None)
    if arm is None:
        return
    totals = {
        day["day"]: day["cumulative"]["estimate"] - contact
        for day in arm["days"]
        if "estimate" in day["cumulative"]
    }
    for entry in arm["kept"]:
        early, late, share = entry["early_days"], entry["late_days"], entry["share"]
        if "estimate" in share and early in totals and late in totals:
            yield Formula(
                what=str(
                    gettext(
                        "kept after %(late)s days = margin less offer by then / by day %(early)s",
                        late=late,
                        early=early,
                    )
                ),
                written=(
                    f"{_figure(totals[late])} / {_figure(totals[early])} = "
                    f"{percent(share['estimate'], 1)}"
                ),
                source="Fieller 1954",
            )


def _belief(document: Document, group: Mapping[str, Any]) -> Iterator[Formula]:
    """The chance of a profit and the price of being wrong, of a belief that is a normal one."""
    believed, decision = believed_of(group), group["decision"]
    if believed is None or decision is None or believed.get("basis") != "alone":
        return
    level = float(document["plan"]["confidence_percent"]) / 100
    mean = believed["mean"]
    spread = (believed["high"] - believed["low"]) / 2 / NORMAL.inv_cdf(0.5 + level / 2)
    if spread <= 0:
        return
    away, rounds = mean / spread, document["plan"]["horizon_rounds"]
    yield Formula(
        what=str(gettext("P(net > 0) = Φ(believed / its standard deviation)")),
        written=f"Φ({_figure(mean)} / {_figure(spread)}) = Φ({number(away, 2)}): "
        f"{chance(decision['chance_positive'])}",
    )
    each = spread * expected_below_zero(away)
    yield Formula(
        what=str(gettext("cost if wrongly kept = customers × rounds × σ (φ(z) − z Φ(−z))")),
        written=(
            f"{number(group['customers'])} × {number(rounds)} × {_figure(each)} = "
            f"{number(decision['loss_if_kept_wrongly'], 2)}"
        ),
        source="Raiffa and Schlaifer 1961, ch. 5",
    )


def expected_below_zero(away: float) -> float:
    """E[max(-X, 0)] of a normal X with standard deviation 1 and mean `away`: φ(z) - z Φ(-z)."""
    return exp(-away * away / 2) / sqrt(2 * pi) - away * NORMAL.cdf(-away)
