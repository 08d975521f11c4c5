"""Published indices and the steps of their construction, recomputed from raw data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from methods.data.editions import parse_edition
from methods.data.sources import read_source, verified
from methods.index.aggregate import arithmetic, geometric
from methods.index.edition import INDEX
from methods.index.normalise import distance_to_reference, goalposts, min_max, percentile, z_score
from methods.index.rank import rank
from methods.index.rounding import round_half_up
from methods.index.score import Scores, score
from methods.sensitivity.outliers import treat_outliers
from methods.validation.check import Found, check
from methods.validation.published import DATASET, Published

CMS = "CMS, звёзды больниц США, апрель 2021"
CMS_GROUPS = {"Mortality": "Std_Outcomes_Mortality_score", "Safety": "Std_Outcomes_Safety_score",
              "Readmission": "Std_Outcomes_Readmission_score", "Experience": "Std_PatientExp_score",
              "Process": "Std_Process_score"}
EGOV = "Еврокомиссия, eGovernment Benchmark 2023, «Карьера»"
EGOV_INDICATORS = {
    "1.1": "1.1 Online availability", "1.2": "1.2 Mobile friendliness", "1.3": "1.3 User support",
    "2.1": "2.1 Transparency of service delivery", "2.2": "2.2 Transparency of personal data",
    "2.3": "2.3 Transparency of service design", "3.1": "3.1 eID", "3.2": "3.2 eDocuments",
    "3.3": "3.3 Pre-filled forms", "3.4": "3.4 Digital Post"}
EGOV_ELEMENTS = {"User": "1. User centricity", "Transparency": "2. Transparency", "Enablers": "3. Key Enablers",
                 "CrossBorder": "4. Cross-border services", INDEX: "0. OVERALL SCORE"}
ODM = "data.europa.eu, Open Data Maturity 2023"
ODM_ELEMENTS = {INDEX: "TotalScore", "D1": "D1", "D2": "D2", "D3": "D3", "D4": "D4"}
COINR = "R COINr (Becker и др., 2022), индекс ASEM"
ELEMENTS = ["Physical", "ConEcFin", "Political", "Instit", "P2P", "Environ", "Social", "SusEcFin", "Conn", "Sust",
            "Index"]
HANDBOOK = "Руководство ОЭСР/JRC (2008)"


# -- Centers for Medicare & Medicaid Services --------------------------------------------------------------------------

def _cms(book: Published) -> tuple[Scores, pd.DataFrame]:
    published = book.texts("cms_hospital_stars_2021", "published_2021.csv").set_index("PROVIDER_ID")
    return book.scores("cms-2021", "2021")[1], published


@check(CMS, "баллы пяти групп 4536 больниц")
def cms_groups(book: Published) -> tuple[Found, pd.Series]:
    """CMS prints nine decimals."""
    scores, published = _cms(book)
    return scores.elements[list(CMS_GROUPS)], published[list(CMS_GROUPS.values())].set_axis(list(CMS_GROUPS), axis=1)


@check(CMS, "итоговый балл")
def cms_summary(book: Published) -> tuple[Found, pd.Series]:
    """Of the hospitals that have enough measures."""
    scores, published = _cms(book)
    return scores.index, published["summary_score"]


@check(CMS, "кого оценивают: отметка каждой больницы")
def cms_eligible(book: Published) -> tuple[Found, pd.Series]:
    """1 for those that get stars."""
    scores, published = _cms(book)
    return scores.eligible.astype(float), published["report_indicator"]


@check(CMS, "звёзды 3355 больниц")
def cms_stars(book: Published) -> tuple[Found, pd.Series]:
    """Clusters of summary scores."""
    scores, published = _cms(book)
    return scores.grade, published["star"].str.removesuffix(".0")


# -- European Commission -----------------------------------------------------------------------------------------------

def _egov(book: Published, columns: dict[str, str]) -> pd.DataFrame:
    table = book.texts("eu_egov_benchmark_2023", "scores_2021_2022.csv")
    table = table[(table["column"] == "Career (2022)") & ~table["Country"].isin(["EU27+", "AVERAGE_EU27"])]
    wide = table.pivot(index="Country", columns="Scoring", values="score").fillna("")
    return wide[list(columns.values())].set_axis(list(columns), axis=1)


@check(EGOV, "десять показателей 35 стран")
def egov_indicators(book: Published) -> tuple[Found, pd.Series]:
    """From the marks of mystery shoppers."""
    scores = book.scores("egov-career-2022", "2022")[1]
    return 100 * scores.indicators[list(EGOV_INDICATORS)], _egov(book, EGOV_INDICATORS)


@check(EGOV, "четыре направления и общий балл 35 стран", within=1e-4,
       because="трансграничные показатели опубликованы с четырьмя знаками, и исходными для них служат эти же числа")
def egov_elements(book: Published) -> tuple[Found, pd.Series]:
    """Means of the indicators."""
    scores = book.scores("egov-career-2022", "2022")[1]
    return 100 * scores.elements[list(EGOV_ELEMENTS)], _egov(book, EGOV_ELEMENTS)


def _odm(book: Published, columns: dict[str, str]) -> pd.DataFrame:
    table = book.texts("odm_2023", "published_totals.csv").drop_duplicates(["country", "id"])
    wide = table.pivot(index="country", columns="id", values="value").fillna("")
    return wide[list(columns.values())].set_axis(list(columns), axis=1)


@check(ODM, "итог и четыре направления 35 стран")
def odm_elements(book: Published) -> tuple[Found, pd.Series]:
    """Points, whole numbers."""
    return book.scores("odm-2023", "2023")[1].elements[list(ODM_ELEMENTS)], _odm(book, ODM_ELEMENTS)


@check(ODM, "показатели 35 стран")
def odm_indicators(book: Published) -> tuple[Found, pd.Series]:
    """Sums of points of answers."""
    edition, scores = book.scores("odm-2023", "2023")
    codes = {code: code for code in edition.indicators}
    return scores.indicators[list(codes)], _odm(book, codes)


# -- World Bank --------------------------------------------------------------------------------------------------------

def _gtmi(book: Published, wave: str) -> tuple[Scores, pd.DataFrame]:
    table = book.texts("gtmi", "gtmi_2020_2022_2025.csv")
    return book.scores(f"gtmi-{wave}", wave)[1], table[table["year"] == wave].set_index("country_code")


def _gtmi_checks(wave: str) -> list:
    source = f"Всемирный банк, GTMI, волна {wave}"

    def index(book: Published) -> tuple[Found, pd.Series]:
        scores, published = _gtmi(book, wave)
        return scores.index, published["gtmi"]

    def groups(book: Published) -> tuple[Found, pd.Series]:
        scores, published = _gtmi(book, wave)
        return scores.grade, published["grp"].map({"D": "1", "C": "2", "B": "3", "A": "4"})
    return [check(source, "индекс всех стран")(index), check(source, "группы A–D всех стран")(groups)]


GTMI = [each for wave in ("2020", "2022", "2025") for each in _gtmi_checks(wave)]


# -- COINr -------------------------------------------------------------------------------------------------------------

def _step(book: Published, name: str) -> pd.DataFrame:
    return book.table(f"asem/{name}", "UnitCode")


def _asem(book: Published) -> Scores:
    source = read_source(book.root, DATASET)
    edition = parse_edition(verified(source, "asem/edition.yaml").read_text("utf-8"))
    values = _step(book, "step_treated")[list(edition.indicators)].astype(float)
    long = values.rename_axis(columns="indicator", index="unit").stack().rename("value").reset_index()
    return score(long.assign(side="objective", clientele="", se=np.nan, n=np.nan), edition)


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    return table.map(str)


@check(COINR, "обработка выбросов: 49 показателей × 51 страна, доли наибольшего", within=1e-12,
       because="все знаки программы")
def asem_outliers(book: Published) -> tuple[Found, pd.Series]:
    """Winsorisation of up to six points, then a logarithm."""
    codes = book.table("asem/treat_summary", "IndCode").index
    before, after = (_step(book, f"step_{step}")[list(codes)].astype(float) for step in ("imputed", "treated"))
    largest = after.abs().max()
    return before.apply(treat_outliers, most=6, otherwise="log") / largest, _as_text(after / largest)


@check(COINR, "нормированные значения: 49 показателей × 51 страна", within=1e-10, because="все знаки программы")
def asem_normalised(book: Published) -> tuple[Found, pd.Series]:
    """Min-max to 0-100."""
    found = _asem(book).normalised
    return found, _as_text(_step(book, "step_normalised")[list(found)])


@check(COINR, "восемь столпов, два подындекса и индекс 51 страны", within=1e-10, because="все знаки программы")
def asem_aggregated(book: Published) -> tuple[Found, pd.Series]:
    """Arithmetic means with equal weights."""
    return (_asem(book).elements.rename(columns={INDEX: "Index"})[ELEMENTS],
            _as_text(_step(book, "step_aggregated")[ELEMENTS]))


@check(COINR, "напечатанные баллы, два знака", within=0.0, because="после округления — точно")
def asem_scores(book: Published) -> tuple[Found, pd.Series]:
    """Rounded half up, as printed."""
    found = _asem(book).elements.rename(columns={INDEX: "Index"})[ELEMENTS]
    return round_half_up(found, 2), _as_text(_step(book, "results_scores")[ELEMENTS])


@check(COINR, "места по напечатанным баллам")
def asem_places(book: Published) -> tuple[Found, pd.Series]:
    """COINr ranks what it prints, so equal prints share a place."""
    found = round_half_up(_asem(book).elements.rename(columns={INDEX: "Index"})[ELEMENTS], 2)
    return found.apply(rank), _as_text(_step(book, "results_ranks")[ELEMENTS])


# -- OECD and JRC: the Technology Achievement Index --------------------------------------------------------------------

def scaled_tai(book: Published) -> pd.DataFrame:
    """Table A.2 on [0; 1] with the posts of the Human Development Report 2001, technical note 2."""
    posts = book.table("tai_posts")
    return pd.DataFrame({code: goalposts(column, low=posts.loc[code, "low"], high=posts.loc[code, "high"])
                         for code, column in book.table("tai").items()})


@check(HANDBOOK, "табл. 15: нормирование лет обучения: z, min-max, отношение к среднему и к лучшему")
def handbook_table_15(book: Published) -> Found:
    """Four countries."""
    schooling = book.table("tai")["SCH"]
    ways = {"z": z_score(schooling), "min-max": min_max(schooling),
            "mean": distance_to_reference(schooling, reference="mean"), "best": distance_to_reference(schooling)}
    return pd.DataFrame(ways).loc[["Finland", "USA", "Sweden", "Japan"]]


@check(HANDBOOK, "табл. 15: процентили лет обучения, три страны")
def handbook_percentiles(book: Published) -> Found:
    """Japan's 52.2 rests on a digit of the Czech Republic's value that Table A.2 does not have."""
    return percentile(book.table("tai")["SCH"])[["Finland", "USA", "Sweden"]]


@check(HANDBOOK, "табл. 22–23: места 23 стран TAI при равных весах и при весах бюджетного метода")
def handbook_places(book: Published) -> Found:
    """The two sets of weights of Table 22 that its rounding does not spoil."""
    values, weights = scaled_tai(book), book.table("tai_weights")
    return pd.DataFrame({name: rank(arithmetic(values, weights[name])) for name in weights})


@check(HANDBOOK, "табл. 38: места 23 стран TAI при геометрическом среднем")
def handbook_table_38(book: Published) -> Found:
    """Of the raw data: units of measure do not reorder a geometric mean."""
    raw = book.table("tai")
    return rank(geometric(raw, pd.Series(1 / raw.shape[1], raw.columns)))


@check(HANDBOOK, "с. 104: арифметическое и геометрическое среднее двух профилей")
def handbook_compensability(book: Published) -> Found:
    """A weak indicator is made up for in the one and not in the other."""
    profiles = pd.DataFrame({"uneven": [21.0, 1, 1, 1], "even": [6.0, 6, 6, 6]}).T
    weights = pd.Series(0.25, profiles.columns)
    return pd.DataFrame({"arithmetic": arithmetic(profiles, weights), "geometric": geometric(profiles, weights)})


@check("ПРООН, доклад о человеческом развитии 2023/24", "индекс Нигерии 2022 по трём измерениям")
def hdi_nigeria(book: Published) -> Found:
    """Geometric mean of health, education, income."""
    dimensions = pd.DataFrame({"health": [0.517], "education": [0.545], "income": [0.583]}, index=["Nigeria"])
    return geometric(dimensions, pd.Series(1 / 3, dimensions.columns))


CHECKS = [cms_groups, cms_summary, cms_eligible, cms_stars, egov_indicators, egov_elements, odm_elements,
          odm_indicators, *GTMI, asem_outliers, asem_normalised, asem_aggregated, asem_scores, asem_places,
          handbook_table_15, handbook_percentiles, handbook_places, handbook_table_38, handbook_compensability,
          hdi_nigeria]
