"""What the chapters' last pages say of PyTorch's own names is so."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[torch]'")
nn = torch.nn


def test_its_hinge_divides_by_the_classes_as_well():
    scores, labels = torch.tensor([[1.0, 2.0, 0.5, 0.0]]), torch.tensor([0])
    assert nn.functional.multi_margin_loss(scores, labels).item() == pytest.approx((2.0 + 0.5) / 4)


def test_two_backward_calls_add_up():
    w = torch.ones(1, requires_grad=True)
    for _ in range(2):
        (2 * w).sum().backward()
    assert w.grad.item() == 4


def test_gradcheck_needs_float64():
    assert torch.autograd.gradcheck(torch.tanh, torch.linspace(-1, 1, 5, dtype=torch.float64, requires_grad=True))
    with pytest.warns(UserWarning, match="not a double"), pytest.raises(RuntimeError, match="Jacobian mismatch"):
        torch.autograd.gradcheck(torch.tanh, torch.linspace(-1, 1, 5, requires_grad=True))


def test_shapes_of_weights_and_of_what_is_rounded_down():
    assert nn.Linear(5, 3).weight.shape == (3, 5)
    assert nn.Conv2d(3, 16, kernel_size=3, stride=2, padding=1).weight.shape == (16, 3, 3, 3)
    assert nn.Conv2d(8, 8, 3, groups=8).weight.shape == (8, 1, 3, 3)
    assert nn.MaxPool2d(2)(torch.zeros(1, 1, 7, 7)).shape == (1, 1, 3, 3)


def test_a_kernel_is_not_flipped():
    image, kernel = torch.arange(4.0).reshape(1, 1, 1, 4), torch.tensor([[[[1.0, 2.0]]]])
    assert nn.functional.conv2d(image, kernel).flatten().tolist() == [2, 5, 8]


def test_defaults():
    assert nn.LeakyReLU().negative_slope == 0.01
    assert nn.PReLU().weight.item() == 0.25
    assert nn.BatchNorm1d(2).momentum == 0.1
    parameters = [torch.zeros(1, requires_grad=True)]
    assert torch.optim.AdamW(parameters).defaults["weight_decay"] == 0.01
    assert torch.optim.Adam(parameters).defaults["weight_decay"] == 0
    assert torch.optim.RMSprop(parameters).defaults["alpha"] == 0.99


def test_silu_is_swish_and_maxout_is_a_view():
    z = torch.linspace(-3, 3, 6)
    torch.testing.assert_close(nn.SiLU()(z), z * torch.sigmoid(z))
    assert torch.equal(z.view(1, -1, 2).amax(-1), torch.maximum(z[::2], z[1::2])[None])


def test_a_linear_layer_left_alone_has_a_sixth_of_hes_variance():
    torch.manual_seed(0)
    weight = nn.Linear(400, 2000).weight
    assert weight.abs().max().item() == pytest.approx(1 / 20, rel=1e-3)
    assert weight.var().item() == pytest.approx(2 / 400 / 6, rel=0.01)
    assert nn.init.kaiming_normal_(weight, nonlinearity="relu").var().item() == pytest.approx(2 / 400, rel=0.01)


def test_momentum_is_the_share_of_the_new_batch():
    x, layer = torch.tensor([[1.0], [3.0]]), nn.BatchNorm1d(1)
    layer(x)
    assert layer.running_mean.item() == pytest.approx(0.1 * 2)


def test_a_batch_norm_is_folded_into_its_convolution():
    conv, norm, x = nn.Conv2d(1, 2, 3).eval(), nn.BatchNorm2d(2).eval(), torch.randn(1, 1, 5, 5)
    norm.running_var *= 4
    torch.testing.assert_close(torch.nn.utils.fusion.fuse_conv_bn_eval(conv, norm)(x), norm(conv(x)))


def test_dropout_multiplies_in_training_and_rests_in_test_mode():
    layer = nn.Dropout(0.2)
    assert set(layer(torch.ones(1000)).unique().tolist()) == {0, 1.25}
    assert torch.equal(layer.eval()(torch.ones(9)), torch.ones(9))


def test_clipping_returns_the_norm_before():
    parameter = nn.Parameter(torch.zeros(2))
    parameter.grad = torch.tensor([3.0, 4.0])
    assert nn.utils.clip_grad_norm_([parameter], 1.0).item() == 5
    torch.testing.assert_close(parameter.grad, torch.tensor([0.6, 0.8]))


def test_the_second_quarter_of_an_lstms_bias_opens_the_forget_gate():
    size, lstm = 3, nn.LSTM(2, 3)
    for one in lstm.parameters():
        one.data.zero_()
    before = torch.ones(1, 1, size)
    for bias in (0.0, 1.0):
        lstm.bias_ih_l0.data[size : 2 * size] = bias
        _, (_, cell) = lstm(torch.zeros(1, 1, 2), (torch.zeros(1, 1, size), before))
        np.testing.assert_allclose(cell.detach().numpy(), 1 / (1 + np.exp(-bias)), rtol=1e-6)


def test_warm_up_and_cosine_one_after_the_other():
    from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    parts = LinearLR(optimiser, 0.1, total_iters=5), CosineAnnealingLR(optimiser, 10)
    schedule, rates = SequentialLR(optimiser, list(parts), milestones=[5]), []
    for _ in range(15):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[5] == 1
    assert rates[-1] == pytest.approx(0.5 * (1 + np.cos(0.9 * np.pi)))


def test_anomaly_detection_names_the_function():
    with (
        pytest.warns(UserWarning, match="Anomaly"),
        torch.autograd.detect_anomaly(),
        pytest.raises(RuntimeError, match="SqrtBackward0"),
    ):
        (torch.zeros(1, requires_grad=True) * 0).sqrt().mul(0).sum().backward()
