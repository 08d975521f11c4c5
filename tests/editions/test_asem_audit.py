"""The audit of ASEM as COINr prints it in its vignette «Analysis»: coverage, moments, correlations, alpha, components.

Numbers: https://bluefoxr.github.io/COINr/articles/analysis.html (COINr 1.1; `get_stats`, `get_data_avail`, `get_corr`,
`get_corr_flags`, `get_cronbach`, `get_PCA`). Data: tests/reference/asem, see its README.
"""

import numpy as np
import pandas as pd
import pytest

from methods.agreement.internal_consistency import cronbach_alpha
from methods.index.correlation_lights import correlations, flagged_pairs
from methods.index.coverage import data_coverage
from methods.index.dimensionality import principal_components
from methods.sensitivity.outliers import outlier_screen


@pytest.fixture(scope="module")
def metadata(root):
    table = pd.read_csv(root / "tests" / "reference" / "asem" / "ASEM_iMeta.csv", index_col="iCode")
    return table[table["Type"] == "Indicator"]


@pytest.fixture(scope="module")
def raw(root, metadata):
    """51 countries x 49 indicators before anything was done to them; 63 gaps."""
    table = pd.read_csv(root / "tests" / "reference" / "asem" / "step_raw.csv", index_col="UnitCode",
                        keep_default_na=False, na_values=[""])
    return table[metadata.index].astype(float)


@pytest.fixture(scope="module")
def pillars(metadata):
    return {pillar: list(own.index) for pillar, own in metadata.groupby("Parent", sort=False)}


def test_coverage_of_units_and_of_their_pillars(oracle, raw, pillars):
    found = data_coverage(raw, pillars)
    oracle("охват единиц данными", "R COINr, get_data_avail, статья «Analysis»",
           found.units[["AUS", "AUT", "BEL", "BGD", "BGR"]], [1, 1, 1, 0.877551, 1], 5e-7)
    oracle("охват групп единицы", "R COINr, get_data_avail, статья «Analysis»",
           found.groups.loc["BGD", ["ConEcFin", "Instit", "P2P", "Physical"]], [1, 0.8333333, 0.75, 0.875], 5e-8)


def test_skewness_and_kurtosis_of_raw_indicators(oracle, raw):
    found = outlier_screen(raw).loc[["LPI", "Flights", "Ship", "Bord", "Elec"]]
    oracle("асимметрия и эксцесс показателей", "R COINr, get_stats, статья «Analysis»",
           found[["skewness", "kurtosis"]],
           [[-0.304, -0.657], [2.10, 4.51], [-0.576, -0.681], [2.15, 5.79], [2.23, 5.79]], 0.005)
    assert found["outlying"].to_list() == [False, True, False, True, True]   # Flag.SkewKurt


def test_correlations_inside_a_pillar(oracle, raw, pillars):
    """COINr leaves out what is not significant at .05: forests with all but renewables, these two energies."""
    found = correlations(raw[pillars["Environ"]])
    shown = [("MatCon", "CO2"), ("PrimEner", "CO2"), ("Renew", "CO2")]
    oracle("корреляции показателей группы", "R COINr, get_corr, статья «Analysis»",
           [found.r.loc[pair] for pair in shown], [0.7222051, 0.3268484, -0.5986338], 5e-8)
    significant = {frozenset(pair) for pair, p in found.p.stack().items() if p < 0.05}
    assert significant == {frozenset(pair) for pair in [*shown, ("Forest", "Renew"), ("PrimEner", "MatCon"),
                                                        ("MatCon", "Renew")]}


def test_pairs_that_are_flagged(oracle, root, pillars):
    table = pd.read_csv(root / "tests" / "reference" / "asem" / "step_normalised.csv", index_col="UnitCode",
                        keep_default_na=False)
    found = {}
    for codes in pillars.values():
        link = correlations(table[codes].astype(float))
        for light, sign in (("повтор", 1), ("против", -1)):
            for pair in flagged_pairs(link, link.lights(redundant=0.75), light).itertuples():
                if sign * pair.r > (0.75 if sign > 0 else 0.5):
                    found["-".join(sorted([pair.first, pair.second]))] = pair.r
    oracle("пары показателей: повторы и связи врозь", "R COINr, get_corr_flags, статья «Analysis»",
           pd.Series(found), pd.Series({"CPI-FreePress": 0.761, "CPI-NGOs": 0.768, "CostImpEx-TBTs": -0.697,
                                        "RTAs-TBTs": -0.752, "TBTs-TIRcon": -0.623}), 0.0005)


def test_alpha_of_a_pillar_with_pairwise_covariances(oracle, raw, pillars):
    oracle("альфа Кронбаха по попарным ковариациям", "R COINr, get_cronbach, статья «Analysis»",
           cronbach_alpha(raw[pillars["P2P"]], gaps="pairwise").alpha, 0.05126659, 5e-9)


def test_components_of_a_pillar(oracle, raw, pillars):
    found = principal_components(raw[pillars["Social"]])
    assert (found.n, found.dropped) == (37, 14)   # «Removing 14 rows with missing values»
    oracle("главные компоненты: стандартные отклонения", "R COINr, get_PCA, статья «Analysis»",
           np.sqrt(found.eigenvalues), [2.2042, 1.1256, 0.9788, 0.78834, 0.77153, 0.56836, 0.42463, 0.36068, 0.25760],
           5e-5)
    oracle("главные компоненты: доли дисперсии", "R COINr, get_PCA, статья «Analysis»", found.shares,
           [0.5398, 0.1408, 0.1065, 0.06905, 0.06614, 0.03589, 0.02003, 0.01445, 0.00737], 6e-5)  # R rounds twice
