"""Why a line was rejected, or a value left out: codes in the tallies, sentences for people."""

from regulars_platform.words import N_, Sentence

_REASONS = {
    # of lines
    "ragged": N_("The line has more or fewer cells than there are headings."),
    "unclosed_quote": N_("A quotation mark is opened and not closed where it should be."),
    "no_customer_id": N_("Nobody is named: the customer is missing."),
    "no_referrer_id": N_("Who brought the customer is missing."),
    "no_product": N_("The product is missing."),
    "no_day": N_("The day is missing."),
    "no_happened_at": N_("It does not say when it happened."),
    "no_points": N_("The number of points is missing."),
    "no_kind": N_("It does not say what happened."),
    "no_figure": N_("The day has no figure at all."),
    "masked_key": N_("The customer is hidden behind stars: nobody can be told by it."),
    "scientific_key": N_(
        "The number is in scientific notation: its last digits are lost, and different customers"
        " would become one. Export again without opening the file in a spreadsheet."
    ),
    "rounded_key": N_(
        "The number was rounded by a spreadsheet (all end in zeros): different customers would"
        " become one. Export again without opening the file in a spreadsheet."
    ),
    "bad_key": N_("The number or name is no usable key: too long, or with line breaks in it."),
    "own_referral": N_("The customer is named as having brought themselves."),
    # of lines or values
    "bad_date": N_("It is not readable as a date, or there is no such day."),
    "not_a_number": N_("It is not a number."),
    "too_many_decimals": N_("It has more than four decimals."),
    "scientific": N_("It is in scientific notation."),
    "too_large": N_("It is too large."),
    "negative": N_("It is below zero."),
    "not_whole": N_("It is not a whole number."),
    # of values
    "no_such_day": N_("There is no such day."),
    "not_a_birthday": N_("It is not readable as a birthday."),
    "year_out_of_range": N_("Nobody was born then: before 1900, or after the day of the file."),
    "not_an_age": N_("It is not an age from 0 to 120."),
    "unknown_word": N_("The word is not known here."),
    "too_long": N_("It is longer than 1,000 characters."),
    "masked": N_("It is hidden behind stars."),
    "not_a_share": N_("It is more than 100 percent or below zero."),
}


def reason_sentence(code: str) -> Sentence:
    """The sentence for a code such as `no_product`.

    >>> str(reason_sentence("no_such_day"))
    'There is no such day.'
    """
    return Sentence(_REASONS[code])
