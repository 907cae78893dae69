"""Help where it is needed: each term in one sentence, with this campaign's numbers where there is
one, and what each page shows."""
