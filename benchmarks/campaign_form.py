"""How long the live side of a campaign's form takes over a million customers, change by change.

    .venv/bin/python benchmarks/campaign_form.py [FOLDER] [--customers 1000000]
        [--write FILE --date DAY]

FOLDER is a shop as benchmarks/segments.py makes one; where it is missing it is made, without one in
a temporary folder.
"""

import argparse
import datetime as dt
import html
import json
import os
import platform
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from segments import EMAIL, NOW, PASSWORD, make_shop
from sqlalchemy import select

from regulars_platform.campaigns.service import create_draft, list_campaigns
from regulars_platform.campaigns.tables import LAUNCHED
from regulars_platform.customers.order_days import find_order_days
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.launching.everybody import AT_HAND, everybody
from regulars_platform.launching.launch import launch
from regulars_platform.launching.recent_orders import lay_out_recent
from regulars_platform.programmes.service import (
    create_programme,
    list_programmes,
    start_programme,
    usual_draft,
)
from regulars_platform.reach.holdout import draw_holdout, list_holdouts
from regulars_platform.settings import Settings, build_settings
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.suppressions.service import add_suppressions, count_suppressions

RUNS = 7
AIM = 0.3
SHOP = 1

Form = dict[str, Any]
"""The fields of the form by name."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds: the slowest and the median by the clock, the median of the processors."""

    slowest: float
    clock: float
    processor: float


def timed(runs: list[Callable[[], object]]) -> Taken:
    """Each run once: every one of them is a change that nobody made before."""
    taken, worked = [], []
    for run in runs:
        start, busy = time.perf_counter(), time.process_time()
        run()
        taken.append(time.perf_counter() - start)
        worked.append(time.process_time() - busy)
    return Taken(max(taken), statistics.median(taken), statistics.median(worked))


def furnish(settings: Settings) -> None:
    """What a shop in practice has: opt-outs, a global holdout, campaigns that run, programmes."""
    database = Database(settings)
    with database.reading() as session:
        shop = session.scalars(select(Shop)).one()
        store = build_feature_store(settings, shop)
        version = store.table.version()
        days = None if version is None else find_order_days(store, version)
        ready = bool(list_programmes(session, shop.id))
    if days is None or version is None:
        raise LookupError("the shop has no orders")
    as_of = days.day_after
    lay_out_recent(everybody(store, as_of, version))
    if ready:
        database.dispose()
        return
    ids = store.customers(version).head(5_000).collect()["customer_id"].to_list()
    with database.unit_of_work() as session:
        if not count_suppressions(session, SHOP):
            add_suppressions(session, shop_id=SHOP, lines=ids, reason="", now=NOW)
        if not list_holdouts(session, SHOP):
            draw_holdout(
                session,
                shop_id=SHOP,
                share=500,
                starts_on=as_of - dt.timedelta(days=30),
                salt="benchmark",
                user_id=None,
                now=NOW,
            )
        if not any(one.state == LAUNCHED for one in list_campaigns(session, SHOP)):
            for place, name in enumerate(("Spring", "Gift")):
                made = create_draft(session, shop_id=SHOP, raw=draft(as_of, name), now=NOW)
                launch(
                    session,
                    settings,
                    shop_id=SHOP,
                    campaign_id=made.id,
                    now=NOW,
                    user_id=None,
                    salt=f"salt {place}",
                )
        for kind in ("dormant", "honeymoon"):
            made_programme = create_programme(
                session,
                shop_id=SHOP,
                draft=usual_draft(kind, name=kind, words="Dear customer"),
                now=NOW,
            )
            start_programme(
                session,
                shop_id=SHOP,
                programme_id=made_programme.id,
                now=NOW,
                user_id=None,
                salt=kind,
                planned=1_000,
            )
    database.dispose()


