"""Ready-made groups as the current shop would begin with them."""

from regulars_platform.customers.rhythm import read_rhythm
from regulars_platform.segments.ready_made import PRESETS, Preset, read_answers, usual_answers
from regulars_platform.segments.rules import Rule
from regulars_web.edge import current_shop
from regulars_web.known_values import Known
from regulars_web.looking_at_customers import Customers


def usual_rules(found: Customers | None) -> dict[str, Rule]:
    """Each ready-made group as this shop would begin with it, where nothing has to be asked."""
    known = Known(found)
    rules = {}
    for preset in PRESETS.values():
        typed = usual_answers(preset, known.values, usual=usual_numbers(preset))
        answers = None if typed is None else read_answers(preset, typed)[0]
        if answers is not None:
            rules[preset.key] = preset.rule(answers)
    return rules


def usual_numbers(preset: Preset) -> dict[str, str]:
    """What the shop's own settings say instead of the product's usual numbers."""
    if preset.key == "honeymoon":
        return {"days": str(read_rhythm(current_shop()).honeymoon_days)}
    return {}
