"""The application factory."""

import datetime as dt
from importlib import import_module

from flask import Flask
from jinja2 import StrictUndefined

from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import import_all_tables
from regulars_web.api.installing import begin_api, install_api
from regulars_web.assets import install_assets
from regulars_web.compression import install_compression
from regulars_web.csrf import install_csrf
from regulars_web.drawing.standalone import standalone_markup
from regulars_web.edge import Edge, find_current_shop
from regulars_web.errors import install_errors
from regulars_web.formats import install_formats
from regulars_web.help.explaining import install_help
from regulars_web.ids import IdConverter
from regulars_web.job_watching import JobWatch
from regulars_web.language import HTML_TAGS, LANGUAGES, choose_locale, install_language
from regulars_web.navigation import build_navigation, build_subnavigation, page_exists
from regulars_web.pages.data.tus import install_allowance
from regulars_web.pages.jobs.views import install_job_watch
from regulars_web.security import (
    LOOPBACK_NAMES,
    install_security,
    limit_guessing,
    limit_strangers,
    read_or_make_secret_key,
)
from regulars_web.signing_in import install_sign_in
from regulars_web.uploads import install_upload_limits

BLUEPRINTS = (
    ("regulars_web.pages.home.views", "/"),
    ("regulars_web.pages.guide.views", "/guide"),
    ("regulars_web.pages.figures.views", "/report"),
    ("regulars_web.pages.effects.views", "/effects"),
    ("regulars_web.pages.accounts.views", "/"),
    ("regulars_web.pages.customers.views", "/customers"),
    ("regulars_web.pages.customers.lifetime", "/customers/lifetime"),
    ("regulars_web.pages.cycle.views", "/customers/due"),
    ("regulars_web.pages.needs.views", "/customers/needs"),
    ("regulars_web.pages.influence.views", "/customers/influence"),
    ("regulars_web.pages.tiers.views", "/customers/tiers"),
    ("regulars_web.pages.points.views", "/customers/points"),
    ("regulars_web.pages.segments.views", "/segments"),
    ("regulars_web.pages.data.views", "/data"),
    ("regulars_web.pages.datasets.views", "/data/other"),
    ("regulars_web.pages.settings.views", "/settings"),
    ("regulars_web.api.tokens_page", "/settings/api"),
    ("regulars_web.pages.help.views", "/help"),
    ("regulars_web.pages.style.views", "/style"),
    ("regulars_web.pages.delivery.channels", "/settings/channels"),
    ("regulars_web.pages.delivery.calling", "/campaigns"),
    ("regulars_web.pages.delivery.hooks", "/"),
    ("regulars_web.pages.jobs.views", "/jobs"),
    ("regulars_web.pages.campaigns.views", "/campaigns"),
    ("regulars_web.pages.matching.views", "/campaigns/match"),
    ("regulars_web.pages.reach.views", "/campaigns/holdout"),
    ("regulars_web.pages.calendar.views", "/campaigns/calendar"),
    ("regulars_web.pages.reports.views", "/campaigns"),
    ("regulars_web.pages.reports.versions", "/campaigns"),
    ("regulars_web.pages.reports.files", "/campaigns"),
    ("regulars_web.pages.sharing.making", "/campaigns"),
    ("regulars_web.pages.sharing.reading", "/shared"),
    ("regulars_web.pages.targeting.views", "/campaigns"),
    ("regulars_web.pages.memory.views", "/memory"),
    ("regulars_web.pages.programmes.views", "/programmes"),
    ("regulars_web.pages.data.identity", "/data/identity"),
    ("regulars_web.pages.data.tus", "/data/incoming"),
)
"""Every area of the product: module (its `blueprint`) and prefix."""


def create_app(
    settings: Settings,
    *,
    secure_cookies: bool,
    setup_code: str | None,
    host_names: frozenset[str] = LOOPBACK_NAMES,
) -> Flask:
    """The web application on a prepared data folder and an upgraded database.

    secure_cookies: cookies over HTTPS only; False only when served on loopback over plain HTTP.
    setup_code: asked for at the first start; None when only this machine can reach us.
    host_names: names (besides bare IP addresses) under which we answer.
    """
    import_all_tables()
    app = Flask(__name__, instance_path=str(settings.data_dir))
    app.config.update(_configuration(settings, secure_cookies=secure_cookies))
    app.extensions["regulars"] = Edge(
        settings=settings, database=Database(settings), setup_code=setup_code
    )
    app.url_map.converters["int"] = IdConverter
    install_compression(app)
    install_security(app, secure_cookies=secure_cookies, host_names=host_names)
    begin_api(app)
    install_sign_in(app)
    install_upload_limits(app)
    install_allowance(app)
    install_csrf(app)
    install_language(app)
    install_formats(app)
    install_help(app)
    install_assets(app)
    install_errors(app)
    _install_templates(app)
    install_job_watch(app, JobWatch(lines=3))
    for module, prefix in BLUEPRINTS:
        app.register_blueprint(import_module(module).blueprint, url_prefix=prefix)
    install_api(app)
    limit_guessing(app, ("accounts.sign_in", "accounts.setup"))
    limit_strangers(app, ("shared.show", "shared.table", "shared.pdf"))
    return app


def _configuration(settings: Settings, *, secure_cookies: bool) -> dict[str, object]:
    return {
        "SECRET_KEY": read_or_make_secret_key(settings.data_dir),
        "SESSION_COOKIE_NAME": "regulars",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": secure_cookies,
        "PERMANENT_SESSION_LIFETIME": dt.timedelta(days=14),
        "WTF_CSRF_TIME_LIMIT": None,  # a token lasts as long as its session
        "MAX_CONTENT_LENGTH": 4 * 1024 * 1024,  # uploads have a rule of their own
    }


def _install_templates(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["standalone_svg"] = standalone_markup

    @app.context_processor
    def shared() -> dict[str, object]:
        return {
            "navigation": build_navigation,
            "subnavigation": build_subnavigation,
            "page_exists": page_exists,
            "shop": find_current_shop,
            "locale": choose_locale(),
            "language_tag": HTML_TAGS[choose_locale()],
            "languages": LANGUAGES,
        }
