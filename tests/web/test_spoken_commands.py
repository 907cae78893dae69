"""The command line in three languages: help, complaints and answers."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result

from regulars_web.cli import COMMANDS, group, main
from regulars_web.commands.helping import SpokenCommand, SpokenGroup, paragraphs
from regulars_web.languages import LANGUAGES
from regulars_web.spoken import gettext, speak

CHINESE = ("zh_Hans", "zh_Hant")
LETTERS = re.compile(r"[\u4e00-\u9fff]")
SAME = {"regulars", "VIP"}


@pytest.fixture(autouse=True)
def english_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("REGULARS_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGUAGE", "")  # so that it is put back
    yield
    speak("en")


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(group, list(arguments), env=environment)


def every_command() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands and subcommands with the words that call them."""
    context = click.Context(group)
    for name in COMMANDS:
        found = group.get_command(context, name)
        assert found is not None
        yield (name,), found
        if isinstance(found, click.Group):
            for inner, command in found.commands.items():
                yield (name, inner), command


EVERY = list(every_command())
PATHS = [" ".join(path) for path, _ in EVERY]


@pytest.mark.parametrize(("path", "command"), EVERY, ids=PATHS)
def test_every_command_speaks(path: tuple[str, ...], command: click.Command) -> None:
    assert isinstance(command, SpokenCommand | SpokenGroup), path


def texts_of(command: click.Command) -> list[str]:
    given = [command.help, command.epilog, *(getattr(one, "help", None) for one in command.params)]
    return [part for text in given if text for part in paragraphs(text)]


@pytest.mark.parametrize("locale", CHINESE)
@pytest.mark.parametrize(("path", "command"), [((), group), *EVERY], ids=["regulars", *PATHS])
def test_no_help_is_left_in_english(
    path: tuple[str, ...], command: click.Command, locale: str
) -> None:
    shown = run("--language", locale, *path, "--help").output
    for text in texts_of(command):
        said = gettext(text)
        assert LETTERS.search(said) or not re.search(r"[A-Za-z]{2,} [a-z]{2,}", text), text
        first = re.split(r"[\s，。：；（]", said)[0]
        assert first in shown, text
    assert not re.search(r"\b(Usage|Options|Commands|Show|required|default)\b", shown), shown


@pytest.mark.parametrize("locale", CHINESE)
def test_the_list_of_commands_is_translated(locale: str) -> None:
    shown = run("--language", locale, "--help").output
    for command in COMMANDS.values():
        assert gettext(command.help) != command.help
        assert gettext(command.help)[:10] in shown


def width(line: str) -> int:
    return len(line) + len(re.findall(r"[\u2e80-\u9fff\uff00-\uffef]", line))


@pytest.mark.parametrize("path", PATHS)
def test_chinese_help_fits_the_terminal(path: str) -> None:
    shown = run("--language", "zh-Hans", *path.split(), "--help").output.splitlines()
    lines = [line for line in shown if "|" not in line]  # click breaks a list of choices anywhere
    assert max(map(width, lines)) <= 80, max(lines, key=width)
    assert not any(re.match(r"\s*[，。；：、！？）」]", line) for line in lines)


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "Usage"),
        ({"LANG": "en_US.UTF-8"}, "Usage"),
        ({"LANG": "C"}, "Usage"),
        ({"LANG": "de_DE.UTF-8"}, "Usage"),
        ({"LANG": "zh_CN.UTF-8"}, "选项"),
        ({"LANG": "zh_TW.UTF-8"}, "選項"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "Usage"),
        ({"LANG": "en_US.UTF-8", "REGULARS_LANGUAGE": "zh-HK"}, "選項"),
        ({"LC_ALL": "zh_CN.UTF-8", "REGULARS_LANGUAGE": "en"}, "Usage"),
    ],
)
def test_the_environment_says_which_language(environment: dict[str, str], told: str) -> None:
    assert told in run("--help", **environment).output


def test_the_option_wins_over_the_environment_and_may_stand_behind_the_command() -> None:
    assert "选项" in run("--language", "zh-CN", "plan", "--help", LANG="zh_TW.UTF-8").output
    assert "選項" in run("plan", "--language", "zh-TW", "--help", LANG="zh_CN.UTF-8").output


def test_a_language_that_is_not_there_is_refused_with_those_that_are() -> None:
    result = run("--language", "tlh", "--help")
    assert result.exit_code == 2
    for tag in LANGUAGES:
        assert tag.replace("_", "-") in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("sow",), "错误：没有命令 'sow'。"),
        (("plan",), "错误：缺少选项 '--customers'"),
        (("plan", "--customers", "many"), "'many' 不是有效的"),
        (("plan", "--customers", "1"), "不在范围"),
        (("import", "nothing.csv"), "'nothing.csv' 不存在。"),
        (("import-data", "shoes", "x.csv"), "不在可选值"),
        (("evaluate", "x.csv", "--arm", "a", "--control", "b"), "请至少给出一个 --metric"),
        (("plan", "--customers=9", "--rate=2", "--mean=1", "--sd=1", "--holdout=.1"), "应为大于0"),
    ],
)
def test_complaints_are_chinese(arguments: tuple[str, ...], told: str) -> None:
    result = run("--language", "zh-Hans", *arguments)
    assert result.exit_code == 2
    assert told in result.output
    assert "Error" not in result.output


