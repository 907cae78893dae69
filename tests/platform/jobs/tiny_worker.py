"""A real worker process with handlers small enough to watch. Run by the tests beside it."""

import sys
import time

from regulars_platform.jobs import registry
from regulars_platform.jobs.context import JobContext
from regulars_platform.jobs.worker import main

registry.HANDLERS.update(
    {
        "wait_for_word": "tests.platform.jobs.tiny_worker:wait_for_word",
        "store_import": "tests.platform.jobs.tiny_worker:take_a_moment",
    }
)


def wait_for_word(context: JobContext) -> None:
    """Write down that it began, wait for the file `go`, write down that it ended."""
    _note(context, "began")
    for second in range(300):
        context.report("Waiting", second, 300)
        if (context.settings.data_dir / "go").exists():
            _note(context, "ended")
            return
        time.sleep(0.1)


def take_a_moment(context: JobContext) -> None:
    """Something that takes long enough to overlap with another, were that possible."""
    _note(context, "began")
    time.sleep(0.3)
    _note(context, "ended")


def _note(context: JobContext, word: str) -> None:
    with (context.settings.data_dir / "notes").open("a") as notes:
        notes.write(f"{word} {context.job.subject_id}\n")


if __name__ == "__main__":
    main(sys.argv[1])
