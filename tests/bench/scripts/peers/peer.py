"""What the twins of Orrery's scripts share: settings `name=value`, training that is timed, and the line that
says how it went."""

import itertools
import json
import sys
import time
from types import SimpleNamespace


def settings(**defaults):
    """The defaults, overridden by the command line; each keeps its type."""
    given = dict(word.split("=", 1) for word in sys.argv[1:])
    unknown = given.keys() - defaults.keys()
    if unknown:
        sys.exit(f"unknown settings: {', '.join(sorted(unknown))}")
    return SimpleNamespace(**{key: type(value)(given.get(key, value)) for key, value in defaults.items()})


def peak_kib():
    """The most memory that this process has had."""
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def report(seconds, steps):
    """Of an epoch."""
    print(json.dumps({"seconds": seconds, "steps": steps, "peak_kib": peak_kib()}))


def report_losses(losses):
    print(json.dumps({"losses": losses}))


def skip(reason):
    """Ends the script: what it needs is not here."""
    print(json.dumps({"skipped": reason}))
    sys.exit()


def train(batches, step, config):
    """`batches` gives those of an epoch; `step` trains on one and gives its loss."""
    if config.losses:
        first = itertools.islice(batches(), config.losses)
        report_losses([step(*batch).item() for batch in first])
        return
    for epoch in range(config.epochs + 1):
        if epoch == 1:
            start = time.perf_counter()
        steps = 0
        for batch in batches():
            step(*batch)
            steps += 1
    report((time.perf_counter() - start) / config.epochs, steps)
