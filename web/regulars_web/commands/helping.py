"""Commands whose help and complaints are in the language asked for.

A command says everything in English where it is declared; `extracting.py` collects the docstrings
and the help of options for the catalogues, and the words are turned when help is shown.
"""

import copy
import inspect
import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import click

from regulars_platform.words import N_
from regulars_web.languages import LANGUAGES, find_language
from regulars_web.spoken import gettext, in_chinese, speak

AS_IT_STANDS = "\b"
"""The first line of a paragraph whose lines are kept (click's sign)."""


def paragraphs(text: str) -> list[str]:
    """The parts of a help text as they are translated: running text in one line, or kept lines.

    >>> paragraphs("Store a\\nfile.\\n\\n\\b\\n  one  1\\n  two  2")
    ['Store a file.', '  one  1\\n  two  2']
    """
    found = re.split(r"\n\s*\n", inspect.cleandoc(text))
    return [_kept(part) if _is_kept(part) else " ".join(part.split()) for part in found if part]


def _is_kept(paragraph: str) -> bool:
    return paragraph.startswith(AS_IT_STANDS)


def _kept(paragraph: str) -> str:
    return paragraph.removeprefix(AS_IT_STANDS).removeprefix("\n")


def in_words(text: str | None) -> str | None:
    """A help text in the language that is spoken."""
    if not text or not in_chinese():
        return text
    parts = [part for part in re.split(r"\n\s*\n", inspect.cleandoc(text)) if part]
    said = [gettext(words) for words in paragraphs(text)]
    return "\n\n".join(
        f"{AS_IT_STANDS}\n{words}" if _is_kept(part) else words
        for part, words in zip(parts, said, strict=True)
    )


class SpokenContext(click.Context):
    """Lays help out with letters as wide as they are."""

    def make_formatter(self) -> click.HelpFormatter:
        """Chinese letters take two places each and break anywhere."""
        if not in_chinese():
            return super().make_formatter()
        return _WideFormatter(width=self.terminal_width, max_width=self.max_content_width)


