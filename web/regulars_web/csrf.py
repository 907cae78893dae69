"""The token of forms, written differently into every answer.

Answers are compressed. Where a secret that stays the same stands beside words of the address, the
length of the answer would tell the secret letter by letter (BREACH, Gluck, Harris and Prado 2013);
so each answer has the token under a mask of its own.
"""

import base64
import binascii
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, g
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf

_MARK = "m."
PLACE = f"place-of-the-token-{secrets.token_hex(16)}"
"""Stands for the token in what is kept; nobody can guess it and write it into a page."""


class MaskedProtect(CSRFProtect):  # type: ignore[misc]
    """Takes the token off its mask before it is checked."""

    def _get_csrf_token(self) -> str | None:
        found: str | None = super()._get_csrf_token()
        return None if found is None else unmasked(found)


def install_csrf(app: Flask) -> None:
    """A token in every form, and in the header of every htmx request."""
    MaskedProtect(app)
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.context_processor(lambda: {"csrf_token": csrf_token})


def csrf_token() -> str:
    """The session's token under this answer's mask; its place alone in what is kept for others."""
    if g.get("leaves_place_for_token"):
        return PLACE
    if "masked_csrf_token" not in g:
        g.masked_csrf_token = masked(generate_csrf())
    token: str = g.masked_csrf_token
    return token


@contextmanager
def place_for_token() -> Iterator[None]:
    """What is rendered inside has no token, but a place for one."""
    before = g.get("leaves_place_for_token", False)
    g.leaves_place_for_token = True
    try:
        yield
    finally:
        g.leaves_place_for_token = before


def with_token(text: str) -> str:
    """The text with this session's token in its places; one that has no place stays as it is."""
    return text.replace(PLACE, csrf_token()) if PLACE in text else text


def masked(token: str) -> str:
    """The token under a random mask: another text each time.

    >>> masked("abc") != masked("abc"), unmasked(masked("abc"))
    (True, 'abc')
    """
    plain = token.encode()
    mask = secrets.token_bytes(len(plain))
    return _MARK + base64.urlsafe_b64encode(mask + _mixed(plain, mask)).decode().rstrip("=")


def unmasked(text: str) -> str:
    """The token; what is under no mask of ours is returned as it is, to be refused by the check."""
    if not text.startswith(_MARK):
        return text
    body = text.removeprefix(_MARK)
    try:
        both = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        half = len(both) // 2
        return _mixed(both[:half], both[half:]).decode()
    except (ValueError, binascii.Error):
        return text


def _mixed(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
