"""Programmes that always run: what there is to start, each one's page, form and dry run."""
