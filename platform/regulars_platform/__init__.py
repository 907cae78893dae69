"""Customers, orders, campaigns, the assignment ledger and everything that is stored."""
