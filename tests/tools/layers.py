#!/usr/bin/env python3
"""Where the instructions of a run go, by layer.

    python3 tests/tools/layers.py target/release/lockstep [SCENARIO]

Counts the instructions of 40 and of 20 runs with valgrind's callgrind and prints the difference, per run: the start of
the process and what all runs share cancel out. Code of a library that several layers use (JSON, allocation, copying,
the standard library) counts for the layers that call it, in proportion to what each of their calls costs.

valgrind counts each byte of a copy of two kilobytes or more as an instruction: such copies take less time than that.
"""
import collections
import re
import subprocess
import sys
import tempfile

RUNS = (20, 40)
# The first pattern that a function's name has decides.
LAYERS = [
    ("the gateway", r"\b(gateway|coalescer)::"),
    ("its HTTP server (axum)", r"\b(axum|matchit|tower_layer)"),
    ("its kube client", r"\b(kube_client|kube_core|tower|tower_http|hyper)\b"),
    ("its runtime (tokio)", r"\btokio(_util)?::"),
    ("the API server", r"\bapiserver::"),
    ("the engine", r"\b(sim|rand|rand_chacha|rand_core)::"),
    ("the oracle", r"\bmodel::"),
    ("observation", r"\bscenarios::(observe|campaign::cells)"),
    ("the script and the campaign", r"\bscenarios::"),
]
KINDS = [
    ("JSON", r"serde|zmij|itoa"),
    ("copying", r"memcpy|memmove|memset|memcmp|bcmp"),
    ("allocation", r"\bmi_|_mi_|malloc|calloc|realloc|__rust_(de|re)?alloc|\bfree$"),
]


def first(table, name):
    """The entry of a table whose pattern matches earliest in the name."""
    found = [(match.start(), row) for row, (_, pattern) in enumerate(table) if (match := re.search(pattern, name))]
    return table[min(found)[1]][0] if found else None


def profile(program, scenario, runs):
    """Instructions of each function, and of each call of one function by another."""
    with tempfile.NamedTemporaryFile() as out:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", program]
        command += ["run", scenario, "--runs", str(runs), "--jobs", "1", "--seed", "7", "--doublecheck", "0"]
        subprocess.run(command, check=True, capture_output=True)
        return read(open(out.name, encoding="utf-8", errors="replace"))


def read(lines):
    names, own, calls = {}, collections.Counter(), collections.Counter()
    function = callee = None
    in_call = False

    def named(text):
        number, _, name = text.partition(" ")
        if name:
            # callgrind adds a number to functions that call themselves.
            names[number] = re.sub(r"'\d+$", "", name)
        return names[number]

    for line in lines:
        if line.startswith("fn="):
            function = named(line[3:].rstrip("\n"))
        elif line.startswith("cfn="):
            callee = named(line[4:].rstrip("\n"))
        elif line.startswith("calls="):
            in_call = True
        elif line[:1].isdigit() or line[:1] in "+-*":
            fields = line.split()
            if len(fields) < 2:
                continue
            if in_call:
                calls[function, callee] += int(fields[1])
            else:
                own[function] += int(fields[1])
            in_call = False
    return own, calls


def per_run(program, scenario):
    few, many = (profile(program, scenario, runs) for runs in RUNS)
    span = RUNS[1] - RUNS[0]
    return [{key: (b[key] - a[key]) / span for key in set(a) | set(b)} for a, b in zip(few, many)]


def shares(own, calls):
    """The share of each layer in each function: shared code is divided among its callers."""
    callers = collections.defaultdict(list)
    for (caller, callee), cost in calls.items():
        if cost > 0 and caller != callee:
            callers[callee].append((caller, cost))
    names = set(own).union(*calls)
    of = {name: {layer: 1.0} if (layer := first(LAYERS, name)) else {} for name in names}
    shared = [name for name in names if not of[name]]
    for _ in range(60):
        for name in shared:
            total = collections.Counter()
            for caller, cost in callers[name]:
                for layer, share in of[caller].items():
                    total[layer] += share * cost
            whole = sum(total.values())
            of[name] = {layer: cost / whole for layer, cost in total.items()} if whole else {}
    return of


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    own, calls = per_run(sys.argv[1], (sys.argv + ["burst"])[2])
    of = shares(own, calls)
    table = collections.defaultdict(collections.Counter)
    for name, cost in own.items():
        for layer, share in of[name].items():
            table[layer][first(KINDS, name) or "the rest"] += share * cost
    whole = sum(own.values())
    kinds = [kind for kind, _ in KINDS] + ["the rest"]
    print("| layer | instructions a run | share | " + " | ".join(kinds) + " |")
    print("|---|--:|--:|" + "--:|" * len(kinds))
    for layer, costs in sorted(table.items(), key=lambda row: -sum(row[1].values())):
        cost = sum(costs.values())
        cells = " | ".join(f"{costs[kind]:,.0f}" for kind in kinds)
        print(f"| {layer} | {cost:,.0f} | {100 * cost / whole:.1f} % | {cells} |")
    sums = " | ".join(f"{sum(costs[kind] for costs in table.values()):,.0f}" for kind in kinds)
    print(f"| all | {whole:,.0f} | 100 % | {sums} |")


main()
