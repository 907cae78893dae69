"""The customers: how they are spread, and a table to search in."""
