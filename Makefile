# Slicebed: every target sets up what it needs; a second call finds it done.
#   make quickstart   one co-simulation of a sliced 12-cell network, a table and figures
#   make test         all tests, two files of them at once
#   make setup        Debian packages that are missing, .venv, compiled scenarios
#   make lint         formatters, linters, type checker
#   make sanitize     the C++ under AddressSanitizer and UndefinedBehaviorSanitizer
#   make fuzz         hostile bytes for all that reads bytes (FUZZ_RUNS=N inputs for each target)
#   make clean        removes .venv, build and results

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
APT_PACKAGES := libzmq3-dev cppzmq-dev libprotobuf-dev protobuf-compiler nlohmann-json3-dev \
                cmake ninja-build g++ python3-dev python3-venv git
NS3_ARGS := $(if $(ns3_DIR),-Ccmake.define.ns3_DIR=$(ns3_DIR))
CXX_SOURCES := $(shell find cmake ns3-scenarios -type f \
                 \( -name '*.cc' -o -name '*.h' -o -name '*.proto' -o -name '*.inc' -o -name '*.cmake' \
                    -o -name CMakeLists.txt \))
# pip writes no bytecode and asks for no newer self: half the installation time.
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-compile -c constraints.txt

# What commands import; see where it is used.
IMPORTED := duckdb, gymnasium, jinja2, matplotlib.pyplot, pandas, pettingzoo, pyarrow.parquet, pydantic, pytest, \
            ray, rich.progress, scipy.optimize, scipy.stats, stable_baselines3, submitit, torch.utils.tensorboard, \
            typer, yaml, zmq

FUZZ_RUNS ?= 20000
CMAKE_ARGS := -G Ninja -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python $(if $(ns3_DIR),-Dns3_DIR=$(ns3_DIR))

.PHONY: setup quickstart test lint format sanitize fuzz clean

setup: $(VENV)/.installed

quickstart: $(VENV)/.installed
	$(BIN)/slicebed quickstart --out results/quickstart

test: $(VENV)/.installed
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run --Werror $$(git ls-files 'ns3-scenarios/*.cc' 'ns3-scenarios/*.h')

format: $(VENV)/.installed
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .
	$(BIN)/clang-format -i $$(git ls-files 'ns3-scenarios/*.cc' 'ns3-scenarios/*.h')

sanitize: $(VENV)/.ns3
	cmake -S . -B build/sanitize $(CMAKE_ARGS) -DSLICEBED_SANITIZE=ON
	cmake --build build/sanitize --target sanitized
	scripts/run-sanitized build/sanitize

fuzz: $(VENV)/.installed
	@scripts/install-debian-packages clang libclang-rt-dev
	cmake -S ns3-scenarios/fuzz -B build/fuzz $(CMAKE_ARGS) -DCMAKE_CXX_COMPILER=clang++
	cmake --build build/fuzz
	scripts/run-fuzz-targets build/fuzz $(FUZZ_RUNS)
	$(BIN)/python -m tests.fuzz.fuzz_codec --runs $(FUZZ_RUNS)

clean:
	rm -rf $(VENV) build results

$(VENV)/.packages:
	@scripts/install-debian-packages $(APT_PACKAGES)
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.ns3: constraints.txt | $(VENV)/.packages
	@echo "setup: ns-3 and the build tools"
	$(PIP) nanobind ns3 numpy scikit-build-core
	@touch $@

$(VENV)/.installed: $(VENV)/.ns3 pyproject.toml constraints.txt CMakeLists.txt $(CXX_SOURCES)
	@echo "setup: the C++ scenarios and the Python packages (a few minutes the first time)"
	$(PIP) --no-build-isolation $(NS3_ARGS) -e '.[dev]'
	@# Where Python is told to write no bytecode, as in many containers, each start would compile what it
	@# imports (pandas alone for 1.5 s): it is compiled here, once.
	$(BIN)/python -m compileall -q agents analysis pyctl
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -c 'import $(IMPORTED)'
	@touch $@
