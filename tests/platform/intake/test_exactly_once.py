"""An import may be killed anywhere and started again: nothing is lost and nothing doubled."""

import threading
from pathlib import Path

import pytest

from regulars_platform.intake import classify as classify_module
from regulars_platform.intake import prepare as prepare_module
from regulars_platform.intake import service, staging, storing
from regulars_platform.intake.column_errors import UndecidedError
from regulars_platform.intake.errors import DiskFullError, WrongStateError
from regulars_platform.intake.models import ImportState, OverlapChoice
from tests.platform.intake.builders import HEADER, NOW, ShopBench, csv

OLD = csv(HEADER, "1,anna,2020-01-02,tea,2,11.00", "2,bert,2020-01-03,tea,1,5.50")
NEW = csv(HEADER, "1,anna,2020-01-02,tea,2,12.00", "3,cara,2020-01-04,tea,1,7.00")


class Killed(BaseException):
    """Stands for a process that is gone: nothing catches it, nothing is tidied up after it."""


def kill_after(monkeypatch: pytest.MonkeyPatch, place: object, name: str) -> None:
    """Let the function do its work, and die before anything else happens."""
    real = getattr(place, name)

    def dying(*args: object, **options: object) -> None:
        real(*args, **options)
        raise Killed

    monkeypatch.setattr(place, name, dying)


def kill_before(monkeypatch: pytest.MonkeyPatch, place: object, name: str) -> None:
    """Die at the call of the function."""

    def dying(*_args: object, **_options: object) -> None:
        raise Killed

    monkeypatch.setattr(place, name, dying)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (prepare_module, "_read"),
        (prepare_module, "_type"),
        (prepare_module, "_finish"),
        (service, "prepare"),
        (classify_module, "find_overlap"),
        (classify_module, "_tally"),
        (service, "classify"),
    ],
)
def test_killed_while_checking(
    shop: ShopBench, monkeypatch: pytest.MonkeyPatch, place: object, name: str
) -> None:
    shop.bring_in(OLD)
    import_id = shop.confirmed(NEW)
    with monkeypatch.context() as patch:
        kill_after(patch, place, name)
        with pytest.raises(Killed):
            shop.check(import_id)
    assert shop.check(import_id).corrected.lines == 1
    assert shop.store(import_id).stored.lines == 2
    assert shop.stored()["amount"].to_list() == [120_000, 55_000, 70_000]


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (storing, "_require_choice"),
        (storing, "write_json"),
        (storing, "commit"),
        (storing, "_write_down"),
        (staging.Folder, "forget_working_files"),
    ],
)
def test_killed_while_storing(
    shop: ShopBench, monkeypatch: pytest.MonkeyPatch, place: object, name: str
) -> None:
    shop.bring_in(OLD)
    import_id = shop.confirmed(NEW)
    shop.check(import_id)
    for kill in (kill_before, kill_after):
        with monkeypatch.context() as patch:
            kill(patch, place, name)
            if shop.get(import_id).state is not ImportState.STORED:
                with pytest.raises(Killed):
                    shop.store(import_id)
    tallies = shop.store(import_id)
    assert (tallies.stored.lines, tallies.corrected.lines) == (2, 1)
    assert shop.orders.version() == 1
    assert shop.stored()["amount"].to_list() == [120_000, 55_000, 70_000]
    kept = shop.get(import_id)
    assert (kept.state, kept.table_version) == (ImportState.STORED, 1)


