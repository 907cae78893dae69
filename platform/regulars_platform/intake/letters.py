"""Traditional letters that stand in headings and words of files, and their Simplified forms.

Tables of headings, status words and the like are written in Simplified letters; what comes in a
file is folded before it is compared. Many Traditional letters share one Simplified form, never the
other way round, so that folding is safe where unfolding is not.
"""

_TRADITIONAL = (
    "並佔來備價優儲兌內冊別創劃動務勵區參員問啓啟單園團報場壺學實寫寶專對導層屬帳帶幟幣廢廣後"
    "愛態應戲戶採換損擊擾攤敗數時暫暱書會條業標機權歲歸沒減瀏為無營爲狀獎獲現環產發眾確碼礎禮"
    "種稱積筆簡簽籤糾紅級紛細紹結絕統絲經綠維網線編縣總繫羣聯聽與舉葉薦號衆補覆規親覽觸訂計訊"
    "記訪設許訴註評話詳認說説調請論謀證讀變貝貨買費賣賬購車轉進遊運過達遞還郵銀銷鋪錄錢鏈長門"
    "閉開間閱閲關際隨電靜頁須頭題額願類顧餘點齡"
)
_SIMPLIFIED = (
    "并占来备价优储兑内册别创划动务励区参员问启启单园团报场壶学实写宝专对导层属账带帜币废广后"
    "爱态应戏户采换损击扰摊败数时暂昵书会条业标机权岁归没减浏为无营为状奖获现环产发众确码础礼"
    "种称积笔简签签纠红级纷细绍结绝统丝经绿维网线编县总系群联听与举叶荐号众补复规亲览触订计讯"
    "记访设许诉注评话详认说说调请论谋证读变贝货买费卖账购车转进游运过达递还邮银销铺录钱链长门"
    "闭开间阅阅关际随电静页须头题额愿类顾余点龄"
)
FOLDED = str.maketrans(_TRADITIONAL, _SIMPLIFIED)
"""For `str.translate`: Traditional letters become Simplified ones."""

_UNFOLDED = str.maketrans(_SIMPLIFIED, _TRADITIONAL) | str.maketrans(
    "为启众签户说阅", "為啟眾簽戶說閱"
)


_WORDS = (
    ("点数", "积分"),
    ("红利", "积分"),
    ("简讯", "短信"),
    ("触及", "触达"),
    ("转换率", "转化率"),
    ("加入购物车", "加购"),
    ("出货", "发货"),
    ("电子信箱", "邮箱"),
    ("电子邮件", "邮箱"),
    ("使用者", "用户"),
    ("客诉", "投诉"),
)
"""Words of Taiwan (in folded letters) and those of ours that mean the same in a heading."""


def fold_chinese(text: str) -> str:
    """A heading or word in Simplified letters and in the words that our tables have.

    >>> fold_chinese("點數變動"), fold_chinese("是否接收簡訊"), fold_chinese("email")
    ('积分变动', '是否接收短信', 'email')
    """
    folded = text.translate(FOLDED)
    if folded.isascii():
        return folded
    for theirs, ours in _WORDS:
        folded = folded.replace(theirs, ours)
    return folded


def traditional_spellings(word: str) -> tuple[str, ...]:
    """A word of ours as Taiwan and Hong Kong write it; nothing where it is the same.

    For words that cannot be folded cell by cell. Right for words of trade, whose letters have one
    Traditional form each; not for Chinese at large.

    >>> traditional_spellings("等待买家付款"), traditional_spellings("成功")
    (('等待買家付款',), ())
    """
    spelled = word.translate(_UNFOLDED)
    both = dict.fromkeys((spelled, spelled.replace("戶", "户")))  # Hong Kong keeps this one letter
    return tuple(one for one in both if one != word)
