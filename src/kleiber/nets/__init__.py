"""Nets: each file of this folder has `build(shape, outputs, **widths)`, which gives a `torch.nn.Module`.

`shape` is that of one example, `(channels, height, width)` for images or `(features,)` for tables; `outputs` the number
of classes, or 1 for regression. What else `build` takes, with its defaults, are the net's hyper-parameters.
A net of the user's own is given as `file.py:Name`: a subclass of `torch.nn.Module`, or a function that returns one; it is
handed those of `shape`, `outputs` and the hyper-parameters that it names.
"""
