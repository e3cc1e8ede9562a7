"""LeNet as the origin has it: two 5x5 convolutions, each with ReLU and 2x2 max-pooling, and three linear layers.

Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", in the form of PyTorch's CIFAR-10
tutorial, whose widths 6, 16, 120, 84 are the defaults. ReLU comes after the pooling here: both keep the order of numbers,
so the function is the same, at a quarter of the ReLU's work.
"""

from torch import nn

from kleiber.errors import KleiberError

PADS = True  # units padded with zeros answer zero and learn nothing, so trials of unlike width can be stacked


def build(
    shape: tuple[int, ...], outputs: int, conv1: int = 6, conv2: int = 16, fc1: int = 120, fc2: int = 84
) -> nn.Module:
    """Give the net for images `(channels, height, width)`.

    `conv1`: channels of the first convolution. `conv2`: channels of the second. `fc1`: units of the first linear layer.
    `fc2`: units of the second. Raises `KleiberError` for features and for images below 16x16.
    """
    if len(shape) != 3:
        raise KleiberError(
            f"net 'lenet' needs images (channels, height, width), not examples of shape {shape}. Write  net = \"mlp\""
        )
    channels, height, width = shape
    rows, columns = [((side - 4) // 2 - 4) // 2 for side in (height, width)]
    if rows < 1 or columns < 1:
        raise KleiberError(
            f"net 'lenet' needs images of at least 16x16, not {height}x{width}. Write  net = \"mlp\" , or, for a folder of "
            "images,  size = [32, 32]  under [data]"
        )
    return nn.Sequential(
        nn.Conv2d(channels, conv1, 5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(conv1, conv2, 5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(conv2 * rows * columns, fc1),
        nn.ReLU(),
        nn.Linear(fc1, fc2),
        nn.ReLU(),
        nn.Linear(fc2, outputs),
    )
