"""Runs the steps of scripts/check and says how each went."""

import argparse
import sys
import time

import check_acceptance
import check_format
import check_headers
import check_lists
import check_rooms
import check_tidy

STEPS = {
    "format": check_format.run,
    "rooms": check_rooms.run,
    "lists": check_lists.run,
    "headers": check_headers.run,
    "tidy": check_tidy.run,
    "acceptance": check_acceptance.run,
}


def main():
    parser = argparse.ArgumentParser(prog="scripts/check")
    parser.add_argument("--all", action="store_true", help="tidy every file, not only the changed ones")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    options = parser.parse_args()
    unknown = [step for step in options.steps if step not in STEPS]
    if unknown:
        parser.error(f"unknown step {unknown[0]}, known: {', '.join(STEPS)}")

    failed = False
    for name in options.steps or STEPS:
        begin = time.monotonic()
        complaints, summary = STEPS[name](options)
        verdict = f"{len(complaints)} complaints" if complaints else "ok"
        print(f"{name}: {verdict} ({summary}, {time.monotonic() - begin:.1f} s)")
        for complaint in complaints:
            print("  " + complaint.rstrip().replace("\n", "\n  "))
        sys.stdout.flush()
        failed = failed or bool(complaints)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
