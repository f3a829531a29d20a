# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""dma-inspect.h for Python: libdma-inspect.so through ctypes, and nothing besides."""
import ctypes

VIRTUAL, PHYSICAL = 0, 1
HAS_VIRTUAL, HAS_PHYSICAL, LIVE, LINUX, BIG_ENDIAN, TRANSLATES, SLOW, NAMES_LAST = (
    1 << i for i in range(8))
SYMBOL, PLACE, LINE, MEMBER, SIZE, PHYSICAL_OF = range(1, 7)
COLOR, JSON = 1, 2

READ = ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_int, ctypes.c_uint64,
                        ctypes.c_void_p, ctypes.c_size_t)
ASK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
WRITE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
PROGRESS = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int,
                            ctypes.c_uint64, ctypes.c_uint64)
WORD = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)


class Host(ctypes.Structure):
    """struct dma_inspect_host"""
    _fields_ = [("size", ctypes.c_uint32), ("flags", ctypes.c_uint32),
                ("machine", ctypes.c_uint16), ("bits", ctypes.c_uint16),
                ("reserved", ctypes.c_uint32), ("name", ctypes.c_char_p),
                ("target", ctypes.c_char_p), ("ctx", ctypes.c_void_p), ("read", READ),
                ("ask", ASK), ("write", WRITE), ("progress", PROGRESS)]


class Question(ctypes.Structure):
    """struct dma_inspect_question"""
    _fields_ = [("size", ctypes.c_uint32), ("what", ctypes.c_uint32), ("name", ctypes.c_char_p),
                ("member", ctypes.c_char_p), ("addr", ctypes.c_uint64),
                ("value", ctypes.c_uint64), ("bytes", ctypes.c_uint64),
                ("module", ctypes.c_char * 64), ("function", ctypes.c_char * 128),
                ("line", ctypes.c_char * 256)]


def load(path):
    """The library, its functions with their types."""
    lib = ctypes.CDLL(path)
    handle, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    for name, ret, *args in (
            ("version", text), ("open", number, ctypes.POINTER(Host), ctypes.POINTER(handle)),
            ("close", None, handle), ("stop", None, handle), ("forget", None, handle),
            ("error", text, handle),
            ("range", number, handle, number, ctypes.c_uint64, ctypes.c_uint64, number),
            ("qemu_map", number, handle, text),
            ("vmcoreinfo", number, handle, text, ctypes.c_size_t),
            ("run", number, handle, text, ctypes.c_uint),
            ("complete", None, handle, text, ctypes.c_size_t, WORD, ctypes.c_void_p)):
        function = getattr(lib, "dma_inspect_" + name)
        function.restype, function.argtypes = ret, args
    return lib
