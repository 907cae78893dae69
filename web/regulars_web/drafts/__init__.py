"""What is begun with, by hand or by a program: plans, programmes, tiers and groups as drafts."""
