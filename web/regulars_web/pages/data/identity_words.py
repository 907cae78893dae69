"""What the reasons of likely duplicates and the trust in a key are called on the pages."""

from flask_babel import lazy_gettext

from regulars_platform.identity.duplicates import Reason
from regulars_platform.identity.kinds import Trust

PAIR_REASONS: dict[Reason, object] = {
    "spelling": lazy_gettext("the same but for capitals, blanks or width of the letters"),
    "country_code": lazy_gettext("the same phone number, with and without its country code"),
    "leading_zeros": lazy_gettext("the same number but for zeros in front"),
    "same_email": lazy_gettext("the same e-mail address"),
    "renamed": lazy_gettext(
        "the same phone number, and one stops before the other begins: perhaps a new nickname"
    ),
    "same_phone": lazy_gettext("the same phone number: one person, or one household"),
}

TRUST_CHIPS = {
    Trust.GOOD: ("good", lazy_gettext("finds people again")),
    Trust.FAIR: ("caution", lazy_gettext("with care")),
    Trust.POOR: ("caution", lazy_gettext("only for want of a better one")),
    Trust.NEVER: ("bad", lazy_gettext("never a key")),
}
