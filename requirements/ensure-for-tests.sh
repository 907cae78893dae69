#!/usr/bin/env bash
# What tests need of the machine. The browser tests drive a real Chromium: find one, or install
# Debian's, or Playwright's own. PDFs are set with Pango, and in Chinese type.
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

pango_works() {
    "$bin/python" -c 'import ctypes
for name in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"):
    ctypes.CDLL(name)' 2>/dev/null
}

chinese_type_found() {
    [ -n "$(find /usr/share/fonts /usr/local/share/fonts "${HOME:-/root}/.fonts" \
        "${HOME:-/root}/.local/share/fonts" -iname '*CJK*' 2>/dev/null | head -n 1)" ]
}

install_debian() {
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
    echo "For the tests, installing Debian's: $*"
    "${as_root[@]}" apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

missing=()
# the program that speaks to the browser needs a library that a bare system has not
driver_works || missing+=(libatomic1)
browser_found || missing+=(chromium)
pango_works || missing+=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)
chinese_type_found || missing+=(fonts-noto-cjk)
[ ${#missing[@]} -eq 0 ] && exit 0
if command -v apt-get >/dev/null; then
    install_debian "${missing[@]}" || true
fi
driver_works || { echo "Playwright's driver does not start on this machine." >&2; exit 1; }
pango_works && chinese_type_found || echo "Without Pango and Chinese type the tests of PDFs fail." >&2
browser_found && exit 0
echo "Installing the Chromium that Playwright brings."
"$bin/python" -m playwright install --with-deps chromium