def test_killed_between_the_commit_and_the_note_of_it_while_another_import_goes_on(
    shop: ShopBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shop.confirmed(OLD)
    shop.check(first)
    with monkeypatch.context() as patch:
        kill_after(patch, storing, "commit")
        with pytest.raises(Killed):
            shop.store(first)
    assert shop.get(first).state is ImportState.STORING
    with pytest.raises(WrongStateError):
        shop.check(first)
    shop.bring_in(NEW)
    tallies = shop.store(first)
    assert tallies.stored.lines == 2
    assert shop.get(first).table_version == 0
    assert shop.stored()["amount"].to_list() == [120_000, 55_000, 70_000]


def test_a_file_checked_before_another_was_stored_is_compared_again(shop: ShopBench) -> None:
    first, second = shop.confirmed(OLD), shop.confirmed(OLD)
    assert shop.check(first).stored.lines == 2
    assert shop.check(second).stored.lines == 2
    shop.store(first)
    tallies = shop.store(second)
    assert (tallies.stored.lines, tallies.repeated.lines) == (0, 2)
    assert shop.stored().height == 2


def test_a_file_checked_before_its_twin_was_stored_and_corrected_undoes_nothing(
    shop: ShopBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = shop.confirmed(OLD), shop.confirmed(OLD)
    shop.check(first)
    shop.store(first)
    assert shop.check(second).repeated.lines == 2
    shop.bring_in(NEW)
    for place in ("_up_to_date", "_write"):
        with monkeypatch.context() as patch:
            kill_after(patch, storing, place)
            with pytest.raises(Killed):
                shop.store(second)
    tallies = shop.store(second)
    assert (tallies.stored.lines, tallies.repeated.lines) == (0, 2)
    assert shop.stored()["amount"].to_list() == [120_000, 55_000, 70_000]


def test_two_imports_stored_at_the_same_time_do_not_double_a_line(shop: ShopBench) -> None:
    imports = [shop.confirmed(OLD) for _ in range(4)]
    for import_id in imports:
        shop.check(import_id)
    threads = [threading.Thread(target=shop.store, args=(import_id,)) for import_id in imports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shop.stored().height == 2
    assert sorted(shop.get(i).tallies.stored.lines for i in imports) == [0, 0, 0, 2]  # type: ignore[union-attr]


def test_storing_again_says_the_same(shop: ShopBench) -> None:
    import_id = shop.confirmed(OLD)
    shop.check(import_id)
    assert shop.store(import_id) == shop.store(import_id) == shop.check(import_id)
    assert shop.orders.version() == 0


def test_an_overlap_that_appeared_since_the_check_is_asked_about(shop: ShopBench) -> None:
    other_numbers = OLD.replace(b"\n1,", b"\nX1,").replace(b"\n2,", b"\nX2,")
    late = shop.confirmed(other_numbers)
    assert shop.check(late).overlap is None
    shop.bring_in(OLD)
    with pytest.raises(UndecidedError, match="2 lines"):
        shop.store(late)
    kept = shop.get(late)
    assert kept.state is ImportState.CHECKED
    assert kept.tallies is not None
    assert kept.tallies.overlap is not None
    assert kept.overlap_choice is None
    assert shop.store(late, OverlapChoice.LEAVE_OUT).overlapping.lines == 2
    assert shop.stored().height == 2


def test_a_disk_that_fills_while_checking_stores_nothing_and_can_be_tried_again(
    shop: ShopBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    import_id = shop.confirmed(OLD)

    def full(*_args: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(prepare_module, "write_rejects", full)
        with pytest.raises(DiskFullError, match="disk is full"):
            shop.check(import_id)
    kept = shop.get(import_id)
    assert kept.state is ImportState.FAILED
    assert "Nothing of this file was stored" in str(kept.problem)
    assert not list(Path(shop.settings.uploads_dir).glob("*/*.new"))
    shop.check(import_id)
    assert shop.store(import_id).stored.lines == 2


def test_a_disk_that_fills_while_storing_stores_nothing(
    shop: ShopBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.bring_in(OLD)
    import_id = shop.confirmed(NEW)
    shop.check(import_id)
    before = shop.stored()

    def full(*_args: object, **_options: object) -> int:
        raise RuntimeError("Generic LocalFileSystem error: No space left on device (os error 28)")

    with monkeypatch.context() as patch:
        patch.setattr(storing, "commit", full)
        with pytest.raises(DiskFullError, match="disk is full"):
            shop.store(import_id)
    assert shop.stored().equals(before)
    assert shop.get(import_id).state is ImportState.FAILED
    assert shop.store(import_id).corrected.lines == 1
    assert shop.get(import_id).stored_at == NOW
