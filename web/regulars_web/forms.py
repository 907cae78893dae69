"""Forms and the sentences of the platform: a problem is shown beside the field it belongs to."""

from flask_wtf import FlaskForm

from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_web.formats import sentence


def show_problems(form: FlaskForm, error: RegularsError) -> None:
    """Put what the platform found beside the fields; what has no field goes above the form."""
    problems = error.problems if isinstance(error, InvalidInputError) else [error]
    for problem in problems:
        text = sentence(problem.problem)
        if problem.hint is not None:
            text = f"{text} {sentence(problem.hint)}"
        if problem.field is not None and problem.field in form:
            field = form[problem.field]
            field.errors = [*field.errors, text]
        else:
            form.form_errors.append(text)
