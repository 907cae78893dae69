"""Which language a page is in: the person's choice, else what their browser asks for."""

from typing import Any

from flask import Flask, g, request, session
from flask_babel import Babel
from flask_login import current_user

from regulars_web.edge import find_current_shop
from regulars_web.languages import HTML_TAGS, LANGUAGES, find_language

__all__ = ["HTML_TAGS", "LANGUAGES", "choose_locale", "install_language", "match_accept_language"]


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
