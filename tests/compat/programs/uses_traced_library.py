"""A program whose import of a library reports spans under the import lock."""

import traced_library

with traced_library.tracer.start_span("call"):
    pass
