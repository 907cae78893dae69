"""Pages on paper: HTML made into PDF by WeasyPrint (extra `pdf`) in a process of its own."""
