"""Convolutions in bfloat16: the same function and gradients within its rounding, weights in float32, a rule."""

import copy

import pytest
import torch
from torch import nn

from kleiber.nets import lenet, mlp
from kleiber.trainers._engine import working

ABLE = {"avx512_bf16": True}


def net_and_batch(**widths):
    torch.manual_seed(0)
    net = lenet.build((3, 32, 32), 10, **widths).to(memory_format=torch.channels_last)
    return net, torch.randn(8, 3, 32, 32).contiguous(memory_format=torch.channels_last), torch.arange(8)


def gradients(net, x, y):
    net.zero_grad()
    loss = torch.nn.functional.cross_entropy(net(x), y)
    loss.backward()
    return loss.detach(), {name: p.grad.clone() for name, p in net.named_parameters()}


def alike(one, other):
    return float(torch.nn.functional.cosine_similarity(one.flatten(), other.flatten(), dim=0))


@pytest.mark.parametrize("images", [4, 8])  # on each side of SEVERAL
def test_outputs_and_gradients_are_those_of_the_net_within_the_rounding(images):
    net, x, y = net_and_batch(conv1=20, conv2=24)
    x, y = x[:images], y[:images]
    loss, wanted = gradients(net, x, y)
    expected = net(x).detach()
    on = working.Working(net)
    found = on(x).detach()
    assert found.dtype == torch.float32
    assert float((found - expected).norm() / expected.norm()) < 0.02
    for _ in range(2):  # the second writes over the first
        assert float(on.learn(x, y)) == pytest.approx(float(loss), rel=1e-3)
    for name, parameter in net.named_parameters():
        assert parameter.dtype == parameter.grad.dtype == torch.float32
        # Where two of a pooling's four are equal in bfloat16, the gradient goes to the other one.
        assert alike(parameter.grad, wanted[name]) > 0.97, name


def test_layers_by_hand_give_what_autograd_gives_in_the_same_numbers():
    torch.manual_seed(1)
    net = nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(4, 18, (3, 5), stride=(1, 2), padding=(1, 2), groups=2, bias=False),
        nn.MaxPool2d((3, 2), stride=2, padding=1),
        nn.Conv2d(18, 20, (3, 2), dilation=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(80, 12, bias=False),
        nn.ReLU(),
        nn.Linear(12, 3),
    ).to(memory_format=torch.channels_last)
    x, y = torch.randn(9, 4, 15, 19).to(memory_format=torch.channels_last), torch.arange(9) % 3
    other = copy.deepcopy(net)
    for layer in other:
        if isinstance(layer, nn.Conv2d):
            layer.bfloat16()
    outputs = x.bfloat16()
    for layer in other:
        outputs = layer(outputs.float() if isinstance(layer, nn.Linear) else outputs)
    torch.nn.functional.cross_entropy(outputs, y).backward()
    working.Working(net).learn(x, y)
    for (name, mine), theirs in zip(net.named_parameters(), other.parameters(), strict=True):
        assert torch.allclose(mine.grad, theirs.grad.float(), rtol=1e-2, atol=1e-4), name


def test_a_regression_learns_by_hand_too():
    torch.manual_seed(2)
    net = nn.Sequential(nn.Conv2d(1, 20, 3), nn.ReLU(), nn.Flatten(), nn.Linear(20, 1))
    x, y = torch.randn(6, 1, 3, 3), torch.randn(6)
    torch.nn.functional.mse_loss(net(x).squeeze(1), y).backward()
    wanted = [p.grad.clone() for p in net.parameters()]
    working.Working(net).learn(x, y)
    assert all(alike(p.grad, w) > 0.99 for p, w in zip(net.parameters(), wanted, strict=True))


@pytest.mark.parametrize("odd", ["hook", "still", "twice", "same", "reflect", "indices"])
def test_a_net_that_is_no_plain_sequence_is_not_computed_by_hand(odd):
    layers = [nn.Conv2d(1, 20, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(20, 20, 3, padding=1)]
    assert working.computes(nn.Sequential(*layers))
    if odd == "hook":
        layers[0].register_forward_hook(lambda *_: None)
    elif odd == "still":
        layers[0].weight.requires_grad_(False)
    elif odd == "twice":
        layers.append(layers[2])
    elif odd == "indices":
        layers[1] = nn.MaxPool2d(2, return_indices=True)
    else:
        layers[0] = nn.Conv2d(1, 20, 3, **({"padding": odd} if odd == "same" else {"padding": 1, "padding_mode": odd}))
    assert not working.computes(nn.Sequential(*layers))


def test_a_layer_without_weights_may_stand_in_two_places():
    torch.manual_seed(3)
    rectifier = nn.ReLU()
    net = nn.Sequential(nn.Conv2d(1, 20, 3), rectifier, nn.Conv2d(20, 20, 3), rectifier, nn.Flatten(), nn.Linear(20, 2))
    x, y = torch.randn(4, 1, 5, 5), torch.arange(4) % 2
    loss, wanted = gradients(net, x, y)
    assert float(working.Working(net).learn(x, y)) == pytest.approx(float(loss), rel=1e-2)
    assert all(alike(p.grad, wanted[name]) > 0.97 for name, p in net.named_parameters())


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
