"""
A table of accuracy
===================

A table may hold accuracies, three runs a size. kleiber answers in the same metric and unit.
"""

import kleiber

table = {
    "train_size": [250, 250, 250, 500, 500, 500, 1000, 1000, 1000, 2000, 2000, 2000, 4000, 4000, 4000],
    "val_acc": [61.5, 60.2, 62.0, 68.1, 67.3, 68.8, 73.9, 74.6, 73.5, 79.0, 78.4, 79.3, 82.9, 83.3, 82.6],
    "seed": [0, 1, 2] * 5,
}
findings = kleiber.analyse(table, column={"n": "train_size"}, target="88%")
for sentence in findings.shown:
    print(sentence)

# %%
# What kleiber understood of the table stands among the warnings, each with a stable code.
for warning in findings.content["warnings"]:
    print(f"{warning['code']}: {warning['message']}")

# %%
# The curve of the findings as a figure.
ax = kleiber.figure(findings.content["curves"][0])
ax.figure.set_size_inches(6.4, 4)
