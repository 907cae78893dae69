"""Headers, hosts, the secret key, CSRF, and limits on guessing."""

import ipaddress
import os
import secrets
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
LOOPBACK_NAMES = frozenset({"localhost"})
GUESSES = "10 per minute;60 per hour"
READINGS = "120 per minute"


def install_security(app: Flask, *, secure_cookies: bool, host_names: frozenset[str]) -> None:
    """Everything that holds for every request."""

    @app.before_request
    def refuse_foreign_hosts() -> None:
        if not host_is_known(request.host, host_names):
            abort(400, description="unknown host")

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if secure_cookies:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def limit_guessing(app: Flask, endpoints: tuple[str, ...]) -> None:
    """Let nobody try passwords or codes quickly; counted per address, in memory."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    for endpoint in endpoints:
        view: Any = app.view_functions[endpoint]
        limited: Any = limiter.limit(GUESSES, methods=["POST"])(view)
        app.view_functions[endpoint] = limited


def limit_strangers(app: Flask, endpoints: tuple[str, ...]) -> None:
    """Let nobody ask for open addresses without end; counted per address, in memory."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    for endpoint in endpoints:
        view: Any = app.view_functions[endpoint]
        app.view_functions[endpoint] = limiter.limit(READINGS)(view)


def host_is_known(host: str, names: frozenset[str]) -> bool:
    """Whether the Host header is one of ours: a known name, or a bare IP address.

    A foreign name that resolves to this machine (DNS rebinding) would let its pages talk to us as
    if they were ours; an address in numbers cannot be made to point elsewhere.

    >>> host_is_known("localhost:8000", frozenset({"localhost"}))
    True
    >>> host_is_known("[::1]:8000", frozenset())
    True
    >>> host_is_known("evil.example", frozenset({"localhost"}))
    False
    """
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    bare = name.strip("[]").lower().rstrip(".")
    if bare in names:
        return True
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return False
    return True


def read_or_make_secret_key(data_dir: Path) -> bytes:
    """The key that signs sessions: random, made once, readable by its owner alone."""
    path = data_dir / "secret.key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    key = secrets.token_bytes(32)
    with os.fdopen(handle, "wb") as file:
        file.write(key)
    return key
