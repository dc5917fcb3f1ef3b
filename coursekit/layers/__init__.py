"""Layers: forward/backward pairs, and the thin objects that hold parameters, gradients and the last cache."""

from coursekit.layers.activation import Activation
from coursekit.layers.batch_norm import (
    BatchNorm,
    BatchNormCache,
    RunningStatistics,
    batch_norm_backward,
    batch_norm_forward,
)
from coursekit.layers.blocks import Block, Residual
from coursekit.layers.conv import Conv2d, Conv2dCache, conv2d_backward, conv2d_forward
from coursekit.layers.dropout import Dropout, DropoutCache, dropout_backward, dropout_forward
from coursekit.layers.flatten import Flatten
from coursekit.layers.layer import Layer
from coursekit.layers.linear import Linear, LinearCache, linear_backward, linear_forward
from coursekit.layers.local import (
    LocallyConnected2d,
    LocallyConnectedCache,
    locally_connected2d_backward,
    locally_connected2d_forward,
)
from coursekit.layers.lstm import LSTM, LSTMCache, lstm_backward, lstm_forward
from coursekit.layers.maxout import Maxout, MaxoutCache, maxout_backward, maxout_forward
from coursekit.layers.norms import (
    GroupNormCache,
    RMSNormCache,
    group_norm_backward,
    group_norm_forward,
    instance_norm_backward,
    instance_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
    rms_norm_backward,
    rms_norm_forward,
)
from coursekit.layers.pool import (
    AvgPool2d,
    AvgPoolCache,
    MaxPool2d,
    MaxPoolCache,
    avg_pool2d_backward,
    avg_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)
from coursekit.layers.recurrent import RNN, RNNCache, rnn_backward, rnn_forward

__all__ = [
    "LSTM",
    "RNN",
    "Activation",
    "AvgPool2d",
    "AvgPoolCache",
    "BatchNorm",
    "BatchNormCache",
    "Block",
    "Conv2d",
    "Conv2dCache",
    "Dropout",
    "DropoutCache",
    "Flatten",
    "GroupNormCache",
    "LSTMCache",
    "Layer",
    "Linear",
    "LinearCache",
    "LocallyConnected2d",
    "LocallyConnectedCache",
    "MaxPool2d",
    "MaxPoolCache",
    "Maxout",
    "MaxoutCache",
    "RMSNormCache",
    "RNNCache",
    "Residual",
    "RunningStatistics",
    "avg_pool2d_backward",
    "avg_pool2d_forward",
    "batch_norm_backward",
    "batch_norm_forward",
    "conv2d_backward",
    "conv2d_forward",
    "dropout_backward",
    "dropout_forward",
    "group_norm_backward",
    "group_norm_forward",
    "instance_norm_backward",
    "instance_norm_forward",
    "layer_norm_backward",
    "layer_norm_forward",
    "linear_backward",
    "linear_forward",
    "locally_connected2d_backward",
    "locally_connected2d_forward",
    "lstm_backward",
    "lstm_forward",
    "max_pool2d_backward",
    "max_pool2d_forward",
    "maxout_backward",
    "maxout_forward",
    "rms_norm_backward",
    "rms_norm_forward",
    "rnn_backward",
    "rnn_forward",
]
