#!/usr/bin/env bash
# Tutti beside llama.cpp on this machine, in one go: builds both, runs them by turns on the same cores and model file,
# prints a Markdown table. Usage: run.sh [-m MODEL]… [--threads N] [--rounds N] …; `run.sh --help` says the rest.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

# llama.cpp as the Python binding's source package carries it: one pinned archive that ordinary pip can fetch.
package=llama-cpp-python version=0.3.36
sha256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
cache=$root/.cache/llama-$version
bench=$cache/build/bin/llama-bench

say() { printf 'versus-llama: %s\n' "$*" >&2; }

build_llama() {
    local archive=$cache/llama_cpp_python-$version.tar.gz tools=$cache/tools
    mkdir -p "$cache"
    if [[ ! -f $archive ]]; then
        say "fetching the source package $package $version (77 MB)"
        # Its build requirements may come as wheels; only the package itself is wanted as source.
        python3 -m pip download -q --no-deps --no-binary "$package" -d "$cache" "$package==$version" >&2
    fi
    python3 - "$archive" "$sha256" <<'PY' || { rm -f "$archive"; say "wrong SHA-256: removed, run this again"; exit 1; }
import hashlib, sys
sys.exit(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest() != sys.argv[2])
PY
    tar -xzf "$archive" -C "$cache"
    if ! command -v cmake >/dev/null; then
        say "no cmake on the path: taking pip's, for this build only"
        python3 -m pip install -q --target "$tools" --upgrade cmake >&2
        export PATH=$tools/bin:$PATH PYTHONPATH=$tools${PYTHONPATH:+:$PYTHONPATH}
    fi
    say "building llama-bench for this CPU (some minutes)"
    cmake -S "$cache/llama_cpp_python-$version/vendor/llama.cpp" -B "$cache/build" -DCMAKE_BUILD_TYPE=Release \
        -DGGML_NATIVE=ON -DLLAMA_CURL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_SERVER=OFF \
        -DLLAMA_BUILD_EXAMPLES=OFF >"$cache/build.log" 2>&1 \
        && cmake --build "$cache/build" --target llama-bench -j "${JOBS:-2}" >>"$cache/build.log" 2>&1 \
        || { tail -n 20 "$cache/build.log" >&2; say "the build failed: $cache/build.log"; exit 1; }
}

if [[ " $* " != *" --help "* && " $* " != *" -h "* ]]; then
    [[ -x $bench ]] || build_llama
    say "building tutti"
    swift build --package-path "$root" -c release --product tutti >&2
fi
exec python3 "$here/compare.py" --tutti "$root/.build/release/tutti" --llama-bench "$bench" \
    --peer "llama.cpp of $package $version" "$@"
