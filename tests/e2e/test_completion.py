"""Completion in the shells themselves: what they offer at some point of a line."""

import shutil
import subprocess

import pytest

from conftest import missing

BASH = """
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_ruad ruad "${!#}" ''
printf '%s\\n' "${COMPREPLY[@]}"
"""
# compadd, told to print: completion proper needs a terminal.
ZSH = """
compdef() { : }; _files() { : }
compadd() { [[ $1 == -- ]] && shift; print -l -- ${(M)@:#$PREFIX*} }
file=$1; shift
source $file
words=("$@") CURRENT=$# PREFIX=${@[-1]}
_ruad
"""
FISH = 'complete -e -c ruad; source $argv[1]; complete -C (string join " " -- $argv[2..-1])'


@pytest.fixture(scope="module", params=["bash", "zsh", "fish"])
def offered(request, ruad, tmp_path_factory):
    """What the shell offers for the last word of a line."""
    shell = request.param
    if not shutil.which(shell):
        missing(f"{shell} is not here")
    script = tmp_path_factory.mktemp("completion") / f"ruad.{shell}"
    script.write_text(ruad.run("completion", shell).out)

    def ask(*words):
        command = {"bash": ["bash", "--norc", "-c", BASH, "bash"], "zsh": ["zsh", "-f", "-c", ZSH, "zsh"],
                   "fish": ["fish", "--no-config", "-c", FISH]}[shell]
        done = subprocess.run([*command, script, "ruad", *words], capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return {line.split("\t")[0] for line in done.stdout.splitlines()}
    return ask


def test_commands(offered):
    assert {"import", "serve", "show", "completion"} <= offered("")
    assert offered("expl") == {"explain"}


def test_words_of_commands(offered):
    assert {"status", "verify"} <= offered("db", "")
    assert "FILE" not in offered("db", "")
    assert {"senders", "problems"} <= offered("show", "")
    assert "filters" not in offered("show", "")
    assert offered("show", "cover") == {"coverage"}
    assert {"import", "limits", "reasons"} <= offered("help", "")


def test_options(offered):
    assert {"--done", "--strict", "--db", "--json"} <= offered("import", "--")
    assert {"--header-from", "--source-ip"} <= offered("show", "records", "--")
    assert "--strict" not in offered("show", "records", "--")
    assert offered("show", "records", "--disp") == {"--disposition"}


def test_which_shells(ruad):
    assert "bash|zsh|fish" in ruad.run("completion", "csh", code=64).err
