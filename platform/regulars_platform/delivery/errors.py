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


class CannotQueueError(RegularsError):
    """Messages cannot be queued like that."""

    @classmethod
    def other_channel(cls, template: str, channel: str) -> "CannotQueueError":
        """The template is for another channel."""
        return cls(
            Sentence(
                N_("The template %(name)s is not made for this channel (%(channel)s)."),
                {"name": template, "channel": channel},
            ),
            Sentence(N_("Choose a template of the same channel.")),
            field="template",
        )

    @classmethod
    def by_list(cls, channel: str) -> "CannotQueueError":
        """The shop sends nothing by this channel itself."""
        return cls(
            Sentence(
                N_("This shop uses the channel %(channel)s by lists alone."), {"channel": channel}
            ),
            Sentence(N_("Download the contact list, or set up sending under Settings, Channels.")),
            field="channel",
        )
