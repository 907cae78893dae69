"""Tiers of customers: their rules with history, what tiers buy, what their rights cost."""
