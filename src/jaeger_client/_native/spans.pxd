# cython: language_level=3
"""
The layout of spans and span contexts in compiled code; `spans.pyx` implements it.

`Span` and `SpanContext` are Python classes with these as their first bases. Python code
reads and assigns each field as an attribute of the same name (a few differ, see below)
and of the type that the plain Python class stores.

**When the C fields may be read.** An application may assign anything to any attribute,
derive classes, and patch them. So a reader in C must check first, for each object,

    if has_plain_fields(span): ...        # then span.start_time and so on, in C
    else: ...                             # ordinary attributes, by getattr

and the same with `is_plain_context` for contexts. Both are true if the object is
exactly of the class `Span` or `SpanContext`, no attribute of that class was replaced,
and every value that was assigned fits its C field; they take 2 ns. The result is valid
until Python code may run. A value that does not fit is stored in `odd`, and reading the
attribute returns it.

A tuple in `first_tags` or `log_items` is that of C code, see `flat.pxi`: an application
sees a dict or a list. Other fields that are objects may be of any type even then.
Readers check for the exact type that they expect (`dict`, `list`, `str`), and hold a
reference of their own to each before they run Python code.

Larger fields come first: without padding between them, `fields_of` knows where each is.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t


cdef class ContextCore:
    cdef uint64_t trace_id_high     # with the next one: `trace_id`
    cdef uint64_t trace_id_low
    cdef uint64_t span_id
    cdef uint64_t parent_id         # 0 is `None`
    cdef object baggage             # a dict, or the empty dict NO_BAGGAGE
    cdef object debug_id            # str or None
    cdef object trace_state         # str or None
    cdef dict odd                   # values that do not fit their fields, by name; None
    cdef uint32_t flags
    cdef uint8_t has_random_trace_id
    cdef uint8_t sampling_undecided


cdef class SpanCore:
    cdef uint64_t trace_id_high     # with the next one: `trace_id`
    cdef uint64_t trace_id_low
    cdef uint64_t span_id
    cdef uint64_t parent_id         # 0 is `None`
    cdef double start_time          # seconds since the epoch; NaN is `None`
    cdef double end_time
    cdef double clock_offset
    cdef object owner               # the attribute `_tracer`
    cdef object operation_name      # str
    cdef object references          # list of opentracing.Reference, or None
    cdef object baggage
    cdef object stored_context      # SpanContext or None
    cdef object first_tags          # dict: str to value; or a tuple, see flat.pxi
    cdef object decision_tags       # dict: str to value
    cdef object more_tags           # list of pairs, NO_MORE_TAGS or a TagList
    cdef object log_items           # list of (microseconds, pairs), a LogList or a tuple
    cdef dict odd
    cdef uint32_t own_flags         # valid if stored_context is None, see flags_of()
    cdef uint32_t dropped_tags
    cdef uint32_t dropped_logs
    cdef uint8_t finished
    cdef uint8_t has_random_trace_id
    cdef uint8_t shares_span_id


cdef class StarterCore:
    # Attributes of the tracer that are read for each span; each may be any object. They
    # are copies of items of its `__dict__`, valid if is_plain_starter() is true.
    cdef object sampler
    cdef object reporter
    cdef object metrics
    cdef object random
    cdef object max_trace_id_bits
    cdef object one_span_per_rpc
    cdef Py_ssize_t max_tag_value_length    # -1: not a usual number
    cdef Py_ssize_t max_tags_per_span
    cdef Py_ssize_t max_logs_per_span
    cdef object clock
    cdef object active_scope        # the attribute `_active_scope`, or its ContextVar
    cdef object process_mark        # the attribute `_process_mark`
    cdef dict copied                # the `__dict__` that they were copied from
    cdef uint64_t copied_version    # of that
    cdef unsigned int plain_version # of the class, when it was last checked
    cdef dict random_attributes     # vars() of `random`, see owns_ids()
    cdef uint64_t random_version    # of these
    cdef object sampler_original    # an `Original`, if the sampler is one of ours
    cdef dict sampler_attributes    # vars() of the sampler, see decide()
    cdef uint64_t sampler_version   # of these
    cdef uint64_t boundary          # what the sampler returns: for smaller ids `below`
    cdef tuple below
    cdef tuple above
    cdef unsigned int receiver_version  # of the reporter's class, see enqueue()
    cdef bint has_random_ids        # `random` is unchanged and was not seeded
    cdef bint has_noop_metrics      # the metrics are of our class and do nothing
    cdef bint reports_itself        # `report_span` is ours
    cdef bint starts_itself         # `start_span` is ours


cdef struct Ids:
    uint64_t trace_id_high
    uint64_t trace_id_low
    uint64_t span_id
    uint64_t parent_id              # 0 is `None`
    uint32_t flags


cdef bint has_plain_fields(object span) noexcept
"""Whether *span* is a `SpanCore` all of whose C fields are valid."""

cdef bint is_plain_context(object context) noexcept
"""Whether *context* is a `ContextCore` all of whose C fields are valid."""

cdef bint read_ids(SpanCore span, Ids* ids) noexcept
"""
Store the ids and flags of `span.ids`, for a span with plain fields.

They are those of its `stored_context` if it has one. Returns false, and stores nothing,
if they must be read as attributes of `span.ids`.
"""

cdef bint are_contexts_plain() noexcept
"""Whether no attribute of `SpanContext` was replaced, so that a new context is plain."""

cdef ContextCore new_context()
"""A new `SpanContext`: its numbers are 0, its objects None, until they are stored."""

cdef object no_more_tags()
"""The value of `more_tags` of a span without any: a list whose content is not read."""

cdef int finish_span(object span) except -1
"""What `span.finish()` does, for any span."""

cdef dict slots_of(object instance)
"""The values of the slots of Python classes, for `copy` and `pickle`."""

cdef int replace_method(type owner, str name, object function, void *run) except -1
"""Replace a method in Python by one in C, see `Method` in `classes.pxi`."""
