"""How fast the engine is, how much memory it takes, beside public ones that give the same numbers.

    python -m benchmarks.engine [--short] [--json FILE]

Everybody (`contenders`) answers the same question (`task`) about the same simulated customers
(`data`). Each repetition is a process of its own (`worker`), all of them taking turns (`runs`);
the numbers must agree (`agreement`). The peers live in an environment of their own, see
`make bench`.
"""
