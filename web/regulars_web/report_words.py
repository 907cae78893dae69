"""The report's sentences outside a request, for the command line."""

from regulars_platform.reports.service import Report
from regulars_platform.settings import Settings


def report_sentences(settings: Settings, report: Report, language: str = "en") -> list[str]:
    """The first sentence of the report, once per arm."""
    from flask_babel import force_locale

    from regulars_web.app import create_app
    from regulars_web.pages.reports.headline import headline

    app = create_app(settings, secure_cookies=False, setup_code=None)
    with app.test_request_context(), force_locale(language):
        return [headline(report.document, group["arm"]) for group in report.document["overall"]]
