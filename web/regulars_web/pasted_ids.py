"""Customer ids that came with a form: pasted into a field, uploaded as a file, or both."""

import codecs
import io
from collections.abc import Iterator
from itertools import chain
from typing import IO

from flask import Request

from regulars_platform.suppressions.id_lists import IdListError
from regulars_platform.words import N_, Sentence

PIECE = 1 << 16


def posted_lines(request: Request) -> Iterator[str]:
    """Lines of the file `file`, then of the field `ids`. IdListError where both are empty.

    Files are read as a stream, in UTF-8 (with or without mark) or GB18030.
    """
    typed = request.form.get("ids", "").splitlines()
    file = request.files.get("file")
    if file is not None and file.filename:
        # the file first: a heading is looked for in the first line of all
        return chain(_decoded(file.stream), typed)
    if not any(line.strip() for line in typed):
        raise IdListError(
            Sentence(N_("No customer id came.")),
            Sentence(N_("Paste customer ids, one in each line, or choose a file of them.")),
            field="ids",
        )
    return iter(typed)


def _decoded(stream: IO[bytes]) -> Iterator[str]:
    """Lines of a file; IdListError where it is no text."""
    for encoding in ("utf-8-sig", "gb18030"):
        if _is_text(stream, encoding):
            stream.seek(0)
            return iter(io.TextIOWrapper(stream, encoding=encoding))
    raise IdListError(
        Sentence(N_("The file is no text that can be read.")),
        Sentence(N_("Save it as CSV in UTF-8, with one customer id in each line.")),
        field="file",
    )


def _is_text(stream: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    stream.seek(0)
    try:
        while piece := stream.read(PIECE):
            if b"\x00" in piece:
                return False
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
