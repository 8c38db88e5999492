#!/bin/sh
# Uses primer from another project: use.sh WAY FOLDER CMAKE_ARGUMENT... configures the consumer in FOLDER, builds it and
# runs it, and proves that only a program that links primer::command_line needs more than core and training. For
# FetchContent, which ends in the same add_subdirectory, it proves this by the commands of a build and compiles nothing.
set -e
way=$1 folder=$2
shift 2
cmake -S "$(dirname "$0")" -B "$folder" -DWAY="$way" "$@"

if [ "$way" = FetchContent ]; then
  cmake --build "$folder" -- -n >"$folder/compiled.txt"
else
  cmake --build "$folder"
  "$folder/consumer"
  find "$folder" -name '*.o' >"$folder/compiled.txt"
fi
if [ "$way" = find_package ]; then  # with the installed libraries
  cmake --build "$folder" --target commands
  "$folder/commands" activations bent_identity
  exit
fi
grep -q src/core/dense.cpp "$folder/compiled.txt"
if grep -E 'src/(formats|runs|claims|report|views|cli)/' "$folder/compiled.txt"; then
  echo "the framework alone must not need these" >&2
  exit 1
fi
cmake --build "$folder" --target commands -- -n >"$folder/commands.txt"
for room in formats runs claims report views cli; do
  grep -q "src/$room/" "$folder/commands.txt"
done
