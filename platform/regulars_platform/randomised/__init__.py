"""Any randomised file (one row per customer, a column for the arm) -> effects, without a shop."""
