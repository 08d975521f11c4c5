"""The report in English: translated at the end, from the Russian words that the notebooks have composed.

A catalogue (`*.yml` beside this file) pairs Russian sentence patterns with English ones. A pattern covers a whole
sentence, heading, cell or label: `{n1}` is a number, `{1}` anything that is itself translated, down to titles of the
edition and lists. What no pattern covers stays in Russian and is named, so nothing is translated by halves unseen.
"""
