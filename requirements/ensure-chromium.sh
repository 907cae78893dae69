#!/usr/bin/env bash
# The browser tests drive a real Chromium: find one, or install Debian's, or Playwright's own.
set -euo pipefail
bin=$1

found() {
    [ -n "${REGULARS_CHROMIUM:-}" ] && [ -x "$REGULARS_CHROMIUM" ] && return 0
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null && return 0
    done
    "$bin/python" - <<'PY'
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as play:
    sys.exit(not pathlib.Path(play.chromium.executable_path).exists())
PY
}

found && exit 0
if command -v apt-get >/dev/null; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
    echo "No Chromium found; installing Debian's."
    if "${as_root[@]}" apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends chromium >/dev/null; then
        found && exit 0
    fi
fi
echo "Installing the Chromium that Playwright brings."
"$bin/python" -m playwright install --with-deps chromium
