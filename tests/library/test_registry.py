"""The registry keeps order, refuses a name twice, and helps with a name it does not know."""

from types import SimpleNamespace

import pytest

from coursekit.registry import Registry, UnknownNameError


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
