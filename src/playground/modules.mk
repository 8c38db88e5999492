# Compiles the engine to WebAssembly twice: OUT/fused.wasm uses relaxed_madd, OUT/exact.wasm emulates fma. Called by
# `make playground`. Only the files that compute are optimised for speed, because the page should stay small.
CXX := clang++-19
OUT := build/playground
FLAGS := --target=wasm32-wasi -std=c++20 -fno-strict-aliasing -ffp-contract=off -fno-math-errno -fno-trapping-math \
  -msimd128 -ffunction-sections -fdata-sections -Isrc/playground/libcxx -Iinclude -DPRIMER_FMA='"primer/playground/fma.hpp"' -DPRIMER_VERSION='"$(VERSION)"' -Wall -Wextra
LINK := --target=wasm32-wasi -mexec-model=reactor -Wl,--gc-sections,--strip-all,--export=__stack_pointer,--stack-first,-z,stack-size=1048576
fused := -mrelaxed-simd
exact :=
fast_fused := core/product core/dense
fast_exact := $(fast_fused) core/activation core/optimizer core/regularize
sources := $(wildcard src/core/*.cpp) $(filter-out %/gradcheck.cpp %/propagation.cpp,$(wildcard src/training/*.cpp)) \
  $(addprefix src/formats/,error.cpp number.cpp utf8.cpp toml.cpp table_reader.cpp csv.cpp json.cpp input.cpp safetensors.cpp) \
  $(addprefix src/runs/,config.cpp experiment.cpp samples.cpp model.cpp named_tensor.cpp signature.cpp) \
  src/playground/engine.cpp src/playground/host.cpp

all: $(OUT)/fused.wasm.gz $(OUT)/exact.wasm.gz

define module
objects_$(1) := $(patsubst src/%.cpp,$(OUT)/$(1)/%.o,$(sources))
$(OUT)/$(1)/%.o: src/%.cpp
	@mkdir -p $$(@D) && $(CXX) $(FLAGS) $($(1)) $$(if $$(filter $(fast_$(1)),$$*),-O3,-Oz) -MMD -MP -c $$< -o $$@
$(OUT)/$(1).wasm: $$(objects_$(1))
	@$(CXX) $(LINK) $$^ -o $$@
$(OUT)/$(1).wasm.gz: $(OUT)/$(1).wasm
	@gzip -9 -n -k -f $$<
-include $$(objects_$(1):.o=.d)
endef
$(eval $(call module,fused))
$(eval $(call module,exact))
