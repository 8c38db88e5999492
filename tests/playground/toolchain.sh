#!/bin/sh
# Runs toolchain.sh as on a machine without clang 19: TOOLCHAIN. It must print the command before it installs anything, and
# must install nothing if PRIMER_NO_INSTALL=1 forbids it.
set -e
toolchain=$1
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
log=$bin/log
for tool in sh env true cat chmod; do ln -s "$(PATH=/usr/bin:/bin which "$tool")" "$bin/$tool"; done
program() {  # program NAME LINE: a program that does LINE
  printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"
  chmod +x "$bin/$1"
}
fails() {
  echo "$1; it printed:" >&2
  cat "$log" >&2
  exit 1
}
run() {  # run VARIABLE...: the exit code; messages and the calls of apt-get are in $log, in their order
  : >"$log"
  env -i PATH="$bin" "$@" sh "$toolchain" >>"$log" 2>&1 && code=0 || code=$?
}
program id 'echo 0'
program apt-get "echo apt-get \"\$@\" >>$log"

run PRIMER_NO_INSTALL=1
[ "$code" = 1 ] && [ "$(wc -l <"$log")" = 1 ] && grep -q '^primer: .*: apt-get install clang-19 lld-19 .* wasi-libc$' "$log" ||
  fails "PRIMER_NO_INSTALL=1 must end with one line that says what to install"

run
[ "$code" = 1 ] && [ "$(tail -n 1 "$log")" = "$(grep '^primer: the playground needs' "$log")" ] || fails "an install that brings no compiler must say so"

program apt-get "echo apt-get \"\$@\" >>$log; printf '#!/bin/sh\n' >$bin/clang++-19; chmod +x $bin/clang++-19"
run
command=$(sed -n 's/^primer: installing .*: \(apt-get install .*\)$/\1/p' "$log")
[ "$code" = 0 ] && [ "$(head -n 1 "$log" | cut -c 1-18)" = "primer: installing" ] && [ -n "$command" ] && grep -qx "$command" "$log" || fails "the command must be printed before it runs"

run PRIMER_NO_INSTALL=1
[ "$code" = 0 ] && [ ! -s "$log" ] || fails "with the compiler there is nothing to say"
echo "toolchain.sh: passed"
