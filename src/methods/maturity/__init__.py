"""Levels of maturity: rules that assign them and what the rules disagree about."""
