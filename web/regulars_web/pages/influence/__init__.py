"""Whom customers bring."""
