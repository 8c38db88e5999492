#!/bin/sh
# Proves that the program of `make PORTABLE=1` runs on every CPU: no function outside the two builds for newer CPUs holds
# an instruction that the oldest lacks; and, where qemu-user is installed, it trains to the same signature on three CPUs,
# while the program of plain `make` refuses the oldest with one line.
# Usage: tests/portable.sh [CONFIG]
cd "$(dirname "$0")/.." || exit 2
config=${1:-configs/xor.toml}
program=build-portable/primer
make --no-print-directory all && make --no-print-directory PORTABLE=1 || exit 1

wide=$(objdump -d -C --no-show-raw-insn $program |
  awk '/^[0-9a-f]+ </ { name = $0 } /%[yz]mm|%k[0-7]|\tv[a-z0-9]+ .*%xmm/ { wide[name] = 1 } END { for (name in wide) print name }')
case $wide in *primer_v3::*primer_v4::* | *primer_v4::*primer_v3::*) ;; *)
  echo "portable: found no function for newer CPUs"
  exit 1 ;;
esac
if echo "$wide" | grep -v 'primer_v[34]::'; then
  echo "portable: the functions above run on every CPU, and must not use AVX"
  exit 1
fi
echo "portable: $(echo "$wide" | wc -l) functions use AVX, all of them in the builds for newer CPUs"

command -v qemu-x86_64 >/dev/null || exit 0
runs=$(mktemp -d)
trap 'rm -r "$runs"' EXIT
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
