"""Does the survey agree with the checklist: two measurements of one thing compared."""
