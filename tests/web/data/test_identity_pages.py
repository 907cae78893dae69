"""The identity doctor in the browser, and its section beside the columns of a file."""

from regulars_platform.settings import Settings
from tests.platform.customers.build import line, lines
from tests.web.conftest import Browser
from tests.web.data.test_data_pages import FinishJobs, page, upload

TAOBAO = "订单编号,买家会员名,OAID,联系手机,订单创建时间,买家应付货款\n" + "".join(
    f"{n},小王{n},AAGM90gYAAjcqSr{n:04d}Ksj,186******05,2026-01-05 10:00:00,5.50\n"
    for n in range(12)
)


def store(settings: Settings, *customers: str) -> None:
    """One order on each of two Mondays for every customer."""
    rows = [
        line(f"{customer}-{day}", customer, f"2026-01-{day:02d}", 20)
        for customer in customers
        for day in (5, 12)
    ]
    lines(*rows).collect().write_delta(settings.shop_dir(1) / "orders")


def test_without_orders_the_page_says_what_it_will_show(owner: Browser) -> None:
    text = page(owner, "/data/identity/")
    assert "Nobody to look at yet" in text
    assert 'href="/data/"' in text
    assert owner.post("/data/identity/").status_code == 302  # and pressing nothing does no harm


def test_the_page_is_in_the_line_of_the_data_area(owner: Browser) -> None:
    assert 'href="/data/identity/"' in page(owner, "/data/")


def test_customers_are_looked_at_in_the_background_and_the_pairs_are_shown(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    store(settings, "Anna", "anna", "bob@example.com", "cat@example.com", "dan@example.com")
    assert "Not looked at yet" in page(owner, "/data/identity/")
    owner.post("/data/identity/")
    owner.post("/data/identity/")  # a second press asks for nothing more
    assert len(finish_jobs()) == 1
    text = page(owner, "/data/identity/")
    assert "1 pair of ids may be one person" in text
    assert "the same but for capitals" in text
    assert "Customers of orders" in text
    assert "100.0%" in text  # everybody came in another week
    table = owner.get("/data/identity/pairs.csv").get_data(as_text=True)
    assert 'Anna,anna,"the same but for capitals' in table


def test_after_new_orders_the_page_says_that_it_is_old(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    store(settings, "ann")
    owner.post("/data/identity/")
    finish_jobs()
    assert "came in since" not in page(owner, "/data/identity/")
    more = lines(line("new", "bob", "2026-02-02", 20)).collect()
    more.write_delta(settings.shop_dir(1) / "orders", mode="append")
    assert "Orders or customers came in since" in page(owner, "/data/identity/")


def test_ids_with_html_stay_text(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    store(settings, "<script>Ann", "<script>ann", "=cmd()", "=CMD()", "x" * 10_000, "X" * 10_000)
    owner.post("/data/identity/")
    finish_jobs()
    text = page(owner, "/data/identity/")
    assert "&lt;script&gt;ann" in text
    assert "<script>ann" not in text
    assert "x" * 100 not in text
    table = owner.get("/data/identity/pairs.csv").get_data(as_text=True)
    assert "\n=CMD()" not in table  # no formula for a spreadsheet


def test_beside_the_columns_the_keys_of_the_file_are_judged(owner: Browser) -> None:
    upload(owner, TAOBAO)
    text = page(owner, "/data/1/columns")
    section = text[text.index('id="keys"') :]
    assert "OAID of Taobao or Tmall" in section
    assert "the same person has another one next week" in section
    assert "12 masked values are not one person" in section
    assert section.index("Nickname or member name") < section.index("OAID of Taobao")
    assert "cannot tell customers apart" not in section


def test_a_key_that_is_none_is_refused_in_plain_words(owner: Browser) -> None:
    upload(owner, TAOBAO)
    proposed: dict[str, object] = {
        "column-0": "order_id",
        "column-2": "customer_id",
        "column-4": "ordered_at",
    }
    sent = owner.post("/data/1/columns", proposed)  # no money: the page comes back
    assert sent.status_code == 422
    assert "“OAID” cannot tell customers apart" in sent.get_data(as_text=True)
