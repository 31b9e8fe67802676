# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the style checks: which files there are, the list of exceptions, and how a check tells what it found.

root=$(readlink -f "$(dirname "$(readlink -f "$0")")/../..")
cd "$root" || exit
check_name=style/${0##*/}
failures=0
exceptions=tests/style/exceptions.list

# files GLOB...: the tree's files whose names match, without what a build makes.
files() {
    local pattern expression=()
    for pattern in "$@"; do
        expression+=(-o -name "$pattern")
    done
    find . \( -path ./.git -o -path ./build -o -name '.*.swp' \) -prune -o -type f \( "${expression[@]:1}" \) -print |
        sed 's|^\./||' | LC_ALL=C sort
}

# excepted RULE PLACE: whether the list of exceptions has it. What was used is noted, for the test of the list.
excepted() {
    grep -qE "^$1 +${2//./\\.} " "$exceptions"
}

# finding RULE PLACE WHY
finding() {
    excepted "$1" "$2" && return
    echo "FAIL $check_name: $2: $3"
    failures=$((failures + 1))
}

finish() {
    [ "$failures" = 0 ] || exit 1
    echo "ok $check_name"
}
