"""`regulars evaluate FILE`: effects of any randomised file, without a shop or any set-up."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from regulars_experiments.metrics import Design, Metric


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--arm", required=True, metavar="COL", help="Column that says who was in which arm.")
@click.option("--control", required=True, metavar="VALUE", help="Its value for those held out.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME=COL", help="Money or a count.")
@click.option("--conversion", "conversions", multiple=True, metavar="NAME=COL", help="0 or 1.")
@click.option("--ratio", "ratios", multiple=True, metavar="NAME=NUM/DEN", help="Sum over sum.")
@click.option("--covariate", "covariates", multiple=True, metavar="COL", help="From before.")
@click.option("--segment", "segments", multiple=True, metavar="COL", help="Report by its values.")
@click.option("--share", "shares", multiple=True, metavar="ARM=SHARE", help="Planned share.")
@click.option("--confidence", default=0.95, show_default=True, type=float)
@click.option("--json", "json_out", type=click.Path(path_type=Path), help="Write JSON; - prints.")
@click.option("--html", "html_out", type=click.Path(path_type=Path), help="Write a page.")
def evaluate(  # noqa: PLR0913 -- one parameter per option of the command
    *,
    file: Path,
    arm: str,
    control: str,
    metrics: tuple[str, ...],
    conversions: tuple[str, ...],
    ratios: tuple[str, ...],
    covariates: tuple[str, ...],
    segments: tuple[str, ...],
    shares: tuple[str, ...],
    confidence: float,
    json_out: Path | None,
    html_out: Path | None,
) -> None:
    """Effects per arm and segment of a randomised FILE (CSV or Parquet, one row per customer).

    Everyone in the file counts, in the arm assigned. Missing values count as 0.
    """
    from regulars_experiments.metrics import Design
    from regulars_platform.randomised.document import evaluation_document
    from regulars_platform.randomised.evaluating import evaluate_frame
    from regulars_platform.randomised.reading import read_columns

    if not 0.5 <= confidence < 1:
        raise click.BadParameter("expected a number from 0.5 to below 1", param_hint="--confidence")
    design = Design(
        arm=arm,
        control=control,
        metrics=_metrics(metrics, conversions, ratios),
        covariates=tuple(dict.fromkeys(covariates)),
        segments=tuple(dict.fromkeys(segments)),
        confidence=confidence,
    )
    numbers = [name for metric in design.metrics for name in metric.columns()]
    _refuse_overlap(design, numbers)
    frame = read_columns(file, text=[arm, *design.segments], numbers=[*numbers, *design.covariates])
    evaluation = evaluate_frame(frame, design, _shares(shares))
    document = evaluation_document(evaluation, source=file.name)
    if json_out is not None:
        text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        if str(json_out) == "-":
            click.echo(text, nl=False)
        else:
            _write(json_out, text)
    if html_out is not None:
        from regulars_web.evaluation_page import evaluation_html

        _write(html_out, evaluation_html(document))
    if str(json_out) != "-":
        _print(document)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.FileError(str(path), error.strerror or str(error)) from error


def _metrics(
    metrics: tuple[str, ...], conversions: tuple[str, ...], ratios: tuple[str, ...]
) -> "tuple[Metric, ...]":
    from regulars_experiments.metrics import Metric

    found = []
    for option in conversions:
        name, column = _pair(option, "--conversion", "NAME=COL")
        found.append(Metric(name=name, kind="conversion", value={column: 1}))
    for option in metrics:
        name, column = _pair(option, "--metric", "NAME=COL")
        found.append(Metric(name=name, kind="mean", value={column: 1}))
    for option in ratios:
        name, parts = _pair(option, "--ratio", "NAME=NUM/DEN")
        numerator, slash, denominator = parts.partition("/")
        if not (slash and numerator and denominator):
            raise click.BadParameter(f"expected NAME=NUM/DEN, got {option!r}", param_hint="--ratio")
        found.append(
            Metric(name=name, kind="ratio", value={numerator: 1}, denominator={denominator: 1})
        )
    if not found:
        raise click.UsageError("Name at least one --metric, --conversion or --ratio.")
    names = [metric.name for metric in found]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise click.UsageError(f"The metric name {doubled!r} is used twice; give each its own.")
    return tuple(found)


def _pair(option: str, flag: str, form: str) -> tuple[str, str]:
    name, equals, value = option.partition("=")
    if not (equals and name and value):
        raise click.BadParameter(f"expected {form}, got {option!r}", param_hint=flag)
    return name, value


def _shares(options: tuple[str, ...]) -> dict[str, float] | None:
    shares: dict[str, float] = {}
    for option in options:
        name, _, text = option.rpartition("=")
        try:
            shares[name] = float(text)
        except ValueError:
            shares[name] = -1.0
        if not (name and 0 < shares[name] < float("inf")):
            raise click.BadParameter(
                f"expected ARM=SHARE with a share above 0, got {option!r}", param_hint="--share"
            )
    return shares or None


def _refuse_overlap(design: "Design", numbers: list[str]) -> None:
    if design.arm in design.segments:
        raise click.UsageError(f"Column {design.arm!r} cannot be the arm and a segment as well.")
    for name in (design.arm, *design.segments):
        if name in numbers or name in design.covariates:
            raise click.UsageError(
                f"Column {name!r} cannot be a metric or covariate and an arm or segment as well."
            )


def _print(document: dict[str, Any]) -> None:
    for entry in document["arms"]:
        held = " (control)" if entry["arm"] == document["control"] else ""
        click.echo(f"{entry['arm']}{held}: {entry['n']:,}")
    checks = document["checks"]
    ratio = checks["sample_ratio"]
    if ratio["flagged"] and ratio["shares"] == "declared":
        click.echo(f"WARNING: counts do not fit the planned shares (p = {ratio['p_value']:.2g}).")
    elif ratio["flagged"]:
        click.echo("Counts are not equal; give --share ARM=SHARE to check them against the plan.")
    if checks["rows_without_arm"]:
        click.echo(f"WARNING: {checks['rows_without_arm']:,} rows have no arm and were left out.")
    percent = f"{100 * document['confidence']:g}%"
    for effect in document["effects"]:
        segment = effect["segment"]
        where = "" if segment is None else f" [{segment['column']} = {segment['value']}]"
        click.echo(f"{effect['metric']}, {effect['arm']}{where}: {_words(effect, percent)}")


def _words(effect: dict[str, Any], percent: str) -> str:
    difference, relative = effect["difference"], effect["relative"]
    if "not_estimable" in difference:
        return f"cannot be estimated: {difference['not_estimable']}"
    words = (
        f"{difference['estimate']:+.6g} ({percent}: {difference['low']:+.6g} to "
        f"{difference['high']:+.6g}, p = {difference['p_value']:.2g}"
    )
    if "not_estimable" not in relative:
        words += (
            f"; relative {relative['estimate']:+.1%}, {relative['low']:+.1%} to "
            f"{relative['high']:+.1%}"
        )
    return f"{words}; {effect['method']})"
