"""Forms and the sentences of the platform: a problem is shown beside the field it belongs to."""

from flask_wtf import FlaskForm

from regulars_platform.errors import RegularsError
from regulars_web.problems import each_problem, problem_text


def show_problems(form: FlaskForm, error: RegularsError) -> None:
    """Put what the platform found beside the fields; what has no field goes above the form."""
    for problem in each_problem(error):
        text = problem_text(problem)
        if problem.field is not None and problem.field in form:
            field = form[problem.field]
            field.errors = [*field.errors, text]
        else:
            form.form_errors.append(text)
