#!/usr/bin/env bash
# Compiles the kernels for CPUs that this machine is not, and runs them where an emulator can: every kernel for arm64
# beside its portable twin on random and extreme input (Tests/KernelProgram). For Debian and Ubuntu on x86-64; on arm64
# itself `make test` runs the same kernels. Some minutes on two cores.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=.cache/arm64
arm_root=/usr/aarch64-linux-gnu

say() { printf 'check-arm64: %s (%ds)\n' "$*" "$SECONDS"; }
fail() { printf 'check-arm64: %s\n' "$*" >&2; exit 1; }

[[ $(uname -sm) == 'Linux x86_64' ]] || fail "this check is for Linux on x86-64, not for $(uname -sm)."
command -v clang >/dev/null || fail "no clang on the path; the one in the Swift toolchain does: see scripts/setup.sh."
clang -print-targets | grep -q '^ *aarch64 ' || fail "$(command -v clang) compiles for no arm64."

# The emulator, and what a program for arm64 is linked with. The compiler's own library has its version in its name.
missing=()
for package in qemu-user libc6-dev-arm64-cross; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
done
compiler_library() { printf '%s\n' /usr/lib/gcc-cross/aarch64-linux-gnu/*/libgcc.a | sort -V | tail -n 1; }
if ((${#missing[@]} > 0)) || [[ ! -e $(compiler_library) ]]; then
    sudo=()
    if ((EUID != 0)); then sudo=(sudo); fi
    apt=(${sudo[@]+"${sudo[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    "${apt[@]}" update </dev/null || say "the package lists could not all be refreshed; going on with those at hand"
    [[ -e $(compiler_library) ]] || missing+=("$(apt-cache search --names-only '^libgcc-[0-9]+-dev-arm64-cross$' \
        | cut -d' ' -f1 | sort -V | tail -n 1)")
    say "installing ${missing[*]}"
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null \
        || fail "apt could not install ${missing[*]} (its reason stands above)."
fi

mapfile -t kernels < <(find Sources/CKernels/src -name '*.c' | sort)
program=(Tests/KernelProgram/*.c)
flags=(-std=gnu11 -O2 -Wall -Wextra -Werror -ISources/CKernels/include)
arm=(--target=aarch64-linux-gnu -isystem "$arm_root/include")

# compile NAME FLAG... -- FILE...: objects in $out/NAME.
compile() {
    local folder=$out/$1 options=()
    shift
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    rm -rf "$folder"
    mkdir -p "$folder"
    printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} sh -c '
        file=$1 folder=$2
        shift 2
        exec clang "$@" -c "$file" -o "$folder/$(printf %s "$file" | tr / _).o"' sh {} "$folder" "${flags[@]}" \
        "${options[@]}"
}

say "compile for arm64 Linux"
compile arm64 "${arm[@]}" -- "${kernels[@]}" "${program[@]}"
clang "${arm[@]}" -fuse-ld=lld -static --gcc-install-dir="$(dirname "$(compiler_library)")" -B"$arm_root/lib" \
    -L"$arm_root/lib" "$out"/arm64/*.o -lm -o "$out/kernels-arm64"
say "compile for x86-64 without AVX"
compile x86-64 -march=x86-64 -- "${kernels[@]}" "${program[@]}"
clang -fuse-ld=lld -static "$out"/x86-64/*.o -lm -o "$out/kernels-x86-64"
# Apple's headers are not to be had here. Linux's for the same CPU tell the compiler enough to make objects of macOS, once
# a word that Apple's compiler takes for its own is given back to them; linking and running are for a Mac.
say "compile for arm64 macOS (objects only, against Linux's headers)"
mkdir -p "$out/apple/sys"
printf 'int sysctlbyname(const char *, void *, __SIZE_TYPE__ *, void *, __SIZE_TYPE__);\n' >"$out/apple/sys/sysctl.h"
compile macos --target=arm64-apple-macos15 -U__nonnull -isystem "$out/apple" -isystem "$arm_root/include" -- \
    "${kernels[@]}"

say "run on this machine's CPU"
"$out/kernels-x86-64" >"$out/native.txt" || { cat "$out/native.txt"; fail "kernels differ on this machine."; }
grep -v ^digest "$out/native.txt"

# emulate EMULATOR PROGRAM CPU KERNELS...: exactly these kernels run there, and what is to be the
# same to the bit is what it is on this machine.
emulate() {
    local emulator=$1 program=$2 cpu=$3 result=$out/$3.txt
    shift 3
    say "run on $cpu by $emulator: $*"
    "$emulator" -cpu "$cpu" "$program" "$@" >"$result" || { cat "$result"; fail "kernels differ on $cpu."; }
    grep -v ^digest "$result"
    diff <(grep ^digest "$out/native.txt") <(grep ^digest "$result") \
        || fail "$cpu converts or quantises to other bits than this machine."
}
emulate qemu-aarch64 "$out/kernels-arm64" cortex-a53 portable neon
emulate qemu-aarch64 "$out/kernels-arm64" neoverse-n1 portable neon dotprod
emulate qemu-aarch64 "$out/kernels-arm64" max portable neon dotprod i8mm
emulate qemu-x86_64 "$out/kernels-x86-64" Nehalem portable
say "passed"
