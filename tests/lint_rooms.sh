#!/bin/sh
# Proves the architecture: each room includes only the rooms to its left, the maths core neither prints nor opens a
# file, every header compiles alone, the library has no static initialisers (main must be able to refuse a CPU before
# any of the library's code runs), and the top level holds nothing but the card's list. Prints every line that offends.
# Usage: tests/lint_rooms.sh LIBRARY.a
cd "$(dirname "$0")/.." || exit 2
status=0
refuse() {  # refuse RULE LINES: fails when there are any
  [ -z "$2" ] && return
  printf '%s:\n%s\n' "$1" "$2"
  status=1
}

right="training files views cli"
for room in core training files views; do
  refuse "room $room includes no room to its right" \
    "$(grep -rnE "#include [<\"]primer/($(echo "$right" | tr ' ' '|'))/" "include/primer/$room" "src/$room")"
  right=${right#* }
done
refuse "the maths core never prints and opens no file" \
  "$(grep -rnE '#include <(iostream|ostream|fstream|cstdio|filesystem|print)>' include/primer/core src/core)"
refuse "not on the list of what may stand at the top level" \
  "$( (git ls-files || echo 'git ls-files failed') | cut -d / -f 1 | sort -u |
     grep -vxE '\..*|src|include|tests|data|configs|CMakeLists\.txt|Makefile|README\.md')"
refuse "every header compiles alone" \
  "$(find include -name '*.hpp' | sort | xargs -P 2 -I{} sh -c '
     echo "#include \"{}\"" | ${CXX:-c++} -std=c++20 -fsyntax-only -Wall -Wextra -Iinclude -I. -x c++ - 2>&1')"
refuse "no static initialisers (make it constexpr or static inside a function; <cstdio> prints without one, <iostream> does not)" \
  "$(nm -A "$1" | grep -E '_GLOBAL__sub_I_|__cxx_global_var_init')"
exit $status
