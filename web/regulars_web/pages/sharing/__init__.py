"""Reports under links: making and withdrawing them, and reading by them."""
