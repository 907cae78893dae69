"""Words to send, with variables."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.delivery.templates import (
    MAX_BODY,
    MessageTemplate,
    delete_template,
    get_template,
    keep_template,
    list_templates,
)
from regulars_platform.delivery.text_length import text_length
from regulars_platform.programmes.service import templates_of_programmes
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area
from regulars_web.api.models import NO_CONTROLS, Answer, Count, Id, Line, Model, Page
from regulars_web.api.paging import PageQuery, paged

area = Area("templates", "Words to send, with variables (docs/delivery.md).")

ShortText = Annotated[str, Field(max_length=200, pattern=NO_CONTROLS)]


class TemplateAsked(Model):
    """Words to send, with {variables} as docs/delivery.md lists them."""

    name: Line
    channel: Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[a-z_]+$")]
    subject: ShortText = ""
    body: Annotated[str, Field(min_length=1, max_length=MAX_BODY, pattern=NO_CONTROLS)]
    fallbacks: Annotated[dict[Line, ShortText], Field(max_length=50, default_factory=dict)]
    """Variable: what stands in where a customer has no value."""


class TemplateShown(Model):
    """A template."""

    id: Id
    name: str
    channel: str
    subject: str
    body: str
    fallbacks: dict[str, str]
    segments: Count | None
    """Of a text message of these words, before variables are filled in; null: no text message."""
    of_programme: bool
    """Kept by the start of a programme: campaigns are not offered it."""


@area.get("/templates", scope=Scope.READ_SETTINGS)
def list_message_templates(call: Call, work: Session, query: PageQuery) -> Page[TemplateShown]:
    """The shop's templates, in the order in which they were made."""
    theirs = templates_of_programmes(work, call.shop_id)
    return paged(
        list_templates(work, call.shop_id),
        query,
        lambda one: _template(one, theirs),
        lambda one: (one.id,),
    )


@area.post(
    "/templates",
    scope=Scope.WRITE_SETTINGS,
    status=201,
    example={
        "name": "Free shipping",
        "channel": "sms",
        "body": "Dear {name}: {offer}. {link}",
        "fallbacks": {"name": "customer"},
    },
)
def create_template(call: Call, work: Session, body: TemplateAsked) -> Answer[TemplateShown]:
    """Keep new words."""
    return _kept(call, work, body, None)


@area.get("/templates/{template_id}", scope=Scope.READ_SETTINGS)
def get_message_template(call: Call, work: Session, template_id: Id) -> Answer[TemplateShown]:
    """One template."""
    found = get_template(work, call.shop_id, template_id)
    theirs = templates_of_programmes(work, call.shop_id)
    return Answer[TemplateShown](data=_template(found, theirs))


@area.put(
    "/templates/{template_id}",
    scope=Scope.WRITE_SETTINGS,
    example={"name": "Free shipping", "channel": "sms", "body": "{offer}"},
)
def replace_template(
    call: Call, work: Session, template_id: Id, body: TemplateAsked
) -> Answer[TemplateShown]:
    """Change words; messages that are queued keep theirs."""
    return _kept(call, work, body, template_id)


@area.delete("/templates/{template_id}", scope=Scope.WRITE_SETTINGS)
def delete_message_template(call: Call, work: Session, template_id: Id) -> None:
    """Forget a template; messages that are queued keep their words."""
    delete_template(work, call.shop_id, template_id)


def _kept(
    call: Call, work: Session, body: TemplateAsked, template_id: int | None
) -> Answer[TemplateShown]:
    kept = keep_template(
        work, shop_id=call.shop_id, raw=body.model_dump(), now=call.now, template_id=template_id
    )
    theirs = templates_of_programmes(work, call.shop_id)
    return Answer[TemplateShown](data=_template(kept, theirs))


def _template(found: MessageTemplate, of_programmes: frozenset[int]) -> TemplateShown:
    is_text = found.channel == "sms"
    return TemplateShown(
        id=found.id,
        name=found.name,
        channel=found.channel,
        subject=found.subject,
        body=found.body,
        fallbacks=dict(found.fallbacks),
        segments=text_length(found.body).segments if is_text else None,
        of_programme=found.id in of_programmes,
    )
