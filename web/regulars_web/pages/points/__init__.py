"""Points: the ledger, what is owed, and the rules."""
