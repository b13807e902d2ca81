#!/usr/bin/env bash
# Runs every check in turn, one line each; shows the whole output of the one that fails.
set -uo pipefail
cd "$(dirname "$0")/.."

logs=${CARGO_TARGET_DIR:-target}/test-logs
mkdir -p "$logs"
passed=0 failed=0

# Adds up the closing lines of cargo test, vitest and node --test.
count() {
    local word=$1 log=$2
    sed -E 's/\x1b\[[0-9;]*m//g' "$log" | awk -v word="$word" '
        /^test result:/ { for (i = 1; i < NF; i++) if ($(i + 1) ~ "^" word "ed") sum += $i }
        /^ +Tests +/ { for (i = 1; i < NF; i++) if ($(i + 1) ~ "^" word "ed") sum += $i }
        $1 == "ℹ" && $2 == word { sum += $3 }
        END { print sum + 0 }'
}

summary() {
    echo "$passed passed, $failed failed"
}

step() {
    local name=$1 log="$logs/$1.log" started=$SECONDS status=0
    make --no-print-directory "$name" >"$log" 2>&1 || status=$?
    passed=$((passed + $(count pass "$log")))
    failed=$((failed + $(count fail "$log")))
    grep -h 'SKIPPED' "$log"
    if [ "$status" -ne 0 ]; then
        cat "$log"
        echo "FAILED: make $name (above, and in $log)"
        [ "$failed" -gt 0 ] || failed=1
        summary
        exit 1
    fi
    printf 'ok  %-7s %4d s\n' "$name" $((SECONDS - started))
}

step lint
step unit
step replay
step e2e
summary
