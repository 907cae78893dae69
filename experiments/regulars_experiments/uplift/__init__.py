"""Whom to keep targeting: uplift models, honest curves, and policies valued in money."""
