#!/usr/bin/env bash
# Tutti beside llama.cpp on this machine, in one go: builds both, fetches the models, runs them by turns on the same
# cores and files, prints Markdown tables. Usage: run.sh [--quick] [-m MODEL]… [--cpu avx2] …; --help says the rest.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

# llama.cpp as the Python binding's source package carries it: one pinned archive that ordinary pip can fetch.
package=llama-cpp-python version=0.3.36
sha256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
cache=$root/.cache/llama-$version
programs=(llama-bench llama-batched-bench llama-completion llama-quantize llama-server)

say() { printf 'versus-llama: %s\n' "$*" >&2; }

fetch_llama() {
    local archive=$cache/llama_cpp_python-$version.tar.gz
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
    [[ -d $cache/llama_cpp_python-$version ]] || tar -xzf "$archive" -C "$cache"
}

build_llama() { # FOLDER CMAKE-OPTION…
    local build=$1 log=$1.log tools=$cache/tools
    shift
    fetch_llama
    if ! command -v cmake >/dev/null; then
        say "no cmake on the path: taking pip's, for this build only"
        python3 -m pip install -q --target "$tools" --upgrade cmake >&2
        export PATH=$tools/bin:$PATH PYTHONPATH=$tools${PYTHONPATH:+:$PYTHONPATH}
    fi
    say "building llama.cpp in ${build#"$root/"} (some minutes)"
    # The server's web page would be fetched from elsewhere; its programming interface is all that is needed.
    cmake -S "$cache/llama_cpp_python-$version/vendor/llama.cpp" -B "$build" -DCMAKE_BUILD_TYPE=Release \
        -DLLAMA_CURL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=ON \
        -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF "$@" >"$log" 2>&1 \
        && cmake --build "$build" --target "${programs[@]}" -j "${JOBS:-2}" >>"$log" 2>&1 \
        || { tail -n 20 "$log" >&2; say "the build failed: $log"; exit 1; }
}

build=$cache/build features=(-DGGML_NATIVE=ON)
if [[ " $* " == *" --cpu avx2 "* || " $* " == *" --cpu=avx2 "* ]]; then
    build=$cache/build-avx2
    features=(-DGGML_NATIVE=OFF -DGGML_SSE42=ON -DGGML_AVX=ON -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON
              -DGGML_BMI2=ON -DGGML_AVX512=OFF -DGGML_AVX512_VNNI=OFF -DGGML_AVX512_BF16=OFF)
fi
if [[ " $* " != *" --help "* && " $* " != *" -h "* ]]; then
    for program in "${programs[@]}"; do
        [[ -x $build/bin/$program ]] || { build_llama "$build" "${features[@]}"; break; }
    done
    say "building tutti and the measure of the machine's limits"
    swift build --package-path "$root" -c release -j "${JOBS:-2}" --product tutti >&2
    swift build --package-path "$root" -c release -j "${JOBS:-2}" --product KernelBenchmark >&2
    mkdir -p "$root/.cache/models"
fi
exec python3 "$here/compare.py" --tutti "$root/.build/release/tutti" \
    --kernel-benchmark "$root/.build/release/KernelBenchmark" --llama-folder "$build/bin" --cache "$root/.cache/models" \
    --peer "llama.cpp of $package $version" --command="$*" "$@"
