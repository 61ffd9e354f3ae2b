#!/usr/bin/env bash
# Compares our tokenizers with the Python library's, on COUNT generated texts of each kind: for `make properties`.
#   KINDS="bpe-llama3 …"  only those        SEED=N  other texts
#   GGUF="smollm2=FILE …"  real vocabularies too, out of GGUF files        FOLDERS="minilm=FOLDER …"  or of folders
set -euo pipefail
cd "$(dirname "$0")/.."
python=.cache/python
cases=.cache/tokenizer-cases
[ -x $python/bin/python ] || python3 -m venv $python
$python/bin/python -c 'import tokenizers, gguf; assert tokenizers.__version__ == "0.23.3"' 2>/dev/null ||
    $python/bin/pip install --quiet tokenizers==0.23.3 gguf
make_cases() { nice $python/bin/python scripts/goldens/tokenizer_cases.py $cases --count "${COUNT:-100000}" --seed "${SEED:-2}" "$@" 2>/dev/null; }
failed=0
compare() {
    TOKENIZER_CASES=$PWD/$cases swift test -c release --skip-build --disable-xctest --filter TokenizerLibraryTests >$cases.log 2>&1 ||
        failed=1
    grep -E 'texts, [0-9]+ differences' $cases.log || { cat $cases.log; failed=1; }
    rm -rf $cases
}
rm -rf $cases
for item in ${GGUF:-}; do make_cases --gguf "$item" && compare; done
for item in ${FOLDERS:-}; do make_cases --folder "$item" && compare; done
round=()
for kind in ${KINDS:-$($python/bin/python scripts/goldens/tokenizer_cases.py - --list)}; do
    round+=("$kind")
    if [ ${#round[@]} -eq 8 ]; then
        make_cases "${round[@]}" && compare
        round=()
    fi
done
if [ ${#round[@]} -gt 0 ]; then make_cases "${round[@]}" && compare; fi
exit $failed
