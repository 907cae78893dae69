"""Pictures of every page, taken from the running product."""
