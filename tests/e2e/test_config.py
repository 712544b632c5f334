"""The configuration of the whole program: what is read, what is said of mistakes, what is shown."""

import os
import re
import shutil
import subprocess

import pytest

from conftest import missing
from program import GOLDEN, TOP
from test_schema import check as keeps_to

CONFIG, USAGE = 78, 64
SECRET = "geheim-e5b1"
RUA = """source rua {
    type = imap
    host = imap.example.com
    user = "dmarc@example.com"
    password_file = PATH/password
}
"""


@pytest.fixture
def conf(tmp_path):
    """Writes a configuration; PATH in it is its folder. Its database is there too."""
    def write(text, name="ruad.conf", mode=0o600):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text.replace("PATH", str(tmp_path)))
        file.chmod(mode)
        return file
    return write


@pytest.fixture
def password(tmp_path):
    file = tmp_path / "password"
    file.write_text(SECRET + "\n")
    file.chmod(0o600)
    return file


def check(ruad, file, *words, code=0, **more):
    return ruad.run("config", "check", "-c", file, *words, code=code, **more)


# --- check ---

def test_good(ruad, conf, password):
    ran = check(ruad, conf(RUA + "database = PATH/ruad.db\n"))
    assert ran.out == "configuration is good: 1 source\n"
    assert ran.err == ""
    assert check(ruad, conf(RUA), "-q").out == ""


def test_nothing_configured(ruad, tmp_path):
    ran = ruad.run("config", "check", env={"RUAD_DATABASE": str(tmp_path / "ruad.db")})
    assert ran.out == "configuration is good: 0 sources\n"


def test_every_mistake_with_its_place(ruad, conf):
    file = conf("databse = /a\n\nsource x {\n    tpye = imap\n}\nweb { threads = many }\n")
    ran = check(ruad, file, code=CONFIG)
    assert ran.out == ""
    assert ran.err.splitlines() == [
        f"ruad: {file}:1: no such option 'databse'. Did you mean 'database'?",
        f"ruad: {file}:4: no such option 'tpye'. Did you mean 'type'?",
        f"ruad: {file}:6: threads is a number, not 'many'"]


def test_warnings(ruad, conf):
    file = conf(RUA.replace("}", "    done = delete\n    tls = none\n}") + "database = PATH/ruad.db\n")
    ran = check(ruad, file)
    assert "good: 1 source" in ran.out
    lines = ran.err.splitlines()
    assert len(lines) == 3 and all(line.startswith(f"ruad: warning: {file}:") for line in lines), lines
    for words in ("done = delete", "tls = none", "password: is not there: write the password into it, and chmod 600"):
        assert any(words in line for line in lines), words


def test_readable_password_file(ruad, conf, password):
    password.chmod(0o644)
    ran = check(ruad, conf(RUA))
    assert f"{password}: others than its owner may read or write it (mode 0644): chmod 600 {password}" in ran.err


def test_usage(ruad):
    for words in ([], ["nonsense"], ["check", "show"]):
        assert "check" in ruad.run("config", *words, code=USAGE).err


# --- example and manual ---

def test_example_is_good(ruad, tmp_path):
    file = tmp_path / "ruad.conf"
    file.write_text(ruad.run("config", "example").out)
    file.chmod(0o600)
    assert check(ruad, file).out == "configuration is good: 1 source\n"


def test_example_each_setting(ruad, tmp_path):
    """What stands behind a # is a setting that could stand without it."""
    text = ruad.run("config", "example").out
    file = tmp_path / "ruad.conf"
    found = re.findall(r"^ *#(\w+) = .*$", text, re.M)
    assert len(found) > 30
    for name in found:
        changed = re.sub(rf"^( *)#({name} = )", r"\1\2", text, flags=re.M)
        if name.startswith("password"):
            changed = changed.replace("    password_file =", "    #password_file =")
        if name == "token_command":
            changed = changed.replace("    password_file =", "    #password_file =").replace("#auth = login", "auth = xoauth2")
        file.write_text(changed.replace("/etc/ruad/services.txt", str(TOP / "data/services.txt")))
        file.chmod(0o600)
        check(ruad, file)
    sender = re.search(r"^#sender .*?^#}\n", text, re.M | re.S)[0]
    file.write_text(re.sub(r"^#", "", sender, flags=re.M))
    assert "matches nothing" not in check(ruad, file).err
    local = text.split("# A maildir on this machine.\n")[1]
    file.write_text(re.sub(r"^#", "", local, flags=re.M))
    assert "1 source" in check(ruad, file).out


