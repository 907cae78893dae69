"""An order file as a program brings it."""

from typing import Any

ORDERS = (
    "Order,Buyer,Placed,Paid,State\n"
    + "".join(f"A{n},C{n % 3},2026-06-{n:02d} 10:00,{n}.50,paid\n" for n in range(1, 21))
    + "A99,C1,no day,5.00,paid\n"
)
COLUMNS = {"order_id": "Order", "customer_id": "Buyer", "ordered_at": "Placed", "amount": "Paid"}
CSV = {"content_type": "text/csv"}


def bring(program: Any, text: str = ORDERS, key: str | None = None) -> int:
    """Upload it as a `tests.web.api.conftest.Program`; its number."""
    sent = program.post("/imports?filename=orders.csv", 202, data=text.encode(), key=key, **CSV)[
        "data"
    ]
    return int(sent["id"])
