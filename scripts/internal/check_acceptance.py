"""Reports where an acceptance program differs from its namesake beside the project; never a failure."""

from source_tree import PROJECT

OURS = PROJECT / "tests/acceptance"
THEIRS = PROJECT.parent / "shared/acceptance"


def run(_):
    if not THEIRS.is_dir():
        return [], "nothing to compare with"
    compared, different = 0, []
    for program in sorted(OURS.glob("*.cpp")):
        namesake = THEIRS / program.name
        if namesake.is_file():
            compared += 1
            if namesake.read_bytes() != program.read_bytes():
                different.append(program.name)
    return [], f"{compared} compared, differing: {', '.join(different) or 'none'}"
