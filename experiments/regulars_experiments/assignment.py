"""The draw: who is held back and who gets which offer. Same inputs, same arms, on any machine.

Within each stratum the units are ordered by a salted hash, which is as good as a random order to
anybody who does not know the salt, and the arms are filled by quota in that order. A random offset
per stratum rounds the quotas so that every unit's chance of each arm is exactly the arm's share,
even in a stratum of one. docs/assignment.md has the steps for another language.
"""

import hashlib
from collections.abc import Iterable, Sequence

WHOLE = 10_000
"""Shares are in basis points; they add up to this."""

_OFFSET_SCALE = 2**52


def draw(units: Iterable[tuple[str, str]], *, shares: Sequence[int], salt: str) -> dict[str, int]:
    """Assign each unit an arm.

    units: (unit id, stratum), ids all different, in any order; shares: of the arms in basis
    points, each above 0, adding up to 10,000. Returns unit id -> position of its arm in `shares`.
    Raises ValueError if the shares or ids are not as said.
    """
    _check_shares(shares)
    strata: dict[str, list[tuple[str, str]]] = {}
    number = 0
    for unit, stratum in units:
        strata.setdefault(stratum, []).append((unit_hash(salt, unit), unit))
        number += 1
    arms: dict[str, int] = {}
    for stratum, members in strata.items():
        members.sort()
        edges = quota_edges(len(members), shares=shares, offset=stratum_offset(salt, stratum))
        for arm in range(len(shares)):
            for _, unit in members[edges[arm] : edges[arm + 1]]:
                arms[unit] = arm
    if len(arms) != number:
        raise ValueError("a unit was given more than once")
    return arms


def unit_hash(salt: str, unit: str) -> str:
    """SHA-256 of "salt:unit" as 64 lower-case hex digits; units stand in the order of these."""
    return hashlib.sha256(f"{salt}:{unit}".encode()).hexdigest()


def stratum_offset(salt: str, stratum: str) -> int:
    """The stratum's offset: the first 13 hex digits of a hash, so from 0 to 2^52 - 1."""
    return int(hashlib.sha256(f"{salt}:stratum:{stratum}".encode()).hexdigest()[:13], 16)


def quota_edges(size: int, *, shares: Sequence[int], offset: int) -> list[int]:
    """Where the arms begin and end among `size` ordered units: arm a has edges[a] to edges[a+1]-1.

    With C the cumulative share and u = offset / 2^52 the edge is floor(size * C + u), in whole
    numbers throughout. As u is uniform on [0, 1), its mean is exactly size * C.

    >>> quota_edges(10, shares=(2_000, 8_000), offset=0)
    [0, 2, 10]
    >>> quota_edges(1, shares=(2_000, 8_000), offset=4 * 2**52 // 5 + 1)
    [0, 1, 1]
    """
    edges = [0]
    cumulative = 0
    for share in shares:
        cumulative += share
        exact = size * cumulative * _OFFSET_SCALE + offset * WHOLE
        edges.append(exact // (WHOLE * _OFFSET_SCALE))
    return edges


def _check_shares(shares: Sequence[int]) -> None:
    if not shares or any(share <= 0 for share in shares):
        raise ValueError(f"every share must be above 0, got {list(shares)}")
    if sum(shares) != WHOLE:
        raise ValueError(f"shares must add up to {WHOLE} basis points, got {sum(shares)}")
