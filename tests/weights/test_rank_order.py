"""Weights from an order of priorities: the published tables and what every order must give."""

import itertools

import numpy as np
import pytest

from methods.errors import InputError
from methods.weights.rank_order import rank_order_centroid, rank_reciprocal, rank_sum

SOURCES = [rank_order_centroid, rank_sum, rank_reciprocal]
ORDER = list("ДПМАК")


@pytest.mark.parametrize(("source", "published"), [
    # Barron, Barrett (1996), Management Science 42(11), table 1 (n = 5); Stillwell, Seaver, Edwards (1981).
    (rank_order_centroid, [0.4567, 0.2567, 0.1567, 0.0900, 0.0400]),
    (rank_sum, [0.3333, 0.2667, 0.2000, 0.1333, 0.0667]),
    (rank_reciprocal, [0.4380, 0.2190, 0.1460, 0.1095, 0.0876]),
])
def test_weights_of_five_as_published(source, published, oracle):
    weights = source(ORDER)
    assert weights.index.to_list() == ORDER
    oracle(f"веса по порядку, {source.__name__}", "Barron, Barrett (1996), Stillwell и др. (1981): n = 5",
           weights, published, 5e-5)


@pytest.mark.parametrize("n", range(2, 6))
def test_centroid_is_the_mean_of_the_corners_of_all_weights_that_respect_the_order(n):
    """Peer: the corners of that simplex are (1), (1/2, 1/2), (1/3, 1/3, 1/3), ..., padded with zeros."""
    corners = np.array([[1 / m] * m + [0] * (n - m) for m in range(1, n + 1)])
    assert rank_order_centroid(ORDER[:n]).to_list() == pytest.approx(corners.mean(axis=0).tolist())


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("n", [1, 2, 3, 7, 20])
def test_weights_are_positive_falling_and_sum_to_one(source, n):
    weights = source([f"Г{i}" for i in range(n)])
    assert weights.sum() == pytest.approx(1)
    assert (weights > 0).all()
    assert (weights.diff().dropna() < 0).all()


@pytest.mark.parametrize("source", SOURCES)
def test_the_place_in_the_order_makes_the_weight_and_not_the_name(source):
    expected = source(ORDER).to_list()
    for order in itertools.islice(itertools.permutations(ORDER), 7, 120, 40):
        assert source(order)[list(order)].to_list() == expected


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("order", "words"), [
    ([], "Порядок приоритетов пуст: назовите хотя бы один элемент."),
    (["Д", "П", "Д"], "Порядок приоритетов: код повторяется: Д (всего 1)."),
])
def test_an_order_that_is_none_is_refused(source, order, words):
    with pytest.raises(InputError) as error:
        source(order)
    assert str(error.value) == words


@pytest.mark.parametrize("source", SOURCES)
def test_weights_carry_their_codes_in_the_order_of_priorities(source):
    found = source(["В", "А", "Б"])
    assert (found.name, list(found.index)) == ("weight", ["В", "А", "Б"])
    assert source(["А"]).to_dict() == {"А": 1.0}
