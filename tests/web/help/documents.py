"""A report's document as it may be: whole, early, older, or with nothing that can be told."""

import copy
from collections.abc import Callable
from typing import Any

Document = dict[str, Any]
ARM = "told"


def answer(estimate: float, low: float, high: float) -> Document:
    return {
        "estimate": estimate, "low": low, "high": high, "standard_error": 1.0, "p_value": 0.02,
    }  # fmt: skip


def refused() -> Document:
    return {"code": "too_few_buyers", "not_estimable": "few"}


def group(segment: str | None, n: int, net: Document) -> Document:
    bars = {"goods": 3.0, "returns": -0.25, "offer": -1.0, "contact": -0.5, "net": 1.25}
    return {
        "arm": ARM,
        "segment": segment,
        "n": n,
        "n_control": n // 9,
        "customers": n + n // 9,
        "hidden": False,
        "net": net,
        "bars": [{"name": name, **answer(each, each, each)} for name, each in bars.items()],
        "sensitivity": [{"method": "CUPED", "difference": answer(1.5, 0.5, 2.5)}],
        "evidence": "not_proved",
        "believed": {"mean": 0.75, "low": 0.25, "high": 1.25, "basis": "segments"},
        "decision": {
            "advice": "keep",
            "chance_positive": 0.93,
            "loss_if_kept_wrongly": 1200.0,
            "loss_if_stopped_wrongly": 9000.0,
            "value_of_test": 800.0,
            "cost_of_test": 2500.0,
        },
        "return_on_cost": answer(1.8, 1.2, 2.4),
        "net_per_user": answer(6.0, 2.0, 10.0),
    }


def metric(name: str, told: float, held: float) -> Document:
    return {
        "metric": name,
        "arm": ARM,
        "segment": None,
        "mean_arm": told,
        "mean_control": held,
        "difference": answer(told - held, told - held - 1, told - held + 1),
    }


def whole() -> Document:
    """41,200 customers, of whom 4,120 were held back; everything can be told."""
    return {
        "plan": {
            "currency": "EUR",
            "confidence_percent": "95",
            "unit": "customer",
            "arms": [{"name": ARM}],
            "send_date": "2026-07-06",
            "outcome_end": "2026-08-02",
            "settle_until": "2026-08-30",
            "margin_low_percent": "35",
            "margin_high_percent": "45",
            "guardrails": ["refunds", "unsubscribed"],
            "horizon_rounds": 4,
        },
        "status": {"state": "closed", "settle_until": "2026-08-30", "evaluated_on": "2026-09-01"},
        "checks": {
            "sample_ratio": {"observed": [4120, 37080], "expected": [4121.4, 37078.6]},
            "balance": [{"arm": ARM, "differences": {"spend": -0.012, "orders": 0.004}}],
            "failed_sends": {ARM: 31},
        },
        "overall": [group(None, 37_080, answer(0.5, 0.1, 0.9))],
        "segments": [
            group("near", 30_000, answer(0.4, 0.1, 0.7)),
            group("far", 7_080, answer(2.0, -1.0, 5.0)),
        ],
        "metrics": [
            metric("revenue", 24.5, 16.25),
            metric("buyers", 0.142, 0.118),
            metric("average_order_value", 92.5, 81.0),
        ],
        "days": [
            {
                "arm": ARM,
                "days": [],
                "kept": [
                    {"early_days": 14, "late_days": 28, "share": answer(0.82, 0.6, 1.1)},
                ],
            }
        ],
        "leak": [
            {"arm": ARM, "given_away": answer(3334, 2879, 3788), "share": answer(0.49, 0.4, 0.6)}
        ],
        "padding": [{"arm": ARM, "share_arm": 0.091, "share_control": 0.047, "width_percent": 10}],
        "contamination": {"arms": [{"arm": ARM, "held_out": 4120, "held_out_users": 17}]},
        "thresholds": {"ladders": [{"by": "threshold", "steps": [59, 79, 99]}]},
        "memory": {"cells": [{"arm": ARM, "segment": None, "campaigns": [3, 5]}]},
    }


