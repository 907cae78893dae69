"""Which function does which kind of job. Named by text, so that nothing is loaded before use."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regulars_platform.jobs.context import JobContext

HANDLERS: dict[str, str] = {
    "look_import": "regulars_platform.intake.jobs:look_import",
    "check_import": "regulars_platform.intake.jobs:check_import",
    "store_import": "regulars_platform.intake.jobs:store_import",
    "lay_out_orders": "regulars_platform.figures.jobs:lay_out_orders",
    "look_dataset": "regulars_platform.datasets.jobs:look_dataset",
    "check_dataset": "regulars_platform.datasets.jobs:check_dataset",
    "store_dataset": "regulars_platform.datasets.jobs:store_dataset",
    "evaluate_campaign": "regulars_platform.reports.jobs:evaluate",
    "see_segment_sizes": "regulars_platform.segments.jobs:see_today",
    "recompute_segment_sizes": "regulars_platform.segments.jobs:recompute_sizes",
    "work_out_targeting": "regulars_platform.targeting.jobs:work_out_targeting",
    "run_programmes": "regulars_platform.programmes.jobs:run",
    "evaluate_programme": "regulars_platform.programmes.jobs:evaluate",
    "examine_identity": "regulars_platform.identity.jobs:examine_identity",
    "work_out_lifetime": "regulars_platform.lifetime.jobs:work_out_lifetime",
    "work_out_cycle": "regulars_platform.cycle.jobs:work_out_cycle",
    "work_out_needs": "regulars_platform.needs.jobs:work_out_needs",
    "send_messages": "regulars_platform.dispatch.jobs:send_messages",
    "work_out_quarter": "regulars_platform.programme_effect.jobs:run",
    "make_calendar_drafts": "regulars_platform.calendar.jobs:make_drafts",
    "forget_uploads": "regulars_platform.incoming.jobs:forget_uploads",
    "forget_answers": "regulars_platform.api_access.jobs:forget_answers",
}
"""kind -> "module:function". A handler takes a JobContext, is safe to run again after being killed
anywhere, and stores its own result."""

SERIAL_PER_SHOP: frozenset[str] = frozenset(
    {"check_import", "store_import", "check_dataset", "store_dataset"}
)
"""Kinds of which one shop runs one at a time, in the order in which they were asked for."""


SENDING = "regulars_platform.dispatch.jobs:tick"
"""Asked again and again whether messages are due to leave: takes a session and `now`."""


def load_handler(kind: str) -> "Callable[[JobContext], None]":
    """The function of a kind, imported now."""
    handler: Callable[[JobContext], None] = load_function(HANDLERS[kind])
    return handler


def load_function(path: str) -> Callable[..., Any]:
    """The function of "module:function", imported now."""
    module, _, name = path.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found
