#!/usr/bin/env bash
# Runs the black-box tests that lie beside the checkout in ../shared/blackbox against a server of its own.
# What follows goes to their score.py (`--family chat,tools`, `--why`, `-k stop`).
set -euo pipefail
cd "$(dirname "$0")/.."
tests=${BLACKBOX:-../shared/blackbox}
[ -f "$tests/score.py" ] || { echo >&2 "there are no black-box tests at $tests (BLACKBOX=FOLDER says where else)"; exit 1; }
python=.cache/blackbox
if [ ! -x $python/bin/python ]; then
    mkdir -p .cache
    python3 -m venv $python
    $python/bin/pip install --quiet --disable-pip-version-check -r "$tests/requirements.txt"
    $python/bin/pip install --quiet --disable-pip-version-check --no-deps -r "$tests/requirements-nodeps.txt"
fi
data=$(mktemp -d)
log=$data/server.log
export TUTTI_API_KEY=sk-blackbox
.build/release/tutti serve --port 0 --data "$data" 2>"$log" &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$data"' EXIT
for _ in $(seq 600); do
    url=$(sed -n 's/^tutti .* listens on \(http[^ ]*\)$/\1/p' "$log")
    [ -n "$url" ] && grep -q '^ready' "$log" && break
    kill -0 $server 2>/dev/null || { cat >&2 "$log"; exit 1; }
    sleep 0.1
done
TUTTI_URL=$url TUTTI_KEY=$TUTTI_API_KEY $python/bin/python "$tests/score.py" "$@"
