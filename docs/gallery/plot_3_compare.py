"""
Two models: which is better at which size
=========================================

A model that is worse today may be better with more data. Compare the curves, and you see where they cross.
"""

import matplotlib.pyplot as plt

import kleiber

sizes = [200, 400, 800, 1600, 3200]
models = {
    "small": (sizes, [0.267, 0.239, 0.216, 0.202, 0.186]),
    "large": (sizes, [0.333, 0.286, 0.248, 0.214, 0.184]),
}
comparison = kleiber.compare(models, at=[1600, 12_800], target=0.15)
print(comparison)

# %%
# Each pair in numbers: the probability that the first is better, at each size.
pair = comparison.pairs[0]
for at in pair.at:
    print(f"at {at.n:,.0f}: {pair.first} is better than {pair.second} with probability {at.beats:.2f} ({at.grade})")

# %%
# Both forecasts in one picture.
figure, ax = plt.subplots(figsize=(6.4, 4))
for name, (n, loss) in models.items():
    fc = kleiber.forecast(n, loss)
    ahead = [200, 400, 800, 1600, 3200, 6400, 12_800]
    low, middle, high = fc.quantile(ahead, [0.05, 0.5, 0.95]).T
    (line,) = ax.plot(ahead, middle, label=name)
    ax.fill_between(ahead, low, high, color=line.get_color(), alpha=0.2)
    ax.plot(n, loss, "o", color=line.get_color())
ax.set(xscale="log", yscale="log", xlabel="training examples", ylabel="loss")
ax.legend()
