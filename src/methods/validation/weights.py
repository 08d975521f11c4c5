"""Published examples of weights: pairwise comparisons, best-worst, data, drivers, factors, benefit of the doubt."""

from __future__ import annotations

import pandas as pd

from methods.agreement.internal_consistency import cronbach_alpha
from methods.index.normalise import min_max
from methods.validation.check import Found, check
from methods.validation.comparison import labelled
from methods.validation.indices import HANDBOOK
from methods.validation.published import Published
from methods.weights.ahp import complete, consensus, consistency, eigenvector_weights
from methods.weights.benefit_of_doubt import benefit_of_doubt
from methods.weights.best_worst import (
    best_worst_intervals,
    best_worst_weights,
    consistency_index,
    input_limit,
)
from methods.weights.data_driven import critic, entropy, merec, standard_deviation
from methods.weights.drivers import least_squares, shapley_r2
from methods.weights.factor import adequacy, factor_weights
from methods.weights.rank_order import rank_order_centroid, rank_reciprocal, rank_sum

ROUNDED = "табл. A.2 печатает исходные данные с округлением"


# -- pairwise comparisons ----------------------------------------------------------------------------------------------

def _matrix(book: Published, name: str) -> pd.DataFrame:
    """A matrix of judgements; pairs that were not compared are missing."""
    cells = book.table("pairwise", None)
    own = cells[cells["matrix"] == name]
    labels = own["row"].unique()
    return own.pivot(index="row", columns="column", values="judgement").loc[labels, labels]


@check("Saaty (2008), напитки, по README пакета AHPy", "веса AHP")
def saaty_2008_weights(book: Published) -> Found:
    """Principal eigenvector, seven drinks."""
    return eigenvector_weights(_matrix(book, "drinks"))


@check("Saaty (2008), напитки, по README пакета AHPy", "отношение согласованности")
def saaty_2008_ratio(book: Published) -> Found:
    """With Saaty's random index of 2005."""
    return {"CR": consistency(_matrix(book, "drinks"), random_index="saaty_2005").ratio}


@check("Saaty (2005), выбор города, по тестам пакета AHPy", "веса городов по двум уровням")
def saaty_2005_cities(book: Published) -> Found:
    """Cities under each criterion, times the weights of the criteria."""
    weights = eigenvector_weights(_matrix(book, "city criteria"))
    below = pd.DataFrame({name: eigenvector_weights(_matrix(book, f"city {name}")) for name in weights.index})
    return below @ weights


@check("Wang, Chin (2011), по тестам пакета pymcdm", "веса AHP")
def wang_chin_2011(book: Published) -> Found:
    """Six criteria."""
    return eigenvector_weights(_matrix(book, "wang chin"))


@check("Википедия, выбор руководителя, по README пакета AHPy", "веса AHP")
def leader_weights(book: Published) -> Found:
    """Four criteria."""
    return eigenvector_weights(_matrix(book, "leader"))


@check("Википедия, выбор руководителя, по README пакета AHPy", "отношение согласованности")
def leader_ratio(book: Published) -> Found:
    """With Saaty's random index of 2005."""
    return {"CR": consistency(_matrix(book, "leader"), random_index="saaty_2005").ratio}


@check("Bozóki, Fülöp, Rónyai (2010), по тестам пакета AHPy", "дополненное суждение", within=1e-6,
       because="программа останавливает спуск раньше")
def bozoki_judgement(book: Published) -> Found:
    """The missing pair that makes the greatest eigenvalue least."""
    return complete(_matrix(book, "bozoki")).filled


@check("Bozóki, Fülöp, Rónyai (2010), по тестам пакета AHPy", "веса и CR дополненной матрицы")
def bozoki_weights(book: Published) -> Found:
    """With the random index of Donegan and Dodd."""
    matrix = complete(_matrix(book, "bozoki")).matrix
    return {**eigenvector_weights(matrix), "CR": consistency(matrix, random_index="donegan_dodd").ratio}


@check("Goepel, BPMSG, согласие S*", "полностью противоположные и одинаковые мнения")
def goepel_consensus(book: Published) -> Found:
    """The ends of the scale."""
    opposed = pd.DataFrame([[9, 1, 1], [1, 9, 1], [1, 1, 9]], list("abc"), list("xyz")) / 11
    same = pd.DataFrame([[0.5, 0.3, 0.2]] * 4, list("abcd"), list("xyz"))
    return {"opposed": consensus(opposed).value, "same": consensus(same).value}


# -- best-worst --------------------------------------------------------------------------------------------------------

def _answers(book: Published, name: str) -> tuple[pd.Series, pd.Series, str, str]:
    own = book.table("best_worst", None).query("example == @name").set_index("element")
    to_others, to_worst = own["best_to_others"], own["others_to_worst"]
    return to_others, to_worst, to_others.idxmin(), to_worst.idxmin()


