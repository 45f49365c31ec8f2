# Part of spans.pyx: random ids.

import os
import random as random_module

cdef str GETRANDBITS = "getrandbits"
cdef uint64_t random_state[4]
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


cdef int adopt_random() except -1:
    """Use the generator in C in place of unchanged instances of `IdRandom`."""
    global random_original
    from jaeger_client._internal.ids import IdRandom
    random_original = original_of(IdRandom, (GETRANDBITS,))
    expected = random_module.Random.__mro__[1].__dict__[GETRANDBITS]
    if random_original.attributes[GETRANDBITS] is not expected:
        random_original.owner = None  # A test had patched it before.


cdef inline bint owns_ids(StarterCore self) except -1:
    """Whether ids are random: `self.random` is unchanged and was not seeded."""
    if not is_exactly(self.random, random_original):
        return False
    if not is_copied(self.random, self.random_attributes, self.random_version):
        copy_random(self)
    return self.has_random_ids


cdef int copy_random(StarterCore self) except -1:
    cdef dict attributes = self.random.__dict__
    self.has_random_ids = False
    if has_versions(Py_TYPE(self.random)):
        watch(attributes)
        self.random_version = dict_version_of(<PyObject *>attributes)
        self.random_attributes = attributes
        # See `IdRandom.seed`; a test may have assigned a function.
        self.has_random_ids = not (
            "is_seeded" in attributes or GETRANDBITS in attributes
        )
    return 0
