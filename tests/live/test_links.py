"""A link, or a copied line, brings back the figure with its settings; what it cannot have is told."""

import pytest

from coursekit.demos import DEMOS
from coursekit.live.links import figure_in, link_of
from coursekit.live.show import show
from coursekit.registry import UnknownNameError


def test_a_link_has_the_chapter_the_figure_and_what_differs():
    panel = show("collapse", weight_scale=0.05, scheme="he_normal", batch_norm=True)
    page = "notebooks/06_initialisation.html#collapse"
    assert panel.link() == f"{page}?weight_scale=0.05&scheme=he_normal&batch_norm=True"
    assert show("collapse").link("https://example.org/course/") == f"https://example.org/course/{page}"


@pytest.mark.parametrize("name", DEMOS)
def test_every_case_comes_back_from_its_link_and_from_its_line(name):
    demo = DEMOS[name]
    ends = [{one: value} for one, control in demo.State.controls().items() for value in control.samples()]
    for settings in [*demo.presets.values(), *ends]:
        state = demo.State().replace(**settings)
        for text in (link_of(demo, state), link_of(demo, state, "https://example.org")):
            named, read = figure_in(text)
            assert (named, demo.State().replace(**read)) == (name, state)


def test_moves_of_a_run_and_signs_come_back_too():
    state = DEMOS["babysit"].State().replace(lr=0.01, until=((300, "lr", 0.1),))
    read = figure_in(link_of(DEMOS["babysit"], state))[1]
    assert DEMOS["babysit"].State().replace(**read) == state


def test_show_takes_a_link_and_a_copied_line_and_more_settings():
    first = show("collapse", weight_scale=0.05, depth=5)
    for text in (first.link(), first.call, f"panel = {first.call}\n", first.link("https://example.org")):
        assert show(text).state == first.state
    assert show(first.link(), depth=7).state == first.state.replace(depth=7)
    assert show('ck.show("collapse", direction="backward", ask="which layer learns least")')._question is not None


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("x.html#colapse?depth=5", UnknownNameError, "collapse"),
        ("x.html#collapse?dept=5", TypeError, "no setting 'dept'. It has: weight_scale"),
        ("x.html#collapse?depth=500", ValueError, "depth must lie between"),
        ("x.html#collapse?depth=deep", ValueError, "depth must be a whole number"),
        ("x.html#collapse?scheme=none", ValueError, "scheme must be one of"),
        ("x.html#", UnknownNameError, "no demo called ''"),
        ("ck.show('collapse', depth=__import__('os').getpid())", ValueError, "show takes the name of a figure"),
        ("print('collapse')", ValueError, "show takes the name of a figure"),
        ("ck.show('collapse'", ValueError, "show takes the name of a figure"),
        ("ck.show(name)", ValueError, "show takes the name of a figure"),
    ],
)
def test_what_a_link_cannot_have_is_told(text, error, message):
    with pytest.raises(error, match=message) as told:
        show(text)
    assert told.value._render_traceback_() == [f"{error.__name__}: {told.value}"]
