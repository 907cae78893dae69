"""Mails by the shop's own server, one conversation for many mails.

SMTP has no idempotency: once the words were handed over and no answer came, nobody can tell whether
the mail went out. Such a mail is unsure and never sent again by itself.
"""

import contextlib
import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

from sqlalchemy.orm import Session

from regulars_platform.delivery.addresses import is_address
from regulars_platform.dispatch.transports import DownError, Outcome, Outgoing
from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import FieldReader
from regulars_platform.shops.practice import HasPractice, keep_section, read_section
from regulars_platform.words import N_, Sentence

SECTION = "smtp"
SECURITIES = ("starttls", "tls", "none")
DEADLINE = 30.0

CUT_OFF = Sentence(N_("The mail server hung up while it took the mail; it may have gone out."))
BAD_ADDRESS = Sentence(N_("This is no e-mail address."))


@dataclass(frozen=True, kw_only=True, slots=True)
class SmtpSettings:
    """The shop's mail server. security: starttls, tls from the first byte, or none."""

    host: str
    port: int
    security: str
    user: str
    sender: str
    sender_name: str


def smtp_settings(shop: HasPractice) -> SmtpSettings | None:
    """As the shop keeps them, without the password; None where it never named a server."""
    kept = read_section(shop, SECTION)
    if not isinstance(kept, Mapping):
        return None
    found, _ = _read(kept)
    return found


def keep_smtp_settings(
    session: Session, shop_id: int, raw: Mapping[str, Any]
) -> SmtpSettings | None:
    """Keep a form: host, port, security, user, sender, sender_name. An empty host forgets it.

    Raises InvalidInputError. The password is kept elsewhere (`secret_files`).
    """
    if not str(raw.get("host") or "").strip():
        keep_section(session, shop_id, SECTION, None)
        return None
    found, reader = _read(raw)
    if found is None:
        raise InvalidInputError(reader.problems)
    kept = {
        "host": found.host,
        "port": found.port,
        "security": found.security,
        "user": found.user,
        "sender": found.sender,
        "sender_name": found.sender_name,
    }
    keep_section(session, shop_id, SECTION, kept)
    return found


def _read(raw: Mapping[str, Any]) -> tuple[SmtpSettings | None, FieldReader]:
    reader = FieldReader(raw)
    host = reader.text("host")
    security = reader.choice("security", SECURITIES, default="starttls")
    port = reader.whole("port", low=1, high=65_535, default=465 if security == "tls" else 587)
    user = reader.text("user", optional=True)
    sender = reader.text("sender")
    name = reader.text("sender_name", limit=100, optional=True)
    if sender is not None and not is_address(sender):
        reader.refuse("sender", N_("An e-mail address as in shop@example.org is expected."))
    if host is not None and (not host.isascii() or " " in host or "/" in host):
        reader.refuse("host", N_("The name of a server as in smtp.example.org is expected."))
    if reader.problems or None in (host, security, port, user, sender, name):
        return None, reader
    return (
        SmtpSettings(
            host=host or "",
            port=port or 0,
            security=security or "",
            user=user or "",
            sender=sender or "",
            sender_name=name or "",
        ),
        reader,
    )


