#!/usr/bin/env bash
# The browser tests drive a real Chromium: find one, or install Debian's, or Playwright's own.
set -euo pipefail
bin=$1

driver_works() {
    "$bin/python" -c 'import subprocess, sys
from playwright._impl._driver import compute_driver_executable
node = compute_driver_executable()[0]
sys.exit(subprocess.run([node, "--version"], capture_output=True).returncode)'
}

browser_found() {
    [ -n "${REGULARS_CHROMIUM:-}" ] && [ -x "$REGULARS_CHROMIUM" ] && return 0
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null && return 0
    done
    driver_works && "$bin/python" - <<'PY'
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as play:
    sys.exit(not pathlib.Path(play.chromium.executable_path).exists())
PY
}

install_debian() {
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
    echo "For the browser tests, installing Debian's: $*"
    "${as_root[@]}" apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

missing=()
# the program that speaks to the browser needs a library that a bare system has not
driver_works || missing+=(libatomic1)
browser_found || missing+=(chromium)
[ ${#missing[@]} -eq 0 ] && exit 0
if command -v apt-get >/dev/null; then
    install_debian "${missing[@]}" || true
fi
driver_works || { echo "Playwright's driver does not start on this machine." >&2; exit 1; }
browser_found && exit 0
echo "Installing the Chromium that Playwright brings."
"$bin/python" -m playwright install --with-deps chromium
