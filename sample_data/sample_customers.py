"""Whom the shop knows by name: its customers, and followers who never bought."""

import datetime as dt

import numpy as np
import polars as pl
from sample_known import WRITTEN, Known, yuan
from sample_shop import generator

FOLLOWERS = 1_500  # who never bought
FIRST_FOLLOWER = 80_001
CALLED_FROM = 50_000  # spend, in fen, from which on a phone number is kept
MEMBERS_FROM = dt.date(2026, 1, 1)  # when membership and points began
TIERS = (("Regular", 0), ("Advanced", 30_000), ("VIP", 80_000), ("Supreme VIP", 200_000))
"""Name and the spend of 365 days, in fen, from which on a member is called so."""
REGIONS = (
    *(("Zhejiang", "Hangzhou"), ("Zhejiang", "Ningbo"), ("Jiangsu", "Nanjing")),
    *(("Jiangsu", "Suzhou"), ("Shanghai", "Shanghai"), ("Guangdong", "Guangzhou")),
    *(("Guangdong", "Shenzhen"), ("Sichuan", "Chengdu"), ("Beijing", "Beijing")),
    *(("Fujian", "Xiamen"), ("Hubei", "Wuhan"), ("Shaanxi", "Xi'an")),
)
ARRIVALS = {"Search": 1_250, "Short video": 960, "Marketplace listing": 1_800, "Market stall": 0}
"""How customers came whom nobody brought, and what one cost, in fen."""
LEAP_BORN = ("1992-02-29", "1988-02-29", "02-29")


def customers(
    seed: int,
    known: Known,
    *,
    brought: pl.DataFrame,
    members: list[str],
    balances: dict[str, int],
    following: dict[str, bool],
    followed_on: dict[str, dt.date],
    asked: set[str],
) -> pl.DataFrame:
    """The customers' file.

    brought: the referrals' file. members: who has a tier and points. following: who follows the
    shop, or did; followed_on: since when, of those who never bought. asked: the people of the
    campaign; nobody among them refused to be written to before it.
    """
    people = known.people
    buyers = people["customer"].to_list()
    names = buyers + sorted(followed_on)
    n = len(names)
    rng = generator(seed, 11)
    place = rng.choice(len(REGIONS), n, p=np.linspace(2, 0.6, len(REGIONS)) / 15.6)
    frame = pl.DataFrame({"Customer ID": names}).with_columns(
        pl.Series("Gender", rng.choice(["female", "male", ""], n, p=[0.62, 0.33, 0.05])),
        pl.Series("Birthday", _birthdays(rng, n)),
        pl.Series("Region", [REGIONS[at][0] for at in place]),
        pl.Series("City", [REGIONS[at][1] for at in place]),
    )
    since = dict(zip(buyers, people["first"].dt.date().to_list(), strict=True)) | followed_on
    arrival = _arrivals(generator(seed, 12), known, names, brought)
    tiers = _tiers(generator(seed, 13), known, members)
    refused = _refusals(generator(seed, 14), names, asked)
    return frame.with_columns(
        pl.Series("Acquired through", [arrival[name][0] for name in names]),
        pl.Series("Acquisition cost", [arrival[name][1] for name in names]),
        pl.Series("Customer since", [since[name].isoformat() for name in names]),
        pl.Series("Tags", _tags(generator(seed, 15), known, names)),
        pl.Series("Email", _addresses(names, refused["Email consent"])),
        pl.Series("Phone", _phones(known, names)),
        *(pl.Series(heading, values) for heading, values in refused.items()),
        pl.Series("Follows us", [_yes(following.get(name)) for name in names]),
        pl.Series("Member tier", [tiers.get(name, "") for name in names]),
        pl.Series("Points", [str(balances[name]) if name in balances else "" for name in names]),
        pl.Series(
            "Favourite tea",
            generator(seed, 16).choice(
                ["green", "oolong", "black", "herbal", ""], n, p=[0.2, 0.14, 0.1, 0.11, 0.45]
            ),
        ),
    )


def choose_members(seed: int, known: Known) -> list[str]:
    """Whom the shop calls members: some of those who bought since there is a membership."""
    people = known.people.filter(pl.col("last").dt.date() >= MEMBERS_FROM)
    chance = np.minimum(0.12 + 0.10 * people["orders"].to_numpy(), 0.75)
    joined = generator(seed, 10).random(len(people)) < chance
    return people.filter(pl.Series(joined))["customer"].to_list()


