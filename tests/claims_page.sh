#!/bin/sh
# Writes what primer prints into README.md and configs/claims/README.md or, with --check, fails if a page differs.
# Usage: tests/claims_page.sh PROGRAM [--check]
program=$(realpath "$1") || exit 2
cd "$(dirname "$0")/.." || exit 2
folder=$(mktemp -d) || exit 2
trap 'rm -r "$folder"' EXIT
"$program" claims --jobs "$(getconf _NPROCESSORS_ONLN)" >"$folder/claims" || { cat "$folder/claims"; exit 1; }
tail -n 2 "$folder/claims" >"$folder/summary"
"$program" claims --measures >"$folder/measures" || exit 1
"$program" train configs/spirals.toml --out "$folder/run" >"$folder/log" 2>&1 || exit 1
sed -n "/^train  /,\$ { s|$folder/run|runs/spirals|; p }" "$folder/log" >"$folder/train"
differs=0
for page in README.md configs/claims/README.md; do
  # A block starts after the line "<!-- NAME -->" and the line "```" or "```text"; it ends before the next line "```".
  awk -v folder="$folder" '
    /^<!-- .* -->$/ { block = $2 }
    /^```$/ && copied { copied = 0; block = "" }
    !copied { print }
    /^```(text)?$/ && block != "" && !copied { while ((getline line < (folder "/" block)) > 0) print line; copied = 1 }
  ' "$page" >"$folder/page"
  if [ "$2" != --check ]; then
    cp "$folder/page" "$page"
  elif ! diff "$page" "$folder/page"; then
    differs=1
  fi
done
[ $differs = 0 ] || echo "a page differs from what the program prints: run make claims-page" >&2
exit $differs
