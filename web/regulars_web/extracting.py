"""What the message extraction cannot see by itself; named in translations/babel.cfg.

Commands say their help in docstrings and in `help=`, and the statistics core, which knows nothing
of translations, keeps its English sentences in constants.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any

from babel.messages.extract import extract_python

from regulars_web.commands.helping import paragraphs

Message = tuple[int, Any, Any, Any]

_FORMAT = re.compile(r"\{(\w+)\}")
"""{subject} in the core is %(subject)s in the catalogues."""

_HELP = frozenset({"help", "epilog", "short_help", "prompt"})


def commands(
    fileobj: IO[bytes],
    keywords: Mapping[str, Any],
    comment_tags: Collection[str],
    options: Mapping[str, Any],
) -> Iterator[Message]:
    """A module of commands: as any module, and the texts of its help."""
    yield from extract_python(fileobj, keywords, comment_tags, options)  # type: ignore[arg-type]
    fileobj.seek(0)
    for node in ast.walk(ast.parse(fileobj.read())):
        if isinstance(node, ast.FunctionDef) and _is_command(node):
            text = ast.get_docstring(node)
            yield from _texts(node.lineno, text)
        if isinstance(node, ast.Call):
            for given in node.keywords:
                if given.arg in _HELP and isinstance(given.value, ast.Constant):
                    yield from _texts(node.lineno, given.value.value)


def _is_command(function: ast.FunctionDef) -> bool:
    """Whether it is decorated by something called command or group."""
    called = [one.func for one in function.decorator_list if isinstance(one, ast.Call)]
    names = {getattr(one, "attr", None) or getattr(one, "id", "") for one in called}
    return not names.isdisjoint({"command", "group"})


def _texts(line: int, text: object) -> Iterator[Message]:
    if isinstance(text, str):
        for words in paragraphs(text):
            yield line, None, words, []


def constants(
    fileobj: IO[bytes],
    keywords: Mapping[str, Any],
    comment_tags: Collection[str],
    options: Mapping[str, Any],
) -> Iterator[Message]:
    """The texts of the dictionaries that `names` of the options lists."""
    del keywords, comment_tags
    names = set(options["names"].split())
    for node in ast.parse(fileobj.read()).body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        if names.isdisjoint(getattr(target, "id", "") for target in targets):
            continue
        for part in ast.walk(node):
            if isinstance(part, ast.Dict):
                for value in part.values:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        yield value.lineno, None, _FORMAT.sub(r"%(\1)s", value.value), []
