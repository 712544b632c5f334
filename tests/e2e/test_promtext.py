"""The strict readers are strict."""

import pytest

import promtext

GOOD = ('# HELP a_total Some.\n# TYPE a_total counter\na_total{x="1",y="q\\"\\\\\\n"} 1\na_total{x="2",y=""} 2.5\n'
        '# HELP b_seconds Time.\n# TYPE b_seconds histogram\nb_seconds_bucket{le="0.5"} 1\nb_seconds_bucket{le="+Inf"} 2\n'
        "b_seconds_count 2\nb_seconds_sum 3.25\n# HELP c_info Words.\n# TYPE c_info gauge\nc_info{v=\"1\"} 1\n")
OPEN = ('# HELP a Some.\n# TYPE a counter\na_total{x="1"} 1\n# HELP b_seconds Time.\n# TYPE b_seconds gauge\n'
        "# UNIT b_seconds seconds\nb_seconds 2\n# HELP c Words.\n# TYPE c info\nc_info{v=\"1\"} 1\n# EOF\n")


def test_good():
    families = promtext.read(GOOD)
    assert families["a_total"].value(x="1", y='q"\\\n') == 1
    assert promtext.read(OPEN, True)["b_seconds"].unit == "seconds"


@pytest.mark.parametrize("old, new", [
    ("# TYPE a_total counter\n", ""), ("# HELP a_total Some.\n", ""), ("counter", "untyped"), ("a_total{", "a{"),
    ('{x="2",y=""}', '{x="1",y="q\\"\\\\\\n"}'), ('\\n"', '\\t"'), ('\\"', '"'), ('x="1",', 'x="1" '), ('{x="2",y=""}', '{x="2"}'), ("2.5", "two"),
    ("2.5", "-2.5"), ("2.5\n", "2.5 \n"), ('le="0.5"} 1', 'le="0.5"} 3'), ("b_seconds_count 2", "b_seconds_count 3"),
    ('b_seconds_bucket{le="+Inf"} 2\n', ""), ("b_seconds_sum 3.25\n", ""), ('le="0.5"', 'le="1"'),
    ("c_info{", "\nc_info{"), ("# HELP c_info", "# HELP a_total"), ("b_seconds", "b_ms"), ('v="1"} 1\n', 'v="1"} 1'),
    ('v="1"', 'v="\x01"'), ('v="1"', 'v="1"\r'), ('{v="1"}', "{}"),
])
def test_bad(old, new):
    assert old in GOOD
    with pytest.raises((AssertionError, IndexError, ValueError)):
        promtext.read(GOOD.replace(old, new))


@pytest.mark.parametrize("old, new", [
    ("# EOF\n", ""), ("# EOF\n", "# EOF\n\n"), ("a_total{", "a{"), ("# HELP a Some.\n# TYPE a counter", "# HELP a_total Some.\n# TYPE a_total counter"),
    ("# UNIT b_seconds seconds\n", "# UNIT b_seconds bytes\n"), ('c_info{v="1"} 1', 'c_info{v="1"} 2'), ("# TYPE c info", "# TYPE c gauge"),
    ("b_seconds 2\n", "b_seconds 2\n\n"), ("# EOF\n", "# EOF\nb 1\n"),
])
def test_bad_open_metrics(old, new):
    assert old in OPEN
    with pytest.raises((AssertionError, IndexError, ValueError)):
        promtext.read(OPEN.replace(old, new), True)
