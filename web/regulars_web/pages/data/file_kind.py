"""Which export a file was recognised as, what its rows are, and what is left out of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from regulars_platform.intake.models import Arithmetic, FilePart, Look, ReadingOptions
from regulars_platform.intake.presets import part_of, preset_named
from regulars_web.formats import sentence

MOST_WORDS, LONGEST_WORD = 20, 100
_BETWEEN = re.compile(r"[,，、;；\n]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class FileKind:
    """The context of data/file_kind.html.

    title: the export it was recognised as ("": none). waits_for: the file to bring beside it ("":
    none). part: what its rows are. leave_out: words, as typed.
    """

    title: str
    waits_for: str
    part: FilePart
    leave_out: str
    arithmetic: Arithmetic | None


def build_file_kind(look: Look, options: ReadingOptions) -> FileKind:
    """What is shown of a file above its columns."""
    preset = preset_named(look.preset)
    return FileKind(
        title="" if preset is None else sentence(preset.title),
        waits_for=(
            "" if preset is None or preset.waits_for is None else sentence(preset.waits_for)
        ),
        part=part_of(options.part, look.form.headings),
        leave_out=", ".join(options.leave_out),
        arithmetic=look.arithmetic,
    )


def parse_part(form: Mapping[str, str]) -> FilePart | None:
    """What a person said the rows are; None: as recognised."""
    given = form.get("part", "")
    return FilePart(given) if given in list(FilePart) else None


def parse_leave_out(form: Mapping[str, str]) -> tuple[str, ...]:
    """Words that keep an order out, parted by commas; at most 20 of 100 characters."""
    words = (word.strip()[:LONGEST_WORD] for word in _BETWEEN.split(form.get("leave_out", "")))
    return tuple(dict.fromkeys(word for word in words if word))[:MOST_WORDS]
