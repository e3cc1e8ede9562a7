"""How the calibration that kleiber ships is learnt: curves, tables of what the engine makes of them, and the fit."""