def test_manual_has_every_setting(ruad):
    page = (TOP / "man/ruad.conf.5").read_text()
    names = set(re.findall(r"^ *#?(\w+) = ", ruad.run("config", "example").out, re.M)) | {"path", "match", "mark"}
    for section in ("web", "limits", "changes", "readiness", "source", "sender"):
        assert re.search(rf"^\.Sh SECTION {section}$", page, re.M)
    in_page = set()
    for line in re.findall(r"^\.It Cm (.*)$", page, re.M):
        in_page |= set(re.split(r" , ", line.split(" No = ")[0]))
    assert names - in_page == set(), "not in the manual"
    assert in_page - names == set(), "no such setting"


def test_manual_is_sound():
    if not shutil.which("mandoc"):
        missing("mandoc is not here")
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", TOP / "man/ruad.conf.5"], capture_output=True, text=True)
    assert done.stdout + done.stderr == ""


def test_examples_of_the_manual_are_good(ruad, conf):
    """Each block of the manual that looks like a configuration."""
    page = (TOP / "man/ruad.conf.5").read_text()
    blocks = [b for b in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", page, re.M | re.S) if "source" in b and "{" in b]
    assert len(blocks) == 4
    for block in blocks[1:]:  # the first is about the form only
        assert "good: 1 source" in check(ruad, conf(block)).out


def test_manual_tells_the_defaults(ruad):
    page = (TOP / "man/ruad.conf.5").read_text()
    for name, value in re.findall(r"^    #(\w+) = (\d+[KMG]?)$", ruad.run("config", "example").out.split("limits {")[1]
                                  .split("}")[0], re.M):
        assert re.search(rf"\b{name}\b", page) and re.search(rf"\({value}\)|\b{value}\b", page), (name, value)


# --- show ---

def test_show_never_shows_a_password(ruad, conf):
    for line in (f'password = "{SECRET}"', f'password_command = {{"echo", "{SECRET}"}}',
                 f'auth = xoauth2 token_command = {{"echo", "{SECRET}"}}'):
        file = conf(RUA.replace("password_file = PATH/password", line))
        for words in (["show"], ["show", "--json"], ["check"]):
            ran = ruad.run("config", *words, "-c", file)
            assert SECRET not in ran.out + ran.err
            if words == ["show"]:
                assert "***" in ran.out


def test_mistakes_never_show_a_password(ruad, conf):
    for line in (f"password = {SECRET} {SECRET}", f"password = {{{SECRET}}}", f'password = "{SECRET}', f"pasword = {SECRET}",
                 f'password = "{SECRET}\x01"', f'password = {SECRET}" x', f"password {SECRET}"):
        ran = check(ruad, conf(RUA.replace("password_file = PATH/password", line)), code=CONFIG)
        assert SECRET not in ran.out + ran.err, (line, ran.err)
    # Neither in a file that others can read.
    ran = check(ruad, conf(RUA.replace("password_file = PATH/password", f"password = {SECRET}"), mode=0o644), code=CONFIG)
    assert "chmod 600" in ran.err and SECRET not in ran.err


def test_show_says_where_from(ruad, conf):
    file = conf(RUA + "limits { records = 3 }\n")
    conf("source rua { port = 1143 }\n", "conf.d/10-port.conf")
    env = {"RUAD_WEB_THREADS": "5", "RUAD_SOURCE_RUA_FOLDERS": "A,B/C"}
    out = ruad.run("config", "show", "-c", file, "--db", "flag.db", "--set", "ratio=20", env=env).out

    def line(name):
        return re.sub(r" +", " ", re.search(rf"^ *{name} = .*$", out, re.M)[0]).strip()
    assert line("database") == 'database = "flag.db" # flag --db'
    assert line("ratio") == "ratio = 20 # flag --set"
    assert line("threads") == "threads = 5 # env RUAD_WEB_THREADS"
    assert line("records") == f"records = 3 # {file}:7"
    assert line("port") == f"port = 1143 # {file.parent}/conf.d/10-port.conf:1"
    assert line("folders") == 'folders = {"A", "B/C"} # env RUAD_SOURCE_RUA_FOLDERS'
    assert line("mail_size") == "mail_size = 25M # default"
    assert line("done") == "done = leave # default"
    out = ruad.run("config", "show", "-c", conf(RUA.replace("}", "done = move done_folder = x }"), "move.conf")).out
    assert (line("ignored"), line("failed")) == ("ignored = move # default", "failed = move # default")
    assert (line("ignored_folder"), line("failed_folder")) == ('ignored_folder = "x" # default', 'failed_folder = "Failed" # default')
    out = ruad.run("config", "show", "-c", conf(RUA.replace("}", "done = delete }"), "delete.conf")).out
    assert (line("ignored"), line("failed")) == ("ignored = leave # default", "failed = leave # default")


def test_show_is_a_configuration(ruad, conf, tmp_path):
    """What is shown can be read again, and is the same then but for where it comes from."""
    file = conf(RUA.replace("imap.example.com", "'a\\b\"c'").replace("dmarc@", "ä$ ${X}#;'").replace("'a\\b\"c'", "h")
                + "source m { type = maildir path = '/m\\x \"q\"' done = seen every = 2h }\n")
    first = ruad.run("config", "show", "-c", file, "--json").json()
    again = conf(ruad.run("config", "show", "-c", file).out, "again.conf")
    second = ruad.run("config", "show", "-c", again, "--json").json()

    def values(document):
        return [(s["name"], [(v["name"], v["value"]) for v in s["settings"]]) for s in document["sources"]]
    assert values(first) == values(second)
    assert dict(values(first)[0][1])["user"] == "ä$ ${X}#;'example.com"


def test_show_json(ruad, conf):
    file = conf(RUA)
    shown = ruad.run("config", "show", "--json", "-c", file).json()
    keeps_to("config", shown)
    keeps_to("config", ruad.run("config", "show", "--json", "--set", "ratio=20",
                                env={"RUAD_SOURCE_X_TYPE": "mbox", "RUAD_SOURCE_X_PATH": "/m"}).json())
    assert shown["schema"] == 1 and shown["files"] == [str(file)]
    source = shown["sources"][0]
    settings = {s["name"]: s for s in source["settings"]}
    assert (source["name"], source["type"]) == ("rua", "imap")
    assert settings["host"] == {"name": "host", "value": "imap.example.com", "origin": f"{file}:3"}
    assert settings["idle"] == {"name": "idle", "value": True, "origin": "default"}
    assert settings["folders"]["value"] == ["INBOX"] and settings["port"]["value"] is None
    assert "path" not in settings
    listen = next(s["value"] for s in shown["settings"] if s["name"] == "listen")
    assert listen in ("127.0.0.1:8425", ["127.0.0.1:8425"])


# --- What other commands do with it ---

def test_settings_are_in_force(ruad, conf, tmp_path):
    file = conf("database = PATH/here.db\nlimits { records = 1 }\n")
    ran = ruad.run("import", "-c", file, "--json", GOLDEN / "inputs")
    assert (tmp_path / "here.db").exists()
    assert ran.json()["rejected"] > 5
    # The flag is above the file, the environment between them.
    got = ruad.run("import", "-c", file, "--json", "--set", "records=1000", GOLDEN / "inputs",
                   env={"RUAD_DATABASE": str(tmp_path / "env.db")}).json()
    assert (tmp_path / "env.db").exists() and got["stored"] == 7
    ruad.run("import", "-c", file, "--db", tmp_path / "flag.db", GOLDEN / "inputs",
             env={"RUAD_DATABASE": str(tmp_path / "nowhere/x.db")})
    assert (tmp_path / "flag.db").exists()


def test_variable_names_the_file(ruad, conf, tmp_path):
    file = conf("database = PATH/here.db\n")
    ruad.run("import", GOLDEN / "inputs", env={"RUAD_CONFIG": str(file)})
    assert (tmp_path / "here.db").exists()
    ran = ruad.run("config", "check", code=CONFIG, env={"RUAD_CONFIG": str(tmp_path / "none.conf")})
    assert "no such file, though RUAD_CONFIG asks for it" in ran.err


@pytest.mark.parametrize("words", [["import", "x"], ["parse", "x"], ["explain", "x"], ["show", "summary"], ["report", "1"],
                                   ["db", "status"], ["serve"], ["config", "show"], ["config", "check"]])
def test_bad_configuration_stops(ruad, conf, words):
    file = conf("nonsense = 1\n")
    ran = ruad.run(words[0], "--config", file, *words[1:], code=CONFIG)
    assert ran.out == "" and f"{file}:1: no such option 'nonsense'" in ran.err


@pytest.mark.parametrize("words", [["help"], ["help", "import"], ["import", "--help"], ["version"], ["config", "example"],
                                   ["help", "limits"]])
def test_works_without_a_good_one(ruad, conf, words):
    file = conf("nonsense = 1\n")
    assert ruad.run(*words, env={"RUAD_CONFIG": str(file)}).err == ""


def test_demo_works_without_a_good_one(ruad, conf, tmp_path):
    ruad.run("demo", tmp_path / "demo", "--days", "2", env={"RUAD_CONFIG": str(conf("nonsense = 1\n"))})


def test_bad_flags(ruad, conf):
    file = conf("web { threads = 3 }\n")
    for words, text in ((["serve", "--threads", "0"], "threads is 1 to 64"), (["serve", "--threads", "x"], "a number"),
                        (["import", "--set", "mail_size=1", "x"], "mail_size is 65536 to"),
                        (["import", "--set", "nonsense=1", "x"], "no such limit"),
                        (["import", "--set", "ratio", "x"], "no such limit")):
        assert text in ruad.run(*words, "-c", file, code=USAGE).err


def test_listen_comes_from_the_configuration(ruad, conf, tmp_path):
    process = ruad.start("serve", "-c", conf("database = PATH/x.db\nweb { listen = nowhere }\n"))
    said = process.communicate(timeout=30)[1].decode()
    assert process.returncode == CONFIG and "nowhere" in said


# --- Files that are not to be trusted ---

def test_unreadable_and_unsafe_files(ruad, nobody, conf, tmp_path):
    file = conf("database = /x\n")
    file.chmod(0o602)
    assert f"chmod o-w {file}" in check(ruad, file, code=CONFIG).err
    assert "no regular file" in check(ruad, tmp_path, code=CONFIG).err
    os.mkfifo(tmp_path / "pipe")
    assert "no regular file" in check(ruad, tmp_path / "pipe", code=CONFIG).err
    mine = nobody.folder / "ruad.conf"
    mine.write_text("database = /x\n")
    mine.chmod(0o600)
    if os.geteuid() == 0:
        assert "user 65534 may not read it" in nobody.run("config", "check", "-c", mine, code=CONFIG).err


def test_group_can_write(ruad, conf):
    assert "can write it" in check(ruad, conf("database = PATH/x.db\n", mode=0o660)).err


# --- A source by the environment alone ---

def test_source_by_environment(ruad, tmp_path, password):
    env = {"RUAD_SOURCE_RUA_BOX_TYPE": "pop3", "RUAD_SOURCE_RUA_BOX_HOST": "pop.example.com",
           "RUAD_SOURCE_RUA_BOX_USER": "u", "RUAD_SOURCE_RUA_BOX_PASSWORD_FILE": str(password),
           "RUAD_DATABASE": str(tmp_path / "x.db")}
    ran = ruad.run("config", "check", env=env)
    assert "good: 1 source" in ran.out and ran.err == ""
    assert "source rua-box {" in ruad.run("config", "show", env=env).out
    ran = ruad.run("config", "check", env=env | {"RUAD_SOURCE_RUA_BOX_PASSWORD": SECRET}, code=CONFIG)
    assert "RUAD_SOURCE_RUA_BOX_PASSWORD_FILE" in ran.err and SECRET not in ran.err
