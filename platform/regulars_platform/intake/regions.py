"""Where an order was sent, or somebody lives, as coarse as groups of customers need it: the
province or the state, under one name however a file spells it."""

import polars as pl

_CHINESE = r"^\p{Han}"
_NAMES = (
    "北京|天津|上海|重庆|香港|澳门|台湾|内蒙古|广西|西藏|宁夏|新疆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|"
    "福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海"
)
_TRADITIONAL = {
    "重慶": "重庆",
    "澳門": "澳门",
    "台灣": "台湾",
    "臺灣": "台湾",
    "臺湾": "台湾",
    "內蒙古": "内蒙古",
    "廣西": "广西",
    "寧夏": "宁夏",
    "遼寧": "辽宁",
    "黑龍江": "黑龙江",
    "江蘇": "江苏",
    "山東": "山东",
    "廣東": "广东",
    "貴州": "贵州",
    "雲南": "云南",
    "陝西": "陕西",
    "甘肅": "甘肃",
}
_PROVINCE = rf"^(?:中[国國]\s*)?({_NAMES}|{'|'.join(_TRADITIONAL)})"
_LONGEST = 40
"""A longer text is an address or a sentence, not the name of a province."""


def region(cell: pl.Expr) -> pl.Expr:
    """A cleaned cell of an order's address -> province or state; null where it says none.

    A Chinese address is written from the large to the small: of it the province is kept and
    nothing else, whether its parts stand apart (浙江省 杭州市 ...) or not.
    """
    first = cell.str.extract(r"^(\S+)")
    chinese = cell.str.contains(_CHINESE)
    name = pl.when(chinese).then(pl.coalesce(_province(cell), first)).otherwise(cell)
    short = name.str.len_chars() <= _LONGEST
    return pl.when(short & ~name.str.contains("*", literal=True)).then(name)


def plain_region(cell: pl.Expr) -> pl.Expr:
    """The region that somebody names -> the same under its one name: a Chinese province without
    省, 市 or 自治区 and in short characters, as `region` gives it; any other text as it stands.

    >>> told = pl.Series("where", ["浙江省", "廣東", "浙江 杭州", "Tuscany"])
    >>> pl.select(plain_region(pl.lit(told))).to_series().to_list()
    ['浙江', '广东', '浙江', 'Tuscany']
    """
    return pl.coalesce(_province(cell), cell)


def plain_region_name(name: str) -> str:
    """`plain_region` of one name."""
    return str(pl.select(plain_region(pl.lit(name))).item())


def _province(cell: pl.Expr) -> pl.Expr:
    return cell.str.extract(_PROVINCE).replace(_TRADITIONAL)
