#!/usr/bin/env python3
"""Writes a project of N valid workloads of about 40 lines each, with five resources each.

    benches/generate.py N FOLDER
"""

import argparse
import pathlib

TEMPLATE = pathlib.Path(__file__).parent.parent / "crates/compiler/benches/project/workload.yaml"


def workload(text, number, count):
    """The Score file of a workload that calls another one."""
    other = (number * 7 + 3) % count
    text = text.replace("NAME", f"svc-{number:05}")
    return text.replace("OTHER", f"svc-{other:05}")


def project(workloads, folder):
    """Writes the given number of workloads to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = TEMPLATE.read_text()
    for number in range(workloads):
        path = folder / f"w{number:05}.score.yaml"
        path.write_text(workload(text, number, workloads))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", type=int)
    parser.add_argument("folder", type=pathlib.Path)
    arguments = parser.parse_args()
    project(arguments.workloads, arguments.folder)


if __name__ == "__main__":
    main()
