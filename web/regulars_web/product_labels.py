"""Products as a reader knows them: the title, with the number that orders have in brackets."""

from collections.abc import Collection, Mapping

from flask_babel import gettext

from regulars_platform.datasets.titles import product_titles
from regulars_web.edge import current_shop, settings


def product_labels(names: Collection[str]) -> Mapping[str, str]:
    """name -> "title (name)"; the name alone where no file of products has a title for it."""
    titles = product_titles(settings().shop_dir(current_shop().id), names)
    return {
        name: str(gettext("%(title)s (%(code)s)", title=titles[name], code=name))
        if name in titles
        else name
        for name in names
    }
