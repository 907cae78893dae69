"""Exports of shop systems that are recognised by their headings: what each is a part of, and what
its columns mean.

Headings are compared after `normalise`, by name and never by position; columns come and go.
Where amounts differ in what they count (freight, discounts, refunds), the fields say how they are
understood: see `docs/orders.md`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from regulars_platform.intake.headings import normalise
from regulars_platform.intake.models import FilePart, OrderField, OrderForm
from regulars_platform.words import N_, Sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """One kind of export.

    wanted: a file is one where it has a heading of each of these groups; without: and none of
    these. part: what its rows are. fields: headings of each field, most preferred first; empty:
    the columns are found one by one as in any file. waits_for: the file to upload beside it.
    form: how much of an order it tells at once.
    """

    code: str
    title: Sentence
    part: FilePart
    wanted: tuple[frozenset[str], ...]
    without: frozenset[str] = frozenset()
    fields: Mapping[OrderField, tuple[str, ...]] = field(default_factory=dict)
    waits_for: Sentence | None = None
    form: OrderForm = OrderForm.LINES


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(normalise(word) for word in text.split("|")))


def _all_of(*groups: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(_words(group)) for group in groups)


def _fields(**headings: str) -> dict[OrderField, tuple[str, ...]]:
    return {OrderField(name): _words(text) for name, text in headings.items()}


_ORDER_REPORT = Sentence(N_("the order report of the same days (订单报表)"))

PRESETS = (
    Preset(
        code="taobao_refunds",
        title=Sentence(N_("Taobao/Tmall refund report (退款报表)")),
        part=FilePart.REFUND,
        wanted=_all_of("退款编号", "买家退款金额", "订单编号"),
        fields=_fields(
            order_id="订单编号",
            line_id="退款编号",
            refund="买家退款金额",
            refund_status="退款状态",
            product="商品编码|商品id|宝贝标题",
        ),
        waits_for=_ORDER_REPORT,
    ),
    Preset(
        code="taobao_items",
        title=Sentence(N_("Taobao/Tmall item report (宝贝报表)")),
        part=FilePart.ITEM,
        wanted=_all_of("子订单编号", "主订单编号"),
        without=frozenset(_words("买家会员名|买家会员昵称")),
        fields=_fields(
            order_id="主订单编号",
            line_id="子订单编号",
            ordered_at="订单创建时间",
            paid_at="订单付款时间",
            status="订单状态",
            product="商家编码|外部系统编号|商品id|商品标题|标题",
            quantity="购买数量",
            unit_price="商品价格|价格",
            amount="买家应付货款",
            refund="退款金额",
            refund_status="退款状态",
            shipped_at="发货时间",
            remark="商家备注|备注",
            tag="备注标签",
        ),
        waits_for=_ORDER_REPORT,
    ),
    Preset(
        code="taobao_items_old",
        title=Sentence(N_("Taobao/Tmall item report (宝贝报表)")),
        part=FilePart.ITEM,
        wanted=_all_of("订单编号", "标题", "价格", "购买数量", "外部系统编号"),
        without=frozenset(_words("买家会员名|买家会员昵称|订单创建时间")),
        fields=_fields(
            order_id="订单编号",
            product="商家编码|外部系统编号|标题",
            quantity="购买数量",
            unit_price="价格",
            status="订单状态",
            remark="备注",
        ),
        waits_for=_ORDER_REPORT,
    ),
    Preset(
        code="taobao_orders",
        title=Sentence(N_("Taobao/Tmall order report (订单报表)")),
        part=FilePart.ORDER,
        form=OrderForm.ROW,
        wanted=_all_of("订单编号", "买家会员名|买家会员昵称", "买家应付货款", "订单状态"),
        fields=_fields(
            order_id="订单编号",
            customer_id="买家会员名|买家会员昵称|买家支付宝账号|联系手机",
            ordered_at="订单创建时间|买家下单时间|订单付款时间",
            paid_at="订单付款时间|买家付款时间",
            status="订单状态",
            product="宝贝标题",
            quantity="宝贝总数量",
            amount="买家应付货款",
            total="总金额",
            shipping="买家应付邮费",
            refund="退款金额",
            channel="是否手机订单",
            shipped_at="发货时间",
            received_at="确认收货时间",
            region="收货地址",
            remark="订单备注",
            tag="商家备忘",
        ),
    ),
    Preset(
        code="youzan_goods",
        title=Sentence(N_("Youzan order file, one line per product (商品维度)")),
        part=FilePart.ITEM,
        wanted=_all_of("订单号", "订单商品状态", "商品实际成交金额"),
        fields=_fields(
            order_id="订单号",
            status="订单商品状态",
            product="规格编码|商品编码|商品名称",
            quantity="商品数量",
            unit_price="商品单价",
            amount="商品实际成交金额",
            discount="店铺优惠（分摊）",
            refund="商品已退款金额",
            shipped_at="商品发货时间",
            received_at="交易成功时间",
            region="收货人省份",
            remark="商家订单备注",
        ),
        waits_for=Sentence(N_("the order file of the same days (订单维度), which has the buyer")),
    ),
    Preset(
        code="youzan_orders",
        title=Sentence(N_("Youzan order file, one line per order (订单维度)")),
        part=FilePart.ORDER,
        form=OrderForm.ROW,
        wanted=_all_of(
            "订单号", "归属店铺", "订单实付金额", "全部商品名称|商品种类数|商品金额合计"
        ),
        fields=_fields(
            order_id="订单号",
            customer_id="买家手机号|买家昵称|买家姓名|收货人手机号/提货人手机号",
            ordered_at="订单创建时间|买家付款时间",
            paid_at="买家付款时间",
            status="订单状态",
            product="全部商品名称",
            goods="商品金额合计",
            order_discount="店铺优惠合计",
            payment_discount="支付优惠合计|支付营销优惠",
            total="订单实付金额",
            shipping="运费",
            refund="订单已退款金额",
            coupon="优惠券码名称",
            channel="订单来源|销售渠道|推广方式|下单网点",
            received_at="交易成功时间",
            region="收货人省份",
            remark="商家订单备注",
            tag="订单星级",
            order_type="订单类型",
        ),
    ),
    Preset(
        code="shopify_orders",
        title=Sentence(N_("Shopify orders (orders_export)")),
        part=FilePart.ORDER,
        form=OrderForm.WHOLE,
        wanted=_all_of("Name", "Financial Status", "Lineitem quantity"),
        fields=_fields(
            order_id="Name",
            customer_id="Email|Phone|Billing Phone|Shipping Phone",
            customer_fallback="Phone|Billing Phone|Shipping Phone",
            ordered_at="Created at|Paid at",
            status="Financial Status",
            cancelled_at="Cancelled at",
            product="Lineitem name|Lineitem sku",
            quantity="Lineitem quantity",
            unit_price="Lineitem price",
            amount="Subtotal",
            total="Total",
            discount="Lineitem discount",
            order_discount="Discount Amount",
            shipping="Shipping",
            refund="Refunded Amount|Amount Refunded",
            coupon="Discount Code",
            channel="Source",
            paid_at="Paid at",
            shipped_at="Fulfilled at",
            region=(
                "Shipping Province Name|Shipping Province|Billing Province Name|Billing Province"
            ),
            tag="Tags",
        ),
    ),
    Preset(
        code="woocommerce_plugin",
        title=Sentence(N_("WooCommerce orders (of an export plugin)")),
        part=FilePart.ORDER,
        wanted=_all_of("order_id|order_number", "billing_email|billing email"),
    ),
)
"""Every export that is recognised, the more particular one first."""

PERSONAL = frozenset(
    _words(
        "收货人姓名|收货地址|联系电话|联系手机|收货人/提货人|收货人手机号/提货人手机号|"
        "详细收货地址/提货地址|修改后的收货地址|发票抬头|买家支付宝账号|Billing Name|"
        "Billing Street|Billing Address1|Billing Address2|Billing Company|Billing Zip|"
        "Billing Phone|Shipping Name|Shipping Street|Shipping Address1|Shipping Address2|"
        "Shipping Company|Shipping Zip|Shipping Phone|Phone"
    )
)
"""Columns about the person, not the purchase: not read unless somebody chooses them."""


def recognise(headings: Iterable[str]) -> Preset | None:
    """The export that a file with these headings is, or None."""
    plain = {normalise(heading) for heading in headings}
    for preset in PRESETS:
        if all(group & plain for group in preset.wanted) and not preset.without & plain:
            return preset
    return None


def preset_named(code: str | None) -> Preset | None:
    """The preset of this code, or None."""
    return next((preset for preset in PRESETS if preset.code == code), None)


def is_personal(heading: str) -> bool:
    """Whether a column is left out of the analysis unless somebody chooses it."""
    return normalise(heading) in PERSONAL


def part_of(chosen: FilePart | None, headings: Iterable[str]) -> FilePart:
    """What the rows of a file are: as chosen, else as its headings say."""
    if chosen is not None:
        return chosen
    preset = recognise(headings)
    return FilePart.ORDER if preset is None else preset.part


def form_of(headings: Iterable[str], mapping: Mapping[OrderField, str]) -> OrderForm:
    """How much of an order a file tells at once, read by these columns: as its export does, unless
    somebody chose another order number, or lines with numbers of their own."""
    preset = recognise(headings)
    order_id = normalise(mapping.get(OrderField.ORDER_ID, ""))
    if preset is None or order_id not in preset.fields.get(OrderField.ORDER_ID, ()):
        return OrderForm.LINES
    return OrderForm.LINES if OrderField.LINE_ID in mapping else preset.form
