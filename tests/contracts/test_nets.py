"""What each file of nets/ promises, new ones included: a module that fits the data, and widths that can be searched."""

import inspect

import pytest
import torch

from kleiber import plugins
from kleiber.errors import KleiberError

SHAPES = [((1, 28, 28), 10), ((3, 32, 32), 2), ((7,), 1)]


@pytest.mark.parametrize("name", plugins.names("nets"))
def test_a_net_gives_an_output_for_each_class_or_says_what_it_needs(name):
    build = plugins.load("nets", name).build
    fitted = 0
    for shape, outputs in SHAPES:
        try:
            net = build(shape, outputs)
        except KleiberError as error:
            assert name in str(error)
            continue
        assert isinstance(net, torch.nn.Module)
        assert net(torch.zeros(4, *shape)).shape == (4, outputs)
        fitted += 1
    assert fitted


@pytest.mark.parametrize("name", plugins.names("nets"))
def test_the_hyper_parameters_of_a_net_have_defaults_and_matter(name):
    build = plugins.load("nets", name).build
    first, second, *widths = inspect.signature(build).parameters.values()
    assert (first.name, second.name) == ("shape", "outputs")

    def size(**changed):
        return sum(p.numel() for p in build((1, 28, 28), 10, **changed).parameters())

    for width in widths:
        assert isinstance(width.default, int)
        assert size(**{width.name: width.default + 1}) > size()


@pytest.mark.parametrize("name", plugins.names("nets"))
def test_the_same_seed_gives_the_same_net(name):
    build = plugins.load("nets", name).build

    def weights():
        torch.manual_seed(3)
        return torch.cat([p.flatten() for p in build((1, 28, 28), 10).parameters()])

    assert torch.equal(weights(), weights())


@pytest.mark.parametrize("name", plugins.names("nets"))
def test_a_net_learns(name):
    torch.manual_seed(0)
    net = plugins.load("nets", name).build((1, 16, 16), 2)
    x = torch.randn(64, 1, 16, 16)
    y = (x.mean((1, 2, 3)) > 0).long()
    x += y[:, None, None, None].float()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    losses = []
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(net(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
