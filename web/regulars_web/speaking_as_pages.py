"""Words of the pages outside a request, for the command line."""

from collections.abc import Iterator
from contextlib import contextmanager

from regulars_platform.reports.service import Report
from regulars_platform.settings import Settings


@contextmanager
def speaking_as_pages(settings: Settings, language: str) -> Iterator[None]:
    """Inside, words of pages can be asked for. language: one of LANGUAGES."""
    from flask_babel import force_locale

    from regulars_web.app import create_app

    app = create_app(settings, secure_cookies=False, setup_code=None)
    with app.test_request_context(), force_locale(language):
        yield


def report_sentences(settings: Settings, report: Report, language: str = "en") -> list[str]:
    """The first sentence of the report, once per arm."""
    with speaking_as_pages(settings, language):
        from regulars_web.pages.reports.headline import headline

        return [headline(report.document, group["arm"]) for group in report.document["overall"]]
