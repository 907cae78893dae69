"""Who may use the interface for programs, and the answers kept for writes that are repeated."""
