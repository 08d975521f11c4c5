"""Two-parameter and graded response models: published fits of LSAT, direct maximisation, information, refusals."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize, special, stats

from methods.errors import InputError, NotPublishable
from methods.maturity.item_response import graded_response, two_parameter

# Bock, Lieberman (1970), section 6 of the Law School Admission Test: answers 00000 .. 11111
LSAT6 = [3, 6, 2, 11, 1, 1, 3, 4, 1, 8, 0, 16, 0, 3, 2, 15, 10, 29, 14, 81, 3, 28, 15, 80, 16, 56, 21, 173, 11, 61, 28,
         298]
THETA = np.linspace(-7, 7, 401)  # of the test's own integration: trapezoids, not Gauss-Hermite
DENSITY = stats.norm.pdf(THETA) / stats.norm.pdf(THETA).sum()


@pytest.fixture(scope="module")
def lsat7(root):
    return pd.read_csv(root / "tests" / "reference" / "lsat7.csv")


@pytest.fixture(scope="module")
def lsat6():
    return pd.DataFrame(np.repeat(list(itertools.product((0, 1), repeat=5)), LSAT6, axis=0), columns=list("abcde"))


def graded(seed, n=600, slopes=(1.0, 1.5, 2.0, 0.8), cuts=(-1.5, 0.2, 1.8)):
    rng = np.random.default_rng(seed)
    latent = np.array(slopes) * rng.normal(size=(n, 1)) + rng.logistic(size=(n, len(slopes)))
    return pd.DataFrame(sum((latent > cut).astype(int) for cut in cuts), [f"R{i:03d}" for i in range(n)],
                        list("abcdef")[:len(slopes)])


def marginal_loss(parameters, x, steps, prior=None):
    """Minus the marginal log-likelihood (and log prior of slopes) written anew; slopes and ordered intercepts."""
    logs = np.zeros((len(x), len(THETA)))
    place, penalty = 0, 0.0
    for j, own in enumerate(steps):
        a, d = parameters[place], parameters[place + 1:place + own + 1]
        place += own + 1
        if np.any(np.diff(d) >= 0) or (prior is not None and a <= 0):
            return 1e10
        penalty += np.log(a) ** 2 / (2 * prior**2) if prior else 0.0
        edge = np.vstack([np.ones_like(THETA), special.expit(a * THETA + d[:, None]), np.zeros_like(THETA)])
        logs += np.log(np.maximum(edge[:-1] - edge[1:], 1e-300))[x[:, j]]
    return -np.log(np.exp(logs) @ DENSITY).sum() + penalty


def directly(answers, start, prior=None):
    x = answers.to_numpy(dtype=int)
    steps = [int(answers[code].max()) for code in answers]
    found = optimize.minimize(marginal_loss, start, args=(x, steps, prior), method="BFGS",
                              options={"gtol": 1e-4, "maxiter": 500})
    return found.x, -marginal_loss(found.x, x, steps)


def parameters(fit):
    return np.concatenate([[fit.items.loc[item, "discrimination"], *fit.steps.loc[item, "intercept"]]
                           for item in fit.items.index])


# -- published fits ----------------------------------------------------------------------------------------------------

def test_two_parameter_fit_of_lsat_7(oracle, lsat7):
    fit = two_parameter(lsat7)
    oracle("двухпараметрическая модель, логарифм правдоподобия: LSAT, раздел 7", "mirt (R) 1.45.5, mirt(LSAT7, 1)",
           fit.log_likelihood, -2658.805, 5e-4)
    oracle("двухпараметрическая модель, различающая сила и свободный член: LSAT, раздел 7",
           "mirt (R) 1.45.5, mirt(LSAT7, 1)", [*fit.items["discrimination"], *fit.steps["intercept"]],
           [0.988, 1.081, 1.706, 0.765, 0.736, 1.856, 0.808, 1.804, 0.486, 1.855], 0.002)


def test_two_parameter_fit_of_lsat_6(oracle, lsat6):
    fit = two_parameter(lsat6)
    oracle("двухпараметрическая модель, логарифм правдоподобия: LSAT, раздел 6", "ltm (R), ltm(LSAT ~ z1)",
           fit.log_likelihood, -2466.653, 5e-4)
    oracle("двухпараметрическая модель, различающая сила и трудность: LSAT, раздел 6", "ltm (R), ltm(LSAT ~ z1)",
           [*fit.items["discrimination"], *fit.steps["difficulty"]],
           [0.8254, 0.7229, 0.8905, 0.6886, 0.6575, -3.3597, -1.3696, -0.2799, -1.8659, -3.1236], 0.003)
    oracle("двухпараметрическая модель, стандартные ошибки: LSAT, раздел 6", "ltm (R), ltm(LSAT ~ z1)",
           [*fit.items["se"], *fit.steps["se"]],
           [0.2581, 0.1867, 0.2326, 0.1852, 0.2100, 0.8669, 0.3073, 0.0997, 0.4341, 0.8700], 0.002)


# -- direct maximisation -----------------------------------------------------------------------------------------------

def test_graded_response_agrees_with_direct_maximisation(oracle):
    answers = graded(5, n=400)
    fit = graded_response(answers)
    start = np.concatenate([[1.0, 1.5, -0.2, -1.8]] * 4)
    theirs, loglik = directly(answers, start)
    oracle("модель ступенчатых ответов: различающая сила и свободные члены",
           "прямая максимизация scipy, своё интегрирование; пересчитано", parameters(fit), theirs, 0.005)
    oracle("модель ступенчатых ответов: логарифм правдоподобия",
           "прямая максимизация scipy, своё интегрирование; пересчитано", fit.log_likelihood, loglik, 1e-3)
    assert np.abs(parameters(fit) / theirs - 1).max() < 0.01


def test_two_parameter_agrees_with_girth(oracle):
    """girth 0.8.0: twopl_mml(answers.T, {"quadrature_n": 61, "max_iteration": 300}) on these 800 x 4 marks."""
    rng = np.random.default_rng(5)
    level = rng.normal(size=(800, 1))
    rng.logistic(size=(800, 4))
    latent = np.array([1.0, 1.5, 2.0, 0.8]) * level + rng.logistic(size=(800, 4))
    fit = two_parameter(pd.DataFrame((latent > 0.2).astype(int)))
    oracle("двухпараметрическая модель: различающая сила и трудность", "girth 0.8.0, twopl_mml",
           [*fit.items["discrimination"], *fit.steps["difficulty"]],
           [0.92639254, 1.48522643, 2.14501368, 0.80515351, 0.23696365, 0.12813668, 0.10457239, 0.19903317], 1e-3)


def test_a_steep_item_is_not_held_back():
    """A discrimination of 3 to 4: at the outer nodes the chance of the highest answer is 1 to the last bit."""
    answers = graded(11, n=500, slopes=(4.0, 1.5, 3.0), cuts=(-1.5, 1.0))
    fit = graded_response(answers)
    theirs, loglik = directly(answers, parameters(fit) * 0.9)
    assert parameters(fit) == pytest.approx(theirs, rel=0.01)
    assert fit.log_likelihood == pytest.approx(loglik, abs=1e-3)
    assert fit.items["discrimination"].max() > 2.5
    assert np.isfinite(fit.items["se"]).all()


def test_the_prior_makes_a_mode(oracle):
    """60 units: the mode of likelihood times a lognormal law of discriminations."""
    answers = graded(6, n=60, cuts=(0.2,))
    fit = two_parameter(answers, prior=0.5)
    theirs, _ = directly(answers, np.array([1.0, -0.2] * 4), prior=0.5)
    oracle("двухпараметрическая модель с априорным распределением",
           "прямая максимизация scipy, своё интегрирование; пересчитано", parameters(fit), theirs, 0.003)
    free = two_parameter(answers).items["discrimination"]
    assert fit.items["discrimination"].std() < free.std()
    assert fit.prior == 0.5


def test_errors_are_those_of_the_numerical_second_derivatives():
    answers = graded(7, n=400, cuts=(-0.5, 0.8))
    fit = graded_response(answers)
    centre, step, x = parameters(fit), 1e-3, answers.to_numpy()
    shift = step * np.eye(len(centre))
    hessian = np.array([[sum(s * t * marginal_loss(centre + s * shift[i] + t * shift[j], x, [2] * 4)
                             for s in (1, -1) for t in (1, -1)) / (4 * step**2) for j in range(len(centre))]
                        for i in range(len(centre))])
    covariance = np.linalg.inv(hessian)
    assert fit.items["se"].to_numpy() == pytest.approx(np.sqrt(np.diag(covariance)[::3]), rel=2e-3)
    a, d = centre[0], centre[1]
    slope = np.array([d / a**2, -1 / a])
    assert fit.steps["se"].iloc[0] == pytest.approx(np.sqrt(slope @ covariance[:2, :2] @ slope), rel=2e-3)


# -- properties --------------------------------------------------------------------------------------------------------

def test_graded_response_with_two_answers_is_the_two_parameter_model(lsat7):
    one, other = two_parameter(lsat7), graded_response(lsat7 * 3 + 1)  # answers 1 and 4
    assert parameters(other) == pytest.approx(parameters(one), abs=1e-6)
    assert list(other.steps.index.get_level_values("step").unique()) == [4.0]


def test_the_order_of_units_and_items_is_of_no_matter():
    answers = graded(1, n=300)
    plain = graded_response(answers)
    turned = graded_response(answers.sample(frac=1, random_state=0)[list("dcab")])
    assert list(turned.items.index) == list("dcab")
    pd.testing.assert_frame_equal(turned.items.loc[plain.items.index], plain.items, rtol=1e-6)
    assert list(turned.steps.index[:3]) == [("d", 1.0), ("d", 2.0), ("d", 3.0)]


def test_turned_answers_turn_the_difficulties(lsat7):
    """The scale has no direction of its own: 1 - x has the same discriminations and opposite difficulties."""
    plain, turned = two_parameter(lsat7), two_parameter(1 - lsat7)
    a, b = plain.items["discrimination"], plain.steps["difficulty"]
    assert turned.items["discrimination"].to_numpy() == pytest.approx(a.to_numpy(), abs=1e-4)
    assert turned.steps["difficulty"].to_numpy() == pytest.approx(-b.to_numpy(), abs=1e-4)
    one = two_parameter(lsat7.assign(**{"Item.3": 1 - lsat7["Item.3"]}))
    assert one.items.loc["Item.3", "discrimination"] == pytest.approx(-a["Item.3"], abs=1e-4)


def test_blanks_are_left_out_of_the_likelihood():
    answers = graded(8, n=500, cuts=(0.0,)).astype(float)
    blank = answers.mask(np.random.default_rng(1).random(answers.shape) < 0.2)
    fit, whole = two_parameter(blank), two_parameter(answers)
    assert fit.items["n"].to_list() == blank.notna().sum().to_list()
    assert ((parameters(fit) - parameters(whole))[::2] < 4 * fit.items["se"].to_numpy()).all()
    nobody = pd.DataFrame(np.nan, ["пусто1", "пусто2"], list("abcd"))
    assert parameters(two_parameter(pd.concat([answers, nobody]))) == pytest.approx(parameters(whole), abs=1e-6)


@pytest.mark.slow
def test_planted_parameters_are_found():
    """100 samples of 1,000 units x 8 items: no bias beyond 4 standard errors of the mean, errors right within 15 %."""
    slopes, cuts = np.linspace(0.8, 2.0, 8), np.linspace(-1.5, 1.5, 8)
    found, errors = [], []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        latent = slopes * (rng.normal(size=(1000, 1)) - cuts) + rng.logistic(size=(1000, 8))
        fit = two_parameter(pd.DataFrame((latent > 0).astype(int)))
        found.append([*fit.items["discrimination"], *fit.steps["difficulty"]])
        errors.append([*fit.items["se"], *fit.steps["se"]])
    bias, spread = np.mean(found, axis=0) - [*slopes, *cuts], np.std(found, axis=0, ddof=1)
    assert (np.abs(bias) < 4 * spread / 10 + 0.02).all()
    assert np.mean(errors, axis=0).mean() == pytest.approx(spread.mean(), rel=0.15)


# -- information and levels --------------------------------------------------------------------------------------------

def test_information_of_two_answers_by_the_textbook(lsat7):
    fit = two_parameter(lsat7)
    theta = [-2.0, 0.0, 1.0]
    table = fit.information(theta)
    for item, row in fit.items.iterrows():
        p = fit.probabilities(item, theta)[1.0]
        assert table[item].to_numpy() == pytest.approx((row["discrimination"] ** 2 * p * (1 - p)).to_numpy())
    assert table["total"].to_numpy() == pytest.approx(table.drop(columns="total").sum(axis=1).to_numpy())


def test_information_is_the_expected_curvature():
    fit = graded_response(graded(2))

    def score(theta):
        step = 1e-4
        up, down = (np.log(fit.probabilities("b", [theta + s]).to_numpy()) for s in (step, -step))
        return (up - down) / (2 * step)
    for theta in (-1.5, 0.3, 2.0):
        p = fit.probabilities("b", [theta]).to_numpy()
        assert fit.information([theta])["b"].item() == pytest.approx((p * score(theta) ** 2).sum(), rel=1e-5)
        assert p.sum() == pytest.approx(1)


def test_a_score_and_its_level_lead_to_each_other():
    fit = graded_response(graded(3))
    for score in (0.5, 4.0, 11.0):
        level = fit.level_of_score(score)
        assert fit.expected_score([level]).item() == pytest.approx(score)


def test_information_by_level_is_the_mean_over_the_units_there():
    fit = graded_response(graded(3))
    table = fit.level_information([4, 8])
    assert list(table.index) == ["level 1", "border 1|2", "level 2", "border 2|3", "level 3"]
    assert table["units"].sum() == pytest.approx(1)
    low, high = (fit.level_of_score(cut) for cut in (4, 8))
    mean = integrate.quad(lambda t: fit.information([t])["total"].item() * stats.norm.pdf(t), low, high)[0]
    share = stats.norm.cdf(high) - stats.norm.cdf(low)
    assert table.loc["level 2", "information"] == pytest.approx(mean / share, rel=1e-4)
    assert table.loc["border 1|2", "se"] == pytest.approx(fit.information([low])["total"].item() ** -0.5)
    assert table.loc["border 1|2", "best"] == fit.information([low]).drop(columns="total").iloc[0].idxmax()


def test_levels_of_units_are_means_of_their_posterior_law(lsat7):
    fit = two_parameter(lsat7)
    row = lsat7.iloc[[300]].astype(float)
    row.iloc[0, 1] = np.nan
    given = row.iloc[0].dropna().items()
    likelihood = np.prod([fit.probabilities(item, THETA)[value] for item, value in given], axis=0)
    total, first, second = ((THETA**r * likelihood * DENSITY).sum() for r in range(3))
    found = fit.scores(row).iloc[0]
    assert found["theta"] == pytest.approx(first / total, abs=1e-6)
    assert found["se"] == pytest.approx((second / total - (first / total) ** 2) ** 0.5, abs=1e-6)
    silent = fit.scores(pd.DataFrame(np.nan, ["молчит"], lsat7.columns)).iloc[0]
    assert silent.to_list() == pytest.approx([0, 1], abs=1e-9)


# -- refusals ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("answers", "options", "error", "words"), [
    (graded(0, cuts=(0.0,)).assign(a=1, b=0), {}, NotPublishable,
     "Двухпараметрическая модель: одинаковый ответ у всех единиц: a, b (всего 2). Исключите эти требования"),
    (graded(0, cuts=(0.0,)), {"prior": 0.0}, InputError,
     "Двухпараметрическая модель: разброс априорного распределения должен быть больше 0, сейчас 0."),
    (graded(0), {}, InputError, "Двухпараметрическая модель: отметка требования — 1 (исполнено), 0 (нет) или пропуск"),
    (pd.DataFrame({code: [0, 0, 1, 1] * 30 for code in "abc"}), {}, NotPublishable,
     "растёт без предела: оно почти безошибочно делит единицы (120). Задайте априорное распределение (prior=0.5)")])
def test_fits_that_are_refused(answers, options, error, words):
    with pytest.raises(error) as raised:
        two_parameter(answers, **options)
    assert words in str(raised.value)


def test_questions_to_a_fit_that_are_refused(lsat7):
    fit = two_parameter(lsat7)
    with pytest.raises(InputError, match=r"Балл 7 вне достижимых: ожидаемая сумма лежит между"):
        fit.level_of_score(7)
    with pytest.raises(InputError, match=r"Информация по уровням: границы уровней — возрастающие числа"):
        fit.level_information([3, 2])
    with pytest.raises(InputError, match=r"Уровни единиц: ответа 2 \(0 × Item\.1\) не было, когда оценивалась модель"):
        fit.scores(lsat7.assign(**{"Item.1": 2}))
    with pytest.raises(InputError, match=r"Уровни единиц: вопросы модели и ответов: наборы кодов различаются\. Нет: —"):
        fit.scores(lsat7[["Item.1"]])
    turned = two_parameter(lsat7.assign(**{"Item.3": 1 - lsat7["Item.3"]}))
    with pytest.raises(InputError, match=r"Балл нельзя перевести в уровень: отрицательная различающая сила у Item\.3"):
        turned.level_of_score(2)


def test_levels_of_many_units_are_those_of_each_alone(lsat7):
    fit = two_parameter(lsat7)
    rows = lsat7.drop_duplicates().sort_values(list(lsat7))
    found = fit.scores(rows)
    for unit in rows.index[::5]:
        pd.testing.assert_frame_equal(fit.scores(rows.loc[[unit]]), found.loc[[unit]])
    assert found["theta"].is_unique


def test_every_border_carries_its_own_cut_score():
    table = graded_response(graded(11)).level_information([3, 6, 9])
    borders = table.loc[["border 1|2", "border 2|3", "border 3|4"]]
    assert borders["score"].to_list() == [3, 6, 9]
    assert borders["theta"].is_monotonic_increasing
    assert table["units"].sum() == pytest.approx(1)


def test_information_of_levels_adds_up_to_that_of_all_units():
    """Law of total expectation: means inside the levels, weighed by the units there, are the mean over everybody."""
    fit = graded_response(graded(12))
    whole = integrate.quad(lambda t: fit.information([t])["total"].item() * stats.norm.pdf(t), -8, 8)[0]
    for cuts in ([6], [3, 6, 9]):
        table = fit.level_information(cuts)
        inside = table[table.index.str.startswith("level")]
        assert inside["units"].sum() == pytest.approx(1)
        assert (inside["units"] * inside["information"]).sum() == pytest.approx(whole, rel=2e-4)
        assert inside["se"].to_list() == pytest.approx((inside["information"] ** -0.5).to_list())
        assert inside[["score", "theta"]].isna().all(axis=None)
        assert list(table) == ["score", "theta", "units", "information", "se", "best"]


def test_mean_information_of_a_level_is_that_of_its_units_and_not_of_units_beside_it():
    """The middle units of two hundred equal parts of those between the borders."""
    fit = graded_response(graded(13))
    low, high = (fit.level_of_score(cut) for cut in (5, 7))
    parts = stats.norm.cdf(low) + (stats.norm.cdf(high) - stats.norm.cdf(low)) * (np.arange(200) + 0.5) / 200
    mean = fit.information(stats.norm.ppf(parts)).mean()
    row = fit.level_information([5, 7]).loc["level 2"]
    assert row["information"] == pytest.approx(mean["total"], rel=1e-12)
    assert row["best"] == mean.drop("total").idxmax()


def test_curves_are_labelled_by_the_level():
    fit = graded_response(graded(14))
    levels = [-1.0, 0.0, 1.5]
    for table in (fit.information(levels), fit.expected_score(levels), fit.probabilities("a", levels)):
        pd.testing.assert_index_equal(table.index, pd.Index(levels, name="theta"))
    assert fit.expected_score(levels).name == "expected_score"
    assert list(fit.information(levels)) == ["a", "b", "c", "d", "total"]
    assert list(fit.probabilities("a", levels)) == [0, 1, 2, 3]
    assert fit.probabilities("a", levels).sum(axis=1).to_list() == pytest.approx([1] * 3)
    assert list(fit.items) == ["discrimination", "se", "n", "lowest", "highest"]
    assert (fit.steps.index.names, list(fit.steps)) == (["item", "step"], ["difficulty", "se", "intercept"])
    assert list(fit.scores(graded(14))) == ["theta", "se"]


def test_steps_stand_in_the_order_of_the_columns_and_rise():
    table = graded(15)[list("dbca")]
    steps = graded_response(table).steps
    assert list(steps.index) == [(item, step) for item in "dbca" for step in (1, 2, 3)]
    for item in table:
        assert steps.loc[item, "difficulty"].is_monotonic_increasing


def test_information_at_the_ends_of_a_steep_and_a_flat_item_by_the_definition():
    """(dP/dtheta)^2 / P by central differences, for every answer of every item."""
    fit, step = graded_response(graded(16)), 1e-5
    for level in (-2.0, 0.3, 2.5):
        for item in fit.items.index:
            at = fit.probabilities(item, [level - step, level, level + step])
            slope = (at.iloc[2] - at.iloc[0]) / (2 * step)
            assert fit.information([level])[item].item() == pytest.approx((slope**2 / at.iloc[1]).sum(), rel=1e-6)
