"""What following the verdicts earns: seasons of 40 campaigns in simulated shops.

    python -m benchmarks.seasons [--full] [--seasons 400] [--seed 20261122] [--write FILE]

`worlds` says how true effects are distributed (fixed before the first run), `shop` draws a test of
every segment, `product` follows Regulars' advice with and without memory, `bayes` is the rule that
knows the world's distribution, `rules` has the habits to compare with, `judging` the table.
"""
