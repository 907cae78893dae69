"""An order file from upload to stored lines, as a program brings it."""

import hashlib
from collections.abc import Callable

from regulars_platform.jobs.models import Job
from tests.web.api.brought import COLUMNS, CSV, ORDERS, bring
from tests.web.api.conftest import Program


def test_from_upload_to_stored_lines(
    program: Program, finish_jobs: Callable[[], list[Job]]
) -> None:
    number = bring(program)
    assert program.get(f"/imports/{number}")["data"]["job"]["state"] == "queued"
    finish_jobs()
    looked = program.get(f"/imports/{number}")["data"]
    assert looked["state"] == "looked"
    assert looked["sha256"] == hashlib.sha256(ORDERS.encode()).hexdigest()
    assert [column["heading"] for column in looked["columns"]] == [
        "Order", "Buyer", "Placed", "Paid", "State"
    ]  # fmt: skip
    sent = program.put(f"/imports/{number}/mapping", 202, json={"columns": COLUMNS})["data"]
    assert sent["state"] == "confirmed"
    finish_jobs()
    checked = program.get(f"/imports/{number}")["data"]["account"]
    assert checked["read"]["lines"] == 21
    # 1.50 + 2.50 + ... + 20.50, and nothing of the line without a day
    assert checked["stored"] == {"lines": 20, "amount": "220"}
    assert checked["rejected"] == {"lines": 1, "amount": "5"}
    assert sum(reason["lines"] for reason in checked["reasons"]) == 1
    assert b"no day" in program.get(f"/imports/{number}/rejects")
    program.post(f"/imports/{number}/store", 202, json={})
    finish_jobs()
    assert program.get(f"/imports/{number}")["data"]["state"] == "stored"
    assert [row["id"] for row in program.get("/customers")["data"]] == ["C0", "C1", "C2"]


def test_steps_in_the_wrong_order_are_conflicts(
    program: Program, finish_jobs: Callable[[], list[Job]]
) -> None:
    number = bring(program)
    busy = program.put(f"/imports/{number}/mapping", 409, json={"columns": COLUMNS})
    assert busy["error"]["code"] == "busy"
    finish_jobs()
    early = program.post(f"/imports/{number}/store", 409, json={})
    assert early["error"]["code"] == "wrong_state"
    program.get(f"/imports/{number}/rejects", 404)
    program.get("/imports/77", 404)


def test_columns_that_do_not_hold_are_told_each_by_itself(
    program: Program, finish_jobs: Callable[[], list[Job]]
) -> None:
    number = bring(program)
    finish_jobs()
    columns = {"order_id": "Nowhere", "amount": "Paid"}
    error = program.put(f"/imports/{number}/mapping", 422, json={"columns": columns})["error"]
    assert {"customer_id", "ordered_at"} <= {detail["field"] for detail in error["details"]}


def test_unknown_status_words_have_to_be_placed_first(
    program: Program, finish_jobs: Callable[[], list[Job]]
) -> None:
    number = bring(program, ORDERS.replace(",paid\n", ",vanished\n"))
    finish_jobs()
    mapping = {"columns": {**COLUMNS, "status": "State"}}
    program.put(f"/imports/{number}/mapping", 202, json=mapping)
    finish_jobs()
    account = program.get(f"/imports/{number}")["data"]["account"]
    assert list(account["unknown_status_words"]) == ["vanished"]
    assert program.post(f"/imports/{number}/store", 422, json={})["error"]["code"] == "undecided"
    placed = {"words": {"vanished": "paid"}}
    program.post(f"/imports/{number}/status-words", 202, json=placed)
    finish_jobs()
    program.post(f"/imports/{number}/store", 202, json={})


def test_an_upload_sent_twice_under_its_key_is_one_import(program: Program) -> None:
    assert bring(program, key="upload-1") == bring(program, key="upload-1")
    assert len(program.get("/imports")["data"]) == 1
    other = program.send(
        "POST", "/imports?filename=orders.csv", key="upload-1", data=b"another file", **CSV
    )
    assert other.status_code == 422


def test_lists_come_in_pages(program: Program) -> None:
    numbers = [bring(program, f"{n}\n") for n in range(5)]
    seen, cursor = [], ""
    while True:
        page = program.get(f"/imports?limit=2{cursor}")
        seen += [row["id"] for row in page["data"]]
        if page["page"]["next"] is None:
            break
        cursor = f"&cursor={page['page']['next']}"
    assert seen == numbers[::-1]


def test_a_file_of_customers_goes_the_same_way(
    program: Program, finish_jobs: Callable[[], list[Job]]
) -> None:
    bring(program)
    text = "Customer ID,Gender,Favourite tea\nC1,female,green\nC2,male,black\n"
    sent = program.post("/files?filename=people.csv", 202, data=text.encode(), **CSV)["data"]
    finish_jobs()
    looked = program.get(f"/files/{sent['id']}")["data"]
    assert looked["kind"] == "customers"
    columns = {"Customer ID": "customer_id", "Gender": "gender", "Favourite tea": "attribute"}
    program.put(f"/files/{sent['id']}/mapping", 202, json={"columns": columns})
    finish_jobs()
    assert program.get(f"/files/{sent['id']}")["data"]["account"]["new"] == 2
    program.post(f"/files/{sent['id']}/store", 202)
    finish_jobs()
    assert program.get(f"/files/{sent['id']}")["data"]["state"] == "stored"
    kinds = [kind["kind"] for kind in program.get("/file-kinds")["data"]]
    assert kinds == sorted(kinds)


def test_a_file_may_be_larger_than_any_other_body(program: Program) -> None:
    number = bring(program, ORDERS + "," * 6_000_000)
    assert program.get(f"/imports/{number}")["data"]["size"] == len(ORDERS) + 6_000_000


def test_a_file_of_which_nothing_is_stored_can_be_thrown_away(
    program: Program, finish_jobs: Callable[[], list[Job]]
) -> None:
    number = bring(program)
    program.delete(f"/imports/{number}", 409)
    finish_jobs()
    program.delete(f"/imports/{number}", key="gone")
    program.delete(f"/imports/{number}", key="gone")
    assert program.get("/imports")["data"] == []


def test_keys_of_customers_are_looked_at_in_the_background(
    program: Program, finish_jobs: Callable[[], list[Job]]
) -> None:
    assert program.get("/identity", 404)["error"]["code"] == "not_examined"
    assert program.post("/identity", 422)["error"]["code"] == "nothing_to_examine"
    number = bring(program)
    finish_jobs()
    program.put(f"/imports/{number}/mapping", 202, json={"columns": COLUMNS})
    finish_jobs()
    program.post(f"/imports/{number}/store", 202, json={})
    finish_jobs()
    program.post("/identity", 202)
    finish_jobs()
    found = program.get("/identity")["data"]
    assert (found["customers"], found["again"]) == (3, 3)
    assert program.get("/identity/pairs")["data"] == []
