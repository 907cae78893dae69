"""The guided first campaign, in the own shop or in the sample shop beside it."""
