"""Why a list cannot be handed out."""

from collections.abc import Sequence

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.words import N_, Sentence


class HoldoutContactError(RegularsError):
    """Somebody asked for a contact list of the holdout."""

    @classmethod
    def build(cls) -> "HoldoutContactError":
        """There is no such list, for anybody."""
        return cls(
            Sentence(N_("The holdout is not contacted, so there is no contact list of it.")),
            Sentence(N_("The full assignment lists its customers, for analysis.")),
            field="arm",
        )


class ArmNotFoundError(NotFoundError):
    """The campaign has no such arm."""

    @classmethod
    def named(cls, name: str, known: Sequence[str]) -> "ArmNotFoundError":
        """With the arms that there are."""
        return cls(
            Sentence(N_("This campaign has no arm called %(name)s."), {"name": name}),
            Sentence(N_("Its arms are: %(names)s."), {"names": ", ".join(known)}),
            field="arm",
        )
