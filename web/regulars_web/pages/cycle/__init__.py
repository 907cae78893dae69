"""Who is due again: the list, its corrections, and how good the dates are."""