def test_what_a_user_can_mend_is_told_in_their_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REGULARS_LANGUAGE", "zh-TW")
    arguments = ["evaluate", "nowhere.csv", "--arm", "a", "--control", "b", "--metric", "m=x"]
    monkeypatch.setattr("sys.argv", ["regulars", *arguments])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert "沒有 nowhere.csv 這個檔案。" in (told := capsys.readouterr().err)
    assert "提示：請檢查路徑。" in told


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4,000 customers in three cities, of whom half were told."""
    rng = np.random.default_rng(3)
    told = rng.random(4_000) < 0.5
    city = rng.choice(["Hangzhou", "Chengdu", "Xiamen"], 4_000)
    bought = rng.random(4_000) < np.where(told, 0.3, 0.2)
    rows = pl.DataFrame(
        {
            "arm": np.where(told, "sms", "held"),
            "city": city,
            "spend": np.where(bought, np.round(rng.lognormal(3, 0.6, 4_000), 2), 0.0),
            "bought": bought.astype(int),
            "used": (bought & told).astype(int),
            "cost": np.where(bought & told, 6, 0),
            "age": rng.integers(18, 70, 4_000),
        }
    )
    path = tmp_path_factory.mktemp("trial") / "trial.csv"
    rows.write_csv(path)
    return path


ASKED = (
    *("--arm", "arm", "--control", "held", "--metric", "spend=spend"),
    *("--conversion", "bought=bought", "--guardrail", "bought", "--segment", "city"),
    *("--pool-segments", "--margin", "40%", "--contact-cost", "0.5", "--offer-cost", "cost"),
    *("--uptake", "used", "--covariate", "age", "--winsorise", "99.9%", "--stratum", "city"),
)
OWN = re.compile(
    r"(?<![A-Za-z])(arm|sms|held|city|Hangzhou|Chengdu|Xiamen|spend|bought|used|cost|age|trial|csv|p|e"
    r"|CUPED|Welch|Newcombe|Fieller|Qini|S|T|X|DR|B|share|ARM|SHARE|linear)(?![A-Za-z])"
)
"""Words of the file, and names of methods that no language translates."""


@pytest.mark.parametrize("locale", CHINESE)
def test_an_evaluation_is_told_in_chinese(trial: Path, locale: str) -> None:
    result = run("--language", locale, "evaluate", str(trial), *ASKED)
    assert result.exit_code == 0, result.output
    left = [line for line in result.output.splitlines() if re.search("[A-Za-z]", OWN.sub("", line))]
    assert left == []


@pytest.mark.parametrize("locale", CHINESE)
def test_the_page_of_an_evaluation_is_chinese(trial: Path, locale: str) -> None:
    page = run("--language", locale, "evaluate", str(trial), *ASKED, "--html", "-").output
    assert f'<html lang="{locale.replace("_", "-")}">' in page
    words = re.sub(r"<style>.*?</style>|<[^>]+>", "\n", page, flags=re.DOTALL)
    assert [line for line in words.split("\n") if re.search("[A-Za-z]", OWN.sub("", line))] == []


def test_json_is_the_same_in_every_language(trial: Path) -> None:
    english, chinese = (
        run("--language", tag, "evaluate", str(trial), *ASKED, "--json", "-").output
        for tag in ("en", "zh-Hant")
    )
    assert english == chinese


@pytest.mark.parametrize("locale", CHINESE)
def test_whom_to_tell_is_told_in_chinese(trial: Path, locale: str) -> None:
    result = run(
        *("--language", locale, "uplift", str(trial), "--arm", "arm", "--treated", "sms"),
        *("--control", "held", "--outcome", "spend", "--feature", "age", "--feature", "city"),
        *("--learner", "T/linear", "--margin", "0.4", "--contact-cost", "0.5", "--quiet"),
    )
    assert result.exit_code == 0, result.output
    left = [line for line in result.output.splitlines() if re.search("[A-Za-z]", OWN.sub("", line))]
    assert left == []


@pytest.mark.parametrize("locale", CHINESE)
def test_a_plan_is_told_in_chinese(locale: str) -> None:
    result = run(
        *("--language", locale, "plan", "--customers", "40000", "--rate", "5%", "--mean", "90"),
        *("--sd", "60", "--holdout", "10%", "--segments", "4", "--contact-cost", "0.5"),
    )
    assert result.exit_code == 0, result.output
    plain = re.sub(r"--[a-z-]+", "", result.output)
    assert not re.search("[A-Za-z]", plain), plain