class _Plain(EmailPolicy):
    """As any server takes mails, but links in headers stand as they are: folded they would be
    encoded, and mail programs would not find them."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """A header as it is sent."""
        if name == LINK_HEADER:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


LINK_HEADER = "List-Unsubscribe"
PLAIN = _Plain(linesep="\r\n", cte_type="7bit")


@dataclass(kw_only=True)
class Mailer:
    """The transport (see `Transport`). unsubscribe: customer id -> the link that takes them off
    the list, or "" where there is none."""

    settings: SmtpSettings
    password: str
    unsubscribe: Callable[[str], str]
    deadline: float = DEADLINE
    idempotent: bool = False
    at_once: int = 1
    _server: smtplib.SMTP | None = field(default=None, init=False)

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """One mail after the other."""
        return [self._send(message) for message in messages]

    def close(self) -> None:
        """Say goodbye, if anybody listens."""
        if self._server is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._server.quit()
            self._forget()

    def check(self) -> None:
        """Connect and sign in, as the test button does. Raises DownError."""
        self._greeted()

    def _send(self, message: Outgoing) -> Outcome:
        if not is_address(message.address):
            return Outcome(id=message.id, fate="refused", problem=BAD_ADDRESS)
        content = self._mail(message).as_bytes()
        server = self._greeted()
        # nothing was handed over yet: whatever goes wrong before DATA may be tried again
        try:
            code, said = self._addressed(server, message.address)
        except (OSError, smtplib.SMTPException):
            self._forget()
            server = self._greeted()
            try:
                code, said = self._addressed(server, message.address)
            except (OSError, smtplib.SMTPException):
                self._forget()
                raise DownError(_down(self.settings.host)) from None
        if code >= 300:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.rset()
            return _refused(message.id, code, said)
        try:
            code, said = server.data(content)
        except smtplib.SMTPDataError as error:
            return _refused(message.id, error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException):
            self._forget()
            return Outcome(id=message.id, fate="unsure", problem=CUT_OFF)
        if code >= 300:
            return _refused(message.id, code, said)
        return Outcome(id=message.id, fate="accepted")

    def _addressed(self, server: smtplib.SMTP, address: str) -> tuple[int, bytes]:
        code, said = server.mail(self.settings.sender)
        if code >= 300:
            # the server takes nothing of this sender now, whoever it is for
            self._forget()
            raise DownError(_said(self.settings.host, code, said))
        return server.rcpt(address)

    def _greeted(self) -> smtplib.SMTP:
        if self._server is not None:
            return self._server
        try:
            self._server = self._connect()
        except smtplib.SMTPAuthenticationError as error:
            raise DownError(
                Sentence(
                    N_("The mail server %(host)s refuses user and password (%(code)s)."),
                    {"host": self.settings.host, "code": error.smtp_code},
                )
            ) from None
        except (OSError, smtplib.SMTPException):
            raise DownError(_down(self.settings.host)) from None
        return self._server

    def _connect(self) -> smtplib.SMTP:
        found = self.settings
        server: smtplib.SMTP | None = None
        try:
            if found.security == "tls":
                context = ssl.create_default_context()
                server = smtplib.SMTP_SSL(
                    found.host, found.port, timeout=self.deadline, context=context
                )
            else:
                server = smtplib.SMTP(found.host, found.port, timeout=self.deadline)
                if found.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
            server.ehlo_or_helo_if_needed()
            if found.user:
                server.login(found.user, self.password)
        except BaseException:
            if server is not None:
                server.close()
            raise
        return server

    def _forget(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _mail(self, message: Outgoing) -> EmailMessage:
        mail = EmailMessage(policy=PLAIN)
        mail["From"] = Address(self.settings.sender_name, addr_spec=self.settings.sender)
        mail["To"] = Address(addr_spec=message.address)
        mail["Subject"] = " ".join(message.subject.split())
        # the same for every attempt, so that a server that looks at it can drop a double
        mail["Message-ID"] = f"<{message.key}@{self.settings.sender.rpartition('@')[2]}>"
        link = self.unsubscribe(message.customer_id)
        if link.isascii() and link:
            mail[LINK_HEADER] = f"<{link}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(message.text)
        return mail


def _refused(place: int, code: int, said: bytes | str) -> Outcome:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    words = Sentence(
        N_("The mail server says: %(code)s %(words)s"),
        {"code": code, "words": " ".join(text.split())[:150]},
    )
    fate = "retry" if 400 <= code < 500 else "refused"
    return Outcome(id=place, fate="retry" if fate == "retry" else "refused", problem=words)


def _said(host: str, code: int, said: bytes) -> Sentence:
    return Sentence(
        N_("The mail server %(host)s takes no mail now: %(code)s %(words)s"),
        {"host": host, "code": code, "words": said.decode("utf-8", "replace")[:150]},
    )


def _down(host: str) -> Sentence:
    return Sentence(N_("The mail server %(host)s cannot be reached."), {"host": host})
