"""What a person decides about a batch of messages, of a campaign or of a programme."""

from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from regulars_platform.delivery.states import RUNNING
from regulars_platform.dispatch.control import (
    BatchStanding,
    get_batch,
    leave_unsure,
    problems_of,
    resume_batch,
    send_unsure_again,
    stop_batch,
)
from regulars_platform.dispatch.jobs import enqueue_sending
from regulars_platform.errors import NotFoundError
from regulars_platform.shops.channels import CALLS, SENDING
from regulars_platform.words import N_, Sentence
from regulars_web.edge import current_shop, now, unit_of_work
from regulars_web.words.delivery import TONES, state_word


def decide_about(source: str, source_id: int, batch_id: int, what: str) -> str:
    """Stop, go on, or decide about the unsure; what was done, in words. Raises NotFoundError."""
    shop = current_shop()
    with unit_of_work() as work:
        batch = get_batch(work, shop.id, batch_id)
        if (batch.source, batch.source_id) != (source, source_id):
            raise NotFoundError(Sentence(N_("There is no such batch of messages in this shop.")))
        if what == "stop":
            stop_batch(work, shop.id, batch_id)
            said = gettext("Stopped. Nothing more of it leaves.")
        elif what == "resume":
            resume_batch(work, shop.id, batch_id, now=now())
            said = gettext("It goes on.")
        elif what == "again":
            send_unsure_again(work, shop.id, batch_id, now=now())
            said = gettext("The unsure ones are sent again.")
        elif what == "leave":
            leave_unsure(work, shop.id, batch_id, now=now())
            said = gettext("The unsure ones stay as they are and count as not arrived.")
        else:
            raise NotFoundError(Sentence(N_("There is no such page.")))
        enqueue_sending(work, shop.id, now=now())
    return str(said)


def batch_context(
    work: Session, batches: Sequence[BatchStanding], decide_url: Callable[[int, str], str]
) -> dict[str, Any]:
    """What delivery/batch.html needs beside the batch. decide_url: of a batch and what to do."""
    shop = current_shop()
    return {
        "problems": {batch.id: problems_of(work, shop.id, batch.id, limit=20) for batch in batches},
        "decide_url": decide_url,
        "tones": TONES,
        "state_word": state_word,
        "running": RUNNING,
        "calls": CALLS,
        "moving": any(on_its_way(batch) for batch in batches),
    }


def on_its_way(batch: BatchStanding) -> bool:
    """Whether messages of it leave by themselves, now or soon."""
    return bool(
        batch.state == RUNNING
        and batch.via in SENDING
        and (batch.counts["queued"] or batch.counts["claimed"])
    )
