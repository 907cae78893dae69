"""What can be wrong with an account."""

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.words import N_, Sentence

MIN_PASSWORD = 10
MAX_PASSWORD = 1_000


class OwnerExistsError(RegularsError):
    """The first start is over: there is an owner already."""

    @classmethod
    def of(cls) -> "OwnerExistsError":
        """The first start happens once."""
        return cls(
            Sentence(N_("This installation already has an owner.")),
            Sentence(N_("Sign in with that account.")),
        )


class EmailError(RegularsError):
    """Not an e-mail address."""

    @classmethod
    def of(cls, email: str) -> "EmailError":
        """Names what came, if anything did."""
        if not email.strip():
            return cls(Sentence(N_("Give an e-mail address to sign in with.")), field="email")
        return cls(
            Sentence(
                N_("“%(email)s” is not an e-mail address such as name@example.com."),
                {"email": email},
            ),
            field="email",
        )


class NoAccountError(NotFoundError):
    """Nobody has that address."""

    @classmethod
    def of(cls, email: str) -> "NoAccountError":
        """Names what came."""
        return cls(
            Sentence(N_("There is no account with the address %(email)s."), {"email": email[:254]})
        )


class PersonNameError(RegularsError):
    """A person needs a name of at most 200 characters."""

    @classmethod
    def of(cls) -> "PersonNameError":
        """Missing or too long."""
        return cls(Sentence(N_("Give your name, in at most 200 characters.")), field="name")


class PasswordError(RegularsError):
    """The password does not do as a new one."""

    @classmethod
    def too_short(cls, length: int) -> "PasswordError":
        """Says how many characters came and how many are needed."""
        if length == 0:
            return cls(
                Sentence(
                    N_("Choose a password of at least %(least)s characters."),
                    {"least": MIN_PASSWORD},
                ),
                field="password",
            )
        return cls(
            Sentence(
                N_("The password has %(length)s characters; it needs at least %(least)s."),
                {"length": length, "least": MIN_PASSWORD},
            ),
            Sentence(N_("A few words in a row are easy to remember and hard to guess.")),
            field="password",
        )

    @classmethod
    def too_long(cls) -> "PasswordError":
        """Nobody types this; hashing it would only keep the machine busy."""
        return cls(
            Sentence(
                N_("The password is longer than %(most)s characters."), {"most": MAX_PASSWORD}
            ),
            field="password",
        )


class SignInError(RegularsError):
    """E-mail and password do not belong together. Never says which of the two was wrong."""

    @classmethod
    def of(cls) -> "SignInError":
        """One sentence for an unknown address and for a wrong password."""
        return cls(
            Sentence(N_("This e-mail address and password do not belong together.")),
            Sentence(N_("Check both for typing errors; capital letters count in the password.")),
        )
