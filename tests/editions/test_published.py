"""Golden check of the engine: editions reproduce, from raw data, what their owners published."""

import pandas as pd
import pytest

from methods.data import editions, sources
from methods.data.measure import measure
from methods.index.score import score

CMS_GROUPS = {"Mortality": "Std_Outcomes_Mortality_score", "Safety": "Std_Outcomes_Safety_score",
              "Readmission": "Std_Outcomes_Readmission_score", "Experience": "Std_PatientExp_score",
              "Process": "Std_Process_score"}


def scored(root, version, period):
    edition = editions.load_edition(root, version)
    return edition, score(measure(root, edition, period).measurements, edition)


def published_table(root, dataset, file, **options):
    return pd.read_csv(sources.verified(sources.read_source(root, dataset), file), keep_default_na=False,
                       na_values=[""], **options)


@pytest.fixture(scope="module")
def cms(root):
    """All 4,536 hospitals and what CMS published for them in April 2021."""
    published = published_table(root, "cms_hospital_stars_2021", "published_2021.csv", dtype={"PROVIDER_ID": str})
    return scored(root, "cms-2021", "2021")[1], published.set_index("PROVIDER_ID")


@pytest.mark.parametrize(("group", "column"), CMS_GROUPS.items())
def test_cms_group_scores_within_1e_8(cms, group, column):
    scores, published = cms
    assert len(scores.elements) == 4536
    pd.testing.assert_series_equal(scores.elements[group], published[column], check_names=False, rtol=0, atol=1e-8)


def test_cms_summary_scores_within_1e_8(cms):
    scores, published = cms
    pd.testing.assert_series_equal(scores.index, published["summary_score"], check_names=False, rtol=0, atol=1e-8)


def test_cms_ranks_the_published_3355_hospitals(cms):
    scores, published = cms
    assert scores.eligible.sum() == 3355
    pd.testing.assert_series_equal(scores.eligible, published["report_indicator"].eq(1), check_names=False)


def test_cms_stars_of_all_3355_hospitals(cms):
    scores, published = cms
    pd.testing.assert_series_equal(scores.grade, published["star"], check_names=False)
    assert scores.grade.notna().sum() == 3355


def test_cms_drops_the_one_measure_with_too_few_hospitals(cms):
    assert cms[0].dropped == ("OP_2",)  # 90 hospitals; the rule asks for more than 100


EGOV = {"1.1": "1.1 Online availability", "1.2": "1.2 Mobile friendliness", "1.3": "1.3 User support",
        "2.1": "2.1 Transparency of service delivery", "2.2": "2.2 Transparency of personal data",
        "2.3": "2.3 Transparency of service design", "3.1": "3.1 eID", "3.2": "3.2 eDocuments",
        "3.3": "3.3 Pre-filled forms", "3.4": "3.4 Digital Post"}
EGOV_DIMENSIONS = {"User": "1. User centricity", "Transparency": "2. Transparency", "Enablers": "3. Key Enablers",
                   "CrossBorder": "4. Cross-border services", "index": "0. OVERALL SCORE"}


@pytest.fixture(scope="module")
def egov(root):
    """35 countries x published Career (2022) figures, printed to four decimals."""
    table = published_table(root, "eu_egov_benchmark_2023", "scores_2021_2022.csv")
    table = table[(table["column"] == "Career (2022)") & ~table["Country"].isin(["EU27+", "AVERAGE_EU27"])]
    published = table.pivot(index="Country", columns="Scoring", values="score")
    return scored(root, "egov-career-2022", "2022")[1], published


@pytest.mark.parametrize(("code", "column"), (EGOV | EGOV_DIMENSIONS).items())
def test_egov_every_published_figure_of_35_countries(egov, code, column):
    scores, published = egov
    computed = 100 * (scores.indicators if code in EGOV else scores.elements)[code]
    assert len(published) == 35
    # Montenegro has no service that asks for documents: no figure here and none published
    assert computed.notna().sum() == (34 if code == "3.2" else 35)
    pd.testing.assert_series_equal(computed, published[column], check_names=False, check_index_type=False,
                                   rtol=0, atol=1e-4)


def test_odm_totals_and_dimensions_exactly(root):
    scores = scored(root, "odm-2023", "2023")[1]
    published = published_table(root, "odm_2023", "published_totals.csv").drop_duplicates(["country", "id"])
    for code, column in {"index": "TotalScore", "D1": "D1", "D2": "D2", "D3": "D3", "D4": "D4"}.items():
        stated = pd.to_numeric(published[published["id"] == column].set_index("country")["value"])
        assert len(stated) == 35
        assert (scores.elements[code] == stated.reindex(scores.elements.index)).all()


def test_odm_indicators_exactly(root):
    edition, scores = scored(root, "odm-2023", "2023")
    published = published_table(root, "odm_2023", "published_totals.csv").drop_duplicates(["country", "id"])
    for code in edition.indicators:
        stated = pd.to_numeric(published[published["id"] == code].set_index("country")["value"])
        assert (scores.indicators[code] == stated.reindex(scores.indicators.index)).all()


@pytest.mark.parametrize(("wave", "countries"), [("2020", 198), ("2022", 198), ("2025", 197)])
def test_gtmi_index_exact_and_all_levels(root, wave, countries):
    scores = scored(root, f"gtmi-{wave}", wave)[1]
    table = published_table(root, "gtmi", "gtmi_2020_2022_2025.csv")
    published = table[table["year"] == int(wave)].set_index("country_code").sort_index()
    assert len(scores.index) == len(published) == countries
    pd.testing.assert_series_equal(scores.index, published["gtmi"], check_names=False, check_index_type=False,
                                   rtol=0, atol=1e-14)
    assert (scores.grade.map({1: "D", 2: "C", 3: "B", 4: "A"}) == published["grp"].reindex(scores.grade.index)).all()
