"""Whom to keep: its part of the report, the next round, and replay."""
