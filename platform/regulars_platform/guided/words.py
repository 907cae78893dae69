"""What stands in the sample shop's order files, in the language of whoever learns on them.

Goods, states and channels are in the order of the numbers in `before.csv.gz`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class FileWords:
    """shop: its name; files: names of the two files without ending; headings: of the twelve columns
    (see `files.export`); the rest: words for what the lines have as numbers."""

    shop: str
    before: str
    after: str
    headings: tuple[str, ...]
    statuses: tuple[str, ...]
    channels: tuple[str, ...]
    goods: tuple[str, ...]


_ENGLISH = FileWords(
    shop="Hillside Tea (sample)",
    before="orders before the campaign",
    after="orders after the campaign",
    headings=(
        *("Order number", "Customer", "Ordered at", "Status", "Channel", "Product"),
        *("Quantity", "Unit price", "Discount", "Amount", "Shipping fee", "Refunded"),
    ),
    statuses=("Paid", "Unpaid", "Cancelled"),
    channels=("Web shop", "Mobile app", "Marketplace", "Market stall"),
    goods=(
        *("Jasmine green tea 50 g", "Jasmine green tea 250 g", "Longjing tea 50 g"),
        *("Longjing tea 125 g", "Tieguanyin oolong 100 g", "Da Hong Pao oolong 50 g"),
        *("White peony tea 60 g", "Ripe pu-erh mini cakes, tin of 12", "Raw pu-erh cake 357 g"),
        *("Keemun black tea 100 g", "Lapsang souchong 100 g", "Chrysanthemum blossoms 40 g"),
        *("Rose buds 50 g", "Roasted barley tea, 30 bags", "Ginger and date tea, 20 bags"),
        *("Sampler of six teas", "Gift box Spring", "Glass teapot 600 ml", "Porcelain gaiwan"),
        *("Clay teapot 180 ml", "Cup with strainer", "Travel flask 350 ml", "Bamboo tea scoop"),
        *("Tea towel, linen", "Cork coasters, set of 4", "Bamboo tray small"),
        *("Bamboo tray large", "Storage tin 150 g", "Beeswax candle"),
        *("Incense, cedar, 40 sticks", "Incense holder, ceramic", "Cotton table runner"),
        *("Osmanthus honey 250 g", "Sesame crisps 180 g", "Walnut cakes, box of 8"),
        *("Dried persimmon 200 g", "Rock sugar 300 g", "Refill bags, 100 pieces"),
    ),
)

_SIMPLIFIED = FileWords(
    shop="山前茶舍（示例）",
    before="活动前订单",
    after="活动后订单",
    headings=(
        *("订单编号", "客户编号", "下单时间", "订单状态", "订单来源", "商品名称"),
        *("购买数量", "商品单价", "商品优惠", "商品金额", "运费", "退款金额"),
    ),
    statuses=("已付款", "待付款", "已取消"),
    channels=("网店", "手机端", "平台店", "市集"),
    goods=(
        *("茉莉绿茶 50克", "茉莉绿茶 250克", "龙井 50克", "龙井 125克", "铁观音 100克"),
        *("大红袍 50克", "白牡丹 60克", "小沱熟普 12粒罐装", "生普饼 357克", "祁门红茶 100克"),
        *("正山小种 100克", "杭白菊 40克", "玫瑰花蕾 50克", "大麦茶 30包", "红枣姜茶 20包"),
        *("六味试饮装", "春茶礼盒", "玻璃茶壶 600毫升", "白瓷盖碗", "紫砂壶 180毫升"),
        *("滤茶杯", "随行杯 350毫升", "竹茶匙", "亚麻茶巾", "软木杯垫 4片", "竹茶盘 小"),
        *("竹茶盘 大", "茶叶罐 150克", "蜂蜡烛", "雪松线香 40支", "陶瓷香插", "棉麻桌旗"),
        *("桂花蜜 250克", "芝麻脆片 180克", "核桃糕 8枚", "柿饼 200克", "冰糖 300克"),
        "茶包袋 100只",
    ),
)

_TRADITIONAL = FileWords(
    shop="山前茶舍（範例）",
    before="活動前訂單",
    after="活動後訂單",
    headings=(
        *("訂單編號", "客戶編號", "下單時間", "訂單狀態", "訂單來源", "商品名稱"),
        *("購買數量", "商品單價", "商品優惠", "商品金額", "運費", "退款金額"),
    ),
    statuses=("已付款", "待付款", "已取消"),
    channels=("網店", "手機端", "平台店", "市集"),
    goods=(
        *("茉莉綠茶 50克", "茉莉綠茶 250克", "龍井 50克", "龍井 125克", "鐵觀音 100克"),
        *("大紅袍 50克", "白牡丹 60克", "小沱熟普 12粒罐裝", "生普餅 357克", "祁門紅茶 100克"),
        *("正山小種 100克", "杭白菊 40克", "玫瑰花蕾 50克", "大麥茶 30包", "紅棗薑茶 20包"),
        *("六味試飲裝", "春茶禮盒", "玻璃茶壺 600毫升", "白瓷蓋碗", "紫砂壺 180毫升"),
        *("濾茶杯", "隨行杯 350毫升", "竹茶匙", "亞麻茶巾", "軟木杯墊 4片", "竹茶盤 小"),
        *("竹茶盤 大", "茶葉罐 150克", "蜂蠟燭", "雪松線香 40支", "陶瓷香插", "棉麻桌旗"),
        *("桂花蜜 250克", "芝麻脆片 180克", "核桃糕 8枚", "柿餅 200克", "冰糖 300克"),
        "茶包袋 100只",
    ),
)

_WORDS = {"en": _ENGLISH, "zh_Hans": _SIMPLIFIED, "zh_Hant": _TRADITIONAL}


def file_words(language: str) -> FileWords:
    """In this language; English where there are none."""
    return _WORDS.get(language, _ENGLISH)
