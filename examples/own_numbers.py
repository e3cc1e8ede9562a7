"""Your own numbers: no training, no PyTorch; sizes and losses are enough for a forecast."""

import kleiber

fc = kleiber.forecast([200, 400, 800, 1600, 3200], [1.98, 1.79, 1.66, 1.51, 1.41])
low, high = fc.quantile(12_800, [0.05, 0.95])
print(f"loss at 12,800 examples: {fc.median(12_800):.2f}, 90 % interval {low:.2f} to {high:.2f}")
print(f"examples for a loss of 1.2, with probability 0.8: {fc.needed(1.2, probability=0.8):,.0f}")
print(f"probability that no amount of data is enough: {fc.never(1.2):.0%}")
