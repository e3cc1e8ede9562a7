"""Narrow layers, computed so that the CPU's vectors are filled: the same function, names and gradients."""

import copy

import pytest
import torch
from torch import nn

from kleiber.nets import lenet
from kleiber.trainers._engine import narrow

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def wide_vectors(monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")


def images(m, channels=3, side=32):
    torch.manual_seed(0)
    return torch.randn(m, channels, side, side).contiguous(memory_format=torch.channels_last)


def both(net, x, learnt):
    """Give the outputs and gradients of a net as it is, and of a copy whose narrow layers are filled."""
    torch.manual_seed(1)
    for layer in net.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    found = []
    for one in (copy.deepcopy(net), narrow.filled(copy.deepcopy(net), CPU)):
        one.to(memory_format=torch.channels_last)
        own = x.clone(memory_format=torch.preserve_format).requires_grad_(learnt)
        outputs = one(own)
        (outputs * torch.linspace(-1, 1, outputs.numel()).view(outputs.shape)).sum().backward()
        found.append((outputs.detach(), own.grad, {name: p.grad for name, p in one.named_parameters()}))
    return found


@pytest.mark.parametrize(
    "net",
    [
        lenet.build((3, 32, 32), 10),
        lenet.build((1, 32, 32), 10),
        nn.Sequential(nn.Conv2d(3, 8, 3, padding=(2, 1)), nn.MaxPool2d(2), nn.Conv2d(8, 4, 3), nn.MaxPool2d(2, 2)),
        nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.MaxPool2d(2)),
        nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.ReLU(inplace=True)),
        nn.Sequential(nn.Conv2d(1, 6, (3, 31)), nn.ReLU()),  # two columns
        nn.Sequential(nn.Conv2d(3, 5, (1, 4), padding=(0, 1)), nn.ReLU()),  # an odd number of columns
        nn.Sequential(nn.Conv2d(3, 4, 5, padding="same"), nn.MaxPool2d(3)),
        nn.Sequential(nn.Conv2d(3, 6, 5, padding=2, padding_mode="reflect"), nn.MaxPool2d(2, ceil_mode=True)),
        nn.Sequential(nn.Conv2d(3, 6, 5, stride=2), nn.MaxPool2d(2, stride=1)),
    ],
)
@pytest.mark.parametrize(("m", "learnt"), [(narrow.FEWEST, False), (narrow.FEWEST, True), (3, False)])
def test_outputs_and_gradients_are_those_of_the_plain_layers(net, m, learnt):
    plain, filled = both(net, images(m, net[0].in_channels), learnt)
    assert list(plain[2]) == list(filled[2])
    for one, other in zip(plain[:2], filled[:2], strict=True) if learnt else [(plain[0], filled[0])]:
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    for name, gradient in plain[2].items():
        torch.testing.assert_close(gradient, filled[2][name], rtol=1e-3, atol=1e-4 * float(gradient.abs().max()))


def test_a_filled_net_is_filled_where_it_is_narrow_and_keeps_its_parameters():
    net = lenet.build((3, 32, 32), 10)
    before = dict(net.named_parameters())
    filled = narrow.filled(net, CPU)
    assert [type(layer) for layer in filled][:5] == [
        narrow.TwoColumns, narrow.Halving, nn.ReLU, nn.Conv2d, narrow.Halving,
    ]  # fmt: skip
    assert all(before[name] is parameter for name, parameter in filled.named_parameters())
    assert narrow.filled(filled, CPU)[0] is filled[0]


def test_two_columns_are_computed_at_once():
    calls = []
    net = narrow.filled(nn.Sequential(nn.Conv2d(3, 6, 5), nn.MaxPool2d(2)), CPU)
    conv2d = nn.functional.conv2d
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nn.functional, "conv2d", lambda x, w, *rest: calls.append(tuple(w.shape)) or conv2d(x, w, *rest))
        net(images(narrow.FEWEST))
        net(images(narrow.FEWEST - 1))
    assert calls[0] == (12, 3, 5, 6)
    assert (6, 3, 5, 5) in calls[1:]


def test_of_equal_numbers_one_gets_the_gradient():
    x = torch.zeros(narrow.FEWEST, 2, 4, 4).contiguous(memory_format=torch.channels_last).requires_grad_()
    narrow.Halving(2)(x).sum().backward()
    assert (x.grad.reshape(-1, 2, 2, 2, 2).sum((2, 4)) == 1).all()
    assert set(x.grad.unique().tolist()) == {0.0, 1.0}


def test_a_number_that_is_none_is_seen():
    x = images(narrow.FEWEST, 2, 4)
    x[0, 0, 1, 1] = float("nan")
    assert narrow.Halving(2)(x)[0, 0].isnan().tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize("capability", ["DEFAULT", "AVX2"])
def test_narrower_vectors_are_filled_already(monkeypatch, capability):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert type(narrow.filled(nn.Sequential(nn.Conv2d(3, 6, 5)), CPU)[0]) is nn.Conv2d


def test_on_other_devices_a_net_stays_as_it_is():
    assert type(narrow.filled(nn.Sequential(nn.Conv2d(3, 6, 5)), torch.device("cuda"))[0]) is nn.Conv2d


def test_a_layer_keeps_its_hooks_its_own_attributes_and_its_other_names():
    seen = []
    net = nn.Sequential(nn.Conv2d(3, 6, 5))
    net[0].scale = 2
    net[0].register_forward_hook(lambda *_: seen.append("forward"))
    net[0].register_full_backward_hook(lambda *_: seen.append("backward"))
    also = net[0]
    narrow.filled(net, CPU)(images(narrow.FEWEST).requires_grad_()).sum().backward()
    assert also is net[0] and type(net[0]) is narrow.TwoColumns and net[0].scale == 2
    assert seen == ["forward", "backward"]
