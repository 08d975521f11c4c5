"""Peer check: an edition written by hand repeats every step of COINr's ASEM index, from treated data to places.

The numbers are those of the R package COINr (Becker and others 2022, JOSS 7(78), 4567, doi:10.21105/joss.04567); origin
and licence of the files: tests/reference/README.md.
"""

import hashlib
import shutil

import pandas as pd
import pytest
import yaml

from methods.data import editions
from methods.data.measure import measure
from methods.index.rank import rank
from methods.index.rounding import round_half_up
from methods.index.score import score

PILLARS = ["Physical", "ConEcFin", "Political", "Instit", "P2P", "Environ", "Social", "SusEcFin"]
ELEMENTS = [*PILLARS, "Conn", "Sust", "Index"]


def table(root, name):
    return pd.read_csv(root / "tests" / "reference" / "asem" / f"{name}.csv", index_col="UnitCode",
                       keep_default_na=False)


@pytest.fixture(scope="module")
def project(root, tmp_path_factory):
    """A project of its own: this edition, this data set, nothing else."""
    project = tmp_path_factory.mktemp("asem")
    methodology, dataset = project / "data" / "raw" / "methodology", project / "data" / "raw" / "asem"
    methodology.mkdir(parents=True)
    dataset.mkdir()
    shutil.copyfile(root / "tests" / "editions" / "asem.yaml", methodology / "asem.yaml")
    treated = root / "tests" / "reference" / "asem" / "step_treated.csv"
    shutil.copyfile(treated, dataset / treated.name)
    passport = {"title": "ASEM", "producer": "JRC", "date": "2018", "licence": "MIT",
                "files": {treated.name: hashlib.sha256(treated.read_bytes()).hexdigest()}}
    (dataset / "source.yml").write_text(yaml.safe_dump(passport), encoding="utf-8")
    return project


@pytest.fixture(scope="module")
def edition(project):
    return editions.load_edition(project, "asem")


@pytest.fixture(scope="module")
def measured(project, edition):
    return measure(project, edition, "2018")


@pytest.fixture(scope="module")
def scores(measured, edition):
    return score(measured.measurements, edition)


def test_all_51_countries_and_49_indicators_are_there_without_gaps(measured, scores):
    assert scores.indicators.shape == (51, 49)
    assert scores.indicators.notna().to_numpy().all()
    assert measured.notes == ()


def test_parents_and_directions_are_those_of_coinrs_metadata(root, edition):
    metadata = pd.read_csv(root / "tests" / "reference" / "asem" / "ASEM_iMeta.csv", index_col="iCode")
    stated = {code: (each.group, each.direction) for code, each in edition.indicators.items()}
    leaves = metadata[metadata["Type"] == "Indicator"]
    assert stated == {code: (row["Parent"], row["Direction"]) for code, row in leaves.iterrows()}
    parents = metadata.loc[metadata["Level"].isin([2, 3]), "Parent"].replace("Index", "index")
    assert {code: group.parent for code, group in edition.groups.items()} == parents.to_dict()


def test_normalised_values_within_1e_10(root, scores):
    published = table(root, "step_normalised")[list(scores.normalised)]
    assert published.shape == (51, 49)
    pd.testing.assert_frame_equal(scores.normalised, published.sort_index(), check_names=False, check_index_type=False,
                                  check_column_type=False, rtol=0, atol=1e-10)


@pytest.mark.parametrize("element", ELEMENTS)
def test_pillars_sub_indices_and_index_within_1e_10(root, scores, element):
    published = table(root, "step_aggregated")[element].sort_index()
    pd.testing.assert_series_equal(scores.elements[element.replace("Index", "index")], published, check_names=False,
                                   check_index_type=False, rtol=0, atol=1e-10)


@pytest.mark.parametrize("element", ELEMENTS)
def test_published_scores_to_two_decimals_and_places(root, scores, element):
    values = scores.elements[element.replace("Index", "index")]
    printed, places = (table(root, name)[element].reindex(values.index) for name in ("results_scores", "results_ranks"))
    assert len(printed) == 51
    assert (round_half_up(values, 2) == printed).all()
    assert (rank(round_half_up(values, 2)) == places).all()  # COINr ranks what it prints, so equal prints share a place


@pytest.mark.parametrize(("element", "shared"), [("ConEcFin", {"RUS": (47, 48)}), ("Instit", {"PRT": (3, 4)}),
                                                 ("Conn", {})])
def test_our_places_part_countries_that_only_rounding_made_equal(root, scores, element, shared):
    """Two countries of 51 share a printed score; unrounded one of them stands a place lower."""
    ours, theirs = rank(scores.elements[element]), table(root, "results_ranks")[element].reindex(scores.elements.index)
    assert {code: (theirs[code], ours[code]) for code in ours.index[ours != theirs]} == shared


def test_places_of_the_recipe_are_the_published_ones(root, scores):
    assert (scores.rank == table(root, "results_ranks")["Index"].reindex(scores.rank.index)).all()
    assert scores.rank.idxmin() == "CHE"
