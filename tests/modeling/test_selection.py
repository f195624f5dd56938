"""A hard choice forward, a soft one backward; hand-computed."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from clara.modeling import score_passages, selection, straight_through_top_k

LOGITS = torch.tensor([[0.5, 2.0, -1.0, 1.5]])


@given(
    st.lists(st.floats(-50, 50, width=32), min_size=3, max_size=8, unique=True),
    st.integers(1, 3),
)
def test_forward_is_exactly_one_hot_and_best_first(values: list[float], k: int) -> None:
    indices, weights = straight_through_top_k(torch.tensor([values]), k)
    assert indices[0].tolist() == sorted(range(len(values)), key=lambda index: -values[index])[:k]
    assert torch.equal(weights[0], torch.nn.functional.one_hot(indices[0], len(values)).float())


def test_gradient_is_that_of_the_softmax_over_what_is_left() -> None:
    logits = LOGITS.clone().requires_grad_()
    _, weights = straight_through_top_k(logits, 2)
    direction = torch.tensor([[[1.0, 2.0, 3.0, 4.0], [5.0, -6.0, 7.0, 8.0]]])
    (weights * direction).sum().backward()
    first = torch.softmax(LOGITS[0], dim=-1)
    left = torch.tensor([0, 2, 3])  # candidate 1 is taken by the first slot
    second = torch.zeros(4)
    second[left] = torch.softmax(LOGITS[0, left], dim=-1)
    by_hand = torch.zeros(4)
    for soft, pull in ((first, direction[0, 0]), (second, direction[0, 1])):
        by_hand += soft * (pull - (soft * pull).sum())
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad[0], by_hand, rtol=1e-5, atol=1e-6)


def test_a_taken_candidate_far_ahead_still_draws_gradient() -> None:
    """As upstream: its weight is 1e-8, and at temperature 0.02 a cosine 0.5 ahead outweighs that."""
    logits = torch.tensor([[25.0, 0.0, -1.0]]).requires_grad_()
    _, weights = straight_through_top_k(logits, 2)
    weights[0, 1, 0].backward()
    soft = torch.softmax(torch.tensor([25.0, 0.0, -1.0]) + torch.tensor([1e-8, 1.0, 1.0]).log(), dim=-1)
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad[0], soft[0] * (torch.tensor([1.0, 0.0, 0.0]) - soft))
    assert soft[0] > 0.99


def test_excluded_candidates_are_not_chosen_and_get_no_gradient() -> None:
    logits = torch.tensor([[float("-inf"), 1.0, float("-inf"), -3.0]]).requires_grad_()
    indices, weights = straight_through_top_k(logits, 2)
    assert indices.tolist() == [[1, 3]]
    weights.sum().backward()
    assert logits.grad is not None
    assert logits.grad[0, [0, 2]].tolist() == [0, 0]
    _, all_taken = straight_through_top_k(torch.tensor([[float("-inf"), 1.0]]), 2)
    assert torch.isfinite(all_taken).all()
    with pytest.raises(ValueError, match="cannot choose 3 of 2"):
        straight_through_top_k(torch.zeros(1, 2), 3)


def test_scores_are_cosines_whatever_the_length_and_dtype() -> None:
    generator = torch.Generator().manual_seed(0)
    query, memory = torch.randn(2, 3, 4, generator=generator), torch.randn(2, 5, 3, 4, generator=generator)
    scores = score_passages(query, memory)
    expected = torch.cosine_similarity(query.flatten(1).unsqueeze(1), memory.flatten(2), dim=-1)
    torch.testing.assert_close(scores, expected)
    torch.testing.assert_close(score_passages(3 * query, memory / 7), expected)
    half = score_passages(query.bfloat16(), memory.bfloat16())
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, expected, atol=2e-2, rtol=0)


@given(
    st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=4),
    st.integers(0, 3),
)
def test_the_contrastive_loss_is_cross_entropy_with_one_positive_and_blind_to_padding(
    values: list[float], positive: int
) -> None:
    scores = torch.tensor([values, [0.9, 0.1, 0.2, 0.3]])
    positives = torch.zeros(2, 4, dtype=torch.bool)
    positives[0, positive] = True  # the second row has none: it does not count
    loss = selection.contrastive_loss(scores, positives, torch.ones(2, 4, dtype=torch.bool))
    expected = torch.nn.functional.cross_entropy(scores[:1] / 0.05, torch.tensor([positive]))
    torch.testing.assert_close(loss, expected)
    padded = torch.cat([scores, torch.ones(2, 2)], dim=1)
    filled = torch.tensor([[True] * 4 + [False] * 2] * 2)
    wide = torch.cat([positives, torch.ones(2, 2, dtype=torch.bool)], dim=1)
    torch.testing.assert_close(selection.contrastive_loss(padded, wide, filled), loss)


def test_the_contrastive_loss_lifts_positives_and_lowers_the_others() -> None:
    scores = torch.tensor([[0.1, 0.3, 0.2], [0.5, 0.4, 0.6]], requires_grad=True)
    positives = torch.tensor([[True, False, True], [False, False, False]])
    selection.contrastive_loss(scores, positives, torch.ones(2, 3, dtype=torch.bool)).backward()
    assert scores.grad is not None
    assert (scores.grad[0] < 0).tolist() == [True, False, True]
    assert scores.grad[1].tolist() == [0, 0, 0]
