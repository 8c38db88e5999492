#!/bin/sh
# Proves that the program of `make PORTABLE=1` runs on every CPU. The objects for the oldest CPU, and the functions that
# they share with the objects for newer CPUs, must have no instruction that the oldest CPU lacks. If qemu-user is
# installed, the program must train to the same signature on three CPUs, and the program of plain `make` must refuse the
# oldest CPU with one line.
# Usage: tests/portable.sh [CONFIG]
cd "$(dirname "$0")/.." || exit 2
config=${1:-configs/xor.toml}
program=build-portable/primer
make --no-print-directory all && make --no-print-directory PORTABLE=1 || exit 1

runs=$(mktemp -d)
trap 'rm -r "$runs"' EXIT
wide() {  # wide FILE: the functions that use AVX or AVX-512
  objdump -d --no-show-raw-insn "$1" | awk '
    /^[0-9a-f]+ </ { name = substr($2, 2, length($2) - 3) }
    /%[yz]mm|%k[0-7]|\tv[a-z0-9]+ .*%xmm/ { wide[name] = 1 }
    END { for (name in wide) print name }' | sort
}
wide $program >"$runs/wide"
for build in primer_v3 primer_v4; do
  grep -q $build "$runs/wide" || { echo "portable: $build does not use AVX"; exit 1; }
done
nm -g build-portable/libprimer*.a 2>/dev/null | awk 'NF > 1 { print $NF }' | sort -u >"$runs/shared"
{ for library in build-portable/libprimer*.a; do wide "$library"; done; comm -12 "$runs/wide" "$runs/shared"; } >"$runs/wrong"
if [ -s "$runs/wrong" ]; then
  cat "$runs/wrong"
  echo "portable: the functions above run on every CPU, and must not use AVX"
  exit 1
fi
echo "portable: $(wc -l <"$runs/wide") functions use AVX; no function that runs on every CPU does"

command -v qemu-x86_64 >/dev/null || exit 0
signature() {  # signature NAME [EMULATOR...]: trains and prints the signature
  name=$1
  shift
  "$@" $program train "$config" --quiet --out "$runs/$name" >"$runs/$name.log" 2>&1
  grep '^signature' "$runs/$name.log" || { cat "$runs/$name.log" >&2; exit 1; }
}
here=$(signature here) || exit 1
for cpu in Nehalem Haswell; do
  there=$(signature $cpu qemu-x86_64 -cpu $cpu) || exit 1
  echo "portable: $cpu: $there; this CPU: $here"
  [ "$there" = "$here" ] || exit 1
done
qemu-x86_64 -cpu Nehalem build/primer --version 2>"$runs/refusal"
code=$?
echo "portable: the native program on Nehalem: exit $code: $(grep '^primer' "$runs/refusal")"
[ $code = 2 ]
