#!/bin/sh
# Uses primer from another project: use.sh WAY FOLDER CMAKE_ARGUMENT... configures the consumer in FOLDER, builds it, runs
# it and proves that this compiled core and training alone. With the installed libraries it also builds the program that
# links primer::command_line.
set -e
way=$1 folder=$2
shift 2
cmake -S "$(dirname "$0")" -B "$folder" -DWAY="$way" "$@"
cmake --build "$folder"
"$folder/consumer"
if [ "$way" = find_package ]; then
  cmake --build "$folder" --target commands
  "$folder/commands" activations bent_identity
  exit
fi
find "$folder" -name '*.o' >"$folder/objects.txt"
grep -q src/core/dense.cpp "$folder/objects.txt"
if grep -vE '/(consumer.dir/main|src/core/[a-z_]*|src/training/[a-z_]*)\.cpp\.o$' "$folder/objects.txt"; then
  echo "the framework alone must not need these objects" >&2
  exit 1
fi
