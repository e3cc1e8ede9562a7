"""
What a target takes, and what it costs
======================================

How many examples does an error of 15 % take? And is it worth buying them?
"""

import matplotlib.pyplot as plt

import kleiber

fc = kleiber.forecast([200, 400, 800, 1600, 3200], [0.267, 0.239, 0.216, 0.202, 0.186], metric="error")
need = kleiber.need(fc, 0.15)
print(need.verdict)  # these runs leave it open
for enough in need.enough:
    print(f"with probability {enough.probability:.2f}: {enough.n:,.0f} examples ({enough.grade})")
print(f"no amount of data is enough with probability {need.never:.2f}")

# %%
# ``inf``: no size up to 10,000 times the largest is enough with that probability.
#
# A label costs 0.50. One point of error less is worth 20,000 over the model's life. Engineers could work on the model for
# six months, and would remove up to 30 % of the error that can be removed.
advice = kleiber.plan(fc, value_per_point=20_000, price_per_example=0.5, months=6, cost_per_month=15_000, gain=(0.0, 0.3))
print(advice)

# %%
# The four options, each at its best amount, with the 80 % interval of what it costs in all.
figure, ax = plt.subplots(figsize=(6.4, 3))
for row, option in enumerate(advice.options):
    ax.plot([option.low, option.high], [row, row], color="tab:blue", linewidth=6, alpha=0.4)
    ax.plot(option.cost, row, "o", color="tab:blue")
ax.set_yticks(range(len(advice.options)), [option.name for option in advice.options])
ax.set_xlabel("cost of error and money")
ax.invert_yaxis()
figure.tight_layout()
