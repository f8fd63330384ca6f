#!/bin/sh
# Writes an empty source for every target that a manifest of the workspace names or that cargo finds by convention, so
# that the dependencies can be compiled without the sources. Run in the root of the workspace; files that exist stay.
set -eu

stub() { # PATH TEXT
    [ -e "$1" ] && return
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "$2" >"$1"
}

sed -n '/^members/,/^\]/s/"\([^"]*\)"/\n\1\n/gp' Cargo.toml | grep -E '^[a-z][a-z/]*$' | while read -r member; do
    # Targets with a path of their own: libraries, programs, tests, benches, examples.
    sed -n 's/^path = "\(.*\.rs\)"$/\1/p' "$member/Cargo.toml" | while read -r path; do
        stub "$member/$path" 'fn main() {}'
    done
    # Benches and tests without one, and what cargo looks for by itself.
    sed -n '/^\[\[bench\]\]/,/^$/s/^name = "\(.*\)"$/\1/p' "$member/Cargo.toml" | while read -r name; do
        stub "$member/benches/$name.rs" 'fn main() {}'
    done
    stub "$member/src/lib.rs" ''
done
stub gateway/src/main.rs 'fn main() {}'
stub scenarios/src/main.rs 'fn main() {}'
