#!/usr/bin/env bash
# Prepare a virtual environment with everything pinned in dev.lock. Called by `make install`.
# Needs a Python 3.11 or newer; where Debian left the venv module out, it is installed.
set -euo pipefail
venv=$1
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.11 python3 python; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Regulars needs Python 3.11 or newer; none was found. Install python3.11 and run make again." >&2
    return 1
}

install_debian() {
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "Please run as root: apt-get install $*" >&2; return 1; }
        as_root=(sudo -n)
    fi
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

python=$(find_python)
if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    rm -rf "$venv"
    if ! "$python" -m venv "$venv" >/dev/null 2>&1; then
        rm -rf "$venv"
        echo "Python's venv module is missing; installing Debian's python3-venv."
        install_debian python3-venv
        "$python" -m venv "$venv"
    fi
fi
"$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$here/installer.lock"
"$venv/bin/uv" pip sync -q --compile-bytecode --python "$venv/bin/python" --require-hashes "$here/dev.lock"
"$venv/bin/uv" pip install -q --python "$venv/bin/python" --no-deps --no-build-isolation -e "$root"
