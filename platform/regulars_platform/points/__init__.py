"""Points as a ledger: what was earned, spent and lapsed, and what is still owed."""
