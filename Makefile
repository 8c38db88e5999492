# A thin front: everything is done by CMake and the scripts in tests/. `make help` lists what there is.
# Words that change a build, each in a folder of its own: PRECISION=float, PORTABLE=1.

CONFIG ?= configs/spirals.toml
PREFIX ?= /usr/local
PRECISION ?= double
BUILD := build$(if $(filter float,$(PRECISION)),-float)$(if $(PORTABLE),-portable)
OPTIONS := -DPRIMER_REAL=$(PRECISION) $(if $(PORTABLE),-DPRIMER_PORTABLE=ON)

JOBS := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
CONFIGURE = cmake -S . --log-level=NOTICE
COMPILE = MAKEFLAGS=--no-print-directory cmake --build $(BUILD) --parallel $(JOBS)

.PHONY: all run test bench bench-peers bits fuzz lint format sanitize install clean help

all: $(BUILD)/CMakeCache.txt  ## build the program as build/primer (PRECISION=float: build-float/, PORTABLE=1: build-portable/)
	@$(COMPILE) --target primer-cli

run: all  ## train CONFIG=configs/spirals.toml, with ARGS="--set train.epochs=10" or the like
	@$(BUILD)/primer train $(CONFIG) $(ARGS)

test:  ## build and run all tests; ARGS="--test-case=*softmax*" picks some
	@$(CONFIGURE) -B $(BUILD) $(OPTIONS) -DPRIMER_TESTS=ON >/dev/null
	@$(COMPILE)
	@$(BUILD)/primer-tests $(ARGS)

install: all  ## install program, library and headers under PREFIX=/usr/local
	@cmake --install $(BUILD) --prefix $(PREFIX)

clean:  ## remove everything that was built (runs/ stays)
	@rm -rf build build-*/

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

$(BUILD)/CMakeCache.txt:
	@$(CONFIGURE) -B $(BUILD) $(OPTIONS) >/dev/null
