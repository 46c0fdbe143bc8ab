"""Holds what the documents say to what is there.

Every relative link in a Markdown file names a file of the project. Every command in a fenced shell block that starts
with `lamplight`, `just` or `./` names a subcommand with its flags, a recipe or a script that exists. Prints each fault as
file:line and a sentence; exit 1 on any. Needs `lamplight` built by `cargo build`.
"""

import itertools
import os
import pathlib
import re
import subprocess
import sys

LAMPLIGHT = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target"), "debug", "lamplight")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
FENCE = re.compile(r"^\s*```\s*(\w*)")
SHELLS = {"sh", "bash", "shell", "console"}


def main() -> int:
    faults = []
    for name in tracked("*.md"):
        text = pathlib.Path(name).read_text(encoding="utf-8")
        shell = fenced = False
        for number, line in enumerate(text.splitlines(), start=1):
            if fence := FENCE.match(line):
                fenced = not fenced
                shell = fenced and fence[1] in SHELLS
                continue
            found = check_command(line) if shell else [] if fenced else check_links(name, line)
            faults += [f"{name}:{number}: {fault}" for fault in found]
    print("\n".join(faults), file=sys.stderr, end="\n" if faults else "")
    return 1 if faults else 0


def check_links(name: str, line: str) -> list[str]:
    targets = [t for t in LINK.findall(line) if "://" not in t and not t.startswith("mailto:")]
    return [f"there is no {t}" for t in targets if not (pathlib.Path(name).parent / t).exists()]


def check_command(line: str) -> list[str]:
    words = line.strip().removeprefix("$ ").split()
    if words[:1] == ["sudo"]:
        words = words[3:] if words[1:2] == ["-u"] else words[1:]
    if words[:2] == ["cargo", "run"] and "--" in words:
        words = ["lamplight", *words[words.index("--") + 1 :]]
    if not words:
        return []
    if words[0] == "lamplight":
        return check_subcommand(words[1:])
    if words[0] == "just":
        return [f"there is no recipe {w}" for w in words[1:2] if not recipe_exists(w)]
    if words[0].startswith("./") and not pathlib.Path(words[0]).exists() and not words[0].startswith("./target/"):
        return [f"there is no {words[0]}"]
    return []


def check_subcommand(words: list[str]) -> list[str]:
    command = list(itertools.takewhile(lambda word: re.fullmatch(r"[a-z][a-z-]*", word), words))[:2]
    shown = help_of(command[:1])
    if shown is None:
        return [f"lamplight has no command {command[0]}"]
    if command[1:] and "\nCommands:\n" in shown:
        shown = help_of(command)
        if shown is None:
            return [f"lamplight has no command {' '.join(command)}"]
    flags = [word for word in words if re.fullmatch(r"--[a-z][a-z-]*", word)]
    return [f"lamplight {' '.join(command)} has no {flag}" for flag in flags if flag not in shown]


def help_of(command: list[str]) -> str | None:
    asked = subprocess.run([LAMPLIGHT, *command, "--help"], capture_output=True, check=False, text=True)
    return asked.stdout if asked.returncode == 0 else None


def recipe_exists(recipe: str) -> bool:
    return re.search(rf"^{re.escape(recipe)}\b.*:", pathlib.Path(".justfile").read_text(), re.M) is not None


def tracked(pattern: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", pattern], capture_output=True, check=True, text=True)
    return listed.stdout.split()


if __name__ == "__main__":
    sys.exit(main())
