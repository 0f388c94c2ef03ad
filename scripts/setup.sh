# Sourced by the other scripts: makes .venv and installs the pinned dependencies, once for each state of the pins.
# Usage: . scripts/setup.sh; set_up [EXTRA]

find_python() {
    for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "folkrnn needs Python 3.11 or newer, and none was found" >&2
    return 1
}

set_up() {
    extra="${1:-}"
    stamp=".venv/.folkrnn${extra:+-$extra}"
    pins="$(cat pyproject.toml constraints.txt | cksum)"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$pins" ]; then
        return
    fi
    if [ ! -x .venv/bin/python ]; then
        echo "making .venv" >&2
        python="$(find_python)"
        "$python" -m venv .venv
    fi
    echo "installing what folkrnn needs; the first time takes a few minutes" >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".${extra:+[$extra]}" >&2
    echo "$pins" >"$stamp"
}
