"""From a draft to its launch: what it would mean, what past campaigns make one expect of it, and
the launch itself."""
