"""The demo's own way in: a key in the address, so that the printed link opens the report.

Installed only by `regulars demo`, which serves on this machine alone and prints the key.
"""

import secrets

from flask import Flask, redirect, request
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from regulars_platform.accounts.service import find_account
from regulars_platform.accounts.tables import User
from regulars_web.edge import unit_of_work
from regulars_web.signing_in import begin_session


def install_demo_door(app: Flask, key: str) -> None:
    """Sign the bearer of `key` in as the demo's owner, before anything else looks who is there."""

    def enter() -> Response | None:
        given = request.args.get("demo")
        if given is None or request.method != "GET":
            return None
        if not secrets.compare_digest(given.encode(), key.encode()):
            return None
        if not current_user.is_authenticated:
            with unit_of_work() as work:
                owner_id = work.scalars(select(User.id).order_by(User.id).limit(1)).one()
                owner = find_account(work, owner_id)
            if owner is not None:
                begin_session(owner)
        return redirect(request.path)

    app.before_request_funcs.setdefault(None, []).insert(0, enter)
