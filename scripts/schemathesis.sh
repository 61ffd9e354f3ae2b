#!/usr/bin/env bash
# Sends COUNT generated requests (default 5,000) to every route of /openapi.json of a server of its own.
# Fails if any answer is a 5xx.    usage: schemathesis.sh [COUNT [SEED]]
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-5000} seed=${2:-1}
python=.cache/schemathesis
if [ ! -x $python/bin/schemathesis ]; then
    mkdir -p .cache
    python3 -m venv $python
    $python/bin/pip install --quiet --disable-pip-version-check schemathesis==4.32.5
fi
data=$(mktemp -d)
log=$data/server.log
# The smallest model and a short context: what is asked here is whether requests are read well, not what comes of them.
env -u TUTTI_API_KEY .build/release/tutti serve --port 0 --data "$data" --model smollm2-135m --context 256 \
    --requests-per-minute 1000000000 2>"$log" &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$data"' EXIT
for _ in $(seq 600); do
    url=$(sed -n 's/^tutti .* listens on \(http[^ ]*\)$/\1/p' "$log")
    [ -n "$url" ] && grep -q '^ready' "$log" && break
    kill -0 $server 2>/dev/null || { cat >&2 "$log"; exit 1; }
    sleep 0.1
done
# Where the description asks for any name of a model, take one that is here, or few requests would get far.
curl -sS "$url/openapi.json" | python3 -c '
import json, sys
document = json.load(sys.stdin)
for name, schema in document["components"]["schemas"].items():
    if name.endswith("Request"):
        schema["properties"]["model"] = {"enum": ["smollm2-135m"]}
print(json.dumps(document))' >"$data/openapi.json"
operations=$(python3 -c '
import json, sys
print(sum(len(methods) for methods in json.load(open(sys.argv[1]))["paths"].values()))' "$data/openapi.json")
each=$(((count + operations - 1) / operations))
echo "$operations operations, at most $each requests each, seed $seed" >&2
HYPOTHESIS_STORAGE_DIRECTORY=$data $python/bin/schemathesis run "$data/openapi.json" --url "$url" \
    --checks not_a_server_error --phases fuzzing --max-examples "$each" --request-timeout 120 --seed "$seed" --no-color
answers=$(curl -sS "$url/metrics" | awk '/^tutti_requests_total/ { all += $NF; if ($0 ~ /status="5/) bad += $NF } END { printf "%d answers, %d of them 5xx\n", all, bad }')
echo "$answers"
