"""Ready-made groups by where customers stand, what they are worth and how they buy."""

from regulars_platform.segments.preset_parts import (
    Preset,
    all_of,
    any_of,
    condition,
    days,
    number,
    scores,
    share,
    times,
    whole,
)
from regulars_platform.words import N_

STAGE = (
    Preset(
        key="new",
        theme="stage",
        title=N_("New"),
        who=N_("Their first order is only days or weeks old."),
        use=N_("Good for a welcome and the second order."),
        rule=lambda _: condition("rhythm", "=", "new"),
    ),
    Preset(
        key="honeymoon",
        theme="stage",
        title=N_("Honeymoon"),
        who=N_("They placed their first and only order within the last days."),
        use=N_("Good for care after the first purchase, while they still think of you."),
        parameters=(days("days", N_("Days since the first order, at most"), 30),),
        rule=lambda asked: all_of(
            condition("orders", "=", 1), condition("first_order_days", "<=", number(asked, "days"))
        ),
    ),
    Preset(
        key="active",
        theme="stage",
        title=N_("Active"),
        who=N_("They buy in their own rhythm and are not late."),
        use=N_("Good for new products; a discount would mostly be given away."),
        rule=lambda _: condition("rhythm", "=", "active"),
    ),
    Preset(
        key="dormant",
        theme="stage",
        title=N_("Dormant"),
        who=N_("They are late by their own rhythm, but not yet gone."),
        use=N_("Good for waking up with an offer near what they usually spend."),
        rule=lambda _: condition("rhythm", "=", "dormant"),
    ),
    Preset(
        key="lost",
        theme="stage",
        title=N_("Lost"),
        who=N_(
            "Several times their usual interval has passed since their last order: 4 times, or "
            "what you have set."
        ),
        use=N_("Good for one last strong offer, or for leaving them in peace."),
        rule=lambda _: condition("rhythm", "=", "lost"),
    ),
    Preset(
        key="away",
        theme="stage",
        title=N_("Away for long"),
        who=N_("They bought before, but not for a fixed number of days."),
        use=N_("Good where everybody should be measured by the same yardstick."),
        parameters=(days("days", N_("Days since the last order, at least"), 180),),
        rule=lambda asked: condition("last_order_days", ">=", number(asked, "days")),
    ),
    Preset(
        key="recent",
        theme="stage",
        title=N_("Recent buyers"),
        who=N_("They bought within the last days."),
        use=N_("Good for what goes with it, and for leaving out of a wake-up."),
        parameters=(days("days", N_("Days since the last order, at most"), 30),),
        rule=lambda asked: condition("last_order_days", "<=", number(asked, "days")),
    ),
    Preset(
        key="unpaid",
        theme="stage",
        title=N_("Unpaid order"),
        who=N_("They placed an order and have not paid for it, nor for a later one."),
        use=N_("Good for an unpaid-order reminder."),
        parameters=(days("days", N_("Days since that order, at most"), 7),),
        rule=lambda asked: all_of(
            condition("unpaid_orders", ">=", 1),
            condition("unpaid_days", "<=", number(asked, "days")),
        ),
        needs=("unpaid_orders",),
    ),
    Preset(
        key="due",
        theme="stage",
        title=N_("Product due"),
        who=N_("What they bought will soon be used up, by their own repurchase cycle."),
        use=N_("Good for a repurchase reminder about a week ahead."),
        parameters=(
            days("ahead", N_("Days ahead, at most"), 7, least=0),
            days("late", N_("Days overdue, at most"), 7, least=0),
        ),
        rule=lambda asked: condition(
            "product_due_days", "between", -number(asked, "late"), number(asked, "ahead")
        ),
        needs=("product_due_days",),
    ),
    Preset(
        key="birthday",
        theme="stage",
        title=N_("Birthday soon"),
        who=N_("Their birthday is within the next days."),
        use=N_("Good for a birthday right or a gift that arrives in time."),
        parameters=(days("days", N_("Days until the birthday, at most"), 14),),
        rule=lambda asked: condition("birthday_in_days", "<=", number(asked, "days")),
        needs=("birthday_in_days",),
    ),
)

