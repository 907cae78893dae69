"""The segments that needs, pairs of products and bringers lead to: their rules and names."""

from flask_babel import gettext

from regulars_platform.errors import NotFoundError
from regulars_platform.needs.counting import bought_not_rule, lacking_rule
from regulars_platform.needs.tree import read_needs
from regulars_platform.segments.rules import Bought, Group, Not, Rule, parse_rule
from regulars_platform.words import N_, Sentence
from regulars_web.edge import current_shop
from regulars_web.product_labels import product_labels

MAX_NAME = 190


def asked_rule(what: str, first: str, second: str) -> tuple[Rule, str]:
    """`what` is pair (bought the first product and not the second), leaf (of the first need lacks
    the second), or bringers (bought the first product and brought nobody)."""
    if what == "pair" and first and second:
        known = product_labels([first, second])
        one, other = _short(known[first]), _short(known[second])
        return (
            bought_not_rule(first, second),
            gettext("Bought %(first)s, not %(second)s", first=one, second=other),
        )
    if what == "bringers" and first:
        one = _short(product_labels([first])[first])
        return _no_bringers(first), gettext("Bought %(first)s, brought nobody", first=one)
    if what == "leaf":
        for need in read_needs(current_shop()):
            if need.name == first and second in need.leaves and len(need.leaves) > 1:
                return (
                    lacking_rule(need, second),
                    gettext("%(need)s without %(leaf)s", need=_short(first), leaf=_short(second)),
                )
    raise NotFoundError(
        Sentence(N_("There is no such need or pair of products.")),
        Sentence(N_("Go back to the needs, and choose there.")),
    )


def _no_bringers(product: str) -> Rule:
    brought = parse_rule({"feature": "brought", "op": ">=", "value": "1"})
    return Group(joiner="all", rules=(Bought(by="product", name=product), Not(rule=brought)))


def _short(name: str) -> str:
    return name if len(name) <= MAX_NAME // 3 else f"{name[: MAX_NAME // 3]}…"
