# Part of spans.pyx: the mark of a process, true in the process that set it, false in
# children forked since.
#
# It is a byte of a page that Linux fills with zeros in every forked child, whether or not
# the fork runs any hook; see `_internal.fork`. The twin is a `c_bool` of `ctypes` in an
# `mmap.mmap`, whose imports take 1.4 ms of the first span.

cdef extern from *:
    """
    #ifdef __linux__
    #include <sys/mman.h>
    #ifndef MADV_WIPEONFORK
    #define MADV_WIPEONFORK 18  /* Linux 4.14 and later */
    #endif

    static char *map_wiped_page(void)
    {
        /* Both calls round the size up to a page. */
        void *page = mmap(NULL, 1, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED)
            return NULL;
        if (madvise(page, 1, MADV_WIPEONFORK)) {
            munmap(page, 1);
            return NULL;
        }
        return page;
    }

    static void unmap_page(char *page)
    {
        munmap(page, 1);
    }
    #else
    static char *map_wiped_page(void) { return NULL; }
    static void unmap_page(char *page) { (void)page; }
    #endif
    """
    char *map_wiped_page()
    void unmap_page(char *page)


cdef class ProcessMark:
    """
    A mark that is false until `value` is set.

    Raises:
        OSError: If the system cannot wipe a page in forked children.
    """

    # Never NULL: an object whose creation raises is not returned to anyone.
    cdef char *page

    def __cinit__(self):
        self.page = map_wiped_page()
        if self.page is NULL:
            raise OSError("this system cannot wipe a page in forked children")

    def __dealloc__(self):
        if self.page is not NULL:
            unmap_page(self.page)

    def __bool__(self):
        return self.page[0] != 0

    @property
    def value(self):
        """Whether it is set."""
        return self.page[0] != 0

    @value.setter
    def value(self, value):
        self.page[0] = bool(value)

    def __reduce__(self):
        # A copy may be used in another process, so it is false, as in a forked child.
        return ProcessMark, ()


cdef inline bint is_marked(object mark) except -1:
    """Whether *mark* is true; on some systems it is another object."""
    if type(mark) is ProcessMark:
        return (<ProcessMark>mark).page[0] != 0
    return bool(mark)
