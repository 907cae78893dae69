"""Offers and segments, both ways round."""
