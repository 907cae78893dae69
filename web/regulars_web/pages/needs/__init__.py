"""Needs, what goes with what, and goods bought once."""
