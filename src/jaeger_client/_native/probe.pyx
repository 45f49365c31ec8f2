# cython: language_level=3
"""
Shows by its import whether the compiled modules can be used in this interpreter.

It imports nothing, so that `_native` can import it before any other module of the
package; the others import what they need of the package, which needs to know by then
whether they are used. They are built with this one, and fail in the same interpreters:
a subinterpreter cannot import what another interpreter of the process has imported.
"""
