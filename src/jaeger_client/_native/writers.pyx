# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, binding=False, embedsignature=False
"""
The writers of spans in C: Thrift compact, Thrift binary and OTLP.

Each span is read once and written into the caller's bytearray. No object is created for
a tag, and nothing is cached: no tag value outlives the call.

**Plain spans are written in C, all others by the reference**, the writer of the format
in Python. A span is *plain* if its parts have exactly the types that `SpanData`
documents and usual values: ids and times in their range, finite numbers, text that
UTF-8 can encode, lists of usual length, no references. A function that finds anything
else returns 0, and what was written of the span is overwritten by the reference. So
both write the same bytes for any object, or raise the same exceptions, and rare cases
exist once.

**Safety.** The fields of a span of this client are read in place. Those of any other
object are read as attributes first and stored in a `SpanCore`, which runs all code of
the application that is needed. From there on, until the span is written, all references
are borrowed from that `SpanCore`, and nothing runs Python code: no reference is dropped,
no object is created that garbage is collected for, and the GIL is held. So nothing can
change. Exact `str`, `int`, `float` and `bytes` never do.

**Bounds.** Bytes are written through a pointer only within the number that was reserved
just before; the numbers are sums of the maxima of the parts that follow.

The code is in the files that are included below; see `spans.pyx` for why they are no
modules.
"""

cimport cython

include "buffer.pxi"
include "span_reader.pxi"
include "thrift.pxi"
include "otlp.pxi"
