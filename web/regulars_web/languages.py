"""The languages there are, and which of them a tag or a locale's name asks for. Imports nothing."""

import re

LANGUAGES = {"en": "English", "zh_Hans": "简体中文", "zh_Hant": "繁體中文"}
"""Locale -> its name in itself. Names exactly as the folders of translations/."""

HTML_TAGS = {"en": "en", "zh_Hans": "zh-Hans", "zh_Hant": "zh-Hant"}

_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})
"""What says of a tag of Chinese that its letters are the traditional ones."""


def find_language(tag: object) -> str | None:
    """Our locale for a language tag (`zh-Hans-CN`) or a locale's name (`zh_TW.UTF-8`), if any.

    Chinese goes by many names. A script that is named decides (zh-Hans-HK is simplified), else the
    place does: Taiwan, Hong Kong and Macau write the traditional letters, all others the
    simplified ones.

    >>> find_language("zh_TW.UTF-8"), find_language("zh-Hans-HK"), find_language("zh-SG")
    ('zh_Hant', 'zh_Hans', 'zh_Hans')
    >>> find_language("fr-CA") is None
    True
    """
    language, *rest = re.split(r"[-_]", re.split(r"[.@]", str(tag))[0].strip().lower())
    if language == "zh":
        traditional = "hans" not in rest and not _TRADITIONAL.isdisjoint(rest)
        return "zh_Hant" if traditional else "zh_Hans"
    return "en" if language == "en" else None