def changed(change: Callable[[Document], object]) -> Document:
    made = whole()
    change(made)
    return made


def _nothing_estimable(value: Any) -> Any:
    if isinstance(value, dict):
        if "estimate" in value:
            return {k: v for k, v in value.items() if k == "name"} | refused()
        return {key: _nothing_estimable(part) for key, part in value.items()}
    return [_nothing_estimable(part) for part in value] if isinstance(value, list) else value


def refuses_all() -> Document:
    made: Document = _nothing_estimable(whole())
    for one in (*made["overall"], *made["segments"]):
        one |= {"decision": None, "believed": None, "evidence": "cannot_tell"}
    for effect in made["metrics"]:
        effect |= {"mean_arm": None, "mean_control": None}
    made["padding"][0] |= {"share_arm": None, "share_control": None}
    made["checks"]["balance"][0]["differences"] = {"spend": None}
    made["contamination"]["arms"][0]["held_out_users"] = None
    return made


def oldest() -> Document:
    """A report from before days, leaks, memory and most of what groups say now."""
    made = whole()
    for key in ("days", "leak", "padding", "contamination", "thresholds", "memory", "metrics"):
        del made[key]
    for one in (*made["overall"], *made["segments"]):
        for key in ("believed", "return_on_cost", "net_per_user", "sensitivity"):
            del one[key]
        one["pooled"] = None
    return made


def losing() -> Document:
    made = copy.deepcopy(whole())
    made["overall"][0]["net"] = answer(-0.5, -0.9, -0.1)
    made["overall"][0]["evidence"] = "proved_worse"
    made["overall"][0]["decision"]["advice"] = "stop"
    made["metrics"][0] = metric("revenue", 14.5, 16.25)
    return made


def _hidden(made: Document) -> None:
    made["overall"][0] = {"arm": ARM, "segment": None, "n": 4, "n_control": 3, "hidden": True}
    made["segments"] = []


STATES = {
    "whole": whole(),
    "open": changed(lambda d: d["status"].update(state="open")),
    "provisional": changed(lambda d: d["status"].update(state="provisional")),
    "losing": losing(),
    "nothing estimable": refuses_all(),
    "older": oldest(),
    "too small to be shown": changed(_hidden),
    "one segment": changed(lambda d: d.update(segments=d["segments"][:1])),
    "no segments": changed(lambda d: d.update(segments=[])),
    "households": changed(lambda d: d["plan"].update(unit="household")),
    "groups": changed(lambda d: d["plan"].update(unit="group")),
    "costs per product": changed(lambda d: d["plan"].update(margin_source="products")),
    "one margin": changed(lambda d: d["plan"].update(margin_high_percent="35")),
    "no guard-rails": changed(lambda d: d["plan"].update(guardrails=[])),
    "all arrived": changed(lambda d: d["checks"].update(failed_sends={})),
    "leak without share": changed(lambda d: d["leak"][0].update(share=None)),
    "own thresholds": changed(
        lambda d: d["thresholds"]["ladders"][0].update(by="multiple", steps=[1, 1.3, 1.6])
    ),
    "no ladder": changed(lambda d: d["thresholds"].update(ladders=[])),
    "nothing remembered": changed(lambda d: d["memory"]["cells"][0].update(campaigns=[])),
    "all kept": changed(lambda d: d["days"][0]["kept"][0].update(share=answer(1.2, 1, 1.4))),
    "unclear what is kept": changed(
        lambda d: d["days"][0]["kept"][0].update(share=answer(0.8, -40, 60))
    ),
    "one round": changed(lambda d: d["plan"].update(horizon_rounds=1)),
    "one user": changed(lambda d: d["contamination"]["arms"][0].update(held_out_users=1)),
}
"""Every way a report may be in, by name."""
