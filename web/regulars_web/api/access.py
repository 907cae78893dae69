"""Who is asking: the token of a request, and whether it may do this."""

from flask import g, request
from flask_babel import gettext
from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from regulars_platform.api_access.models import Token, TokenState
from regulars_platform.api_access.scopes import Scope
from regulars_platform.api_access.tokens import find_by_secret, note_use, use_is_worth_noting
from regulars_platform.shops.models import ShopProfile
from regulars_platform.shops.service import get_shop
from regulars_platform.words import N_, Sentence
from regulars_web.api.problems import ApiError, Problem, http_problem
from regulars_web.edge import now, reading, unit_of_work
from regulars_web.formats import sentence

GUESSES = parse_many("20 per minute;200 per hour")
"""So many wrong tokens may come from one address; right ones are never held up."""

NO_TOKEN = N_("Send a token in the header Authorization, as: Bearer regs_...")
WRONG_TOKEN = N_("This token opens nothing; perhaps it has a typing error in it.")
ENDED = {
    TokenState.EXPIRED: N_("This token has expired."),
    TokenState.REVOKED: N_("This token was revoked."),
}


class Guesses:
    """Counts wrong tokens per address, in memory."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def refuse_guessing(self, address: str) -> None:
        """Count one more; raises ApiError (429) where there were too many."""
        counted = [self._limiter.hit(limit, "api-token", address) for limit in GUESSES]
        if not all(counted):
            raise ApiError(429, http_problem(429), Retry_After="60")


def identify(guesses: Guesses) -> tuple[Token, ShopProfile]:
    """The token of this request and its shop. Raises ApiError (401, 429)."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise _unauthorized(NO_TOKEN)
    moment = now()
    with reading() as work:
        token = find_by_secret(work, secret.strip())
        shop = None if token is None else get_shop(work, token.shop_id)
    if token is None or shop is None:
        guesses.refuse_guessing(request.remote_addr or "")
        raise _unauthorized(WRONG_TOKEN, error="invalid_token")
    if (state := token.state_at(moment)) is not TokenState.VALID:
        raise _unauthorized(ENDED[state], error="invalid_token")
    if use_is_worth_noting(token, moment):
        with unit_of_work() as work:
            note_use(work, token.id, moment)
    g.shop = shop  # what speaks of the current shop speaks of the token's
    return token, shop


def require_scope(token: Token, scope: Scope) -> None:
    """Raises ApiError (403) that names the missing scope."""
    if scope in token.scopes:
        return
    said = Sentence(N_("This token lacks the permission %(scope)s."), {"scope": str(scope)})
    raise ApiError(
        403,
        Problem(code="scope_missing", message=sentence(said), scope=scope),
        WWW_Authenticate=f'Bearer realm="regulars", error="insufficient_scope", scope="{scope}"',
    )


def _unauthorized(words: str, error: str | None = None) -> ApiError:
    more = f', error="{error}"' if error else ""
    return ApiError(
        401,
        Problem(code="unauthorized", message=gettext(words)),
        WWW_Authenticate=f'Bearer realm="regulars"{more}',
    )
