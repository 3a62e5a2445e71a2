#!/bin/bash
# No function over 60 lines, no file over 500, no mutable global but log's and the clock's.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${1:-build}
bad=0
files=$(git ls-files -co --exclude-standard 'common/*.[ch]' 'agent/*.[ch]' 'collector/*.[ch]' 'tests/bench/*.[ch]')
long=$(printf '%s\n' "$files" | grep '\.c$' |
	xargs ctags --languages=C --kinds-C=f --fields=+ne -x --_xformat='%{end} %{line} %F:%N' |
	awk '$1 - $2 + 1 > 60 { print $3 ": " $1 - $2 + 1 " lines, at most 60" }')
[ -z "$long" ] || { printf '%s\n' "$long"; bad=1; }
big=$(printf '%s\n' "$files" | xargs wc -l | awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines, at most 500" }')
[ -z "$big" ] || { printf '%s\n' "$big"; bad=1; }
objects=$(find "$B/obj/common" "$B/obj/agent" "$B/obj/collector" -name '*.o' 2>/dev/null | grep -vE 'common/(log|clock)\.o$')
globals=$(printf '%s\n' "$objects" | while read -r o; do
	src=${o#"$B"/obj/}
	[ -f "${src%.o}.c" ] && objdump -t "$o" | awk -v f="${src%.o}.c" '/ O (\.data|\.bss)\t/ { print f ": " $NF " is a mutable global" }'
done)
[ -z "$globals" ] || { printf '%s\n' "$globals"; bad=1; }
names=$(printf '%s\n' "$files" | grep -E '/(util|utils|misc|helpers?|common)\.[ch]$')
[ -z "$names" ] || { printf '%s: a file is named by its noun\n' $names; bad=1; }
exit $bad