def _choose(_ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    language = find_language(value)
    if language is None:
        raise click.BadParameter(
            gettext(
                "expected one of %(languages)s, got %(value)s",
                languages=", ".join(tag.replace("_", "-") for tag in LANGUAGES),
                value=value,
            ),
            param=param,
        )
    speak(language)


def _language_option() -> click.Option:
    return click.Option(
        ["--language"],
        metavar="LANGUAGE",
        is_eager=True,
        expose_value=False,
        callback=_choose,
        help=N_(
            "Of what is printed: en, zh-Hans or zh-Hant."
            " [default: $REGULARS_LANGUAGE, else that of the terminal]"
        ),
    )


class _Spoken(click.Command):
    """What commands and groups share."""

    context_class = SpokenContext

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params.append(_language_option())

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The same command, its texts in the language that is spoken."""
        shown = copy.copy(self)
        shown.help, shown.epilog = in_words(self.help), in_words(self.epilog)
        shown.params = [_in_words(param) for param in self.params]
        super(_Spoken, shown).format_help(ctx, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """click builds it once, in the language of that moment."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = gettext("Show this message and exit.")
        return option

    def get_short_help_str(self, limit: int = 45) -> str:
        """The first sentence, in the list of its group."""
        if not in_chinese():
            return super().get_short_help_str(limit)
        first = in_words(self.help) or ""
        return first.partition("。")[0]


def _in_words(param: click.Parameter) -> click.Parameter:
    text = getattr(param, "help", None)
    if text is None:
        return param
    shown = copy.copy(param)
    shown.help = in_words(text)
    return shown


class SpokenCommand(_Spoken):
    """A command."""


class SpokenGroup(_Spoken, click.Group):
    """A group of commands; those declared on it speak too."""

    command_class = SpokenCommand


command: Callable[..., Callable[[Callable[..., Any]], SpokenCommand]] = partial(
    click.command, cls=SpokenCommand
)
group: Callable[..., Callable[[Callable[..., Any]], SpokenGroup]] = partial(
    click.group, cls=SpokenGroup
)


# --- laying out Chinese ------------------------------------------------------------------------

_OPENING, _CLOSING = "「『（《“‘【", "，。；：、！？）」』》”’】"
_PIECE = re.compile(
    rf"\s+|[{_OPENING}]*(?:[\u2e80-\u9fff\uff00-\uffef]|[^\s\u2e80-\u9fff\uff00-\uffef“”‘’]+)"
    rf"[{_CLOSING}]*|."
)


def width_of(text: str) -> int:
    """Columns of a terminal: Chinese letters and their marks take two.

    >>> width_of("会员day")
    7
    """
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def wrapped(text: str, width: int) -> list[str]:
    """Lines no wider than that; no line begins with a mark that closes.

    >>> wrapped("把订单文件导入店铺，重复导入不变。", 10)
    ['把订单文件', '导入店铺，', '重复导入不', '变。']
    """
    lines, line = [], ""
    for piece in _PIECE.findall(text):
        if line and width_of(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def _filled(text: str, width: int) -> Iterable[str]:
    for place, paragraph in enumerate(text.split("\n\n")):
        if place:
            yield ""
        if _is_kept(paragraph):
            yield from _kept(paragraph).splitlines()
        else:
            yield from wrapped(" ".join(paragraph.split()), width)


class _WideFormatter(click.HelpFormatter):
    def write_text(self, text: str) -> None:
        for line in _filled(text, self.width - self.current_indent):
            self.write(f"{' ' * self.current_indent if line else ''}{line}\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        rows = list(rows)
        first = min(max(width_of(name) for name, _ in rows), col_max) + col_spacing
        for name, text in rows:
            lines = list(_filled(text, max(self.width - first - self.current_indent, 20)))
            head = f"{' ' * self.current_indent}{name}"
            if width_of(name) > first - col_spacing or not lines:
                self.write(f"{head}\n")
            else:
                self.write(f"{head}{' ' * (first - width_of(name))}{lines.pop(0)}\n")
            for line in lines:
                self.write(f"{' ' * (first + self.current_indent)}{line}\n")


# --- what click says itself, for the catalogues -------------------------------------------------

CLICK_SAYS = (
    N_("Aborted!"),
    N_("Options"),
    N_("Positional arguments"),
    N_("Commands"),
    N_("Missing command."),
    N_("env var: {var}"),
    N_("default: {default}"),
    N_("required"),
    N_("Error: {message}"),
    N_("Try '{command} {option}' for help."),
    N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("Missing argument"),
    N_("Missing option"),
    N_("Missing parameter"),
    N_("Missing {param_type}"),
    N_("Missing parameter: {param_name}"),
    N_("No such option {name!r}."),
    N_("No such command {name!r}."),
    N_("unknown error"),
    N_("Could not open file {filename!r}: {message}"),
    N_("Choose from:\n\t{choices}"),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
    N_("file"),
    N_("directory"),
    N_("path"),
    N_("{name} {filename!r} does not exist."),
    N_("{name} {filename!r} is a file."),
    N_("{name} {filename!r} is a directory."),
    N_("{name} {filename!r} is not readable."),
    N_("{name} {filename!r} is not writable."),
    N_("Usage:"),
    N_("%(prog)s, version %(version)s"),
    N_("Show the version and exit."),
    N_("Show this message and exit."),
    N_("Option {name!r} does not take a value."),
    N_("Repeat for confirmation"),
    N_("Error: The two entered values do not match."),
    N_("Error: invalid input"),
)


def _plurals(ngettext: Callable[[str, str, int], str]) -> None:
    """Sentences of click with a plural, where the extraction finds them; never called."""
    ngettext("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)", 1)
    ngettext("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})", 1)
    ngettext("{value!r} is not {choice}.", "{value!r} is not one of {choices}.", 1)
    ngettext(
        "{value!r} does not match the format {format}.",
        "{value!r} does not match the formats {formats}.",
        1,
    )
    ngettext(
        "Option {name!r} requires an argument.",
        "Option {name!r} requires {nargs} arguments.",
        1,
    )
