#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# Runs one fuzzer: fuzz.sh PROGRAM SECONDS CORPUS. It starts from what CORPUS and, if it is there,
# tests/corpus/PROGRAM hold, and adds to CORPUS. What breaks it is left beside the program.
set -u

[ $# = 3 ] || { echo "usage: $0 PROGRAM SECONDS CORPUS" >&2; exit 2; }
program=$1 secs=$2 corpus=$3
name=$(basename "$program")
seed=$(dirname "$0")/corpus/$name
[ -d "$seed" ] || seed=
mkdir -p "$corpus" || exit 1
log=$corpus.log
# shellcheck disable=SC2086
if "$program" -max_total_time="$secs" -rss_limit_mb=2048 -timeout=10 -verbosity=0 \
	-print_final_stats=1 -artifact_prefix="$(dirname "$program")/$name." "$corpus" $seed \
	>"$log" 2>&1; then
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	echo "ok $name: $runs inputs in $secs s"
else
	tail -n 40 "$log"
	echo "not ok $name: see $log"
	exit 255        # xargs starts no more
fi
