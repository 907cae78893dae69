"""Tiers of customers: rules, figures, rights and who is close to the next."""
