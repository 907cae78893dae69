"""The forms of the first start and of signing in."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, SelectField, StringField
from wtforms.validators import DataRequired

from regulars_platform.shops.service import known_currencies, known_timezones
from regulars_web.formats import currency_label

OFTEN = ("CNY", "USD", "EUR", "GBP", "HKD", "TWD", "JPY", "SGD", "AUD", "CAD")


class SetupForm(FlaskForm):  # type: ignore[misc]
    """Shop and owner. `code` is asked for only where strangers could reach the page first."""

    code = StringField(_("One-time code"))
    shop_name = StringField(_("Name of the shop"))
    currency = SelectField(_("Currency"), validate_choice=False)
    timezone = SelectField(_("Time zone"), validate_choice=False)
    name = StringField(_("Your name"))
    email = EmailField(_("E-mail address"))
    password = PasswordField(_("Password"))

    def offer_choices(self) -> None:
        """Fill the lists in the reader's language; the usual currencies come first."""
        rest = [code for code in known_currencies() if code not in OFTEN]
        self.currency.choices = {
            " ": [("", _("Choose a currency"))],
            str(_("Often used")): [(code, currency_label(code)) for code in OFTEN],
            str(_("All others")): [(code, currency_label(code)) for code in rest],
        }
        zones = [(zone, zone.replace("_", " ")) for zone in known_timezones()]
        self.timezone.choices = [("", _("Choose a time zone")), *zones]


class SignInForm(FlaskForm):  # type: ignore[misc]
    """E-mail address and password."""

    email = EmailField(_("E-mail address"), [DataRequired(_("Enter your e-mail address."))])
    password = PasswordField(_("Password"), [DataRequired(_("Enter your password."))])
