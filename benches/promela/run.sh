#!/bin/sh
# Lets SPIN explore lifecycle.pml, and prints `states=… transitions=… seconds=… memory_mb=…`.
# Usage: run.sh [breadth] [-DMESSAGES=1 | -DRECIPIENTS=1 | -DRECIPIENTS=2 | -DCRASHES=0]...
# Exit status 3: spin or a C compiler is missing; 1: an assertion failed, or the search did not close.
set -eu
LC_ALL=C
export LC_ALL

for tool in spin "${CC:-cc}"; do
    if ! command -v "$tool" >/dev/null; then
        echo "$tool is missing; on Debian: apt-get install spin gcc" >&2
        exit 3
    fi
done

# The search is exact: no reduction, no bit states, no hash compaction. The other flags only make it faster.
flags="-O2 -DSAFETY -DNOREDUCE -DNOFAIR -DNOCOMP -DNOBOUNDCHECK"
limits="-m20000 -w23"
if [ "${1-}" = breadth ]; then
    shift
    flags="$flags -DBFS"
    limits="-w23"
fi

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
cp "$here/lifecycle.pml" .
spin "$@" -a lifecycle.pml >log
# shellcheck disable=SC2086 # These are several words each.
"${CC:-cc}" $flags -o pan pan.c
# shellcheck disable=SC2086
./pan $limits >log

if ! grep -q 'errors: 0' log || grep -q -e 'too small' -e 'out of memory' -e 'not completed' log; then
    cat log >&2
    exit 1
fi
# pan counts the first state as a transition that leads to it.
awk '
    / states, stored/ { states = $1 }
    / transitions \(= / { transitions = $1 - 1 }
    /memory usage \(Mbyte\)/ { memory = $1 }
    /^pan: elapsed time/ { seconds = $4 }
    END { print "states=" states, "transitions=" transitions, "seconds=" seconds, "memory_mb=" memory }
' log
