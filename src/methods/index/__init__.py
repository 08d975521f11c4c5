"""The composite index, step by step: edition, normalisation, aggregation, score, rank, grade."""
