"""Sending to the arms of a campaign, channel settings, and the doors that the world knocks at."""
