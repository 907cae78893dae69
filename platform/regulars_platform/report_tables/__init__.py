"""Every table of a report as columns and rows of exact numbers, from the stored documents."""