WORTH = (
    Preset(
        key="best",
        theme="worth",
        title=N_("Best customers (RFM)"),
        who=N_("They bought lately, often and for much: high in all three scores."),
        use=N_("Good for thanks, early access and asking them to bring others."),
        parameters=(whole("score", N_("Each score, 1 to 5, at least"), 4),),
        rule=scores,
    ),
    Preset(
        key="at_risk",
        theme="worth",
        title=N_("At risk (RFM)"),
        who=N_("They used to buy often, but not lately."),
        use=N_("Good for winning back before they are gone: losing them costs most."),
        parameters=(
            whole("recency", N_("Recency score, at most"), 2),
            whole("frequency", N_("Frequency score, at least"), 4),
        ),
        rule=lambda asked: all_of(
            condition("recency_score", "<=", number(asked, "recency")),
            condition("frequency_score", ">=", number(asked, "frequency")),
        ),
    ),
    Preset(
        key="quality",
        theme="worth",
        title=N_("High-quality buyers"),
        who=N_("They come back, pay the usual price or more, and keep what they bought."),
        use=N_("Good for service instead of discounts."),
        parameters=(
            whole("orders", N_("Orders, at least"), 3),
            share("deals", N_("Share of orders as deals, at most"), 30),
            share("refunds", N_("Share of orders with a refund, at most"), 10),
        ),
        rule=lambda asked: all_of(
            condition("orders", ">=", number(asked, "orders")),
            condition("basket_ratio", ">=", 1),
            condition("deal_share", "<=", number(asked, "deals")),
            condition("refunded_orders_share", "<=", number(asked, "refunds")),
        ),
    ),
    Preset(
        key="vip",
        theme="worth",
        title=N_("VIP far above the usual basket"),
        who=N_("Their average order is several times the usual one of your shop."),
        use=N_("Good for a personal word by phone; the usual thresholds mean nothing to them."),
        parameters=(times("times", N_("Times the usual order, at least"), "3"),),
        rule=lambda asked: condition("basket_ratio", ">=", number(asked, "times")),
    ),
    Preset(
        key="spend",
        theme="worth",
        title=N_("Spend level"),
        who=N_("The fifth of customers who spent most; 1 is the lowest level, 5 the highest."),
        use=N_("Good for reading a result level by level."),
        parameters=(whole("level", N_("Level, 1 to 5"), 5),),
        rule=lambda asked: condition("monetary_score", "=", number(asked, "level")),
    ),
)

HABITS = (
    Preset(
        key="deals",
        theme="habits",
        title=N_("Deal hunters"),
        who=N_("They mostly buy at a discount or on event days."),
        use=N_("Good for clearing stock; a small coupon moves them, and little else does."),
        parameters=(
            share("share", N_("Share of orders as deals, at least"), 70),
            whole("orders", N_("Orders, at least"), 2),
        ),
        rule=lambda asked: all_of(
            condition("orders", ">=", number(asked, "orders")),
            condition("deal_share", ">=", number(asked, "share")),
        ),
    ),
    Preset(
        key="everyday",
        theme="habits",
        title=N_("Everyday buyers"),
        who=N_("They buy at the usual price on ordinary days."),
        use=N_("Good for leaving out of discounts: they would have bought anyway."),
        parameters=(
            share("share", N_("Share of orders as deals, at most"), 30),
            whole("orders", N_("Orders, at least"), 2),
        ),
        rule=lambda asked: all_of(
            condition("orders", ">=", number(asked, "orders")),
            condition("deal_share", "<=", number(asked, "share")),
        ),
    ),
    Preset(
        key="frequent",
        theme="habits",
        title=N_("Frequent buyers"),
        who=N_("They bought several times, the last time not long ago."),
        use=N_("Good for member rights and thresholds a little above their usual order."),
        parameters=(
            whole("orders", N_("Orders, at least"), 3),
            days("days", N_("Days since the last order, at most"), 365),
        ),
        rule=lambda asked: all_of(
            condition("orders", ">=", number(asked, "orders")),
            condition("last_order_days", "<=", number(asked, "days")),
        ),
    ),
    Preset(
        key="once",
        theme="habits",
        title=N_("One-time buyers"),
        who=N_("They bought exactly once."),
        use=N_("Good for the second order, which decides whether somebody stays."),
        rule=lambda _: condition("orders", "=", 1),
    ),
    Preset(
        key="hard_to_please",
        theme="habits",
        title=N_("Hard to please"),
        who=N_("They often send things back or complain."),
        use=N_("Good for a call before the next parcel, and for leaving out of costly offers."),
        parameters=(
            share("share", N_("Share of orders with a refund, at least"), 30),
            whole("orders", N_("Orders, at least"), 2),
            whole("complaints", N_("or complaints, at least"), 1),
        ),
        rule=lambda asked: any_of(
            all_of(
                condition("orders", ">=", number(asked, "orders")),
                condition("refunded_orders_share", ">=", number(asked, "share")),
            ),
            condition("complaints", ">=", number(asked, "complaints")),
        ),
    ),
)