def draft(as_of: dt.date, name: str) -> dict[str, Any]:
    """A campaign to a fifth of the customers or so."""
    rules = {"Spring": ("orders", ">=", "6"), "Gift": ("spend", ">", "900")}
    feature, op, value = rules[name]
    return {
        "name": name,
        "as_of": as_of.isoformat(),
        "send_date": (as_of + dt.timedelta(days=1)).isoformat(),
        "outcome_end": (as_of + dt.timedelta(days=28)).isoformat(),
        "settle_until": (as_of + dt.timedelta(days=45)).isoformat(),
        "audience": {"feature": feature, "op": op, "value": value},
        "segments": [],
        "holdout_percent": "20",
        "arms": [arm("80", "80")],
        "margin_low_percent": "30",
        "margin_high_percent": "40",
    }


def arm(share: str, threshold: str) -> dict[str, Any]:
    """Free shipping by SMS."""
    return {
        "name": f"From {threshold}",
        "share_percent": share,
        "offer": {"kind": "free_shipping", "threshold": threshold, "shipping_cost": "5"},
        "channel": "sms",
        "contact_cost": "0.05",
    }


# ---- the form, as a browser would post it


def fields_of(page: str) -> Form:
    """What stands in the form of a page, by name."""
    plan = page[page.index('id="plan"') : page.index('<aside class="plan-side"')]
    found: Form = {}
    for tag in re.finditer(r"<input\b[^>]*>", plan):
        name, value = (re.search(rf'\b{one}="([^"]*)"', tag[0]) for one in ("name", "value"))
        chosen = not re.search(r'type="(radio|checkbox)"', tag[0]) or " checked" in tag[0]
        if name and chosen:
            found[name[1]] = html.unescape(value[1] if value else "")
    for name, options in re.findall(
        r'<select[^>]*\bname="([^"]+)"[^>]*>(.*?)</select>', plan, re.S
    ):
        chosen_one = re.search(r'value="([^"]*)" selected', options)
        first = re.search(r'value="([^"]*)"', options)
        found[name] = (chosen_one or first or [None, ""])[1]
    return found


