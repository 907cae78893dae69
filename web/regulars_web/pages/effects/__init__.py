"""What old-customer marketing brought."""
