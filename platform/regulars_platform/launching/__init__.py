"""From a draft to its launch: what it would mean, what to expect of it, and the launch itself."""
