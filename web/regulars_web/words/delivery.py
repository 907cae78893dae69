"""The words of sending."""

from flask_babel import gettext, lazy_gettext

from regulars_platform.delivery.address_gaps import Gap
from regulars_platform.delivery.outbox import Queued
from regulars_platform.delivery.states import STATES
from regulars_platform.dispatch.calls import RESULTS
from regulars_platform.reach.gate import GLOBAL_HOLDOUT, NO_CONSENT, OPTED_OUT, SAME_ADDRESS
from regulars_web.formats import blank, number

WAYS = {
    "list": lazy_gettext("by a list that you download"),
    "smtp": lazy_gettext("by your own mail server"),
    "webhook": lazy_gettext("by a signed call of your sending tool"),
    "calls": lazy_gettext("by a call list for your staff"),
}
SECURITIES = {
    "starttls": lazy_gettext("STARTTLS (usual, port 587)"),
    "tls": lazy_gettext("TLS from the start (port 465)"),
    "none": lazy_gettext("none (only within a network of your own)"),
}
TONES = {
    "queued": "",
    "claimed": "busy",
    "sent": "good",
    "delivered": "good",
    "failed": "bad",
    "unsure": "caution",
    "barred": "quiet",
    "unsubscribed": "quiet",
    "complained": "bad",
}


def state_word(state: str) -> str:
    """The word for where a message stands."""
    return str(gettext(STATES[state]))


def result_words() -> dict[str, str]:
    """What a call can come to."""
    return {name: str(gettext(word)) for name, word in RESULTS.items()}


def barred_words() -> dict[str, str]:
    """Why the gate keeps somebody from being written to."""
    return {
        OPTED_OUT: str(gettext("Want no contact at all")),
        NO_CONSENT: str(gettext("Did not agree to this channel")),
        GLOBAL_HOLDOUT: str(gettext("Held back from everything")),
        SAME_ADDRESS: str(gettext("Have the address of somebody who opted out or is held back")),
    }


def gap_words(gap: Gap) -> str:
    """Why customers have no address."""
    if gap == "left_out":
        return str(
            gettext(
                "Your customers’ file had them, and they were left out. Bring it again and tick "
                "“Keep names, e-mail addresses and phone numbers”."
            )
        )
    if gap == "never":
        return str(gettext("No customers’ file has brought any yet."))
    return str(gettext("Your customers’ file has none for them."))


def queued_text(made: Queued) -> str:
    """What became of everybody who was asked for."""
    parts = [str(gettext("%(n)s messages are queued.", n=number(made.queued)))]
    if made.known:
        parts.append(
            str(gettext("%(n)s were queued before and stay as they are.", n=number(made.known)))
        )
    if made.incomplete:
        parts.append(
            str(
                gettext(
                    "%(n)s have no address or no value and are shown as failed.",
                    n=number(made.incomplete),
                )
            )
        )
    barred = sum(made.barred.values())
    if barred:
        parts.append(str(gettext("%(n)s may not be contacted.", n=number(barred))))
    return blank().join(parts)
