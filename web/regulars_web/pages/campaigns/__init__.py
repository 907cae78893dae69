"""Campaigns: planning, launching, lists, outcomes."""
