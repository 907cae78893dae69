"""One repetition in a process of its own.

python -m benchmarks.engine.worker MODULE NAME FILE WARM_UP_FILE OUT.json
"""

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.engine.measuring import Contender, measure


def main(module: str, name: str, file: str, warm_up: str, out: str) -> None:
    """Measure the contender `name` of `module` and write what it took and what it answered."""
    contenders: dict[str, Contender] = importlib.import_module(module).CONTENDERS
    measured, figures = measure(contenders[name], Path(file), Path(warm_up))
    document = {**asdict(measured), "figures": figures}
    Path(out).write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