@check("Rezaei (2015), по тестам пакета JMcDM", "веса минимаксной модели BWM", within=1e-3,
       because="источник отбрасывает, а не округляет")
def rezaei_2015_weights(book: Published) -> Found:
    """The only solution of the three-element example."""
    return best_worst_intervals(*_answers(book, "rezaei"))[0]["centre"]


@check("Rezaei (2015), по тестам пакета JMcDM", "наименьшее отклонение минимаксной модели")
def rezaei_2015_deviation(book: Published) -> Found:
    """Of the same example."""
    return {"xi": best_worst_intervals(*_answers(book, "rezaei"))[1]}


@check("Rezaei (2015), по тестам пакета JMcDM", "табл. 1: индекс согласованности BWM")
def rezaei_2015_table_1(book: Published) -> Found:
    """For best to worst 1 to 9."""
    return {str(scale): consistency_index(scale) for scale in range(1, 10)}


@check("Пакет R BWM (Tomczak), согласованный пример", "веса линейной модели BWM")
def bwm_tomczak(book: Published) -> Found:
    """Nineteenths."""
    return best_worst_weights(*_answers(book, "tomczak"))


@check("Liang, Brunelli, Rezaei (2020), табл. 3", "пороги входной согласованности BWM")
def liang_2020(book: Published) -> Found:
    """Scale 9 for three to nine elements, and five elements for scales 3 to 8."""
    return {f"{scale} {n}": input_limit(scale, n)
            for scale, n in [*((9, n) for n in range(3, 10)), *((scale, 5) for scale in range(3, 9))]}


# -- orders and data ---------------------------------------------------------------------------------------------------

@check("Barron, Barrett (1996), Stillwell и др. (1981)", "веса по порядку важности, три правила, n = 5")
def barron_barrett_1996(book: Published) -> Found:
    """Centroid, sum, reciprocal."""
    order = ["1", "2", "3", "4", "5"]
    return pd.DataFrame({"centroid": rank_order_centroid(order), "sum": rank_sum(order),
                         "reciprocal": rank_reciprocal(order)})


@check("Tuş, Aytaç Adalı (2019)", "веса CRITIC, пять программ")
def tus_adali_2019(book: Published) -> Found:
    """As the article has it: the cost is taken for a benefit."""
    return critic(book.table("tus_adali").astype(float).apply(min_max))


@check("Пакет JMcDM (Julia), тест CRITIC", "веса CRITIC, четыре критерия", within=5e-6,
       because="программа печатает веса неточно: сумма не 1")
def jmcdm_critic(book: Published) -> Found:
    """The third criterion is a cost."""
    raw = book.table("jmcdm_critic")
    return critic(pd.DataFrame({code: min_max(raw[code], -1 if code == "c" else 1) for code in raw}))


@check("Пакет JMcDM (Julia), тест энтропии", "веса по энтропии, восемь критериев")
def jmcdm_entropy(book: Published) -> Found:
    """Six units."""
    return entropy(book.table("jmcdm_entropy").astype(float))


@check("Xu (2004), по тестам objective-weights-mcda", "веса по энтропии, четыре критерия")
def xu_2004(book: Published) -> Found:
    """Four units."""
    return entropy(book.table("xu"))


@check("Elsayed, Dawood, Karthikeyan (2017), по тестам pymcdm", "веса по энтропии, пять критериев")
def elsayed_2017(book: Published) -> Found:
    """Twelve units."""
    return entropy(book.table("elsayed"))


@check("Руководство objective-weights-mcda", "веса по разбросу, три критерия")
def objective_weights_manual(book: Published) -> Found:
    """Five units."""
    return standard_deviation(book.table("objective_weights"))


@check("Jahan, Edwards (2013), по тестам pymcdm", "веса по разбросу, семь материалов")
def jahan_edwards_2013(book: Published) -> Found:
    """Three criteria."""
    return standard_deviation(book.table("jahan_edwards"))


@check("Keshavarz-Ghorabaee и др. (2021)", "веса MEREC, пять единиц")
def merec_2021(book: Published) -> Found:
    """The last two criteria are costs."""
    values = book.table("merec").astype(float)
    return merec(values.assign(c=1 / values["c"], d=1 / values["d"]))


@check("Пакет pymcdm 1.4.0 на данных TAI", "веса по энтропии, MEREC, CRITIC и разбросу")
def pymcdm_tai(book: Published) -> Found:
    """Eight indicators each."""
    raw = book.table("tai")
    share = raw.apply(min_max)
    return pd.DataFrame({"entropy": entropy(raw), "merec": merec(raw), "critic": critic(share),
                         "deviation": standard_deviation(share)})


# -- drivers -----------------------------------------------------------------------------------------------------------

