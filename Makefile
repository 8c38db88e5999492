# Short names for the work of CMake and of the scripts in tests/. `make help` lists all targets. PRECISION=float and
# PORTABLE=1 change what a target builds; each has its own build folder.

CONFIG ?= configs/spirals.toml
PREFIX ?= /usr/local
PRECISION ?= double
PYTHON ?= python3
FUZZ_SECONDS ?= 60

BUILD := build$(if $(filter float,$(PRECISION)),-float)$(if $(PORTABLE),-portable)
OPTIONS := -DPRIMER_REAL=$(PRECISION) $(if $(PORTABLE),-DPRIMER_PORTABLE=ON)
JOBS := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
COMPILE := MAKEFLAGS=--no-print-directory CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) cmake --build
VERSION := $(shell sed -n "s/^project.primer VERSION \([0-9.]*\).*/\1/p" CMakeLists.txt)
BIOME_VERSION := 2.6.8
BIOME_FOLDER := build-lint/biome-$(BIOME_VERSION)
BIOME := $(BIOME_FOLDER)/node_modules/.bin/biome
SOURCES := $(shell find src include tests -name '*.[ch]pp' 2>/dev/null)

.PHONY: all run playground test bench bench-peers bits fuzz mutants check assignment grade autograder misconceptions handout-data lint format sanitize claims-page pictures install clean help

all: $(BUILD)/cmake_install.cmake ## build the program build/primer (PRECISION=float: in build-float/; PORTABLE=1: for every CPU, in build-portable/)
	@$(COMPILE) $(BUILD) --target primer-cli

run: all ## train CONFIG=configs/spirals.toml; ARGS="--set train.epochs=10" adds arguments; a terminal shows it slowly
	@if [ -t 0 ] && [ -t 1 ]; then exec $(BUILD)/primer watch --any-key $(CONFIG) $(ARGS); else exec $(BUILD)/primer train $(CONFIG) $(ARGS); fi

playground: $(BUILD)/cmake_install.cmake ## write a page that trains CONFIG=configs/spirals.toml in the browser (gets clang 19 for WebAssembly)
	@sh src/playground/toolchain.sh
	@$(COMPILE) $(BUILD) --target primer-cli
	@$(MAKE) --no-print-directory -f src/playground/modules.mk -j $(JOBS) OUT=$(BUILD)/playground VERSION=$(VERSION)
	@$(BUILD)/primer play $(CONFIG) --out $(BUILD)/$(basename $(notdir $(CONFIG))).html $(ARGS)

test: ## build and run all tests; ARGS="--test-case=*softmax*" selects unit tests
	@cmake -S . -B $(BUILD) $(OPTIONS) -DPRIMER_TESTS=ON >/dev/null
	@grep -q PRIMER_TESTS:BOOL=ON $(BUILD)/CMakeCache.txt
	@$(COMPILE) $(BUILD)
	@CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) ctest --test-dir $(BUILD) --output-on-failure --exclude-regex primer-tests
	@$(BUILD)/primer-tests $(ARGS)

bench: all ## time the workloads W1 to W7 and compare them with the floor of this machine; ARGS=--json
	@$(COMPILE) $(BUILD) --target primer-bench
	@$(BUILD)/primer-bench $(ARGS)

bench-peers: all ## time the same work on NumPy, PyTorch, scikit-learn, Eigen and OpenBLAS, as far as they are installed (PYTHON=python3)
	@$(COMPILE) $(BUILD) --target primer-bench
	@$(PYTHON) tests/bench_peers.py $(BUILD)/primer-bench $(ARGS)

bits: ## prove that every build on this machine computes the same bits
	@JOBS=$(JOBS) sh tests/bits.sh $(ARGS)

