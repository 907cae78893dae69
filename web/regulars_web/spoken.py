"""Words outside a request: what the command line says, from the same catalogues as the pages.

Python's own gettext, so that `regulars --help` needs neither Flask nor Babel, and so that click,
which asks the same gettext for its own sentences, speaks the same language.
"""

import gettext as standard
import os
from collections.abc import Mapping
from pathlib import Path

from regulars_platform.words import Sentence
from regulars_web.languages import find_language

_DOMAIN = "messages"
_CATALOGUES = Path(__file__).resolve().parent / "translations"
_ASKED_BY = ("REGULARS_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def speak(language: str) -> None:
    """From now on, in this process and those it starts.

    language: one of LANGUAGES, English where there are no translations.
    """
    standard.bindtextdomain(_DOMAIN, str(_CATALOGUES))
    standard.textdomain(_DOMAIN)
    os.environ["LANGUAGE"] = language  # the first thing that gettext looks at


def spoken_language() -> str:
    """One of LANGUAGES."""
    return find_language(os.environ.get("LANGUAGE", "")) or "en"


def usual_language(environment: Mapping[str, str]) -> str:
    """What the environment asks for: REGULARS_LANGUAGE, else the locale; else English.

    >>> usual_language({"LANG": "zh_TW.UTF-8"}), usual_language({"LC_ALL": "C", "LANG": "zh_CN"})
    ('zh_Hant', 'en')
    """
    for name in _ASKED_BY:
        if environment.get(name):
            return find_language(environment[name]) or "en"
    return "en"


def in_chinese() -> bool:
    """Whether no blank stands between sentences."""
    return spoken_language().startswith("zh")


def gettext(message: str, **facts: object) -> str:
    """A sentence with %(name)s for facts, in the language that is spoken."""
    said = standard.dgettext(_DOMAIN, message) if in_chinese() else message
    return said % facts if facts else said


def in_words(message: str) -> str:
    """The same for a message marked elsewhere, which the extraction must not look for here."""
    return gettext(message)


def pgettext(context: str, message: str) -> str:
    """A short word that means several things; context: which."""
    return standard.dpgettext(_DOMAIN, context, message) if in_chinese() else message


def ngettext(one: str, many: str, count: int, **facts: object) -> str:
    """The same with a number that decides between one and many; told as %(num)s with separators."""
    said = standard.dngettext(_DOMAIN, one, many, count) if in_chinese() else None
    said = said or (one if count == 1 else many)
    return said % {"num": f"{count:,}", **facts}


def sentence(said: Sentence) -> str:
    """What the platform says; sentences may stand within sentences."""
    facts = {
        name: sentence(fact) if isinstance(fact, Sentence) else fact
        for name, fact in said.parameters.items()
    }
    return gettext(said.template, **facts)


def sentences(*parts: str) -> str:
    """One after the other; Chinese has no blank between them."""
    return ("" if in_chinese() else " ").join(filter(None, parts))


def brackets(text: str) -> str:
    """In brackets, behind what stands before."""
    return f"（{text}）" if in_chinese() else f" ({text})"
