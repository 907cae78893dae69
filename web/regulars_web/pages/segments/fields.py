"""The fields of the builder's form, as a browser would send them for a draft."""

from regulars_web.pages.segments.draft import DraftCondition, DraftGroup, walk


def draft_fields(draft: DraftGroup) -> dict[str, str]:
    """Field name -> text. `read_draft` reads them back."""
    form: dict[str, str] = {}
    for node in walk(draft):
        if isinstance(node, DraftCondition):
            parts = {name: getattr(node, name) for name in ("feature", "op", "value", "second")}
            form |= {f"{node.path}-{name}": text for name, text in parts.items()}
        else:
            form[f"{node.path}-joiner"] = node.joiner
    return form
