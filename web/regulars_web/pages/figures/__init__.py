"""The shop report."""
