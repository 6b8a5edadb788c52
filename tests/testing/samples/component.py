"""Components whose faults lie in what they say of themselves."""

from __future__ import annotations

from samples.loss import Healthy


def undocumented() -> Healthy:  # its docstring is what is missing
    return Healthy()


class UnexplainedOption(Healthy):
    """Has an option that nothing is said of."""

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__()


class RequiredOption(Healthy):
    """Cannot be made without an option.

    Args:
        gain: A factor.
    """

    def __init__(self, gain: float) -> None:
        super().__init__()
