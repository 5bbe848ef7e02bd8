"""The OpenAI-compatible generator against a real server, well-behaved and not."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from vervet.core.errors import PromptError, ServerError, UsageError
from vervet.core.sampling import GeneratorInfo, Sampling
from vervet.generation.openai import OpenAIGenerator
from vervet.generation.protocol import Generator

from .server import Handler, ModelServer

Make = Callable[..., OpenAIGenerator]


@pytest.fixture
def make(server: ModelServer) -> Iterator[Make]:
    made: list[OpenAIGenerator] = []

    def build(model: str = "tiny", **options: Any) -> OpenAIGenerator:
        options = {"base_url": server.url, "backoff_s": 0.005, "tries": 4, **options}
        made.append(OpenAIGenerator(model, **options))
        return made[-1]

    yield build
    for generator in made:
        generator.close()
        generator.close()


def texts(generator: OpenAIGenerator, n: int, **sampling: Any) -> list[str]:
    made = generator.generate("a prompt", n=n, sampling=Sampling(**sampling), seed=7)
    return [completion.text for completion in made]


def counted(n: int) -> list[str]:
    return [f"text {at}" for at in range(n)]


def answers(status: int, message: str = "no", **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.send({"error": {"message": message}}, status, **headers)


def test_it_is_a_generator(make: Make) -> None:
    assert isinstance(make(), Generator)


def test_info_names_engine_and_model_without_revision(make: Make) -> None:
    assert make().info() == GeneratorInfo("openai", "tiny", None, None, make().server)


def test_request_carries_every_parameter(make: Make, server: ModelServer) -> None:
    texts(make(), 3, temperature=0.8, top_p=0.95, max_tokens=99, stop=("\ndef",))
    assert server.requests == [
        {
            "model": "tiny",
            "prompt": "a prompt",
            "n": 3,
            "temperature": 0.8,
            "top_p": 0.95,
            "max_tokens": 99,
            "stop": ["\ndef"],
            "seed": 7,
        }
    ]


def test_chat_sends_one_user_message(make: Make, server: ModelServer) -> None:
    made = make(chat=True).generate("a prompt", n=2, sampling=Sampling(), seed=1)
    assert server.requests[0]["messages"] == [{"role": "user", "content": "a prompt"}]
    assert [(one.text, one.finish_reason, one.tokens) for one in made] == [
        ("text 0", "length", 7),
        ("text 1", "length", 7),
    ]


def test_chat_message_without_content_is_an_empty_completion(
    make: Make, server: ModelServer
) -> None:
    server.faults.append(lambda handler: handler.send({"choices": [{"message": {}}]}))
    assert texts(make(chat=True), 1) == [""]


def test_tokens_of_the_choices_add_up_to_the_usage(make: Make) -> None:
    made = make().generate("p", n=9, sampling=Sampling(), seed=1)
    assert sum(one.tokens for one in made) == 45


def test_log_probabilities_give_mean_and_token_count(make: Make) -> None:
    (made,) = make(logprobs=True).generate("p", n=1, sampling=Sampling(), seed=1)
    assert (made.mean_logprob, made.tokens) == (-2.0, 2)


def test_no_log_probabilities_unless_asked_for(make: Make, server: ModelServer) -> None:
    (made,) = make().generate("p", n=1, sampling=Sampling(), seed=1)
    assert made.mean_logprob is None
    assert "logprobs" not in server.requests[0]


def test_refused_n_is_halved_and_remembered(make: Make, server: ModelServer) -> None:
    server.most_n = 6
    generator = make()
    assert texts(generator, 20) == counted(20)
    assert [body["n"] for body in server.requests] == [20, 10, 5, 5, 5, 5]
    server.requests.clear()
    texts(generator, 20)
    assert {body["n"] for body in server.requests} == {5}


def test_ignored_n_is_asked_for_again_with_other_seeds(make: Make, server: ModelServer) -> None:
    server.returned_n = 1
    assert texts(make(), 4) == counted(4)
    assert len({body["seed"] for body in server.requests}) == 4


def test_more_choices_than_asked_for_are_not_counted(make: Make, server: ModelServer) -> None:
    server.faults.append(lambda handler: handler.completions({"n": 5}))
    assert texts(make(), 2) == counted(2)


def test_seed_of_a_sub_batch_is_the_same_each_time(make: Make, server: ModelServer) -> None:
    server.most_n = 2
    texts(make(most_per_request=2), 6)
    texts(make(most_per_request=2), 6)
    seeds = [body["seed"] for body in server.requests]
    assert seeds[:3] == seeds[3:]
    assert len(set(seeds)) == 3
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_more_than_four_stop_strings_are_cut_here(make: Make, server: ModelServer) -> None:
    server.template = "keep {} STOP drop"
    stop = ("a1", "a2", "a3", "a4", " STOP")
    made = make().generate("p", n=1, sampling=Sampling(stop=stop), seed=1)
    assert server.requests[0]["stop"] == ["a1", "a2", "a3", "a4"]
    assert [one.text for one in made] == ["keep 0"]


def test_text_cut_here_was_not_ended_by_the_token_limit(make: Make, server: ModelServer) -> None:
    server.template = "keep STOP drop {}"
    (made,) = make(chat=True).generate("p", n=1, sampling=Sampling(stop=(" STOP",)), seed=1)
    assert made.finish_reason == "stop"


def test_refused_stop_strings_are_cut_here(make: Make, server: ModelServer) -> None:
    server.most_stop = 1
    server.template = "keep {}##drop"
    assert texts(make(), 2, stop=("@@", "!!", "##")) == ["keep 0", "keep 1"]


def test_server_that_wants_max_completion_tokens_gets_it(make: Make, server: ModelServer) -> None:
    words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    server.faults.append(answers(400, words))
    texts(make(chat=True), 1, max_tokens=12)
    assert server.requests[-1]["max_completion_tokens"] == 12
    assert "max_tokens" not in server.requests[-1]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_passing_failures_are_tried_again(make: Make, server: ModelServer, status: int) -> None:
    server.faults += [answers(status), answers(status)]
    assert texts(make(), 3) == counted(3)


def test_truncated_answer_is_asked_for_again(make: Make, server: ModelServer) -> None:
    server.faults.append(lambda handler: handler.send_bytes(b'{"choices": [', length="500"))
    server.faults.append(lambda handler: handler.send_bytes(b'{"choices": ['))
    assert texts(make(), 3) == counted(3)


def test_closed_connection_is_tried_again(make: Make, server: ModelServer) -> None:
    server.faults.append(lambda _: None)
    assert texts(make(), 3) == counted(3)


def test_retry_after_in_seconds_is_waited_for(make: Make, server: ModelServer) -> None:
    server.faults.append(answers(429, Retry_After="0.3"))
    start = time.monotonic()
    texts(make(), 1)
    assert time.monotonic() - start >= 0.3


def test_retry_after_as_a_date_is_waited_for(make: Make, server: ModelServer) -> None:
    # Dates have whole seconds, so two of them leave at least one to wait.
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    server.faults.append(answers(429, Retry_After=until))
    start = time.monotonic()
    texts(make(), 1)
    assert time.monotonic() - start >= 0.9


def test_lasting_failure_names_server_cause_and_request(make: Make, server: ModelServer) -> None:
    server.faults += [answers(503, "loading weights")] * 4
    with pytest.raises(ServerError, match="503: loading weights, 4 times") as caught:
        texts(make(), 3)
    assert server.url in caught.value.message
    assert "n = 3, prompt of 8 characters 'a prompt'" in caught.value.message
    assert len(server.requests) == 4


def test_server_that_is_down(server: ModelServer) -> None:
    with closing(OpenAIGenerator("m", base_url="http://127.0.0.1:9/v1", tries=2, backoff_s=0)) as g:
        with pytest.raises(ServerError, match="cannot be reached") as caught:
            texts(g, 1)
        assert "openai.base_url" in caught.value.hint


def test_slow_server(make: Make, server: ModelServer) -> None:
    server.faults += [lambda _: time.sleep(0.4)] * 2
    with pytest.raises(ServerError, match="did not answer in time") as caught:
        texts(make(timeout_s=0.1, tries=2), 1)
    assert "openai.timeout_s" in caught.value.hint


@pytest.mark.parametrize("ask", ["check", "generate"])
def test_wrong_model_lists_what_the_server_has(make: Make, ask: str) -> None:
    generator = make("tinny")
    with pytest.raises(ServerError, match="no model 'tinny'") as caught:
        generator.check() if ask == "check" else texts(generator, 5)
    assert "tiny" in caught.value.hint


def test_check_is_content_with_a_model_that_is_there(make: Make, server: ModelServer) -> None:
    make().check()
    assert server.requests == []


@pytest.mark.parametrize("ask", ["check", "generate"])
def test_url_without_v1(make: Make, server: ModelServer, ask: str) -> None:
    generator = make(base_url=server.root)
    with pytest.raises(ServerError, match="404") as caught:
        generator.check() if ask == "check" else texts(generator, 5)
    assert "usually ends in /v1" in caught.value.hint


def test_missing_key(make: Make, server: ModelServer) -> None:
    server.faults.append(answers(401))
    with pytest.raises(ServerError, match="wants a key") as caught:
        texts(make(), 1)
    assert "VERVET_OPENAI_API_KEY" in caught.value.hint


def test_key_is_sent_and_never_shown(
    make: Make, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERVET_OPENAI_API_KEY", "sk-secret")
    server.faults += [answers(403, "bad key sk-secret"), answers(400, "bad key sk-secret")]
    generator = make()
    for _ in range(2):
        with pytest.raises(ServerError) as caught:
            texts(generator, 1)
        assert "sk-secret" not in str(caught.value)
    assert set(server.keys) == {"Bearer sk-secret"}


def test_user_and_password_in_the_url_are_never_shown(server: ModelServer) -> None:
    url = server.url.replace("http://", "http://me:hush@")
    server.faults.append(answers(400, "no"))
    with closing(OpenAIGenerator("tiny", base_url=url)) as generator:
        with pytest.raises(ServerError) as caught:
            texts(generator, 1)
        assert "hush" not in str(caught.value)
        assert generator.server == server.url


def test_answer_that_stays_garbled(make: Make, server: ModelServer) -> None:
    server.faults += [lambda handler: handler.send_bytes(b"<html>hello</html>")] * 4
    with pytest.raises(ServerError, match="no JSON object: <html>hello"):
        texts(make(), 1)


@pytest.mark.parametrize("answer", [{}, {"choices": []}, {"choices": [{"index": 0}]}])
def test_answer_without_choices(make: Make, server: ModelServer, answer: object) -> None:
    server.faults += [lambda handler: handler.send(answer)] * 3
    with pytest.raises(ServerError, match="without usable choices"):
        texts(make(), 1)


def test_prompt_over_the_context(make: Make, server: ModelServer) -> None:
    server.context = 5
    with pytest.raises(PromptError, match="maximum context length is 5"):
        texts(make(), 8)
    assert len(server.requests) == 1


def test_prompt_that_is_no_text(make: Make, server: ModelServer) -> None:
    with pytest.raises(PromptError, match="surrogate"):
        make().generate("a\ud800", n=1, sampling=Sampling(), seed=1)
    assert server.requests == []


def test_refusal_that_nothing_helps_ends_at_once(make: Make, server: ModelServer) -> None:
    server.faults.append(answers(400, "temperature must be below 2"))
    with pytest.raises(ServerError, match="temperature must be below 2"):
        texts(make(), 1)
    assert len(server.requests) == 1


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://host/v1", "http://", "http://[::1"])
def test_url_that_is_none(url: str) -> None:
    with pytest.raises(UsageError, match="URL"):
        OpenAIGenerator("m", base_url=url)
