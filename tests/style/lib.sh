# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the style checks: which files there are, the list of exceptions, and how a check tells what it found.

root=$(readlink -f "$(dirname "$(readlink -f "$0")")/../..")
cd "$root" || exit
check_name=style/${0##*/}
failures=0
exceptions=tests/style/exceptions.list
used=()

# files GLOB...: the tree's files whose names match, without what a build makes.
files() {
    local pattern expression=()
    for pattern in "$@"; do
        expression+=(-o -name "$pattern")
    done
    find . \( -path ./.git -o -path ./build -o -name '.*.swp' \) -prune -o -type f \( "${expression[@]:1}" \) -print |
        sed 's|^\./||' | LC_ALL=C sort
}

# excepted RULE PLACE: whether the list of exceptions has it.
excepted() {
    grep -qE "^$1 +${2//./\\.} " "$exceptions" && used+=("$1 $2")
}

# finding RULE PLACE WHY
finding() {
    excepted "$1" "$2" && return
    echo "FAIL $check_name: $2: $3"
    failures=$((failures + 1))
}

# finish RULE...: the check's rules; an exception from them that excepts nothing is a failure, too.
finish() {
    local rule place
    while read -r rule place _; do
        [[ " $* " != *" $rule "* ]] || [[ " ${used[*]} " == *" $rule $place "* ]] ||
            { echo "FAIL $check_name: $exceptions: '$rule $place' excepts nothing" && failures=$((failures + 1)); }
    done < <(grep -v '^#' "$exceptions")
    [ "$failures" = 0 ] || exit 1
    echo "ok $check_name"
}