def arms_of(form: Form, number: int, **offer: str) -> Form:
    """As many arms like the first, each with the share that is due to it."""
    first = {name[7:]: value for name, value in form.items() if name.startswith("arms.0.")}
    first |= {f"offer.{name}": value for name, value in offer.items()}
    found = {name: value for name, value in form.items() if not name.startswith("arms.")}
    for place in range(number):
        found |= {f"arms.{place}.{name}": value for name, value in first.items()}
        found[f"arms.{place}.name"] = f"Arm {place}"
        found[f"arms.{place}.share_percent"] = f"{8_000 // number / 100:g}"
    rest = 8_000 - (number - 1) * (8_000 // number)
    return found | {"arms.0.share_percent": f"{rest / 100:g}"}


Changes = Iterator[tuple[str, list[Form]]]
"""Kind of change, and the form after several changes of that kind."""
TIMES = range(1, RUNS + 1)


def changes(form: Form) -> Changes:
    """All kinds that a marketer makes."""
    yield from audience_changes(form)
    yield from offer_changes(form)
    yield from plan_changes(form)


def offer_changes(form: Form) -> Changes:
    """What is given, and to which arm."""
    everyone = form | {"audience.choice": "everybody"}
    yield (
        "a threshold is typed (who fits it changes too)",
        [form | {"arms.0.offer.threshold": f"{70 + n}"} for n in TIMES],
    )
    yield (
        "a threshold is typed, for every customer",
        [everyone | {"arms.0.offer.threshold": f"{70 + n}"} for n in TIMES],
    )
    yield (
        "another kind of offer",
        [
            {name: value for name, value in form.items() if not name.startswith("arms.0.offer")}
            | {
                "arms.0.offer.kind": "percent_off",
                "arms.0.offer.reach": "open",
                "arms.0.offer.percent": f"{5 + n}",
                "arms.0.offer.threshold": "60",
            }
            for n in TIMES
        ],
    )
    yield (
        "two to six arms",
        [
            arms_of(form, 2 + n % 5, reach="personal", threshold=f"{70 + n}")
            | {"holdout_percent": "20"}
            for n in TIMES
        ],
    )
    yield (
        "a ladder of four thresholds of the customers' own",
        [
            arms_of(
                everyone, 4, reach="personal", multiple=f"{1 + n / 10:.1f}", price_points="nines"
            )
            for n in TIMES
        ],
    )


def audience_changes(form: Form) -> Changes:
    """Who takes part."""

    def rule(value: object) -> Form:
        return {"audience.choice": "kept", "audience.rule": json.dumps(value)}

    def condition(feature: str, op: str, value: object) -> dict[str, object]:
        return {"feature": feature, "op": op, "value": value}

    yield (
        "the rule of the audience",
        [form | rule(condition("spend", ">", f"{100 + n}")) for n in TIMES],
    )
    often = condition("orders", ">=", "2")
    near = condition("region", "in", ["Zhejiang", "Beijing"])
    yield (
        "a rule of three conditions",
        [
            form | rule({"all": [often, condition("last_order_days", "<=", f"{90 + n}"), near]})
            for n in TIMES
        ],
    )
    yield (
        "who bought a product",
        [
            form | rule({"bought": {"by": "product", "name": f"Product {n}"}, "op": "yes"})
            for n in TIMES
        ],
    )


def plan_changes(form: Form) -> Changes:
    """How it is held back, when it counts, what it costs and how it is read."""
    everyone = form | {"audience.choice": "everybody"}
    day = dt.date.fromisoformat(form["outcome_end"])
    sent = dt.date.fromisoformat(form["send_date"])
    yield (
        "the holdout",
        [
            form | {"holdout_percent": f"{10 + n}", "arms.0.share_percent": f"{90 - n}"}
            for n in TIMES
        ],
    )
    yield (
        "the window",
        [
            form
            | {
                "outcome_end": (day + dt.timedelta(days=n)).isoformat(),
                "settle_until": (day + dt.timedelta(days=60)).isoformat(),
            }
            for n in TIMES
        ],
    )
    yield (
        "the day of sending",
        [form | {"send_date": (sent + dt.timedelta(days=n)).isoformat()} for n in TIMES],
    )
    yield "the margin", [form | {"margin_low_percent": f"{20 + n}"} for n in TIMES]
    yield (
        "the channel",
        [
            form | {"arms.0.channel": channel}
            for channel in ("email", "sms", "phone", "chat", "poster")
        ],
    )
    yield (
        "the report segments",
        [
            form
            | {
                "segments.0.name": "Often",
                "segments.0.rule": f'{{"feature": "orders", "op": ">=", "value": "{n + 2}"}}',
            }
            for n in TIMES
        ],
    )
    yield (
        "what is left out",
        [form | {"exclusions.max_average_order_value": f"{400 + n}"} for n in TIMES],
    )
    yield (
        "customers of other campaigns are left out",
        [
            everyone | {"exclusions.running_campaigns": "yes", "name": f"Campaign {n}"}
            for n in TIMES
        ],
    )


@contextmanager
def served(settings: Settings) -> Iterator[Any]:
    """A browser's client, signed in."""
    from regulars_web.app import create_app

    app = create_app(settings, secure_cookies=False, setup_code=None)
    app.testing = True
    client = app.test_client()
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    if found is None:
        raise LookupError("/sign-in")
    client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD, "csrf_token": found[1]})
    yield client


def through_the_page(settings: Settings, bare: float) -> list[str]:
    """First opening, then each kind of change: rows of a table."""
    with served(settings) as client:
        AT_HAND.forget()
        opened: list[str] = []
        first = timed([lambda: opened.append(client.get("/campaigns/new").text)])
        page = opened[0]
        again = timed([lambda: client.get("/campaigns/new")] * RUNS)
        form = fields_of(page) | {
            "margin_low_percent": "40",
            "margin_high_percent": "40",
            "arms.0.offer.shipping_cost": "5",
            "arms.0.contact_cost": "0.05",
        }

        def post(path: str, fields: Form) -> object:
            answer = client.post(path, data=fields, headers={"HX-Request": "true"})
            whole = 'data-whole="yes"' in answer.text or "preview" not in path
            if answer.status_code != 200 or not whole or "data-field" in answer.text:
                raise LookupError(answer.text[:1_500])
            return answer

        def asking(fields: Form, path: str = "/campaigns/preview") -> Callable[[], object]:
            return lambda: post(path, fields)

        timed([asking(form)])
        rows = [
            row("the page, opened first after a restart", first, bare),
            row("the page, opened again", again, bare),
        ]
        for name, forms in changes(form):
            rows.append(row(name, timed([asking(fields) for fields in forms]), bare))
        beside = timed([asking(form, "/campaigns/at-once")])
        rows.append(row("programmes in the same days, asked for beside, first", beside, bare))
        known = timed([asking(form, "/campaigns/at-once")] * RUNS)
        rows.append(row("programmes in the same days, known", known, bare))
    return rows


