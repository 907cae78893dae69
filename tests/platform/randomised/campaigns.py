"""Files of campaigns as they are in shops: few buyers, big baskets, a small holdout."""

import numpy as np
import polars as pl


def campaign(
    seed: int,
    *,
    held: int = 2_000,
    sent: int = 18_000,
    buyers: float = 0.02,
    lift: float = 0.0,
    log_sd: float = 1.4,
    used: float = 0.4,
    offer: float = 5.0,
) -> pl.DataFrame:
    """One row per customer; of the buyers sent something, `used` took the offer."""
    rng = np.random.default_rng(seed)
    n = held + sent
    is_sent = np.arange(n) >= held
    bought = rng.random(n) < buyers * (1 + lift * is_sent)
    user = bought & is_sent & (rng.random(n) < used)
    return pl.DataFrame(
        {
            "arm": np.where(is_sent, "sent", "held"),
            "spend": np.where(bought, np.round(rng.lognormal(4, log_sd, n), 2), 0.0),
            "bought": bought.astype(np.int64),
            "cost": np.where(user, offer, 0.0),
            "used": user.astype(np.int64),
            "tier": rng.choice(["gold", "plain"], n),
        }
    )
