"""Where a message or a batch of them can stand."""

from regulars_platform.words import N_

QUEUED, CLAIMED, SENT, DELIVERED = "queued", "claimed", "sent", "delivered"
FAILED, UNSUBSCRIBED, COMPLAINED = "failed", "unsubscribed", "complained"
BARRED, UNSURE = "barred", "unsure"

STATES = {
    QUEUED: N_("waiting"),
    CLAIMED: N_("being sent"),
    SENT: N_("sent"),
    DELIVERED: N_("delivered"),
    FAILED: N_("failed"),
    UNSURE: N_("unsure"),
    BARRED: N_("not to be contacted"),
    UNSUBSCRIBED: N_("unsubscribed"),
    COMPLAINED: N_("complained"),
}
"""Every state of a message and its word, in the order of a message's life."""

FINAL = frozenset({SENT, DELIVERED, FAILED, UNSUBSCRIBED, COMPLAINED, BARRED, UNSURE})
"""Nothing more happens by itself; of these only `unsure` waits for a person to decide."""

LEFT = frozenset({SENT, DELIVERED, UNSUBSCRIBED, COMPLAINED})
"""It has reached the customer, or is on its way."""

RUNNING, STOPPED = "running", "stopped"
