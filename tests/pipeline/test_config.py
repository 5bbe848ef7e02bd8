"""A run's config: sources and their order, and words for every mistake."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.core.errors import ConfigError
from vervet.core.sampling import Sampling
from vervet.pipeline.config import RunConfig, load_config

ROOT = Path(__file__).resolve().parents[2]
WriteFile = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> WriteFile:
    def text(text: str) -> Path:
        path = tmp_path / "config.yaml"
        path.write_text(text)
        return path

    return text


def config(*overrides: str, path: Path | None = None, **env: str) -> RunConfig:
    return load_config(path, overrides=overrides, environment=env)


def mistake(*overrides: str, path: Path | None = None, **env: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        config(*overrides, path=path, **env)
    return caught.value


def test_defaults_stand_without_any_source() -> None:
    assert config() == RunConfig()


def test_every_field_says_what_it_is() -> None:
    models = [RunConfig, *(type(getattr(RunConfig(), name)) for name in ("sampling", "openai"))]
    for model in models:
        assert all(field.description for field in model.model_fields.values())


def test_later_sources_go_before_earlier_ones(write: WriteFile) -> None:
    path = write("n: 2\nseed: 2\nworkers: 2\n")
    env = dict.fromkeys(("VERVET_N", "VERVET_SEED", "VERVET_WORKERS", "VERVET_LIMIT"), "1")
    made = load_config(
        path, overrides=["n=3", "seed=3"], flags={"n": 4, "seed": None}, environment=env
    )
    assert (made.limit, made.workers, made.seed, made.n) == (1, 2, 3, 4)


def test_one_setting_of_a_group_leaves_its_neighbours(write: WriteFile) -> None:
    made = config("sampling.top_p=0.5", path=write("sampling: {temperature: 0.8}\n"))
    assert (made.sampling.temperature, made.sampling.top_p) == (0.8, 0.5)


@pytest.mark.parametrize(
    ("variable", "value", "key", "expected"),
    [
        ("VERVET_DATABASE_URL", "postgresql+psycopg://h/d", "database", "postgresql+psycopg://h/d"),
        ("VERVET_BROKER_URL", "redis://h:1/0", "broker", "redis://h:1/0"),
        ("VERVET_STATE_DIR", "2026", "state_dir", "2026"),
        ("VERVET_WORKERS", "3", "workers", 3),
        ("VERVET_UNSAFE_NO_ISOLATION", "true", "unsafe_no_isolation", True),
        ("VERVET_SANDBOX", "docker", "sandbox", "docker"),
        ("VERVET_LIMIT", "null", "limit", None),
    ],
)
def test_environment_sets_fields(variable: str, value: str, key: str, expected: object) -> None:
    assert getattr(config(**{variable: value}), key) == expected


def test_environment_reaches_into_groups() -> None:
    made = config(VERVET_OPENAI_BASE_URL="http://h/v1", VERVET_SAMPLING_TEMPERATURE="1e-1")
    assert (made.openai.base_url, made.sampling.temperature) == ("http://h/v1", 0.1)


def test_other_variables_are_left_alone() -> None:
    env = {"VERVET_OPENAI_API_KEY": "k", "VERVET_SHARED": "/x", "VERVET_ELSE": "1", "N": "3"}
    assert config(**env) == RunConfig()


def test_empty_variable_sets_nothing() -> None:
    assert config(VERVET_WORKERS="") == RunConfig()


def test_misspelt_variable_is_named() -> None:
    error = mistake(VERVET_DATABSE_URL="sqlite://")
    assert "VERVET_DATABSE_URL" in error.message
    assert "VERVET_DATABASE_URL" in error.hint


@given(st.floats(0.0, 10.0))
def test_override_of_a_float_is_that_float(value: float) -> None:
    assert config(f"sampling.temperature={value!r}").sampling.temperature == value


@given(st.integers(0, 2**63 - 1))
def test_override_of_a_whole_number_is_that_number(value: int) -> None:
    assert config(f"seed={value}").seed == value


@given(st.text(min_size=1))
def test_no_override_of_a_name_raises_anything_else(value: str) -> None:
    try:
        made = config(f"model={value}")
    except ConfigError:
        return
    assert made.model


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9/_.-]*", fullmatch=True))
def test_override_of_a_name_is_that_name_even_if_yaml_sees_more(value: str) -> None:
    if value.lower() != "null":
        assert config(f"suite={value}").suite == value


@pytest.mark.parametrize("text", ["1e-3", "1E-3", "0.001", ".001", "1.0e-3"])
def test_floats_in_every_spelling(write: WriteFile, text: str) -> None:
    made = config(path=write(f"sampling:\n  temperature: {text}\n"))
    assert made.sampling.temperature == 0.001


def test_value_may_hold_equals_signs() -> None:
    assert config("database=sqlite:///a?b=c").database == "sqlite:///a?b=c"


@pytest.mark.parametrize(
    ("override", "message", "hint"),
    [
        ("n=0", "n is 0 (from -c n=0)", "at least 1. n: Candidates per problem."),
        ("n=-5", "n is -5", "at least 1"),
        ("n=1.5", "n is 1.5", "a whole number"),
        ("n=many", "n is 'many'", "a whole number"),
        ("n=true", "n is true", "a whole number"),
        ("n=", "n is empty", "a whole number"),
        ("limit=0", "limit is 0", "at least 1"),
        ("sampling.temperature=hot", "sampling.temperature is 'hot'", "a number"),
        ("sampling.temperature=11", "sampling.temperature is 11", "at most 10"),
        ("sampling.temperature=.nan", "sampling.temperature is nan", "a number"),
        ("sampling.top_p=0", "sampling.top_p is 0", "above 0"),
        ("sampling.max_tokens=0", "sampling.max_tokens is 0", "at least 1"),
        ("unsafe_no_isolation=1", "unsafe_no_isolation is 1", "true or false"),
        ("openai.chat=maybe", "openai.chat is 'maybe'", "true or false"),
        ("openai.timeout_s=.inf", "openai.timeout_s is inf", "finite"),
        ("sandbox=", "sandbox is empty", "text"),
        ("seed=-1", "seed is -1", "at least 0"),
        ("workers=-1", "workers is -1", "at least 1"),
        ("suite=", "suite is empty", "text"),
        ("n", "the override 'n' is not KEY=VALUE", "-c sampling.temperature=0.8"),
        ("=3", "is not KEY=VALUE", "-c"),
        ("n={a: 1}", "no single value", "one key at a time"),
        ("n=[1", "cannot be read", "a number"),
        ("samplng.temperature=1", "'samplng.temperature'", "sampling.temperature"),
        ("temperature=1", "unknown setting 'temperature'", "Did you mean sampling.temperature?"),
        ("sampling=1", "sampling is a group", "sampling.temperature"),
        ("n.x=1", "unknown setting 'n.x'", "n"),
        ("openai.api_key=x", "unknown setting 'openai.api_key'", "VERVET_OPENAI_API_KEY"),
    ],
)
def test_mistake_in_an_override(override: str, message: str, hint: str) -> None:
    error = mistake(override)
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n: 0", "n is 0 (from {path})"),
        ("nn: 3", "unknown setting 'nn' (from {path})"),
        ("sampling: {temprature: 1}", "unknown setting 'sampling.temprature' (from {path})"),
        ("sampling: 3", "sampling is a group"),
        ("n: 1\nn: 2", "the key 'n' stands twice (line 2)"),
        ("n: [", "is no YAML"),
        ("- n", "holds no mapping"),
        ("suite: 3", "suite is 3"),
        ("n: '3'", "n is '3'"),
        ("1: 3", "unknown setting '1'"),
        ("? [a]\n: 1", "is no YAML"),
        ("a: !!python/object:os.x {}", "is no YAML"),
    ],
)
def test_mistake_in_a_file(write: WriteFile, text: str, message: str) -> None:
    path = write(text)
    assert message.format(path=path) in mistake(path=path).message


@pytest.mark.parametrize("text", ["", "# nothing\n", "sampling:\n"])
def test_file_may_set_nothing(write: WriteFile, text: str) -> None:
    assert config(path=write(text)) == RunConfig()


def test_missing_file(tmp_path: Path) -> None:
    assert "cannot read the config file" in mistake(path=tmp_path / "none.yaml").message


def test_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_bytes(b"\xff\xfe\xff")
    assert "is no YAML" in mistake(path=tmp_path / "c.yaml").message


def test_mistake_in_the_environment_names_the_variable() -> None:
    assert "n is 0 (from VERVET_N)" in mistake(VERVET_N="0").message


def test_mistake_in_a_flag_names_the_flag() -> None:
    with pytest.raises(ConfigError, match=r"max_tokens is 0 \(from --max-tokens\)"):
        load_config(flags={"sampling.max_tokens": 0}, environment={})


def test_several_mistakes_are_counted() -> None:
    assert "1 more" in mistake("n=0", "limit=0").message


def test_database_is_in_the_state_folder_unless_given(tmp_path: Path) -> None:
    made = config(f"state_dir={tmp_path}")
    assert made.database_url == f"sqlite:///{tmp_path.resolve()}/vervet.db"
    assert config("database=sqlite:///x").database_url == "sqlite:///x"


def test_workers_are_one_a_processor_unless_given() -> None:
    assert config().worker_count >= 1
    assert config("workers=5").worker_count == 5


def test_sampling_takes_the_stop_strings_of_a_problem() -> None:
    made = config("sampling.temperature=0.5").sampling.with_stop(["\n"])
    assert made == Sampling(0.5, 1.0, RunConfig().sampling.max_tokens, ("\n",))


def test_record_holds_every_field_and_no_password() -> None:
    made = config(
        "database=postgresql://me:hush@h/d",
        "broker=redis://:hush@h:1/0",
        "openai.base_url=http://me:hush@h/v1",
    )
    record: dict[str, Any] = made.recorded()
    assert record.keys() == RunConfig.model_fields.keys()
    assert "hush" not in repr(record)
    assert record["broker"] == "redis://:***@h:1/0"


@pytest.mark.parametrize("url", ["filesystem://", "sqlite:////a/b.db", "redis://h:1/0"])
def test_record_keeps_urls_without_password(url: str) -> None:
    assert config(f"broker={url}").recorded()["broker"] == url


def test_record_makes_the_same_config_again() -> None:
    made = config("n=7", "seed=3")
    assert RunConfig.model_validate(made.recorded()) == made


def test_example_is_sound() -> None:
    made = config(path=ROOT / "examples" / "config.yaml")
    assert (made.n, made.sampling.temperature, made.openai.chat) == (20, 0.8, False)
