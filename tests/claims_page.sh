#!/bin/sh
# Writes what `primer claims` and `primer claims --measures` print into configs/claims/README.md, or, with --check, fails
# if the page differs. Usage: tests/claims_page.sh PROGRAM [--check]
program=$(realpath "$1") || exit 2
cd "$(dirname "$0")/.." || exit 2
page=configs/claims/README.md
folder=$(mktemp -d) || exit 2
trap 'rm -r "$folder"' EXIT
"$program" claims >"$folder/claims" || { cat "$folder/claims"; exit 1; }
"$program" claims --measures >"$folder/measures" || exit 1
# A block of the page starts after the line "<!-- NAME -->" and the line "```"; it ends before the next line "```".
awk -v folder="$folder" '
  /^<!-- .* -->$/ { block = $2 }
  /^```$/ && copied { copied = 0; block = "" }
  !copied { print }
  /^```$/ && block != "" && !copied { while ((getline line < (folder "/" block)) > 0) print line; copied = 1 }
' "$page" >"$folder/page"
if [ "$2" = --check ]; then
  diff "$page" "$folder/page" && exit 0
  echo "$page differs from what the program prints: run make claims-page" >&2
  exit 1
fi
cp "$folder/page" "$page"
