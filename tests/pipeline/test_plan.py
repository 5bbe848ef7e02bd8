"""The arithmetic of resuming: every missing ordinal is asked for exactly once."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from vervet.core.values import Problem
from vervet.pipeline.plan import missing_requests, request_seed

PROBLEMS = [Problem(id=f"p/{i}", kind="answer", prompt="?", spec={}) for i in range(3)]


@given(
    n=st.integers(1, 60),
    per_request=st.integers(1, 25),
    existing=st.dictionaries(
        st.sampled_from([p.id for p in PROBLEMS]), st.sets(st.integers(0, 70)), max_size=3
    ),
)
def test_requests_and_existing_cover_every_ordinal_once(n, per_request, existing):
    asked = Counter(
        (request.problem.id, request.first + offset)
        for request in missing_requests(
            PROBLEMS, n=n, per_request=per_request, run_seed=0, existing=existing
        )
        for offset in range(request.count)
    )
    wanted = {(p.id, o) for p in PROBLEMS for o in range(n) if o not in existing.get(p.id, set())}
    assert set(asked) == wanted
    assert set(asked.values()) <= {1}


@given(n=st.integers(1, 60), per_request=st.integers(1, 25), done=st.integers(0, 20))
def test_a_resumed_run_asks_for_lost_sub_batches_in_the_same_words(n, per_request, done):
    whole = list(missing_requests(PROBLEMS, n=n, per_request=per_request, run_seed=7, existing={}))
    kept: dict[str, set[int]] = {}
    for request in whole[:done]:
        ordinals = range(request.first, request.first + request.count)
        kept.setdefault(request.problem.id, set()).update(ordinals)
    resumed = list(
        missing_requests(PROBLEMS, n=n, per_request=per_request, run_seed=7, existing=kept)
    )
    assert resumed == whole[done:]


def test_all_problems_get_their_first_sub_batch_before_any_gets_its_second():
    requests = missing_requests(PROBLEMS, n=4, per_request=2, run_seed=0, existing={})
    assert [(r.problem.id, r.first) for r in requests] == [
        ("p/0", 0), ("p/1", 0), ("p/2", 0), ("p/0", 2), ("p/1", 2), ("p/2", 2),
    ]  # fmt: skip


def test_seeds_differ_by_run_problem_and_ordinal_and_fit_63_bits():
    seeds = {request_seed(r, p, o) for r in (0, 1) for p in ("a", "b") for o in (0, 100)}
    assert len(seeds) == 8
    assert all(0 <= seed < 2**63 for seed in seeds)
