"""Why a line was rejected: a code in the tallies, a sentence in the file of rejected lines."""

from regulars_platform.words import N_, Sentence

_REASONS = {
    "ragged": N_("The line has more or fewer cells than there are headings."),
    "unclosed_quote": N_("A quotation mark is opened and not closed where it should be."),
    "no_order_id": N_("The order number is missing."),
    "order_id_scientific": N_(
        "The order number is in scientific notation: its last digits are lost, and different"
        " orders would become one. Export again without opening the file in a spreadsheet."
    ),
    "order_id_rounded": N_(
        "The order number was rounded by a spreadsheet (all end in zeros): different orders would"
        " become one. Export again without opening the file in a spreadsheet."
    ),
    "line_id_scientific": N_("The line number lost its last digits in a spreadsheet."),
    "order_id_number_cell": N_(
        "The workbook holds the order number as a number, which keeps 15 digits: different orders"
        " would become one. Export again as CSV, or with the order number as text."
    ),
    "line_id_number_cell": N_(
        "The workbook holds the line number as a number, which keeps 15 digits; its end is lost."
    ),
    "customer_number_cell": N_(
        "The workbook holds the customer number as a number, which keeps 15 digits: different"
        " customers would become one. Export again as CSV, or with that column as text."
    ),
    "order_again": N_(
        "The same order comes again in this file with other content; that row counts."
    ),
    "line_id_again": N_("The same line number comes again below with other content."),
    "customer_scientific": N_(
        "The customer number is in scientific notation: different customers would become one."
    ),
    "customer_rounded": N_(
        "The customer number was rounded by a spreadsheet: different customers would become one."
    ),
    "bad_date": N_("The date or time is not readable, or there is no such day."),
    "no_date": N_("The date of the order is missing."),
    "no_amount": N_("The amount is missing."),
    "not_a_number": N_("“%(field)s” is not a number."),
    "too_many_decimals": N_("“%(field)s” has more than four decimals."),
    "scientific": N_("“%(field)s” is in scientific notation."),
    "too_large": N_("“%(field)s” is too large for an order."),
}


def reason_sentence(code: str) -> Sentence:
    """The sentence for a code such as `no_date` or `not_a_number:amount`."""
    kind, _, field = code.partition(":")
    return Sentence(_REASONS[kind], {"field": field} if field else {})
