#!/bin/bash
# The README places every module (folder/name, without ending), and names none that is gone.
set -u
cd "$(dirname "$0")/../.." || exit 2
bad=0
modules=$(git ls-files -co --exclude-standard 'common/*.[ch]' 'agent/*.[ch]' 'collector/*.[ch]' | sed 's/\.[ch]$//' | sort -u)
# In the tour a folder heads a list:  **collector/tell/** `main` ... `outbox` ...
placed=$(awk '
	/^\*\*(common|agent|collector)[a-z\/]*\*\*/ { match($0, /^\*\*[a-z\/]*/); dir = substr($0, 3, RLENGTH - 2); sub(/\/$/, "", dir) }
	/^#/ || /^$/ { dir = "" }
	dir { line = $0; while (match(line, /`[a-z0-9_]+`/)) { print dir "/" substr(line, RSTART + 1, RLENGTH - 2); line = substr(line, RSTART + RLENGTH) } }
' README.md | sort -u)
missing=$(comm -23 <(printf '%s\n' "$modules") <(printf '%s\n' "$placed"))
gone=$(comm -13 <(printf '%s\n' "$modules") <(printf '%s\n' "$placed"))
[ -z "$missing" ] || { printf 'README.md does not place %s\n' $missing; bad=1; }
[ -z "$gone" ] || { printf 'README.md places %s, which is not there\n' $gone; bad=1; }
exit $bad
