"""The training engine behind `trainers/torch.py`: a file for each thing that a training step is made of.

`training` puts them together; `options` and `batch` are what can be told without PyTorch. `nets` builds, `data` holds the
examples on the device, `length` says which batches a leg has, `rates` what the learning rate is, `augment` what images
become, `precision` in which numbers, `working` those of a CPU's convolutions; `single` takes the steps of one trial,
`packed` those of several at once; `loop` goes from leg to leg, stops, and keeps the best; `checkpoint` lets a trial go on
later.
"""
