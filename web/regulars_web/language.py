"""Which language a page is in: the person's choice, else what their browser asks for."""

import re
from typing import Any

from flask import Flask, g, request, session
from flask_babel import Babel
from flask_login import current_user

from regulars_web.edge import find_current_shop

LANGUAGES = {"en": "English", "zh_Hans": "简体中文", "zh_Hant": "繁體中文"}
"""Locale -> its name in itself. Names exactly as the folders of translations/."""

HTML_TAGS = {"en": "en", "zh_Hans": "zh-Hans", "zh_Hant": "zh-Hant"}

_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})
"""What says of a tag of Chinese that its letters are the traditional ones."""


def install_language(app: Flask) -> None:
    """Translations, number formats and the shop's time zone."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(app.root_path) + "/translations"
    Babel(app, locale_selector=choose_locale, timezone_selector=choose_timezone)


def choose_locale() -> str:
    """The locale of this request."""
    if "locale" not in g:
        chosen = _chosen_by_person()
        g.locale = chosen or match_accept_language(request.accept_languages.values())
    locale: str = g.locale
    return locale


def _chosen_by_person() -> str | None:
    account = getattr(current_user, "account", None)
    chosen = session.get("locale") or (account.locale if account else None)
    return chosen if chosen in LANGUAGES else None


def choose_timezone() -> str | None:
    """The shop's time zone: its days begin and end there, wherever the reader is."""
    shop = find_current_shop()
    return None if shop is None else shop.timezone


def match_accept_language(asked: Any) -> str:
    """The best of our locales for the browser's list (best first); English when none fits.

    >>> match_accept_language(["zh-HK", "en"])
    'zh_Hant'
    >>> match_accept_language(["fr", "en-GB", "zh"])
    'en'
    """
    return next(filter(None, map(find_language, asked)), "en")


def find_language(tag: Any) -> str | None:
    """Our locale for a language tag (`zh-Hans-CN`) or a locale's name (`zh_TW.UTF-8`), if any.

    Chinese goes by many names. A script that is named decides (zh-Hans-HK is simplified), else the
    place does: Taiwan, Hong Kong and Macau write the traditional letters, all others the
    simplified ones.

    >>> find_language("zh_TW.UTF-8"), find_language("zh-Hans-HK"), find_language("zh-SG")
    ('zh_Hant', 'zh_Hans', 'zh_Hans')
    >>> find_language("fr-CA") is None
    True
    """
    language, *rest = re.split(r"[-_]", re.split(r"[.@]", str(tag))[0].lower())
    if language == "zh":
        traditional = "hans" not in rest and not _TRADITIONAL.isdisjoint(rest)
        return "zh_Hant" if traditional else "zh_Hans"
    return "en" if language in ("en", "c", "posix") else None