fuzz: ## feed random bytes to each reader of files for FUZZ_SECONDS=60 (needs clang)
	@cmake -S . -B build-fuzz -DCMAKE_CXX_COMPILER=clang++ \
	  -DCMAKE_CXX_FLAGS="-g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all" >/dev/null
	@$(COMPILE) build-fuzz --target fuzz
	@for reader in $(notdir $(basename $(wildcard tests/fuzz/*.cpp))); do \
	  mkdir -p build-fuzz/$$reader; \
	  build-fuzz/fuzz-$$reader -max_total_time=$(FUZZ_SECONDS) build-fuzz/$$reader tests/fuzz/$$reader || exit 1; \
	done

mutants: ## break the code in many small ways and show whether the tests notice; RANDOM=200 SEED=1: at random tokens
	@python3 tests/mutations.py $(if $(RANDOM),--random $(RANDOM) --seed $(or $(SEED),1)) $(ARGS)

check: ## check your solution of TASK=1.1 on the public inputs; without TASK, of all tasks
	@python3 tests/course/check.py "$(TASK)"

assignment: ## make a student's tree in OUT=folder, with stubs for TASKS="1.1 2.1" (default: all tasks); LANGUAGE=python: in NumPy
	@python3 tests/course/handout.py "$(OUT)" "$(TASKS)" "$(LANGUAGE)"

GRADING = $(if $(SECONDS),--seconds $(SECONDS)) $(if $(WITHHOLD),--withhold) $(if $(VISIBILITY),--visibility $(VISIBILITY))

grade: ## grade SUBMISSION=folder, or a class: SUBMISSIONS=folder of folders and zips; TASKS, HIDDEN, RESULTS, SECONDS, WITHHOLD, VISIBILITY
	@python3 tests/course/$(if $(SUBMISSIONS),grade_class.py "$(SUBMISSIONS)",grade.py "$(SUBMISSION)") --tasks "$(TASKS)" \
	  $(if $(HIDDEN),--hidden "$(HIDDEN)") $(if $(RESULTS),--results "$(RESULTS)") $(GRADING)

autograder: ## pack OUT=autograder.zip for Gradescope; TASKS, HIDDEN, SECONDS, WITHHOLD and VISIBILITY as for grade
	@python3 tests/course/gradescope.py "$(OUT)" "$(TASKS)" "$(HIDDEN)" $(GRADING)

handout-data: all ## write small networks with every quantity of a pass and of five steps to OUT=folder, for any language
	@sh tests/course/handout_data.sh $(BUILD)/primer "$(OUT)"

misconceptions: ## grade the wrong solutions of tests/course/misconceptions.py: are they caught and explained?
	@python3 tests/course/misconceptions.py

lint: all $(BIOME) ## clang-format, clang-tidy, Biome for the web files, and the rules of the architecture (needs npm)
	@clang-format --dry-run -Werror $(SOURCES)
	@$(BIOME) check --error-on-warnings
	@sh tests/lint_rooms.sh $(BUILD)/libprimer.a $(BUILD)/libprimer-command-line.a
	@cmake -S . -B build-lint -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >/dev/null
	@run-clang-tidy -quiet -p build-lint -j $(JOBS) '/src/' >build-lint/tidy.txt 2>&1 || { grep -A 3 'error:' build-lint/tidy.txt; exit 1; }

format: $(BIOME) ## format all sources by .clang-format and .biome.jsonc (needs npm)
	@clang-format -i $(SOURCES)
	@$(BIOME) format --write

sanitize: ## run all tests with the address and undefined-behaviour sanitizers, in build-sanitize/
	@cmake -S . -B build-sanitize $(OPTIONS) -DPRIMER_TESTS=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo \
	  -DCMAKE_CXX_FLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all -D_GLIBCXX_ASSERTIONS" >/dev/null
	@$(COMPILE) build-sanitize
	@build-sanitize/primer-tests $(ARGS)

claims-page: all ## write what primer prints into README.md and configs/claims/README.md
	@tests/claims_page.sh $(BUILD)/primer

pictures: all ## draw the pictures of the README in data/pictures/ (needs chromium, chromedriver and python3)
	@python3 tests/report/pictures.py $(BUILD)/primer configs data/pictures

install: all ## install the program, the libraries and the headers under PREFIX=/usr/local
	@cmake --install $(BUILD) --prefix $(PREFIX)

clean: ## remove all build folders; runs/ stays
	@rm -rf build build-*/

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

$(BIOME):
	@command -v npm >/dev/null || { echo "npm is missing; install it to lint and format JavaScript and CSS: apt-get install npm" >&2; exit 1; }
	@mkdir -p $(BIOME_FOLDER)
	@npm install --silent --no-save --no-package-lock --no-audit --no-fund --prefix $(BIOME_FOLDER) @biomejs/biome@$(BIOME_VERSION)

$(BUILD)/cmake_install.cmake:
	@cmake -S . -B $(BUILD) $(OPTIONS) >/dev/null