def _addresses(names: list[str], consent: list[str]) -> list[str]:
    """Of those who asked for mail; the domain is nobody's."""
    return [
        f"{name.lower()}@example.org" if said == "yes" else ""
        for name, said in zip(names, consent, strict=True)
    ]


def _phones(known: Known, names: list[str]) -> list[str]:
    """Invented numbers of those whom the shop would call: they spent much."""
    much = known.people.filter(pl.col("spend") >= CALLED_FROM)["customer"].to_list()
    numbers = {name: f"1990000{place:04}" for place, name in enumerate(much)}
    return [numbers.get(name, "") for name in names]


def _yes(answer: bool | None) -> str:
    return "" if answer is None else "yes" if answer else "no"


def _birthdays(rng: np.random.Generator, n: int) -> list[str]:
    """Of half the people a whole birthday, of a few only the day; some on 29 February."""
    born = rng.normal(34, 10, n).clip(18, 79)
    days = [WRITTEN - dt.timedelta(days=int(age * 365.25)) for age in born]
    kind = rng.choice(3, n, p=[0.52, 0.06, 0.42])
    found = [
        (day.isoformat(), day.strftime("%m-%d"), "")[way]
        for day, way in zip(days, kind, strict=True)
    ]
    for at, day in zip((40, 41, 42), LEAP_BORN, strict=True):
        found[at] = day
    return found


def _arrivals(
    rng: np.random.Generator, known: Known, names: list[str], brought: pl.DataFrame
) -> dict[str, tuple[str, str]]:
    """Name -> how they came and what that cost. Who came for a price comes back less often."""
    orders = dict(known.people.select("customer", "orders").iter_rows())
    ways = list(ARRIVALS)
    found = {}
    for name, draw in zip(names, rng.random(len(names)), strict=True):
        once = orders.get(name, 0) < 2
        shares = (0.34, 0.72, 0.97, 1.0) if once else (0.52, 0.72, 0.95, 1.0)
        way = ways[int(np.searchsorted(shares, draw, side="right").clip(max=3))]
        found[name] = (way, yuan(ARRIVALS[way]))
    for name, kind, reward in brought.select(
        "Referred customer", "Referral type", "Reward"
    ).iter_rows():
        found[name] = (kind.capitalize(), reward)
    return found


def _tiers(rng: np.random.Generator, known: Known, members: list[str]) -> dict[str, str]:
    """The tier that the shop's system last told each member; a few are out of date."""
    spend = dict(known.people.select("customer", "spend_365").iter_rows())
    late = rng.random(len(members)) < 0.04
    found = {}
    for name, is_late in zip(members, late, strict=True):
        fits = sum(spend[name] >= least for _, least in TIERS) - 1
        found[name] = TIERS[max(fits - int(is_late), 0)][0]
    return found


def _refusals(rng: np.random.Generator, names: list[str], asked: set[str]) -> dict[str, list[str]]:
    """Consent per channel, and who wants nothing at all."""
    outside = np.array([name not in asked for name in names])
    found = {}
    for heading, yes, no in (
        ("Email consent", 0.30, 0.06),
        ("SMS consent", 0.45, 0.05),
        ("Phone consent", 0.08, 0.10),
    ):
        draw = rng.random(len(names))
        found[heading] = [
            "yes" if chance < yes else "no" if chance > 1 - no and other else ""
            for chance, other in zip(draw, outside, strict=True)
        ]
    leaves = (rng.random(len(names)) < 0.02) & outside
    return found | {"Opted out": ["yes" if gone else "no" for gone in leaves]}


def _tags(rng: np.random.Generator, known: Known, names: list[str]) -> list[str]:
    """The shop's own words for people, parted by semicolons."""
    people = {row["customer"]: row for row in known.people.iter_rows(named=True)}
    found = []
    for name, draw in zip(names, rng.random((len(names), 2)), strict=True):
        row = people.get(name)
        tags = []
        if draw[0] < 0.06:
            tags.append("student")
        elif draw[0] < 0.14:
            tags.append("gift buyer")
        if row is not None:
            if row["spend"] > 100_000 * row["orders"]:
                tags.append("wholesale")
            if row["returned"] >= 3 and draw[1] < 0.8:
                tags.append("hard to please")
        found.append("; ".join(tags))
    return found
