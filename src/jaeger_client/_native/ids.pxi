# Part of spans.pyx: random ids.

from cpython.object cimport PyObject
from libc.stdint cimport uint64_t
from libc.string cimport memcpy

import os
import random as random_module

cdef str GETRANDBITS = "getrandbits"
cdef uint64_t random_state[4]
cdef type random_class = None
cdef Original random_original = None


def seed_ids():
    """Seed the generator of ids from the operating system."""
    cdef bytes seed = os.urandom(sizeof(random_state))
    # No Python code here: no thread uses a part of the seed.
    memcpy(random_state, <const char *>seed, sizeof(random_state))
    random_state[0] |= 1  # all zeros would stay all zeros


seed_ids()


cdef inline uint64_t rotated(uint64_t bits, int left) noexcept:
    return bits << left | bits >> (64 - left)


cdef uint64_t random_bits() noexcept:
    """Return 64 random bits: xoshiro256++ of Blackman and Vigna, 2019."""
    cdef uint64_t *s = random_state
    cdef uint64_t result = rotated(s[0] + s[3], 23) + s[0]
    cdef uint64_t shifted = s[1] << 17
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= shifted
    s[3] = rotated(s[3], 45)
    return result


cdef adopt_random():
    """Use the generator in C in place of unchanged instances of `IdRandom`."""
    global random_class, random_original
    from jaeger_client._internal.ids import IdRandom
    random_original = original_of(IdRandom, (GETRANDBITS,))
    # Not if a test had patched it before.
    expected = random_module.Random.__mro__[1].__dict__[GETRANDBITS]
    is_usual = random_original.attributes[GETRANDBITS] is expected
    random_class = IdRandom if is_usual else None


cdef bint owns_ids(StarterCore self) except -1:
    """Whether ids are random: `self.random` is unchanged and was not seeded."""
    if (
        <PyObject *>Py_TYPE(self.random) != <PyObject *>random_class
        or not random_original.is_unchanged()
    ):
        return False
    if self.checked_random is not self.random:
        self.random_attributes = self.random.__dict__
        self.checked_random, self.attribute_count = self.random, -1
    # By default it has one attribute. One of several may have been exchanged.
    if len(self.random_attributes) != self.attribute_count or self.attribute_count > 1:
        # See `IdRandom.seed`; a test may have assigned a function.
        if "is_seeded" in self.random_attributes or GETRANDBITS in self.random_attributes:
            return False
        self.attribute_count = len(self.random_attributes)
    return True
