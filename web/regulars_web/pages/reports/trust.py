"""The trust strip: what the result rests on, and what to do about what is red."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flask_babel import gettext, ngettext

from regulars_web.formats import number, percent, written_day
from regulars_web.words.reports import clauses

ALIKE = 0.1
"""Standard deviations up to which arms are called alike (Austin 2009, Statist. Med. 28: 3083)."""

State = Literal["ok", "warn", "bad", "wait"]
_FEW_KNOWN, _TOO_FEW_KNOWN = 0.9, 0.6


@dataclass(frozen=True, kw_only=True, slots=True)
class TrustItem:
    """One check; detail says what to do where the state is not ok."""

    state: State
    label: str
    detail: str


def trust_items(document: Mapping[str, Any]) -> tuple[TrustItem, ...]:
    """All checks of a report, in the order in which a sceptic would ask."""
    checks = document["checks"]
    return (
        TrustItem(
            state="ok",
            label=str(gettext("plan and assignment frozen")),
            detail=str(
                gettext(
                    "plan %(plan)s, ledger %(ledger)s, checked when this was evaluated",
                    plan=document["inputs"]["plan_sha256"][:8],
                    ledger=document["inputs"]["ledger_sha256"][:8],
                )
            ),
        ),
        _ratio(checks["sample_ratio"]),
        _attributed(checks["attributed"]),
        *_matches(checks["matches"]),
        balance_item(checks["balance"]),
        _window(document["status"]),
        *_failed(checks["failed_sends"]),
    )


def _ratio(check: Mapping[str, Any]) -> TrustItem:
    counts = " : ".join(number(count) for count in check["observed"])
    if check["flagged"]:
        return TrustItem(
            state="bad",
            label=str(gettext("arm sizes do not fit the plan")),
            detail=str(
                gettext(
                    "%(counts)s. Do not trust the figures below before this is explained.",
                    counts=counts,
                )
            ),
        )
    return TrustItem(state="ok", label=str(gettext("arm sizes as planned")), detail=counts)


def _attributed(check: Mapping[str, Any]) -> TrustItem:
    known, orders = check["known"], check["orders"]
    share = known / orders
    detail = gettext(
        "%(known)s of %(orders)s orders in the window", known=number(known), orders=number(orders)
    )
    label = gettext("%(share)s of orders have a customer", share=percent(share, 0))
    if share >= _FEW_KNOWN:
        return TrustItem(state="ok", label=str(label), detail=str(detail))
    advice = gettext("orders without a customer count for nobody; both arms lose alike")
    return TrustItem(
        state="bad" if share < _TOO_FEW_KNOWN else "warn",
        label=str(label),
        detail=clauses((str(detail), str(advice))),
    )


def _matches(checks: list[Mapping[str, Any]]) -> list[TrustItem]:
    judged = [check for check in checks if check["p_value"] is not None]
    if not judged:
        return []
    if any(check["flagged"] for check in judged):
        return [
            TrustItem(
                state="bad",
                label=str(gettext("arms are not found alike in the order file")),
                detail=str(
                    gettext(
                        "On orders from before launch the arms should match alike. Check how the "
                        "customer column was exported."
                    )
                ),
            )
        ]
    return [
        TrustItem(
            state="ok",
            label=str(gettext("arms found alike before launch")),
            detail=str(ngettext("in %(num)s order file", "in %(num)s order files", len(judged))),
        )
    ]


def balance_item(checks: list[Mapping[str, Any]]) -> TrustItem:
    """Whether the arms were alike before the start."""
    worst = max(
        (
            abs(value)
            for check in checks
            for value in check["differences"].values()
            if value is not None
        ),
        default=0.0,
    )
    detail = gettext("largest difference %(worst)s standard deviations", worst=number(worst, 3))
    if any(check["flagged"] for check in checks):
        return TrustItem(
            state="warn",
            label=str(gettext("arms differed before the start")),
            detail=clauses(
                (str(detail), str(gettext("see the adjusted figures (CUPED) under Method")))
            ),
        )
    if worst > ALIKE:
        label = gettext("arms differed before the start by no more than chance does at this size")
    else:
        label = gettext("arms alike before the start")
    return TrustItem(state="ok", label=str(label), detail=str(detail))


def _window(status: Mapping[str, Any]) -> TrustItem:
    if status["gap"]:
        return TrustItem(
            state="bad",
            label=str(gettext("orders are missing at the end")),
            detail=str(
                gettext(
                    "The last order is of %(day)s. Upload the rest of the window.",
                    day=written_day(status["data_until"]),
                )
            ),
        )
    if status["state"] == "open":
        return TrustItem(
            state="wait",
            label=str(gettext("the window is still open")),
            detail=str(gettext("looking early makes chance look like a finding; wait")),
        )
    if status["state"] == "provisional":
        return TrustItem(
            state="wait",
            label=str(
                gettext("provisional until %(day)s", day=written_day(status["settle_until"]))
            ),
            detail=str(gettext("returns are still coming in")),
        )
    return TrustItem(
        state="ok",
        label=str(gettext("window closed, returns settled")),
        detail=str(gettext("orders until %(day)s", day=written_day(status["data_until"]))),
    )


def _failed(failed: Mapping[str, int]) -> list[TrustItem]:
    total = sum(failed.values())
    if not total:
        return []
    return [
        TrustItem(
            state="warn",
            label=str(gettext("%(n)s messages did not arrive", n=number(total))),
            detail=str(gettext("their customers count in their arm all the same")),
        )
    ]
