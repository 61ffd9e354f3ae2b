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
# Random names of objects reach none: there are some, and the description names them.
python3 scripts/schemathesis-objects.py "$url" smollm2-135m >"$data/openapi.json"
curl -sS "$url/metrics" >"$data/before"
# Those that take nothing are asked once or twice, whatever there is to spend.
operations=$(python3 -c '
import json, sys
paths = json.load(open(sys.argv[1]))["paths"].values()
print(sum("parameters" in operation or "requestBody" in operation for methods in paths for operation in methods.values()))
' "$data/openapi.json")
each=$(((count + operations - 1) / operations))
echo "$operations operations that vary, at most $each requests each, seed $seed" >&2
HYPOTHESIS_STORAGE_DIRECTORY=$data $python/bin/schemathesis run "$data/openapi.json" --url "$url" \
    --checks not_a_server_error --phases fuzzing --max-examples "$each" --request-timeout 120 --seed "$seed" --no-color
# Successes show how far the requests got: what is refused at the door tries little.
curl -sS "$url/metrics" | awk '
    /^tutti_requests_total/ && !/route="\/metrics"/ {
        match($0, /status="[0-9]+/)
        count[substr($0, RSTART + 8, 3)] += FILENAME == "-" ? $NF : -$NF
    }
    END {
        for (status = 200; status < 600; status++) {
            all += count[status]; if (status >= 500) bad += count[status]
            if (count[status]) list = list " " status ": " count[status]
        }
        printf "%d answers, %d of them 5xx (%s )\n", all, bad, list
    }' "$data/before" -
