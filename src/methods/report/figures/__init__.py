"""Pictures of the report: one function a picture, data in, matplotlib figure out. Nothing is computed here."""

from methods.report.figures.agreement import (
    bias_with_limits,
    correlations_with_intervals,
    observed_and_true,
    quadrant_map,
)
from methods.report.figures.change import mean_effects, waterfall
from methods.report.figures.correlations import correlation_map
from methods.report.figures.levels import (
    level_certainty,
    maturity_profile,
    questions_map,
    stacked_shares,
    transition_maps,
)
from methods.report.figures.places import acceptability_map, causes, rank_intervals, score_distribution
from methods.report.figures.rays import RAYS, star
from methods.report.figures.regions import tile_grid_map, tiles_in_order
from methods.report.figures.style import BLUE, GREY, INK, ORANGE, use_theme
from methods.report.figures.weights import distances, frontier, weight_against_importance, weight_bands

__all__ = [
    "BLUE", "GREY", "INK", "ORANGE", "RAYS", "acceptability_map", "bias_with_limits", "causes", "correlation_map",
    "correlations_with_intervals", "distances", "frontier", "level_certainty", "maturity_profile", "mean_effects",
    "observed_and_true", "quadrant_map", "questions_map", "rank_intervals", "score_distribution", "stacked_shares",
    "star", "tile_grid_map", "tiles_in_order",
    "transition_maps", "use_theme", "waterfall", "weight_against_importance", "weight_bands",
]
