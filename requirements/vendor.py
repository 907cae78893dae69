"""Fetches the third-party scripts that pages use, each at its written version and checked by hash.

`make vendor` reads static/vendor/manifest.json, fetches every package with npm as it is set up on
this machine, and writes the scripts and all licences beside the manifest. A file whose hash is not
the written one is refused, and nothing is changed. For a new version: change it in the manifest,
run this with --record, which writes the hashes anew, and read what came before it is committed.
"""
# ruff: noqa: INP001, S603, S607, T201 - a script beside the locks: it calls npm and tells what it did

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

VENDOR = Path(__file__).resolve().parents[1] / "web" / "regulars_web" / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"


def main() -> int:
    """Fetch, check, write; 1 where a hash is another one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--record", action="store_true", help="write the hashes of what came")
    record = parser.parse_args().record
    if shutil.which("npm") is None:
        print("npm is not on this machine; it fetches the packages. Install Node.js with npm.")
        return 1
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    entries = [*manifest["files"], *manifest["licences"]]
    arrived = fetch(entries)
    refused = []
    for entry in entries:
        found = hashlib.sha256(arrived[entry["file"]]).hexdigest()
        if record:
            entry["sha256"] = found
        elif found != entry["sha256"]:
            refused.append(f"{entry['file']}: expected {entry['sha256']}, {found} came")
    if refused:
        print("Nothing was changed. These are not what the manifest says:", *refused, sep="\n  ")
        return 1
    for name, content in arrived.items():
        (VENDOR / name).parent.mkdir(parents=True, exist_ok=True)
        (VENDOR / name).write_bytes(content)
        print(f"{name}: {len(content):,} bytes")
    if record:
        text = json.dumps(manifest, indent=2, ensure_ascii=False)
        MANIFEST.write_text(f"{text}\n", encoding="utf-8")
    return 0


def fetch(entries: list[dict[str, Any]]) -> dict[str, bytes]:
    """The content of every file of the manifest; each package is fetched once."""
    with tempfile.TemporaryDirectory() as folder:
        packages = {f"{entry['package']}@{entry['version']}": Path() for entry in entries}
        for package in packages:
            packages[package] = npm_pack(package, folder)
        return {
            entry["file"]: one_file(
                packages[f"{entry['package']}@{entry['version']}"], entry["source"]
            )
            for entry in entries
        }


def npm_pack(package: str, folder: str) -> Path:
    """The package as npm has it, which checks it against the registry's own hash."""
    packed = subprocess.run(
        ["npm", "pack", package, "--json", "--pack-destination", folder],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = json.loads(packed.stdout)
    first = told[0] if isinstance(told, list) else next(iter(told.values()))
    return Path(folder) / Path(first["filename"]).name


def one_file(archive: Path, source: str) -> bytes:
    """One file of a package, as it is in there."""
    with tarfile.open(archive) as files:
        content = files.extractfile(f"package/{source}")
        if content is None:
            raise SystemExit(f"{archive.name} holds no file {source}")
        return content.read()


if __name__ == "__main__":
    sys.exit(main())