@check("R relaimpo 2.2-7, данные swiss", "доли объяснённой дисперсии LMG")
def relaimpo_swiss(book: Published) -> Found:
    """Shapley values of R squared."""
    return shapley_r2(book.table("swiss", None).cov(), "Fertility")


@check("NIST StRD, Longley", "коэффициенты регрессии", within=1e-7, because="относительно заверенного значения")
def nist_longley(book: Published) -> tuple[Found, pd.Series]:
    """Ratios to the certified values, which span nine orders of magnitude and are nearly collinear."""
    certified = book.printed("nist_longley").astype(float)
    found = least_squares(book.table("longley", None).cov(), "TOTEMP")
    return found / certified[found.index], pd.Series("1", found.index)


@check("NIST StRD, Longley", "доля объяснённой дисперсии R²")
def nist_longley_r_squared(book: Published) -> Found:
    """Sum of the shares of the predictors."""
    return {"R2": shapley_r2(book.table("longley", None).corr(), "TOTEMP").sum()}


# -- factors and reliability of the Technology Achievement Index -------------------------------------------------------

@check(HANDBOOK, "табл. 16: собственные числа TAI", within=0.06, because=ROUNDED)
def handbook_eigenvalues(book: Published) -> Found:
    """Of the eight components."""
    return factor_weights(book.table("tai"), factors=4).explained["eigenvalue"]


@check(HANDBOOK, "табл. 17: нагрузки TAI после варимакса", within=0.015, because=ROUNDED)
def handbook_table_17(book: Published) -> Found:
    """Columns by the Handbook's numbers of factors: ours are in the order of the variance explained."""
    return factor_weights(book.table("tai"), factors=4).loadings.set_axis(["1", "4", "2", "3"], axis=1)


@check(HANDBOOK, "табл. 18: веса TAI по главным компонентам", within=0.0055, because=ROUNDED)
def handbook_table_18(book: Published) -> Found:
    """Largest squared loading of an indicator."""
    return factor_weights(book.table("tai"), factors=4).weights


@check("Пакет factor_analyzer 0.5.1 на данных TAI", "KMO, общий и по показателям; критерий Бартлетта", within=1e-8,
       because="напечатано восемь знаков")
def factor_analyzer_tai(book: Published) -> Found:
    """Adequacy of the sample."""
    found = adequacy(book.table("tai"))
    return {**found.kmo_by_indicator, "KMO": found.kmo, "chi squared": found.chi_squared}


@check(HANDBOOK, "табл. 11: альфа Кронбаха TAI")
def handbook_alpha(book: Published) -> Found:
    """Of standardised indicators."""
    raw = book.table("tai")
    return {"alpha": cronbach_alpha((raw - raw.mean()) / raw.std()).alpha}


@check(HANDBOOK, "табл. 11: альфа без показателя, TAI", within=0.002, because=ROUNDED)
def handbook_alpha_without(book: Published) -> Found:
    """Leaving one indicator out."""
    raw = book.table("tai")
    return cronbach_alpha((raw - raw.mean()) / raw.std()).items["alpha_if_dropped"]


@check(HANDBOOK, "табл. 19: выгода от сомнения: баллы 23 стран TAI", within=0.01, because=ROUNDED)
def handbook_table_19(book: Published) -> Found:
    """Every weight between 10 and 15 % of their sum."""
    return benefit_of_doubt(book.table("tai").apply(min_max), weight_shares=(0.10, 0.15)).scores


@check(HANDBOOK, "табл. 19: выгода от сомнения: веса 17 стран, у которых решение одно", within=0.0105,
       because=ROUNDED)
def handbook_table_19_weights(book: Published) -> tuple[Found, pd.Series]:
    """On the frontier weights are not unique; in Canada, Belgium and Israel the optimum is flat."""
    printed = book.printed("handbook_table_19_weights")
    found = labelled(benefit_of_doubt(book.table("tai").apply(min_max), weight_shares=(0.10, 0.15)).weights)
    return found[printed.index], printed


CHECKS = [saaty_2008_weights, saaty_2008_ratio, saaty_2005_cities, wang_chin_2011, leader_weights, leader_ratio,
          bozoki_judgement, bozoki_weights, goepel_consensus, rezaei_2015_weights, rezaei_2015_deviation,
          rezaei_2015_table_1, bwm_tomczak, liang_2020, barron_barrett_1996, tus_adali_2019, jmcdm_critic,
          jmcdm_entropy, xu_2004, elsayed_2017, objective_weights_manual, jahan_edwards_2013, merec_2021, pymcdm_tai,
          relaimpo_swiss, nist_longley, nist_longley_r_squared, handbook_eigenvalues, handbook_table_17,
          handbook_table_18, factor_analyzer_tai, handbook_alpha, handbook_alpha_without, handbook_table_19,
          handbook_table_19_weights]
