"""Data: order files on their way into the shop."""
