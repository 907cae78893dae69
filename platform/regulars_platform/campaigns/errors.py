"""Why a campaign cannot be launched, changed or read."""

import datetime as dt

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.words import N_, Sentence


class CampaignNotFoundError(NotFoundError):
    """There is no such campaign in this shop."""

    @classmethod
    def of(cls, campaign_id: int) -> "CampaignNotFoundError":
        """For the id that was asked for."""
        return cls(
            Sentence(N_("There is no campaign %(id)s in this shop."), {"id": campaign_id}),
            Sentence(N_("Go back to the list of campaigns.")),
        )


class AlreadyLaunchedError(RegularsError):
    """The campaign is frozen: it was launched before, or by somebody else just now."""

    @classmethod
    def at(cls, name: str, launched_at: dt.datetime | None) -> "AlreadyLaunchedError":
        """For a campaign launched at that moment."""
        return cls(
            Sentence(
                N_("The campaign %(name)s was already launched on %(when)s and cannot change."),
                {"name": name, "when": f"{launched_at:%Y-%m-%d %H:%M} UTC" if launched_at else "?"},
            ),
            Sentence(N_("Look at its lists and its report, or plan a new campaign.")),
        )


class NotLaunchedError(RegularsError):
    """The campaign is still a draft: it has no arms, lists or report."""

    @classmethod
    def named(cls, name: str) -> "NotLaunchedError":
        """For the draft of that name."""
        return cls(
            Sentence(N_("The campaign %(name)s is still a draft."), {"name": name}),
            Sentence(N_("Launch it first: then its customers are drawn and listed.")),
        )


class DraftChangedError(RegularsError):
    """Somebody changed the draft while it was being launched."""

    @classmethod
    def named(cls, name: str) -> "DraftChangedError":
        """For the draft of that name."""
        return cls(
            Sentence(
                N_("The plan of %(name)s was changed by somebody else just now."), {"name": name}
            ),
            Sentence(N_("Look at it again, then launch.")),
        )


class NoOrdersError(RegularsError):
    """There are no orders yet, so there are no customers to choose from."""

    @classmethod
    def build(cls) -> "NoOrdersError":
        """For a shop without any import."""
        return cls(
            Sentence(N_("This shop has no orders yet, so there is nobody to choose from.")),
            Sentence(N_("Bring in an order file first.")),
            field="audience",
        )


class EmptyAudienceError(RegularsError):
    """Nobody is left to draw from."""

    @classmethod
    def of(
        cls,
        audience: int,
        excluded: int,
        suppressed: int,
        held_out: int = 0,
        capped: int = 0,
        ungrouped: int = 0,
    ) -> "EmptyAudienceError":
        """With how many the rule held for, and where they went."""
        if audience == 0:
            return cls(
                Sentence(N_("The rule holds for no customer.")),
                Sentence(N_("Widen the rule, or choose a later day for the features.")),
                field="audience",
            )
        if ungrouped:
            return cls._without_groups(audience, ungrouped)
        if capped:
            return cls._told_too_often(audience, capped)
        return cls._left_out(
            {"audience": audience, "excluded": excluded, "suppressed": suppressed, "held": held_out}
        )

    @classmethod
    def _without_groups(cls, audience: int, ungrouped: int) -> "EmptyAudienceError":
        return cls(
            Sentence(
                N_(
                    "The rule holds for %(audience)s customers, but %(ungrouped)s are in no "
                    "group and %(out)s are left out for other reasons, so nobody is left."
                ),
                {"audience": audience, "ungrouped": ungrouped, "out": audience - ungrouped},
            ),
            Sentence(N_("Bring a file of customers whose column names each one's group.")),
            field="group_by",
        )

    @classmethod
    def _told_too_often(cls, audience: int, capped: int) -> "EmptyAudienceError":
        return cls(
            Sentence(
                N_(
                    "The rule holds for %(audience)s customers, but %(capped)s would be "
                    "contacted more often than your limit allows and %(out)s are left out for "
                    "other reasons, so nobody is left."
                ),
                {"audience": audience, "capped": capped, "out": audience - capped},
            ),
            Sentence(N_("Choose a later day, or look at the limit on contacts.")),
            field="audience",
        )

    @classmethod
    def _left_out(cls, counts: dict[str, int]) -> "EmptyAudienceError":
        if counts["held"]:
            why = N_(
                "The rule holds for %(audience)s customers, but %(excluded)s are excluded, "
                "%(suppressed)s suppressed and %(held)s held back from everything, so "
                "nobody is left."
            )
        else:
            counts = {name: count for name, count in counts.items() if name != "held"}
            why = N_(
                "The rule holds for %(audience)s customers, but %(excluded)s are excluded and "
                "%(suppressed)s suppressed, so nobody is left."
            )
        return cls(
            Sentence(why, counts),
            Sentence(N_("Widen the rule, or look at the exclusions.")),
            field="audience",
        )


class EmptyArmError(RegularsError):
    """An arm got nobody, so nothing could be said about it."""

    @classmethod
    def named(cls, arm: str, drawn: int, *, field: str) -> "EmptyArmError":
        """For that arm, in a draw of so many customers."""
        return cls(
            Sentence(
                N_("Of %(drawn)s customers none fell into the arm %(arm)s."),
                {"drawn": drawn, "arm": arm},
            ),
            Sentence(N_("Take more customers, fewer arms, or a larger share for this arm.")),
            field=field,
        )


class TooFewGroupsError(RegularsError):
    """Whole groups are drawn, and an arm got too few to tell anything from their own luck."""

    @classmethod
    def of(cls, groups: int, arms: int, least: int) -> "TooFewGroupsError":
        """With so many groups in so many arms, the holdout among them; least: in each."""
        return cls(
            Sentence(
                N_(
                    "%(groups)s groups are too few for %(arms)s arms with the holdout: nobody "
                    "could tell the offer from the groups' own luck."
                ),
                {"groups": groups, "arms": arms},
            ),
            Sentence(
                N_(
                    "At least %(least)s groups have to fall into every arm: take more groups, "
                    "fewer arms or more equal shares, or a channel that reaches persons."
                ),
                {"least": least},
            ),
            field="group_by",
        )


class PlanDamagedError(RegularsError):
    """The stored plan is not the one that was launched."""

    @classmethod
    def named(cls, name: str) -> "PlanDamagedError":
        """For the campaign of that name."""
        return cls(
            Sentence(
                N_("The plan of %(name)s is not the one that was frozen at its launch."),
                {"name": name},
            ),
            Sentence(N_("Restore the database from a backup; the report would not be honest.")),
        )


class LedgerDamagedError(RegularsError):
    """The stored ledger is missing or not the one that was written at the launch."""

    @classmethod
    def missing(cls, name: str) -> "LedgerDamagedError":
        """For a file that is not there."""
        return cls(
            Sentence(N_("The ledger %(name)s of this campaign is missing."), {"name": name}),
            Sentence(N_("Restore the data folder from a backup.")),
        )

    @classmethod
    def changed(cls, name: str) -> "LedgerDamagedError":
        """For a file with another digest."""
        return cls(
            Sentence(
                N_("The ledger %(name)s is not the one that was written at the launch."),
                {"name": name},
            ),
            Sentence(N_("Restore the data folder from a backup; no list or report is made of it.")),
        )
