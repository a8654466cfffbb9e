"""Muon: momentum whose every matrix step is made orthogonal.

Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024). A kernel of shape
(outputs, inputs, 3, 3) is taken as a matrix of outputs rows. The step keeps the directions of the
momentum and gives all of them the same length, so directions with small gradients learn as fast as
the others. On these small networks 500 such steps do what 4000 of Adam do (README.md).

Vectors (biases, slopes) have no directions to even out: they get Adam, at a rate that can be another.
"""

import math

import torch

# Coefficients of the odd polynomial x(a + b x^2 + c x^4): five rounds of it take every singular
# value of a matrix of norm 1 near 1 (about 0.7 to 1.2), which is as good as exactly there.
_POLYNOMIAL = (3.4445, -4.7750, 2.0315)
_ROUNDS = 5
_STEP_RMS = 0.2  # of one entry of the step: what Adam's has, so that one rate suits both


def orthogonalized(matrix):
    """The matrix with its singular values near 1, by Newton and Schulz's iteration."""
    a, b, c = _POLYNOMIAL
    x = matrix / (matrix.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    for _ in range(_ROUNDS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """For parameters of two or more dimensions; the first is the rows."""

    def __init__(self, parameters, learning_rate, momentum=0.95):
        super().__init__(parameters, {'lr': learning_rate, 'momentum': momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for parameter in group['params']:
                self._step_one(parameter, group['lr'], group['momentum'])

    def _step_one(self, parameter, learning_rate, momentum):
        state = self.state[parameter]
        if 'average' not in state:
            state['average'] = torch.zeros_like(parameter)
        average = state['average'].lerp_(parameter.grad, 1 - momentum)
        ahead = parameter.grad.lerp(average, momentum)  # Nesterov
        step = orthogonalized(ahead.flatten(1))
        scale = _STEP_RMS * math.sqrt(max(step.shape))
        parameter.add_(step.view_as(parameter), alpha=-learning_rate * scale)


class Optimizers:
    """Muon for matrices and Adam for vectors, driven as one.

    `vector_rate` is the rate of the vectors in units of the matrices'.
    """

    def __init__(self, parameters, learning_rate, vector_rate=1.0):
        parameters = list(parameters)
        self._rates = (1.0, vector_rate)
        self._parts = [
            Muon([p for p in parameters if p.dim() >= 2], learning_rate),
            torch.optim.Adam([p for p in parameters if p.dim() < 2], learning_rate),
        ]

    def set_learning_rate(self, rate):
        for part, own in zip(self._parts, self._rates):
            for group in part.param_groups:
                group['lr'] = rate * own

    def step(self, loss):
        for part in self._parts:
            part.zero_grad(set_to_none=True)
        loss.backward()
        for part in self._parts:
            part.step()

    def state_dict(self):
        return [part.state_dict() for part in self._parts]

    def load_state_dict(self, states):
        for part, state in zip(self._parts, states):
            part.load_state_dict(state)
