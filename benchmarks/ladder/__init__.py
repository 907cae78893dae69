"""Does the ladder of thresholds find the best step, and does its band hold? Simulated shops.

python -m benchmarks.ladder [--shops 400] [--seed 20261122] [--jobs 2] [--write docs/ladder.md]
"""
