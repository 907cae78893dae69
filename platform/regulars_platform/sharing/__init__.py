"""Links under which a report may be read without signing in."""
