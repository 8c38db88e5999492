#!/bin/sh
# Proves that every build computes the same bits. Trains the same small networks with each compiler, optimisation level,
# instruction set and precision of this machine, and for aarch64 under qemu-user. Compares model.safetensors, history.csv
# and flow.csv byte for byte. As a control it then changes the order of a sum, and this must change the bits. Each build
# compiles src/core and src/training; the other rooms are compiled once for each precision, and for lines with "whole".
# Usage: tests/bits.sh [WORD…] tries the builds whose lines contain one of the words; BITS=ci tries three; JOBS=2
cd "$(dirname "$0")/.." || exit 2
source=$PWD
folder=$PWD/build-bits
mkdir -p "$folder"
rest_is=  # the precision of the objects that `part` does not compile
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}

builds() {  # real compiler optimisation instructions
  if [ "$BITS" = ci ]; then
    printf '%s\n' "double g++ -O2 x86-64-v3" "double clang++ -O0 x86-64" "double g++ -O3 x86-64-v4"
    return
  fi
  for real in double float; do
    for compiler in g++ clang++; do
      for level in -O0 -O2 -O3; do
        for cpu in x86-64 x86-64-v3 x86-64-v4 native; do echo "$real $compiler $level $cpu"; done
      done
    done
    printf "$real %s whole\n" "g++ -O3 portable" "g++ -O3 portable-Haswell" "g++ -O3 portable-Nehalem" \
      "aarch64-linux-gnu-g++ -O2 aarch64"
  done
}

needs() {
  for tool in "$@"; do command -v "$tool" >/dev/null || { reason="no $tool"; return 1; }; done
}

# Both ways to build set $program to the command that runs the program. If they fail they set $reason and return 1 if
# this machine lacks a tool, or 2 if the build fails.
whole() {  # whole REAL COMPILER LEVEL CPU: builds the whole program in the folder $place
  place=$folder/$1-$2$3-$4
  options=-DPRIMER_NATIVE=OFF flags=$3 emulator=
  case $4 in
    portable*)
      place=$folder/$1-$2$3-portable
      options=-DPRIMER_PORTABLE=ON
      [ "$4" = portable ] || emulator="qemu-x86_64 -cpu ${4#portable-}"
      ;;
    aarch64)
      options="-DPRIMER_NATIVE=OFF -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64"
      flags="$3 -static"
      emulator=qemu-aarch64
      ;;
    *) flags="$3 -march=$4" ;;
  esac
  needs "$2" ${emulator:+"${emulator%% *}"} || return
  # shellcheck disable=SC2086
  cmake -S . -B "$place" -G "Unix Makefiles" $options -DCMAKE_BUILD_TYPE=None "-DPRIMER_REAL=$1" "-DCMAKE_CXX_COMPILER=$2" \
    "-DCMAKE_CXX_FLAGS=$flags" >"$place.log" 2>&1 &&
    cmake --build "$place" --target primer-cli --parallel "$jobs" >>"$place.log" 2>&1 ||
    { reason="does not build: $place.log"; return 2; }
  program="$emulator $place/primer"
}

