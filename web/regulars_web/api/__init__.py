"""The interface for programs, `/api/v1`: what the pages can do, as JSON."""
