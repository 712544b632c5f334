"""Strict readers of metrics: Prometheus text format 0.0.4, OpenMetrics 1.0.0, and the rules of good names.

They take nothing that the formats do not promise, so that every collector can read what passes here.
"""

import math
import re

NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
LABEL = re.compile(r"[a-z_][a-z0-9_]*")
NUMBER = re.compile(r"[+-]?(\d+(\.\d+)?([eE][+-]?\d+)?|Inf)\Z")
ENDINGS = {"counter": ("_total",), "gauge": ("",), "info": ("_info",), "histogram": ("_bucket", "_count", "_sum")}


class Family:
    def __init__(self, name, help):
        self.name, self.help = name, help
        self.type = self.unit = None
        self.samples = []  # (name, labels, value)

    def values(self, **labels):
        """Values by the labels that are left, of a family without histograms."""
        left = {}
        for name, has, value in self.samples:
            if all(has.get(k) == v for k, v in labels.items()):
                left[tuple(v for k, v in has.items() if k not in labels)] = value
        return left

    def value(self, **labels):
        found = [v for _, has, v in self.samples if has == labels]
        assert len(found) == 1, (self.name, labels, found)
        return found[0]


def unescape(text, where):
    out, i = "", 0
    while i < len(text):
        c = text[i]
        assert c not in '"\n', where
        if c == "\\":
            i += 1
            assert i < len(text) and text[i] in '\\"n', f"unknown escape: {where}"
            c = "\n" if text[i] == "n" else text[i]
        else:
            assert c >= " " and c != "\x7f", f"control character: {where!r}"
        out += c
        i += 1
    return out


def labels_of(text, where):
    """The inside of the braces."""
    labels, at = {}, 0
    while at < len(text):
        name = LABEL.match(text, at)
        assert name, where
        at = name.end()
        assert text[at:at + 2] == '="', where
        end = at = at + 2
        while text[end:end + 1] != '"':
            assert end < len(text), f"the value does not end: {where}"
            end += 2 if text[end] == "\\" else 1
        assert name[0] not in labels, f"label twice: {where}"
        labels[name[0]] = unescape(text[at:end], where)
        at = end + 1
        if at < len(text):
            assert text[at] == "," and at + 1 < len(text), where
            at += 1
    assert labels, f"empty braces: {where}"
    return labels


def sample_of(line):
    name = re.match(r"[a-z_:][a-z0-9_:]*", line)
    assert name, line
    rest, labels = line[name.end():], {}
    if rest.startswith("{"):
        end = 1
        while rest[end] != "}":  # a brace in quotes is none
            if rest[end] == '"':
                end += 1
                while rest[end] != '"':
                    end += 2 if rest[end] == "\\" else 1
            end += 1
        labels = labels_of(rest[1:end], line)
        rest = rest[end + 1:]
    assert rest.startswith(" ") and NUMBER.match(rest[1:]), f"no number: {line}"
    return name[0], labels, float(rest[1:])


def families_of(text, open_metrics):
    """Families by name. Each begins with HELP and TYPE (and UNIT), in this order; then its samples and nothing else."""
    assert text.endswith("\n") and "\r" not in text
    lines = text.split("\n")[:-1]
    if open_metrics:
        assert lines.pop() == "# EOF"
    families, at = {}, None
    for line in lines:
        assert line, "an empty line"
        if line.startswith("# HELP "):
            name, help = line[7:].split(" ", 1)
            assert NAME.match(name) and name not in families, f"twice, or no name: {line}"
            assert help and "\\" not in help and '"' not in help
            at = families[name] = Family(name, help)
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert at and name == at.name and at.type is None and not at.samples, line
            assert kind in (ENDINGS if open_metrics else ("counter", "gauge", "histogram")), line
            at.type = kind
        elif line.startswith("# UNIT "):
            name, unit = line[7:].split(" ")
            assert open_metrics and at and name == at.name and at.unit is None and at.type and not at.samples, line
            assert name.endswith("_" + unit), line
            at.unit = unit
        else:
            assert not line.startswith("#"), f"what is this: {line}"
            assert at and at.type, f"a sample without a type: {line}"
            at.samples.append(sample_of(line))
    assert families
    return families


def check_names(family, open_metrics):
    endings = ENDINGS[family.type]
    if open_metrics:
        assert not re.search(r"_(total|info|bucket|count|sum|created)$", family.name), family.name
    elif family.type == "counter":
        assert family.name.endswith("_total"), family.name
        endings = ("",)
    else:
        assert not family.name.endswith("_total"), family.name
    wanted = {family.name + e for e in endings}
    for name, labels, value in family.samples:
        assert name in wanted, f"{name} is no sample of {family.name}"
        assert ("le" in labels) == name.endswith("_bucket") or family.type != "histogram"
        assert "quantile" not in labels and not any(k.startswith("__") for k in labels)
        if family.type == "counter":
            assert 0 <= value < math.inf
        if family.type == "info":
            assert value == 1


def check_series(family):
    seen, keys = set(), {}
    for name, labels, _ in family.samples:
        key = (name, *sorted(labels.items()))
        assert key not in seen, f"twice: {key}"
        seen.add(key)
        keys.setdefault(name, tuple(labels))
        assert tuple(labels) == keys[name], f"labels of {name} are not always the same: {labels}"


def check_histogram(family):
    groups = {}
    for name, labels, value in family.samples:
        key = tuple((k, v) for k, v in labels.items() if k != "le")
        groups.setdefault(key, []).append((name.removeprefix(family.name), labels.get("le"), value))
    for key, rows in groups.items():
        buckets = [(float(le), v) for ending, le, v in rows if ending == "_bucket"]
        assert [ending for ending, *_ in rows] == ["_bucket"] * len(buckets) + ["_count", "_sum"], key
        assert all("." in le or le == "+Inf" for ending, le, _ in rows if le), "bounds are floats"
        assert [b for b, _ in buckets] == sorted({b for b, _ in buckets}) and buckets[-1][0] == math.inf, key
        assert [v for _, v in buckets] == sorted(v for _, v in buckets), f"buckets fall: {key}"
        assert buckets[-1][1] == rows[-2][2], f"count is not the last bucket: {key}"


def check_lint(family):
    """Names as the Prometheus project wants them."""
    words = family.name.split("_")
    bad = {"gauge", "counter", "histogram", "metric", "ms", "milliseconds", "us", "minutes", "hours", "days", "kb", "mb",
           "kilobytes", "percent"}
    assert not bad & set(words), family.name
    if family.type != "histogram":
        assert not re.search(r"_(count|sum|bucket)$", family.name), family.name


def read(text, open_metrics=False):
    families = families_of(text, open_metrics)
    for family in families.values():
        assert family.type, f"{family.name} has no type"
        check_names(family, open_metrics)
        check_series(family)
        check_lint(family)
        if family.type == "histogram":
            check_histogram(family)
    return families


def series_of(families):
    """All samples, whatever the format."""
    return {(name, *sorted(labels.items())): value for f in families.values() for name, labels, value in f.samples}
