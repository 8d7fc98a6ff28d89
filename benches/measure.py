#!/usr/bin/env python3
"""Runs a command and prints the shortest time in seconds and the peak memory in megabytes. A quick
command is run five times, or once with `--once`. Fails unless the command exits with the code
that is set with `--exit` (default: 0)."""

import os
import sys
import time


def once(command):
    start = time.perf_counter()
    process = os.posix_spawn(
        command[0],
        command,
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(process, 0)
    return time.perf_counter() - start, usage.ru_maxrss, os.waitstatus_to_exitcode(status)


def main():
    command = sys.argv[1:]
    expected = 0
    if command[0] == "--exit":
        expected = int(command[1])
        command = command[2:]
    single = command[0] == "--once"
    if single:
        command = command[1:]
    # The first child process always takes longer.
    once(["/usr/bin/env", "true"])
    runs = [once(command)]
    if not single and runs[0][0] < 2:
        runs += [once(command) for _ in range(4)]
    for _, _, code in runs:
        if code != expected:
            sys.exit(f"{' '.join(command)}: exit code {code} instead of {expected}")
    print(f"{min(run[0] for run in runs):.4f} {max(run[1] for run in runs) / 1000:.1f}")


if __name__ == "__main__":
    main()