cat >"$folder/part.mk" <<'END'
# The files that compute when a network is trained: core and training without the tools of other commands.
sources := src/cli/built_for.cpp $(wildcard src/core/*.cpp) $(filter-out %/properties.cpp %/gradcheck.cpp,$(wildcard src/training/*.cpp))
objects := $(subst /,-,$(sources:%.cpp=%.o))
$(PLACE)/primer: $(addprefix $(PLACE)/,$(objects)) $(REST)/libprimer-command-line.a $(REST)/libprimer.a
	$(CXX) $(REST)/CMakeFiles/primer-cli.dir/src/cli/main.cpp.o $^ -o $@
$(foreach s,$(sources),$(eval $(PLACE)/$(subst /,-,$(s:%.cpp=%.o)): $s $(PLACE)/flags; $(CXX) $(FLAGS) -w -Iinclude -MMD -MP -c $$< -o $$@))
-include $(PLACE)/*.d
END

part() {  # part SOURCE REAL COMPILER LEVEL CPU: compiles these files of SOURCE, and links them with the rest of another build
  needs "$3" || return
  [ "$rest_is" = "$2" ] || { whole "$2" g++ -O2 x86-64 && rest=$place rest_is=$2 || return; }
  place=$folder/part-$2-$3$4-$5
  [ "$1" = "$source" ] || place=$place-control
  mkdir -p "$place"
  flags="$4 -march=$5"
  case $5 in *-v4 | native) flags="$flags -mprefer-vector-width=512" ;; esac
  flags=$(sed -n 's/^CXX_[DF][A-Z]* = //p' "$rest/CMakeFiles/primer.dir/flags.make" | sed "s/-O2 -march=x86-64/$flags/" | tr '\n' ' ')
  [ "$flags" = "$(cat "$place/flags" 2>/dev/null)" ] || printf '%s' "$flags" >"$place/flags"
  MAKEFLAGS='' make -C "$1" -f "$folder/part.mk" -j "$jobs" "PLACE=$place" "REST=$rest" "CXX=$3" "FLAGS=$flags" >"$place.log" 2>&1 ||
    { reason="does not build: $place.log"; return 2; }
  program=$place/primer
  "$program" --version >/dev/null 2>"$place.log" || { reason=$(cat "$place.log"); return 1; }
}

config() {  # config NAME: from standard input
  cat >"$folder/$1.toml"
}
layers() {  # layers WIDTH ACTIVATION...
  width=$1
  shift
  for activation in "$@"; do printf '[[layer]]\nunits = %s\nactivation = "%s"\n' "$width" "$activation"; done
}
{
  printf '[data]\ngenerator = "spirals"\npoints = 150\nstandardize = true\nvalidation_fraction = 0.2\n'
  layers 19 tanh relu
  echo 'batch_norm = true'
  layers 19 'leaky_relu(0.2)'
  echo 'dropout = 0.2'
  layers 19 prelu
  layers 3 softmax
  printf '[train]\nloss = "cross_entropy"\nlabel_smoothing = 0.1\noptimizer = "adam"\nschedule = "cosine"\n'
} | config classes
{
  printf '[data]\ngenerator = "circles"\npoints = 90\n'
  layers 17 sigmoid softplus elu selu silu
  layers 1 sigmoid
  printf '[train]\nloss = "binary_cross_entropy"\noptimizer = "rmsprop"\nmomentum = 0.5\nschedule = "step"\nschedule_step_size = 1\n'
} | config binary
{
  printf '[data]\ngenerator = "sine"\npoints = 90\n'
  layers 24 gelu gelu_tanh
  printf 'residual = true\nbatch_norm = true\n'
  layers 1 identity
  printf '[train]\nloss = "mse"\noptimizer = "adamw"\nclip_norm = 0.5\nschedule = "linear_warmup"\nschedule_unit = "step"\n'
} | config regression
{
  printf '[data]\ngenerator = "moons"\npoints = 90\n'
  layers 65 tanh step softmax
  layers 2 softmax
  printf '[train]\nloss = "cross_entropy"\noptimizer = "sgd"\nmomentum = 0.9\nnesterov = true\nweight_decay = 0.01\nschedule = "exponential"\n'
} | config momentum
{
  printf '[data]\ngenerator = "plane"\npoints = 90\n'
  layers 300 relu
  layers 1 identity
  printf '[train]\nloss = "huber"\noptimizer = "adagrad"\n'
} | config wide
configs="classes binary regression momentum wide"

bits() {  # prints one checksum of the runs of all configs with $program
  run=$folder/run
  rm -rf "$run"
  mkdir -p "$run"
  for config in $configs; do
    $program train "$folder/$config.toml" --quiet --out "$run/$config" --set train.epochs=2 --set train.batch_size=20 \
      --set diagnostics.every=3 >"$run/$config.log" 2>&1 || { cat "$run/$config.log" >&2; return 1; }
  done
  for config in $configs; do
    for file in model.safetensors history.csv flow.csv; do cat "$run/$config/$file" || return 1; done
  done | cksum | tr ' ' '-'
}

status=0
compared=0
first=
builds | grep -e "$(printf '%s\n' "$@")" >"$folder/builds"
while read -r real compiler level cpu extent <&3; do
  line=$(printf '%-48s' "$real $compiler $level $cpu $extent")
  if [ -n "$extent" ]; then
    whole "$real" "$compiler" "$level" "$cpu"
  else
    part "$source" "$real" "$compiler" "$level" "$cpu"
  fi
  case $? in
    1) echo "$line skipped: $reason"; continue ;;
    2) echo "$line $reason"; status=1; continue ;;
  esac
  now=$(bits) || { echo "$line does not run"; status=1; continue; }
  case $first in
    "$real "*) ;;
    *) first="$real $now" ;;
  esac
  compared=$((compared + 1))
  if [ "$first" = "$real $now" ]; then
    echo "$line $now"
  else
    echo "$line $now  DIFFERENT"
    status=1
  fi
done 3<"$folder/builds"
[ -n "$first" ] || { echo "bits: no build to compare with"; exit 1; }

# The modules of the playground, if `make playground` has built them.
if [ -f build/playground/exact.wasm ] && needs node; then
  flag=--experimental-wasm-relaxed-simd
  node $flag -e 0 2>/dev/null || flag=
  # shellcheck disable=SC2086
  node $flag tests/playground/modules_in_node.mjs build/primer build/playground $(grep -l '^generator' configs/*.toml) || status=1
fi

# The control, in the precision of the last line: the same sums in another order, with 16 running sums instead of 32.
control=$folder/control
rm -rf "$control"
mkdir -p "$control"
cp -r src include "$control"
sed -i 's/lanes = 32;/lanes = 16;/' "$control/include/primer/core/sum.hpp"
cmp -s include/primer/core/sum.hpp "$control/include/primer/core/sum.hpp" && { echo "bits: the control changes nothing"; exit 1; }
part "$control" "${first% *}" g++ -O2 x86-64 || { echo "bits: the control: $reason"; exit 1; }
now=$(bits) || exit 1
if [ "$now" = "${first#* }" ]; then
  echo "bits: the comparison does not notice a sum in another order"
  exit 1
fi
printf '%-48s %s  different, as it must be\n' "${first% *}: a sum in another order" "$now"
[ $status = 0 ] && echo "bits: $compared builds, all the same" || echo "bits: NOT all builds are the same"
exit $status
