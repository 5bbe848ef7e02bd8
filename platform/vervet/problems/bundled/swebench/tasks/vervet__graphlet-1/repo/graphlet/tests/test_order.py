from graphlet import order


def test_needs_come_first(house):
    assert order(house) == ["ground", "walls", "roof"]


def test_nothing_to_order():
    assert order({}) == []


def test_what_needs_nothing_keeps_its_order():
    assert order({"b": [], "a": []}) == ["b", "a"]


def test_a_need_of_two_comes_once():
    assert order({"x": ["z"], "y": ["z"], "z": []}) == ["z", "x", "y"]
