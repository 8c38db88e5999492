#!/bin/sh
# Proves the architecture: each room includes only the rooms that it may include, core neither prints nor opens a file,
# every header compiles alone, the libraries have no static initialisers (main must be able to refuse a CPU before any
# code of the libraries runs), and the top level has only the entries of a fixed list. Prints every line that breaks a rule.
# Usage: tests/lint_rooms.sh LIBRARY.a...
cd "$(dirname "$0")/.." || exit 2
status=0
refuse() {  # refuse RULE LINES: prints the lines and fails, if there are any
  [ -z "$2" ] && return
  printf '%s:\n%s\n' "$1" "$2"
  status=1
}

# ROOM: the rooms that its files may include, besides itself.
rooms='core:
training: core
formats:
runs: core training formats
claims: core training formats runs
report: core training formats runs
views: core training formats runs
playground: core training formats runs
cli: core training formats runs claims report views playground'
while IFS=: read -r room known; do
  allowed=$(echo "$room $known" | sed 's/ *$//; s/  */|/g')
  for folder in "include/primer/$room" "src/$room"; do
    [ -d "$folder" ] || continue
    refuse "room $room may include only:${known:- itself}" \
      "$(grep -rnE '#include [<"]primer/' "$folder" | grep -vE "#include [<\"]primer/($allowed)/")"
  done
done <<END
$rooms
END
refuse "these folders are not rooms" \
  "$(ls -d src/*/ include/primer/*/ | xargs -n 1 basename | sort -u | grep -vxE "$(echo "$rooms" | cut -d : -f 1 | paste -sd '|')")"
refuse "core neither prints nor opens a file" \
  "$(grep -rnE '#include <(iostream|ostream|fstream|cstdio|filesystem|print)>' include/primer/core src/core)"
refuse "the top level may not have these entries" \
  "$( (git ls-files || echo 'git ls-files failed') | cut -d / -f 1 | sort -u |
     grep -vxE '\..*|src|include|tests|data|configs|CMakeLists\.txt|Makefile|README\.md')"
refuse "every header must compile alone" \
  "$(find include -name '*.hpp' | sort | xargs -P 2 -I{} sh -c '
     echo "#include \"{}\"" | ${CXX:-c++} -std=c++20 -fsyntax-only -Wall -Wextra -Iinclude -I. -x c++ - 2>&1')"
refuse "the libraries may not have static initialisers (use constexpr, a static inside a function, or <cstdio> for <iostream>)" \
  "$(nm -A "$@" | grep -E '_GLOBAL__sub_I_|__cxx_global_var_init')"
exit $status
