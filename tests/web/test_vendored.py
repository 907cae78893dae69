"""Scripts of others: what lies here is what the manifest says, each under its licence."""

import hashlib
import json
import re
from pathlib import Path

import pytest

import regulars_web

VENDOR = Path(regulars_web.__file__).parent / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
SCRIPTS, LICENCES = MANIFEST["files"], MANIFEST["licences"]
EVALUATES = re.compile(r"\beval\(|new Function\b|[^.\w]Function\(|set(Timeout|Interval)\([\"']")


@pytest.mark.parametrize("entry", [*SCRIPTS, *LICENCES], ids=lambda entry: entry["file"])
def test_a_vendored_file_is_what_its_package_holds(entry: dict[str, str]) -> None:
    content = (VENDOR / entry["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert entry["version"] in entry["file"]


def test_nothing_is_vendored_beside_the_manifest() -> None:
    there = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    written = {entry["file"] for entry in (*SCRIPTS, *LICENCES)}
    assert there == written | {"manifest.json", "README.md"}


def test_each_script_and_each_package_bundled_in_it_has_its_licence_here() -> None:
    told = {f"{entry['package']}@{entry['version']}": entry["licence"] for entry in LICENCES}
    for script in SCRIPTS:
        assert told[f"{script['package']}@{script['version']}"] == script["licence"]
        assert set(script["contains"]) <= set(told)
    bundled = {name for script in SCRIPTS for name in script["contains"]}
    own = {f"{script['package']}@{script['version']}" for script in SCRIPTS}
    assert set(told) == bundled | own


def test_licence_texts_are_of_the_licence_that_the_manifest_names() -> None:
    phrases = {
        "MIT": "Permission is hereby granted, free of charge",
        "0BSD": "Permission to use, copy, modify, and/or distribute",
        "BSD-3-Clause": "Redistribution and use in source and binary forms",
    }
    for entry in LICENCES:
        text = " ".join((VENDOR / entry["file"]).read_text(encoding="utf-8").split())
        assert phrases[entry["licence"]] in text


def test_the_upload_client_makes_no_code_from_text() -> None:
    script = (VENDOR / "tus-4.3.1.min.js").read_text(encoding="utf-8")
    assert EVALUATES.search(script) is None
    assert EVALUATES.search("a=new Function('b')")
