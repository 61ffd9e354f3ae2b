#!/usr/bin/env bash
# Prints a Python that has the libraries with which programs speak to the OpenAI API; the tests talk through them to
# `tutti serve`. Installs them into .cache/clients the first time (some 500 MB), by name and version.
set -euo pipefail
cd "$(dirname "$0")/.."
clients=$PWD/.cache/clients
wanted=(
    openai==3.54.0 openai-agents==0.24.0 llm==0.36 lm-eval==0.4.13 jsonschema==4.26.0 aiohttp==3.14.5 'httpx[http2]==0.28.1'
    # What the packages below import; their own bounds clash with the newest openai, their code does not.
    fastuuid==0.14.0 importlib-metadata==8.9.0 jinja2==3.1.6 python-dotenv==1.2.4 tokenizers==0.23.3 tenacity==9.2.1
    tiktoken==0.14.0 pydantic-settings==2.16.3
)
alone=(litellm==1.109.1)
mark=$clients/$(printf '%s\n' "${wanted[@]}" "${alone[@]}" | cksum | tr ' ' -)
if [ ! -e "$mark" ]; then
    mkdir -p .cache
    exec 9>.cache/clients.lock
    flock 9
    if [ ! -e "$mark" ]; then
        [ -x "$clients/bin/python" ] || python3 -m venv "$clients"
        "$clients/bin/pip" install --quiet --disable-pip-version-check "${wanted[@]}" >&2
        "$clients/bin/pip" install --quiet --disable-pip-version-check --no-deps "${alone[@]}" >&2
        touch "$mark"
    fi
fi
echo "$clients/bin/python"
