"""Convolutions in bfloat16: the same function and gradients within its rounding, weights in float32, a rule."""

import copy

import pytest
import torch
from torch import nn

from kleiber.nets import lenet, mlp
from kleiber.trainers._engine import working

ABLE = {"avx512_bf16": True}


def gradients(net, outputs):
    (outputs * torch.linspace(-1, 1, outputs.numel()).view(outputs.shape)).sum().backward()
    return {name: p.grad for name, p in net.named_parameters()}


def test_outputs_and_gradients_are_those_of_the_net_within_the_rounding():
    torch.manual_seed(0)
    net = lenet.build((3, 32, 32), 10, conv1=20, conv2=24).to(memory_format=torch.channels_last)
    other, x = copy.deepcopy(net), torch.randn(8, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    on = working.Working(other)
    found = on(x)
    assert found.dtype == torch.float32
    expected = net(x)
    assert float((found - expected).detach().norm() / expected.detach().norm()) < 0.02
    wanted, given = gradients(net, expected), gradients(other, found)
    assert given["0.weight"] is None
    on.pass_on()
    for name, parameter in other.named_parameters():
        assert parameter.dtype == parameter.grad.dtype == torch.float32
        # Where two of a pooling's four are equal in bfloat16, the gradient goes to the other one.
        alike = torch.nn.functional.cosine_similarity(parameter.grad.flatten(), wanted[name].flatten(), dim=0)
        assert float(alike) > 0.97, name


def test_the_copies_follow_the_weights_when_they_are_read():
    net = nn.Sequential(nn.Conv2d(1, 20, 3), nn.Flatten(), nn.Linear(20, 2))
    on, x = working.Working(net), torch.ones(2, 1, 3, 3)
    with torch.no_grad():
        net[0].weight.zero_()
        net[0].bias.zero_()
        before = on(x)
        on.read()
        assert torch.equal(on(x), net(x))
        assert not torch.equal(before, net(x))


@pytest.mark.parametrize(
    ("net", "able", "gains"),
    [
        (lenet.build((3, 32, 32), 10, conv1=20), ABLE, True),
        (lenet.build((3, 32, 32), 10, conv1=20), {"amx_bf16": True}, True),
        (lenet.build((3, 32, 32), 10, conv1=20), {"avx2": True}, False),
        (lenet.build((3, 32, 32), 10, conv1=6, conv2=8), ABLE, False),
        (mlp.build((3, 32, 32), 10), ABLE, False),
        (nn.Sequential(nn.Conv2d(3, 20, 3), nn.BatchNorm2d(20)), ABLE, False),
    ],
)
def test_the_rule_asks_for_a_processor_that_can_and_a_wide_convolution(monkeypatch, net, able, gains):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able, raising=False)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    assert working.gains(net) is gains
