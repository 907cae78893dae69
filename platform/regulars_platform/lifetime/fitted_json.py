"""Fitted models, or why there is none, as they are stored."""

from dataclasses import asdict
from typing import Any

import numpy as np

from regulars_experiments.bgnbd import BgNbdFit
from regulars_experiments.gamma_gamma import GammaGammaFit
from regulars_experiments.kept_orders import KeptShare
from regulars_experiments.results import NotEstimable, answer_as_json


def order_model_json(fit: BgNbdFit | NotEstimable) -> dict[str, Any]:
    """Parameters (rates per week), the errors of their logarithms, and what was fitted to."""
    if isinstance(fit, NotEstimable):
        return answer_as_json(fit)
    errors = np.sqrt(np.diag(fit.covariance)).tolist()
    return {
        **asdict(fit.model),
        "errors_of_logs": dict(zip(("r", "alpha", "a", "b"), errors, strict=True)),
        "log_likelihood": fit.log_likelihood,
        "at_bound": list(fit.at_bound),
        "customers": fit.customers,
        "repeaters": fit.repeaters,
    }


def value_model_json(fit: GammaGammaFit | NotEstimable, kept: KeptShare | None) -> dict[str, Any]:
    """The same; gamma in currency units. kept_share: of the repeats, 1 where `kept` is None."""
    if isinstance(fit, NotEstimable):
        return answer_as_json(fit)
    errors = np.sqrt(np.diag(fit.covariance)).tolist()
    return {
        **asdict(fit.model),
        "errors_of_logs": dict(zip(("p", "q", "gamma"), errors, strict=True)),
        "log_likelihood": fit.log_likelihood,
        "at_bound": list(fit.at_bound),
        "customers": fit.customers,
        "kept_share": 1.0 if kept is None else kept.share,
    }
