"""What can go wrong while a file arrives in pieces, one class per fact."""

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.words import N_, Sentence


class UploadError(RegularsError):
    """Base of these."""


class UploadSettingError(UploadError):
    """A setting of the operator that is no number."""

    @classmethod
    def of(cls, name: str, text: str) -> "UploadSettingError":
        """The variable `name` says `text`."""
        return cls(
            Sentence(
                N_("Expected a whole number from 1 to 999999 in %(name)s, got “%(text)s”."),
                {"name": name, "text": text[:40]},
            ),
            Sentence(N_("Correct this variable of the server's environment, or leave it out.")),
        )


class UploadNotFoundError(UploadError, NotFoundError):
    """No such upload of this person in this shop, or none any more."""

    @classmethod
    def of(cls) -> "UploadNotFoundError":
        """Ended, expired, or somebody else's."""
        return cls(
            Sentence(N_("There is no such unfinished upload (any more).")),
            Sentence(N_("Choose the file again; it is uploaded from its beginning.")),
        )


class UploadTooLargeError(UploadError):
    """More bytes than are let in."""

    @classmethod
    def of(cls, size: int, largest: int) -> "UploadTooLargeError":
        """The file has `size` bytes."""
        return cls(
            Sentence(
                N_("The file has %(size)s MiB; this server takes files of up to %(largest)s MiB."),
                {"size": -(-size >> 20), "largest": largest >> 20},
            ),
            Sentence(
                N_(
                    "Compress it (.csv.gz) or export shorter periods, or ask whoever runs the"
                    " server to raise the limit."
                )
            ),
        )

    @classmethod
    def piece(cls, left: int) -> "UploadTooLargeError":
        """A piece that reaches over the end of the file."""
        return cls(
            Sentence(
                N_("The piece is longer than what is left of the file (%(left)s bytes)."),
                {"left": left},
            ),
            Sentence(N_("Choose the file again and continue; it goes on where it stopped.")),
        )


class NoRoomError(UploadError):
    """The disk has no room for the file."""

    @classmethod
    def before(cls, size: int) -> "NoRoomError":
        """Known before the first byte."""
        return cls(
            Sentence(
                N_("The disk of the server has no room for this file (%(size)s MiB)."),
                {"size": -(-size >> 20)},
            ),
            Sentence(N_("Make room on the disk that holds the data folder, then try again.")),
        )

    @classmethod
    def meanwhile(cls) -> "NoRoomError":
        """It filled up on the way."""
        return cls(
            Sentence(N_("The disk of the server is full; what has arrived so far is kept.")),
            Sentence(N_("Make room on the disk that holds the data folder, then continue.")),
        )


class TooManyUploadsError(UploadError):
    """So many uploads have begun and not ended."""

    @classmethod
    def of(cls, count: int) -> "TooManyUploadsError":
        """There are `count` of them."""
        return cls(
            Sentence(
                N_("%(count)s uploads of this shop have begun and not ended; no more fit."),
                {"count": count},
            ),
            Sentence(N_("Finish or cancel one of them first.")),
        )


class OffsetError(UploadError):
    """A piece that does not begin where the last one ended."""

    @classmethod
    def of(cls, expected: int, came: int) -> "OffsetError":
        """`expected` bytes are here; the piece begins at `came`."""
        return cls(
            Sentence(
                N_("Expected the piece that begins at byte %(expected)s, got byte %(came)s."),
                {"expected": expected, "came": came},
            ),
            Sentence(N_("Ask how much has arrived, and go on from there.")),
        )


class UploadBusyError(UploadError):
    """Another piece of the same upload is being written just now."""

    @classmethod
    def of(cls) -> "UploadBusyError":
        """Held by another request."""
        return cls(
            Sentence(N_("Another piece of this upload is being written just now.")),
            Sentence(N_("Wait a second, then go on.")),
        )


class ChecksumError(UploadError):
    """The piece is not what was sent."""

    @classmethod
    def mismatch(cls) -> "ChecksumError":
        """Its checksum is another one; nothing of it was kept."""
        return cls(
            Sentence(N_("The piece was damaged on its way; nothing of it was kept.")),
            Sentence(N_("Send the same piece again.")),
        )


class AlreadyArrivedError(UploadError):
    """Too late to cancel."""

    @classmethod
    def of(cls) -> "AlreadyArrivedError":
        """The file is whole and was taken in."""
        return cls(
            Sentence(N_("The file has arrived already.")),
            Sentence(N_("Go on, or leave it, on its own page.")),
        )
