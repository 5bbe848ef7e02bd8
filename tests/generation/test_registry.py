"""How a model's spelling leads to a generator."""

from contextlib import closing

import pytest

from vervet.core.errors import UnknownNameError, UsageError
from vervet.generation.openai import OpenAIGenerator
from vervet.generation.registry import ModelName, engine_names, make_generator, parse_model


def test_built_in_engines_are_registered() -> None:
    assert {"embedded", "openai"} <= set(engine_names())


@pytest.mark.parametrize(
    ("spelling", "parts"),
    [
        ("embedded:code", ModelName("embedded", "code")),
        ("embedded:/folder/of:weights", ModelName("embedded", "/folder/of:weights")),
        ("openai:llama3:8b", ModelName("openai", "llama3:8b")),
        ("openai:o/m@2024", ModelName("openai", "o/m@2024")),
        (
            "openai:o/m@2024@http://host:1/v1",
            ModelName("openai", "o/m@2024", "http://host:1/v1"),
        ),
    ],
)
def test_spelling_is_taken_apart(spelling: str, parts: ModelName) -> None:
    assert parse_model(spelling) == parts


def test_unknown_engine_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown engine 'opnai'") as caught:
        parse_model("opnai:gpt")
    assert "openai" in caught.value.hint


def test_model_without_engine_is_told_how_to_write_it() -> None:
    with pytest.raises(UnknownNameError, match="unknown model 'gpt'") as caught:
        parse_model("gpt")
    assert "openai:MODEL" in caught.value.hint


@pytest.mark.parametrize("spelling", ["openai:", "openai", "openai:@http://host/v1"])
def test_engine_without_model(spelling: str) -> None:
    with pytest.raises(UsageError, match="no model"):
        parse_model(spelling)


def test_url_in_the_spelling_goes_before_the_option() -> None:
    options = {"openai": {"base_url": "http://other/v1"}, "embedded": {"unused": 1}}
    made = make_generator("openai:m@http://here:8/v1", options)
    assert isinstance(made, OpenAIGenerator)
    with closing(made):
        assert (made.server, made.info().model) == ("http://here:8/v1", "m")


def test_options_of_the_engine_reach_it() -> None:
    made = make_generator("openai:m", {"openai": {"base_url": "http://other/v1"}})
    assert isinstance(made, OpenAIGenerator)
    with closing(made):
        assert made.server == "http://other/v1"


def test_unknown_embedded_model_is_named() -> None:
    with pytest.raises(UnknownNameError, match="'coda'"):
        make_generator("embedded:coda")


def test_unknown_option_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="'base_ulr'") as caught:
        make_generator("openai:m", {"openai": {"base_ulr": "x"}})
    assert "base_url" in caught.value.hint
