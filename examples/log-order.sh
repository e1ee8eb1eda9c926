#!/bin/sh
# Follows a unit's log on several hosts, stamps each line with true time where it is written, and prints all in one order.
# A line with < certainly came after all lines above it; one with ~ came about as early as some of them.
#
#   NOONMARK_URL=https://time.example.org sh examples/log-order.sh SECONDS UNIT HOST...
set -eu
: "${NOONMARK_URL:?is to be the URL of an edge}" "${3:?is missing: SECONDS UNIT HOST...}"

seconds=$1 unit=$2
shift 2
logs=$(mktemp -d)
trap 'rm -r "$logs"' EXIT
for host; do
  { ssh "$host" "timeout $seconds journalctl --follow --lines 0 --output cat --unit '$unit' |
    NOONMARK_URL='$NOONMARK_URL' noonmark stamp" >"$logs/$host" || touch "$logs/.failed"; } &
done
wait
cd "$logs"
noonmark stamp --merge "$@"
[ ! -e .failed ]
