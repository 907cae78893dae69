"""Where an order was sent, as coarse as groups of customers need it: the province or the state."""

import polars as pl

_CHINESE = r"^\p{Han}"
_PROVINCE = (
    r"^(?:中国\s*)?((?:北京|天津|上海|重庆)市?|香港(?:特别行政区)?|澳门(?:特别行政区)?|台湾省?|"
    r"内蒙古(?:自治区)?|广西(?:壮族自治区)?|西藏(?:自治区)?|宁夏(?:回族自治区)?|"
    r"新疆(?:维吾尔自治区)?|"
    r"(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|"
    r"贵州|云南|陕西|甘肃|青海)省?)"
)
_LONGEST = 40
"""A longer text is an address or a sentence, not the name of a province."""


def region(cell: pl.Expr) -> pl.Expr:
    """A cleaned cell -> province or state; null where it says none.

    A Chinese address is written from the large to the small: of it the province is kept and
    nothing else, whether its parts stand apart (浙江省 杭州市 ...) or not.
    """
    first = cell.str.extract(r"^(\S+)")
    province = cell.str.extract(_PROVINCE)
    name = pl.when(cell.str.contains(_CHINESE)).then(pl.coalesce(province, first)).otherwise(cell)
    short = name.str.len_chars() <= _LONGEST
    return pl.when(short & ~name.str.contains("*", literal=True)).then(name)
