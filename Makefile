# Two commands on a fresh machine: `make run` and `make test`. Each does its own set-up.
# Needs CPython 3.11+, a Rust toolchain and a C compiler; `make help` lists the rest.

PYTHON ?= python3
VENV ?= .venv
TRAIN_VENV ?= .venv-train
SPARK_VENV ?= .venv-spark
DATA ?= ../shared/data
OUT ?= build/model
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
RUST_SOURCES := $(shell find rust -name '*.rs' -not -path '*/target/*') $(wildcard Cargo.* rust/*/Cargo.toml)

.DEFAULT_GOAL := help
.PHONY: help install system run test test-spark lint fmt check bench bench-learning fuzz train-env train docs clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(INSTALLED)  ## Make the virtual environment and build the package into it

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "hubagent needs Python 3.11 or newer; name one with PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(INSTALLED): $(VENV)/bin/python pyproject.toml $(RUST_SOURCES)
	@command -v cargo >/dev/null || { echo 'hubagent needs a Rust toolchain: see https://rustup.rs'; exit 1; }
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

# The runtime of clang's fuzzer has the version of clang in its name.
system:  ## Install what comes as Debian packages (mosquitto, openssl, and what tries the C library), or name it
	@missing=; fuzzer=; [ -x /usr/sbin/mosquitto ] || command -v mosquitto >/dev/null || missing=mosquitto; \
	  command -v openssl >/dev/null || missing="$$missing openssl"; \
	  command -v avr-gcc >/dev/null || missing="$$missing gcc-avr avr-libc"; \
	  [ -d /usr/share/arduino/hardware/arduino/avr ] || missing="$$missing arduino-core-avr"; \
	  command -v arm-none-eabi-gcc >/dev/null || missing="$$missing gcc-arm-none-eabi"; \
	  [ -e "$$(arm-none-eabi-gcc -print-file-name=picolibc.specs 2>/dev/null)" ] || missing="$$missing picolibc-arm-none-eabi"; \
	  command -v qemu-system-arm >/dev/null || missing="$$missing qemu-system-arm"; \
	  command -v valgrind >/dev/null || missing="$$missing valgrind"; \
	  command -v clang >/dev/null || missing="$$missing clang"; \
	  [ -e "$$(clang -print-file-name=libclang_rt.fuzzer-$$(uname -m).a 2>/dev/null)" ] || fuzzer=yes; \
	  if [ -z "$$missing$$fuzzer" ]; then :; \
	  elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq; \
	    [ -z "$$fuzzer" ] || missing="$$missing $$(apt-cache depends clang | sed -n 's/.*Depends: clang-\([0-9]*\)$$/libclang-rt-\1-dev/p')"; \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	  else echo "not installed:$$missing$${fuzzer:+ libclang-rt-VERSION-dev} (without mosquitto the slower amqtt serves, and tests that need any are skipped); install with: sudo apt-get install $$missing"; fi

run: install system  ## Run the main job: embedded broker, simulated home, agent, chat
	@$(BIN)/hubagent demo

test: install system  ## Run every test that CI runs
	cargo test --workspace --quiet
	$(BIN)/python -m pytest

$(SPARK_VENV)/.installed: pyproject.toml $(RUST_SOURCES)
	$(PYTHON) -m venv $(SPARK_VENV)
	$(SPARK_VENV)/bin/python -m pip install --quiet --upgrade pip
	$(SPARK_VENV)/bin/python -m pip install --quiet --editable '.[spark,dev]'
	@touch $@

test-spark: $(SPARK_VENV)/.installed  ## Run the tests that need Spark (500 MB and a Java runtime, in an environment of its own)
	@command -v java >/dev/null || { echo 'not installed: java; install it with: sudo apt-get install default-jre-headless'; exit 1; }
	$(SPARK_VENV)/bin/python -m pytest tests/upstream/test_spark.py

lint: install  ## Check style, types, the stub and the Rust lints
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest hubagent._core --ignore-disjoint-bases
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings

fmt:  ## Format Python and Rust
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format
	cargo fmt --all

check: lint test  ## What CI runs

bench: install  ## Run the benchmarks (DATA=folder of the data sets)
	$(BIN)/python benchmarks/hot_path.py --broker
	$(BIN)/python benchmarks/flood.py $(DATA)/mqtt_fixtures
	$(BIN)/python benchmarks/frames.py
	$(BIN)/python benchmarks/hub.py
	$(BIN)/hubagent evaluate home
	$(BIN)/hubagent evaluate elsewhere --data $(DATA)
	$(BIN)/hubagent evaluate nlu --data $(DATA) --peers
	$(BIN)/hubagent evaluate rephrase --data $(DATA)
	$(BIN)/python benchmarks/turn_cost.py
	$(BIN)/python benchmarks/learning_core.py
	$(BIN)/python benchmarks/learning_pass.py
	$(BIN)/python benchmarks/device_actions.py --data $(DATA) --half report
	$(BIN)/python benchmarks/ha_sentences.py --data $(DATA)

bench-learning: install  ## Households with and without each part of learning; curves into docs (DATA=folder)
	$(BIN)/hubagent evaluate learning --homes 100 --days 42 --seed 1 --seeds 3 --plots docs \
	  --utterances $(DATA)/slurp/open_test.jsonl --asr $(DATA)/slurp/open_test_asr.jsonl

fuzz:  ## Fuzz each bytes-in function, of Rust and of C, for SECONDS (60)
	@command -v cargo-fuzz >/dev/null || { echo 'not installed: cargo-fuzz; install it with: cargo install cargo-fuzz'; exit 1; }
	cd rust/fuzz && for target in $$(cargo fuzz list --fuzz-dir .); do \
	  RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir . $$target -- -max_total_time=$(or $(SECONDS),60) || exit 1; done
	$(MAKE) -C firmware_bridge fuzz OUT=../build/firmware SECONDS=$(or $(SECONDS),60)

$(TRAIN_VENV)/bin/python:
	$(PYTHON) -m venv $(TRAIN_VENV)
	$(TRAIN_VENV)/bin/python -m pip install --quiet --upgrade pip
	$(TRAIN_VENV)/bin/python -m pip install --editable '.[train]'

train-env: $(TRAIN_VENV)/bin/python  ## Make the training environment (torch, several GB)

train: train-env  ## Train the model from DATA into OUT (80 minutes on two cores)
	$(TRAIN_VENV)/bin/python -m hubagent.training all --data $(DATA) --out $(OUT)

docs: install  ## Write the generated reference pages
	$(BIN)/python -m hubagent.reference docs

clean:  ## Remove what was built
	rm -rf $(VENV) $(SPARK_VENV) target rust/fuzz/target dist build
