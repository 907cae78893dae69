"""Uplift learners beside public libraries on a real campaign: same customers, folds and bases."""
