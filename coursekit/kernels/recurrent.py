"""One time step of an LSTM, forward and backward: everything between the matrix products, in one call.

Many short loops instead of one: with more arrays in a loop LLVM cannot prove that they do not overlap, leaves the loop
scalar, and the step takes six times as long.
"""

from coursekit.arrays import Array
from coursekit.kernels.elementwise import exp, tanh
from coursekit.kernels.jit import kernel


@kernel
def lstm_gates(gates: Array, recurrent: Array, cells: Array, squashed: Array, states: Array, t: int) -> None:
    """From x_t wx + b to i, f, g, o, in place in ``gates`` (N, T, 4H); then c_t = f c_{t−1} + i g and h_t = o tanh c_t.

    ``recurrent`` (N, 4H) is h_{t−1} wh. ``cells`` and ``states`` (N, T + 1, H) hold c and h, before the first step at
    place 0; ``squashed`` (N, T, H) holds tanh c_t.
    """
    one = gates.dtype.type(1)
    hidden = squashed.shape[2]
    for n in range(gates.shape[0]):
        z, r = gates[n, t], recurrent[n]
        i, f, g, o = z[:hidden], z[hidden : 2 * hidden], z[2 * hidden : 3 * hidden], z[3 * hidden :]
        before, c, s, h = cells[n, t], cells[n, t + 1], squashed[n, t], states[n, t + 1]
        for j in range(z.size):
            z[j] += r[j]
        for j in range(2 * hidden):
            z[j] = one / (one + exp(-z[j]))  # i and f
        for j in range(hidden):
            g[j] = tanh(g[j])
        for j in range(hidden):
            o[j] = one / (one + exp(-o[j]))
        for j in range(hidden):
            c[j] = f[j] * before[j] + i[j] * g[j]
        for j in range(hidden):
            s[j] = tanh(c[j])
        for j in range(hidden):
            h[j] = o[j] * s[j]


@kernel
def lstm_gates_backward(
    gates: Array, cells: Array, squashed: Array, from_h: Array, from_c: Array, dh: Array, dc: Array, dz: Array, t: int
) -> None:
    """Gradients of h_t, c_t and of the four sums z_t before they were squashed.

    ``from_h`` and ``from_c`` (N, H) come from step t + 1; on return ``from_c`` is ∂L/∂c_{t−1}. ``dh`` (N, T, H) holds
    ∂L/∂h_t by way of the output and gets the rest; ``dc`` (N, T, H) and ``dz`` (N, T, 4H) are filled.
    """
    one = gates.dtype.type(1)
    hidden = squashed.shape[2]
    for n in range(gates.shape[0]):
        z, k = gates[n, t], dz[n, t]
        i, f, g, o = z[:hidden], z[hidden : 2 * hidden], z[2 * hidden : 3 * hidden], z[3 * hidden :]
        di, df, dg, do = k[:hidden], k[hidden : 2 * hidden], k[2 * hidden : 3 * hidden], k[3 * hidden :]
        before, s, a, u = cells[n, t], squashed[n, t], dh[n, t], dc[n, t]
        later_h, later_c = from_h[n], from_c[n]
        for j in range(hidden):
            a[j] += later_h[j]
        for j in range(hidden):  # ∂L/∂c_t = ∂L/∂h_t o (1 − tanh² c_t) + ∂L/∂c_{t+1} f_{t+1}
            u[j] = a[j] * o[j] * (one - s[j] * s[j]) + later_c[j]
        for j in range(hidden):
            do[j] = a[j] * s[j] * o[j] * (one - o[j])
        for j in range(hidden):
            di[j] = u[j] * g[j] * i[j] * (one - i[j])
        for j in range(hidden):
            df[j] = u[j] * before[j] * f[j] * (one - f[j])
        for j in range(hidden):
            dg[j] = u[j] * i[j] * (one - g[j] * g[j])
        for j in range(hidden):
            later_c[j] = u[j] * f[j]
