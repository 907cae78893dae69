"""The shop's particulars and one's own."""
