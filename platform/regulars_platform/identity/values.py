"""Values by which people are recognised, in one spelling: expressions over cleaned text."""

import polars as pl

EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
RELAY = r"^\+?\d{7,15}\s?(?:-|转|#|ext\.?|,)\s?\d{2,6}$"
OPAQUE = r"^[A-Za-z0-9_\-+/=~.|]{20,128}$"
NUMBERED = r"^[A-Za-z]{0,5}[-_#]?\d{1,19}$"
_PHONE = r"^\+?[\d\s\-().]{7,20}$"
_ONE_DIGIT = "^(?:" + "|".join(f"{digit}+" for digit in range(10)) + ")$"
_CHINESE_MOBILE = r"^1[3-9]\d{9}$"


def plain_text(value: pl.Expr) -> pl.Expr:
    """Width, case and every blank aside."""
    return value.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s", "")


def is_hidden(value: pl.Expr) -> pl.Expr:
    """Whether something of a value is masked, with stars of any width or with crosses."""
    return value.str.contains(r"[*＊✱•]|[xX]{3,}\d|\d[xX]{3,}").fill_null(value=False)


def plain_phone(value: pl.Expr) -> pl.Expr:
    """A phone number as digits, without +86, 0086 and marks; null where it is none, is masked, is
    on loan, or is a placeholder of one digit.

    Chinese mobiles become 11 digits. Other numbers keep their country code; a single leading zero
    of the trunk is dropped, so that 0171... and 171... are the same number.
    """
    text = value.str.normalize("NFKC").str.strip_chars()
    digits = text.str.replace_all(r"[^\d]", "").str.replace(r"^0086|^86(1[3-9]\d{9})$", "${1}")
    digits = digits.str.replace(r"^0+", "")
    fits = text.str.contains(_PHONE) & ~is_hidden(text) & ~text.str.contains(RELAY)
    long_enough = digits.str.len_bytes().is_between(8, 15)
    return pl.when(fits & long_enough & ~digits.str.contains(_ONE_DIGIT)).then(digits)


def is_chinese_mobile(phone: pl.Expr) -> pl.Expr:
    """Whether a plain phone is a mobile number of the mainland."""
    return phone.str.contains(_CHINESE_MOBILE).fill_null(value=False)


def plain_email(value: pl.Expr) -> pl.Expr:
    """An e-mail address in lower case; null where it is none or is masked."""
    text = plain_text(value)
    return pl.when(text.str.contains(EMAIL) & ~is_hidden(value)).then(text)
