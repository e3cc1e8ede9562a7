"""
Which run next
==============

You can pay for 20,000 more training examples seen. Which run would narrow the answer most?
"""

import matplotlib.pyplot as plt

import kleiber

fc = kleiber.forecast([200, 400, 800, 1600, 3200], [0.267, 0.239, 0.216, 0.202, 0.186], metric="error")
step = kleiber.next_run(fc.curve, budget=20_000, question="loss", at=25_600)
print(step)

# %%
# Was the forecast right so far? The back-test hides the largest sizes and forecasts them from the smaller ones.
findings = kleiber.analyse(fc.curve)
figure, ax = plt.subplots(figsize=(6.4, 3.6))
for hidden in findings.content["curves"][0]["backtest"]:
    print(
        "up to {used_up_to:,.0f}: {n:,.0f} {predicted:.3f} ({low:.3f} to {high:.3f}), measured {measured}".format(**hidden)
    )
kleiber.figure(findings.content["curves"][0], ax)
