"""How few people a figure may be about."""

LEAST_SHOWN = 10
"""A cell of fewer is hidden, or put together with others: its figures would be about persons."""
