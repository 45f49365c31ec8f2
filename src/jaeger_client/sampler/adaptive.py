"""Samplers with a rate for each operation, and a guaranteed minimum of traces."""

from __future__ import annotations

from collections.abc import Mapping

from jaeger_client._internal.limits import MAX_STORED_NAME
from jaeger_client.constants import SAMPLER_TYPE_LOWER_BOUND
from jaeger_client.errors import SamplingRateError, StrategyError
from jaeger_client.rate_limiter import RateLimiter
from jaeger_client.sampler.base import Decision, RootSpan, Sampler, Undecided
from jaeger_client.sampler.basic import (
    NewLimiter,
    ProbabilisticSampler,
    RateLimitingSampler,
)
from jaeger_client.sampler.strategy import PerOperation, parse_per_operation


class GuaranteedThroughputProbabilisticSampler(Sampler):
    """
    Samples the fraction *rate* of an operation's traces, and a minimum per second.

    The minimum is *lower_bound* traces per second, in a token bucket.

    Traces that the probabilistic sampler accepts spend credit of the lower bound as
    well, so the bound adds traces only if the rate alone gives too few.

    Raises:
        SamplingRateError: If *rate* or *lower_bound* is out of range.
    """

    def __init__(
        self,
        operation: str,
        lower_bound: float,
        rate: float,
        *,
        new_limiter: NewLimiter = RateLimiter,
    ) -> None:
        super().__init__()
        self.operation = operation
        self.lower_bound_sampler = RateLimitingSampler(
            lower_bound, new_limiter=new_limiter
        )
        self.lower_bound = lower_bound
        self._set_probabilistic(ProbabilisticSampler(rate))

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Call the probabilistic sampler, then the lower bound."""
        decision = self.probabilistic_sampler.is_sampled(trace_id, operation)
        guaranteed, _tags = self.lower_bound_sampler.is_sampled(trace_id, operation)
        if decision[0]:
            return decision
        return self._yes if guaranteed else self._no

    def update(self, lower_bound: float, rate: float) -> None:
        """
        Change both in place; the balance of the lower bound is preserved.

        Raises:
            SamplingRateError: If one is out of range; then nothing changes.
        """
        probabilistic = self.probabilistic_sampler
        if rate != self.rate:
            probabilistic = ProbabilisticSampler(rate)
        self.lower_bound_sampler.update(lower_bound)
        self.lower_bound = lower_bound
        if probabilistic is not self.probabilistic_sampler:
            self._set_probabilistic(probabilistic)

    def _set_probabilistic(self, sampler: ProbabilisticSampler) -> None:
        self._set_tags(SAMPLER_TYPE_LOWER_BOUND, float(sampler.rate))
        self.rate = sampler.rate
        self.probabilistic_sampler = sampler

    def __repr__(self) -> str:
        return (
            f"GuaranteedThroughputProbabilisticSampler("
            f"{self.operation}, {self.rate:f}, {self.lower_bound:f})"
        )


class AdaptiveSampler(Sampler):
    """
    Samples each operation at the rate that a server computed for it.

    An operation that the server did not list gets a sampler with the default rate
    when it first occurs. When *max_operations* operations have a sampler, further
    ones share a probabilistic sampler, so that generated names do not fill the
    memory; names of more than 1,024 characters always do. If several threads use new
    operations at the same moment, the number may exceed *max_operations* by the number
    of threads.

    Args:
        strategies: The object `operationSampling` of a response, decoded or parsed.
        max_operations: Maximum number of operations with a sampler of their own.
        new_limiter: Creates the token buckets of the lower bounds.
        operation_name_late_binding: Whether to decide by the name that the root span
            has at its first child, injection or end, not by its first name.

    Raises:
        SamplingRateError: If a rate or bound of *strategies* is out of range.
    """

    def __init__(
        self,
        strategies: Mapping[str, object] | PerOperation,
        max_operations: int,
        *,
        new_limiter: NewLimiter = RateLimiter,
        operation_name_late_binding: bool = False,
    ) -> None:
        super().__init__()
        self._new_limiter: NewLimiter = new_limiter
        self._undecided: Decision | None = None
        if operation_name_late_binding:
            self._undecided = (True, _UndecidedName(self))
        self.max_operations = max_operations
        self.samplers: dict[str, GuaranteedThroughputProbabilisticSampler] = {}
        """The samplers of operations, oldest first."""
        self._listed: Mapping[str, float] = {}
        """The rates of the operations that the last strategy lists."""
        strategy = _parse(strategies)
        self.default_sampler = ProbabilisticSampler(strategy.default_rate)
        self._follow(strategy)

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Call the sampler of *operation*; with late binding, postpone the decision."""
        if self._undecided is not None:
            return self._undecided
        sampler = self.samplers.get(operation) or self._add_sampler(operation)
        return sampler.is_sampled(trace_id, operation)

    def is_sampled_by_name(self, trace_id: int, operation: str) -> Decision:
        """Call the sampler of *operation*, the final name of the root span."""
        sampler = self.samplers.get(operation) or self._add_sampler(operation)
        return sampler.is_sampled(trace_id, operation)

    def update(self, strategies: Mapping[str, object] | PerOperation) -> None:
        """
        Apply a new strategy; operations that it does not list are unchanged.

        Raises:
            SamplingRateError: If a rate or bound is out of range; then nothing
                changes.
        """
        strategy = _parse(strategies)
        if strategy.default_rate != self.default_sampling_probability:
            self.default_sampler = ProbabilisticSampler(strategy.default_rate)
        self._follow(strategy)
        self._remove_surplus()

    def replace(self, strategy: PerOperation) -> None:
        """
        Apply a new response of the server to every operation.

        Operations that it does not list get its default rate and lower bound, as in
        the Go client. All samplers stay the same objects and keep their balances.
        """
        self.update(strategy)
        # A copy, because other threads add operations meanwhile.
        for operation, sampler in tuple(self.samplers.items()):
            if operation not in self._listed:
                self._apply_to(sampler)

    def _add_sampler(self, operation: str) -> Sampler:
        if (
            len(self.samplers) >= self.max_operations
            or len(operation) > MAX_STORED_NAME
        ):
            return self.default_sampler
        listed = self._listed
        created = self._new_sampler(operation)
        # No lock is needed: setdefault() returns the same sampler to all threads.
        stored = self.samplers.setdefault(operation, created)
        if stored is created and self._listed is not listed:
            # The strategy was updated meanwhile. An update before setdefault() did not
            # find this sampler; one after this check does.
            self._apply_to(created)
        return stored

    def _follow(self, strategy: PerOperation) -> None:
        self.default_sampling_probability = strategy.default_rate
        self.lower_bound = strategy.default_lower_bound
        self._listed = dict(strategy.rates)
        for operation in self._listed:
            sampler = self.samplers.get(operation)
            if sampler is None:
                self.samplers[operation] = self._new_sampler(operation)
            else:
                self._apply_to(sampler)

    def _apply_to(self, sampler: GuaranteedThroughputProbabilisticSampler) -> None:
        sampler.update(self.lower_bound, self._rate_of(sampler.operation))

    def _rate_of(self, operation: str) -> float:
        return self._listed.get(operation, self.default_sampling_probability)

    def _remove_surplus(self) -> None:
        # Otherwise a server that lists new operations each time would fill the memory.
        surplus = len(self.samplers) - self.max_operations - len(self._listed)
        unlisted = [name for name in tuple(self.samplers) if name not in self._listed]
        for operation in unlisted[: max(surplus, 0)]:
            self.samplers.pop(operation, None)

    def _new_sampler(self, operation: str) -> GuaranteedThroughputProbabilisticSampler:
        return GuaranteedThroughputProbabilisticSampler(
            operation,
            self.lower_bound,
            self._rate_of(operation),
            new_limiter=self._new_limiter,
        )

    def __repr__(self) -> str:
        return (
            f"AdaptiveSampler({self.default_sampling_probability:f}, "
            f"{self.lower_bound:f}, {self.max_operations:d})"
        )


class _UndecidedName(Undecided):
    """Postpones a decision until the name is final; one object serves all traces."""

    def __init__(self, sampler: AdaptiveSampler) -> None:
        super().__init__()
        self._sampler = sampler

    def decide(self, root: RootSpan, *, is_final: bool) -> Decision | None:
        """Decide at the end only: until then the name may change again."""
        if not is_final:
            return None
        return self._sampler.is_sampled_by_name(root.trace_id, root.operation)


def _parse(strategies: Mapping[str, object] | PerOperation) -> PerOperation:
    if isinstance(strategies, PerOperation):
        return strategies
    try:
        return parse_per_operation(strategies)
    except StrategyError as exc:
        raise SamplingRateError(str(exc)) from exc
