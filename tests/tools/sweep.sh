#!/usr/bin/env bash
# Looks through what daemons logged, counted and answered while the tests ran, for what may never be there: a telephone
# number, a patient's name or words, a secret of the tests.
#
#   tests/tools/sweep.sh FOLDER
#
# Tells file and line of each find, and never the find itself; exit 1 on any, 2 where there is nothing to look through.
set -euo pipefail
folder="$1"

# One extended regular expression a line.
private='
(\+|00)?44 ?0?7700 ?900
07700 ?900
447700900
Whitlock|Okafor|Nescio|Zebedee|Willoughby
the token that nobody may see
5ecc0de5|01dc0de0
BP 1[0-9][0-9]
We have your reading|Thank you\. We have|chest pain
lamplight_[0-9a-f]{32}
Basic QUM
'

if [ -z "$(find "$folder" -type f -size +0 -print -quit 2>/dev/null)" ]; then
  echo "tests/tools/sweep.sh: there is nothing in $folder to look through" >&2
  exit 2
fi
patterns="$(sed '/^$/d' <<<"$private")"
# The number that our own sentences give as an example is nobody's.
found="$(grep -rnIE "$patterns" "$folder" | sed 's/like +447700900123 or 07700 900123//g' |
  grep -E "$patterns" | cut -d: -f1,2 || true)"
if [ -n "$found" ]; then
  echo "tests/tools/sweep.sh: something private stands in" >&2
  echo "$found" | head -50 >&2
  exit 1
fi
