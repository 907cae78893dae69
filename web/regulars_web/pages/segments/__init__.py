"""Segments: groups of customers by rules, with a live count."""
