"""
A forecast from arrays
======================

Sizes and losses are enough. The answer has an interval, and a grade says how far to rely on it.
"""

import kleiber

sizes = [200, 400, 800, 1600, 3200]
losses = [1.98, 1.79, 1.66, 1.51, 1.41]
fc = kleiber.forecast(sizes, losses)
print(fc)

# %%
# At twice the largest size: the median, the 90 % interval of a new run, and the grade.
print(fc.median(6400), fc.quantile(6400, [0.05, 0.95]), fc.grade(6400))

# %%
# The same as a picture, and as a table of all sizes.
ax = fc.plot()
ax.figure.set_size_inches(6.4, 4)
fc.to_frame()
