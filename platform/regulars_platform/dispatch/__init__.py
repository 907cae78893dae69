"""Queued messages out of the door: claimed, sent or called, and what became of them."""
