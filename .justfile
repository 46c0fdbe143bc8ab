# `just` alone lists these.
_:
    @just --list --unsorted

# Install what the tests need and run them; arguments narrow them down: `just test deploy::`
test *ARGS:
    ./tests/run {{ARGS}}

# Everything that must hold before a change lands
ci:
    ./.ci/run

# Prove the clinical files
check:
    cargo run --locked --quiet -- check

# Everything in one process, with simulated patients
demo:
    cargo run --locked --release -- demo

# What the claims on speed rest on
bench:
    cargo bench --locked

# Format the sources
fmt:
    cargo fmt
