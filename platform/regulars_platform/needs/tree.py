"""The shop's needs: leaf needs under a big one (section "needs" of the shop's own settings), and
the products that serve each (the column `need` of the products' file)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from regulars_platform.errors import RegularsError
from regulars_platform.shops.practice import HasPractice, keep_section, read_section
from regulars_platform.words import N_, Sentence

SECTION = "needs"
MAX_NAME = 100
MOST_NEEDS = 60
MOST_LEAVES = 60
MARKS = frozenset(":：,，、")


class NeedsError(RegularsError):
    """Needs that cannot be kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BigNeed:
    """One big need and its leaf needs, by name. Without leaves it is served by products itself."""

    name: str
    leaves: tuple[str, ...] = ()

    @property
    def served_by(self) -> tuple[str, ...]:
        """The needs that products name."""
        return self.leaves or (self.name,)


def read_needs(shop: HasPractice) -> tuple[BigNeed, ...]:
    """As the shop keeps them; none by default."""
    kept = read_section(shop, SECTION)
    found = []
    for one in kept if isinstance(kept, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("name"), str):
            leaves = one.get("leaves") or ()
            found.append(BigNeed(name=one["name"], leaves=tuple(map(str, leaves))))
    return tuple(found)


def parse_needs(text: str) -> tuple[BigNeed, ...]:
    """One big need a line, its leaf needs after a colon, between commas. Raises NeedsError.

    >>> parse_needs("Sleep: falling asleep, staying asleep")[0].leaves
    ('falling asleep', 'staying asleep')
    """
    found: list[BigNeed] = []
    for line in text.replace("：", ":").replace("，", ",").replace("、", ",").splitlines():
        if not line.strip():
            continue
        name, _, rest = line.partition(":")
        leaves = tuple(" ".join(leaf.split()) for leaf in rest.split(",") if leaf.strip())
        found.append(BigNeed(name=" ".join(name.split()), leaves=leaves))
    _check(found)
    return tuple(found)


def clean_needs(needs: Sequence[BigNeed]) -> tuple[BigNeed, ...]:
    """The same with blanks run together; raises NeedsError where they cannot be kept, or not be
    written as `parse_needs` reads them."""
    found = tuple(
        BigNeed(
            name=" ".join(one.name.split()),
            leaves=tuple(" ".join(leaf.split()) for leaf in one.leaves),
        )
        for one in needs
    )
    _check(found)
    for name in (name for one in found for name in (one.name, *one.leaves)):
        if MARKS & set(name):
            raise NeedsError(
                Sentence(N_("The name %(name)s has a colon or a comma."), {"name": name}),
                Sentence(N_("These part needs from each other where they are written down.")),
                field="needs",
            )
    return found


def needs_text(needs: Sequence[BigNeed]) -> str:
    """As `parse_needs` reads it."""
    lines = (f"{one.name}: {', '.join(one.leaves)}" if one.leaves else one.name for one in needs)
    return "\n".join(lines)


def keep_needs(session: Session, shop_id: int, needs: Sequence[BigNeed]) -> None:
    """Keep them; none: back to the default."""
    kept = [{"name": one.name, "leaves": list(one.leaves)} for one in needs]
    keep_section(session, shop_id, SECTION, kept or None)


def _check(needs: Sequence[BigNeed]) -> None:
    if len(needs) > MOST_NEEDS or any(len(one.leaves) > MOST_LEAVES for one in needs):
        raise NeedsError(
            Sentence(
                N_("At most %(needs)s needs with %(leaves)s leaf needs each are kept."),
                {"needs": MOST_NEEDS, "leaves": MOST_LEAVES},
            ),
            field="needs",
        )
    seen: set[str] = set()
    for one in needs:
        for name in (one.name, *one.leaves):
            if not name:
                raise NeedsError(Sentence(N_("A need has no name.")), field="needs")
            if len(name) > MAX_NAME:
                raise NeedsError(
                    Sentence(
                        N_("A name has at most %(limit)s characters, this one has %(found)s."),
                        {"limit": MAX_NAME, "found": len(name)},
                    ),
                    field="needs",
                )
            if name in seen:
                raise NeedsError(
                    Sentence(N_("The need %(name)s is named twice."), {"name": name}),
                    Sentence(N_("A leaf need belongs to one big need.")),
                    field="needs",
                )
            seen.add(name)
