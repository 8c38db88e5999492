#!/bin/sh
# Proves that every build computes the same bits: builds the program with each compiler, optimisation level, instruction
# set and precision that there is on this machine, aarch64 under qemu-user included, trains the same nets with each, and
# compares model.safetensors, history.csv and flow.csv byte for byte. At the end a sum is reassociated on purpose, which
# must be noticed. BITS=ci takes a few of the builds.
# Usage: tests/bits.sh
cd "$(dirname "$0")/.." || exit 2
source=$PWD
folder=$PWD/build-bits
mkdir -p "$folder"
jobs=$(getconf _NPROCESSORS_ONLN)

builds() {  # real compiler optimisation instructions
  if [ "$BITS" = ci ]; then
    printf '%s\n' "double g++ -O2 x86-64-v3" "double clang++ -O0 x86-64"
    return
  fi
  for real in double float; do
    for compiler in g++ clang++; do
      for level in -O0 -O2 -O3; do
        for cpu in x86-64 x86-64-v3 x86-64-v4 native; do
          [ $cpu = native ] && [ $level != -O3 ] || echo "$real $compiler $level $cpu"
        done
      done
    done
    echo "$real g++ -O3 portable"
    echo "$real aarch64-linux-gnu-g++ -O2 aarch64"
  done
}

build() {  # build SOURCE REAL COMPILER LEVEL CPU: leaves the program in $program, and in $emulator what runs it
  program=$folder/$2-$(basename "$3")$4-$5
  emulator=
  options="-DPRIMER_NATIVE=OFF -DCMAKE_BUILD_TYPE=None -DPRIMER_REAL=$2 -DCMAKE_CXX_COMPILER=$3"
  flags="$4 -march=$5"
  case $5 in
    native) options="$options -DPRIMER_NATIVE=ON" flags=$4 ;;
    portable) options="$options -DPRIMER_PORTABLE=ON" flags=$4 ;;
    aarch64)
      flags="$4 -static"
      options="$options -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64"
      emulator=qemu-aarch64
      ;;
  esac
  command -v "$3" >/dev/null || { echo "no $3"; return 1; }
  [ -z "$emulator" ] || command -v $emulator >/dev/null || { echo "no $emulator"; return 1; }
  # shellcheck disable=SC2086
  cmake -S "$1" -B "$program" $options "-DCMAKE_CXX_FLAGS=$flags" >"$program.log" 2>&1 &&
    cmake --build "$program" --target primer-cli --parallel "$jobs" >>"$program.log" 2>&1 ||
    { echo "does not build: $program.log"; return 2; }
  program="$emulator $program/primer"
  $program --version >/dev/null 2>&1 || { echo "this CPU cannot run it"; return 1; }
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

bits() {  # bits RUN PROGRAM...: what the program makes of every config, as one checksum
  run=$1
  shift
  rm -rf "$run"
  mkdir -p "$run"
  for config in $configs; do
    "$@" train "$folder/$config.toml" --quiet --out "$run/$config" --set train.epochs=2 --set train.batch_size=20 \
      --set diagnostics.every=3 >"$run/$config.log" 2>&1 || { cat "$run/$config.log" >&2; return 1; }
  done
  for config in $configs; do
    for file in model.safetensors history.csv flow.csv; do cat "$run/$config/$file" || return 1; done
  done | cksum | tr ' ' '-'
}

status=0
builds | while read -r real compiler level cpu; do
  name="$real $compiler $level $cpu"
  reason=$(build "$source" "$real" "$compiler" "$level" "$cpu")
  case $? in
    1) printf '%-48s skipped: %s\n' "$name" "$reason"; continue ;;
    2) printf '%-48s %s\n' "$name" "$reason"; exit 1 ;;
  esac
  build "$source" "$real" "$compiler" "$level" "$cpu" >/dev/null
  # shellcheck disable=SC2086
  now=$(bits "$folder/run-$real" $program) || exit 1
  first=$folder/first-$real
  [ "$real" = "$before" ] || { echo "$now" >"$first"; before=$real; }
  if [ "$now" = "$(cat "$first")" ]; then
    printf '%-48s %s\n' "$name" "$now"
  else
    printf '%-48s %s  DIFFERENT\n' "$name" "$now"
    touch "$folder/different"
  fi
done || status=1
[ ! -e "$folder/different" ] || { rm "$folder/different"; status=1; }

# The control: the same sums in another order, 16 running sums for 32.
control=$folder/control
rm -rf "$control"
mkdir -p "$control"
cp -r CMakeLists.txt src include tests "$control"
sed -i 's/lanes = 32;/lanes = 16;/' "$control/include/primer/core/sum.hpp"
cmp -s include/primer/core/sum.hpp "$control/include/primer/core/sum.hpp" && { echo "bits: the control changes nothing"; exit 1; }
folder=$folder/of-control
mkdir -p "$folder"
for config in $configs; do cp "$source/build-bits/$config.toml" "$folder"; done
build "$control" double g++ -O0 x86-64-v3 || exit 1
# shellcheck disable=SC2086
now=$(bits "$folder/run" $program) || exit 1
if [ "$now" = "$(cat "$source/build-bits/first-double")" ]; then
  echo "bits: a reassociated sum is not noticed"
  exit 1
fi
printf '%-48s %s  different, as it must be\n' "control: a sum in another order" "$now"
[ $status = 0 ] && echo "bits: all builds are the same" || echo "bits: NOT all builds are the same"
exit $status
