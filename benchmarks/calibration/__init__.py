"""Do the intervals mean what they say? Simulated shops with known truth, a table per method.

    python -m benchmarks.calibration [--full] [--part money] [--seed 20261121] [--jobs 2]

Each part is a module with `cells(full=...)`; a cell draws its own named stream of random numbers,
so its result depends on the seed and on nothing else that runs beside it.
"""
