#!/usr/bin/python3
"""lint.py CHECK [PROGRAM] - rules of the tree that no compiler checks; each is a test of ctest."""

import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
SOURCES = sorted(p for d in ("src", "tests") for p in (TOP / d).rglob("*.[ch]"))
BUILT = {"build", ".git", ".cache", "node_modules", "__pycache__"}


def texts():
    """Every text file of the tree but inputs of tests."""
    for path in sorted(TOP.rglob("*")):
        inside = path.relative_to(TOP).parts
        if path.is_file() and not BUILT & set(inside) and "fixtures" not in inside:
            try:
                yield path, path.read_text()
            except UnicodeDecodeError:
                pass


def lines_with(pattern, paths):
    for path in paths:
        for n, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(pattern, line):
                yield f"{path.relative_to(TOP)}:{n}: {line.strip()}"


def includes():
    """A header of another room is seen because the room was declared, never by a path to it."""
    yield from lines_with(r'#\s*include\s*"\.\.', SOURCES)


def sources():
    """Each .c file is built: it stands in its folder's CMakeLists.txt."""
    for file in (TOP / "src").rglob("*.c"):
        room = TOP / "src" / file.relative_to(TOP / "src").parts[0] / "CMakeLists.txt"
        listed = room.read_text() if room.exists() else ""
        if not re.search(rf"(?<![\w./-])(\S*/)?{re.escape(file.name)}(?!\S*\w)", listed):
            yield f"{file.relative_to(TOP)} is not in {room.relative_to(TOP)}"


def names():
    """File names are unique, so that a name alone finds the code."""
    seen = {}
    for file in (TOP / "src").rglob("*.[ch]"):
        if file.name in seen:
            yield f"{file.relative_to(TOP)} and {seen[file.name].relative_to(TOP)} share a name"
        seen[file.name] = file


def unit_tests():
    """Each test of tests/unit is built and run."""
    listed = "".join(p.read_text() for p in (TOP / "src").rglob("CMakeLists.txt"))
    listed += (TOP / "tests/CMakeLists.txt").read_text()
    for file in (TOP / "tests/unit").glob("test_*.c"):
        name = file.stem.removeprefix("test_")
        if not re.search(rf"unit_test\({name}\b", listed) and not re.search(rf"\b{name}\b", listed):
            yield f"{file.relative_to(TOP)} is in no CMakeLists.txt"


def documents():
    """A document that is referred to is in the tree."""
    here = {p.name for p, _ in texts()}
    for path, text in texts():
        for name in set(re.findall(r"(?<![\w/.*-])([A-Z][A-Z_]+\.md)\b", text)):
            if name not in here:
                yield f"{path.relative_to(TOP)} refers to {name}, which is not here"


def goto():
    """Cleanup is the compiler's work."""
    yield from lines_with(r"^\s*goto\s+\w+;", SOURCES)


def man():
    """The manual page is sound mdoc."""
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", str(TOP / "man/ruad.1")],
                          capture_output=True, text=True)
    yield from (done.stdout + done.stderr).splitlines()


def manual(program):
    """The manual page has each command, option, filter, limit and reason that the program has."""
    page = (TOP / "man/ruad.1").read_text()
    # As a reader sees it: \- and \& are how mdoc writes them.
    page = page.replace("\\-", "-").replace("\\&", "")

    def help_of(*words):
        return subprocess.run([program, "help", *words], capture_output=True, text=True, check=True).stdout

    commands = re.findall(r"^  ([\w-]+) +\S", help_of().split("Options of every command")[0], re.M)
    if len(commands) < 8:
        yield f"only {len(commands)} commands in `ruad help`"
    for command in commands:
        if not re.search(rf"^\.(It|Ss|Ic).*\b{command}\b", page, re.M):
            yield f"command {command} is not in the page"
        for option in set(re.findall(r"(?<![\w-])--([a-z][\w-]*)", help_of(command))):
            if not re.search(rf"(Fl|,) -{option.replace('_', '-')}\b", page):
                yield f"option --{option} ({command}) is not in the page"
    for topic in ("limits", "reasons"):
        for name in re.findall(r"^([a-z][a-z_-]+)\s", help_of(topic), re.M):
            if name != "limit" and not re.search(rf"\b{re.escape(name)}\b", page):
                yield f"{name} (`ruad help {topic}`) is not in the page"


CHECKS = {c.__name__: c for c in (includes, sources, names, unit_tests, documents, goto, man, manual)}


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in CHECKS:
        sys.exit(f"lint.py: which check? {' '.join(CHECKS)}")
    check = CHECKS[sys.argv[1]]
    found = list(check(*sys.argv[2:]))
    if found:
        print(f"{check.__doc__}", *found, sep="\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
