"""What can go wrong around lifetime value."""

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.words import N_, Sentence


class NoOrdersError(RegularsError):
    """There is nothing to foretell from."""

    @classmethod
    def build(cls) -> "NoOrdersError":
        """No paid order has a known customer."""
        return cls(
            Sentence(N_("No paid order of a known customer is here yet.")),
            Sentence(N_("Bring orders first; what customers will buy is foretold from them.")),
        )


class NoLifetimeError(NotFoundError):
    """There is no answer to read."""

    @classmethod
    def none(cls) -> "NoLifetimeError":
        """Nothing was worked out."""
        return cls(
            Sentence(N_("What customers will buy has not been worked out yet.")),
            Sentence(N_("Work it out on the page of lifetime value.")),
        )

    @classmethod
    def changed(cls) -> "NoLifetimeError":
        """The file is gone or not as it was written."""
        return cls(
            Sentence(N_("The list of customers is not as it was written.")),
            Sentence(N_("Work it out again on the page of lifetime value.")),
        )