def bare_question(settings: Settings) -> Taken:
    """Polars alone, from the file of features: filter by a rule, count, and a histogram."""
    store = FeatureStore(settings.shop_dir(1), "Asia/Shanghai")
    version = store.table.version()
    days = None if version is None else find_order_days(store, version)
    if version is None or days is None:
        raise LookupError("the shop has no orders")
    with Database(settings).reading() as session:
        store = build_feature_store(settings, session.scalars(select(Shop)).one())
    file = store.features_file(days.day_after, version)
    value = pl.col("average_order_value")

    def ask(low: float) -> Callable[[], object]:
        def asked() -> object:
            found = pl.scan_parquet(file).filter(value.is_between(low, 2 * low))
            return found.group_by((value / 10).floor()).len().collect()

        return asked

    ask(50.0)()
    return timed([ask(50.0 + n) for n in range(RUNS)])


def row(name: str, taken: Taken, bare: float) -> str:
    """A line of a table of the page of docs."""
    cells = [f"{one:.2f}" for one in (taken.clock, taken.slowest)]
    cells += [f"{taken.processor:.2f}", f"{taken.clock / bare:.1f}"]
    print(" | ".join([name, *cells]), flush=True)
    return f"| {' | '.join([name, *cells])} |"


PAGE = """# How long does the live side of a campaign's form take?

Measured by `make bench-form` on {date} ({machine}, Polars {polars}): {customers:,} invented
customers with their orders of three years, 5,000 of them opted out, a global holdout, two
campaigns that run and two programmes. Every row is {runs} changes of one kind that nobody had made
before, each answered whole: count, histogram with the threshold, leak, forecast, detectable effect,
cost of the holdout. Seconds by the clock (median and slowest) and of the processors (median), and
how many times as long the median takes as the bare question. The load of the machine was
{load:.1f} when it ended: where other work shared the processors, their seconds tell more than the
clock's.

The aim: {aim} seconds. The bare question is Polars alone on the file of features, a filter by one
condition, a count and a histogram: {bare:.3f} seconds.

| change | by the clock | slowest | of the processors | times the bare question |
| --- | ---: | ---: | ---: | ---: |
{rows}

What of everybody does not change with the draft is kept in memory, up to {most:,} MB for all shops
of a process ({kept:,} MB after these changes), under the names of what it was made from; a launch
works everything out anew ([architecture.md](architecture.md)).
"""


def measure(folder: Path, customers: int, date: str) -> str:
    """Make and furnish the shop where it is missing, then measure: the page of docs."""
    settings = build_settings(folder)
    if not settings.shop_dir(1).exists():
        make_shop(settings, customers)
    furnish(settings)
    bare = bare_question(settings)
    print(f"the bare question | {bare.clock:.3f}", flush=True)
    rows = through_the_page(settings, bare.clock)
    return PAGE.format(
        date=date,
        machine=f"{platform.machine()}, {pl.thread_pool_size()} threads",
        polars=pl.__version__,
        customers=customers,
        runs=RUNS,
        load=os.getloadavg()[0],
        aim=AIM,
        bare=bare.clock,
        rows="\n".join(rows),
        most=AT_HAND.most_bytes >> 20,
        kept=AT_HAND.bytes >> 20,
    )


def main() -> None:
    """Measure, print, write."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path, nargs="?")
    asked.add_argument("--customers", type=int, default=1_000_000)
    asked.add_argument("--write", type=Path)
    asked.add_argument("--date", default="")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        page = measure(options.folder or Path(name), options.customers, options.date)
    if options.write:
        options.write.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
