"""First start, signing in and out, language."""
