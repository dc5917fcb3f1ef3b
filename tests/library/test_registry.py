"""The registry keeps order, refuses a name twice, and helps with a name it does not know."""

import copy
from types import SimpleNamespace

import pytest

from coursekit.activations import ACTIVATIONS
from coursekit.initialisers import INITIALISERS
from coursekit.losses import LOSSES
from coursekit.registry import ALIASES, Registry, UnknownNameError


@pytest.fixture
def fruit():
    registry = Registry("fruit")
    for name in ("pear", "apple", "cherry"):
        registry.add(SimpleNamespace(name=name))
    return registry


def test_records_come_in_the_order_they_were_added(fruit):
    assert list(fruit) == ["pear", "apple", "cherry"]
    assert [record.name for record in fruit.values()] == list(fruit)
    assert len(fruit) == 3


def test_some_can_be_put_first(fruit):
    fruit.arrange(["cherry", "apple"])
    assert list(fruit) == ["cherry", "apple", "pear"]


def test_add_returns_the_record():
    record = SimpleNamespace(name="plum")
    registry = Registry("fruit")
    assert registry.add(record) is record
    assert registry["plum"] is record


def test_a_second_record_of_the_same_name_is_refused_and_the_first_stays(fruit):
    first = fruit["apple"]
    with pytest.raises(ValueError, match="The fruit name 'apple' is taken"):
        fruit.add(SimpleNamespace(name="apple"))
    assert fruit["apple"] is first


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("aple", "There is no fruit called 'aple'. Did you mean 'apple'? Known: pear, apple, cherry."),
        ("Apple", "There is no fruit called 'Apple'. Did you mean 'apple'?"),
        ("CHERRY", "There is no fruit called 'CHERRY'. Did you mean 'cherry'?"),
        ("zzz", "There is no fruit called 'zzz'. Known: pear, apple, cherry."),
        (3, "There is no fruit called 3. Known: pear, apple, cherry."),
        (["pear"], "There is no fruit called ['pear']."),
    ],
)
def test_an_unknown_name_says_which_names_there_are(fruit, name, message):
    with pytest.raises(UnknownNameError) as caught:
        fruit[name]
    assert str(caught.value).startswith(message)


def test_it_is_a_mapping(fruit):
    assert "pear" in fruit
    assert "plum" not in fruit
    assert fruit.get("plum") is None
    with pytest.raises(KeyError):
        fruit["plum"]


def test_a_learners_record_replaces_only_a_learners(fruit):
    first = fruit["apple"]
    with pytest.raises(ValueError, match="'apple' is taken"):
        fruit.add_own(SimpleNamespace(name="apple"))
    assert fruit["apple"] is first
    fruit.add_own(SimpleNamespace(name="plum"))
    newer = fruit.add_own(SimpleNamespace(name="plum"))
    assert fruit["plum"] is newer
    assert (fruit.is_own("plum"), fruit.is_own("apple")) == (True, False)
    fruit.remove_own()
    assert list(fruit) == ["pear", "apple", "cherry"]
    assert not fruit.is_own("plum")


def test_who_watches_hears_of_it_as_long_as_it_lives(fruit):
    heard = []

    class Panel:
        def told(self):
            heard.append(list(fruit)[-1])

    one, other = Panel(), Panel()
    fruit.watch(one.told)
    fruit.watch(other.told)
    fruit.add_own(SimpleNamespace(name="plum"))
    del other
    fruit.remove_own()
    assert heard == ["plum", "plum", "cherry"]


@pytest.mark.parametrize(
    ("registry", "elsewhere", "here"),
    [
        (ACTIVATIONS, "SiLU", "swish"),
        (ACTIVATIONS, "linear", "identity"),
        (LOSSES, "CrossEntropyLoss", "softmax_cross_entropy"),
        (LOSSES, "cross_entropy", "softmax_cross_entropy"),
        (LOSSES, "bce", "binary_cross_entropy"),
        (INITIALISERS, "kaiming_normal", "he_normal"),
        (INITIALISERS, "glorot_uniform", "xavier_uniform"),
        (INITIALISERS, INITIALISERS["zeros"], "zeros"),  # the record in the place of its name
    ],
    ids=lambda value: getattr(value, "kind", getattr(value, "name", value)),
)
def test_a_name_from_elsewhere_leads_to_the_record_that_is_meant(registry, elsewhere, here):
    with pytest.raises(KeyError, match=rf"Did you mean '{here}'\? Known: "):
        registry[elsewhere]


def test_every_name_from_elsewhere_means_a_record_and_is_none_itself():
    known = {*ACTIVATIONS, *LOSSES, *INITIALISERS}
    assert {*ALIASES.values()} <= known
    assert not ALIASES.keys() & known


def test_a_record_asked_for_as_an_attribute_is_taken_in_brackets():
    with pytest.raises(AttributeError, match=r"^The loss registry has no attribute 'mse'.* in brackets: \['mse'\]\."):
        _ = LOSSES.mse
    with pytest.raises(AttributeError, match=r"no attribute 'none'\.$"):
        _ = LOSSES.none
    assert list(copy.deepcopy(LOSSES)) == list(LOSSES)
