"""The shop's figures by period, and what old-customer marketing shows by attribution."""
