"""Philox4x32-10 (Salmon et al. 2011) with numpy, and the numbers that the runtime draws."""

import numpy as np

MASK = np.uint64(0xffffffff)


def philox(counter, key):
    """Returns the 4 words of each block. `counter`: 4 arrays of u32 words; `key`: 2 words."""
    x = [np.asarray(word, np.uint64) for word in counter]
    k = [np.uint64(word) for word in key]
    for _ in range(10):
        a, b = np.uint64(0xd2511f53) * x[0], np.uint64(0xcd9e8d57) * x[2]
        x = [(b >> np.uint64(32)) ^ x[1] ^ k[0], b & MASK,
             (a >> np.uint64(32)) ^ x[3] ^ k[1], a & MASK]
        k = [(k[0] + np.uint64(0x9e3779b9)) & MASK, (k[1] + np.uint64(0xbb67ae85)) & MASK]
    return [np.asarray(word, np.uint32) for word in x]


def words(count, seed, step, stream):
    """Returns `count` words of a stream, four per block, as in runtime/kernels/cpu/Random.cpp."""
    block = np.arange((count + 3) // 4, dtype=np.uint64)
    counter = [block & MASK, block >> np.uint64(32), np.full_like(block, stream),
               np.full_like(block, step)]
    return np.stack(philox(counter, [seed & 0xffffffff, seed >> 32]), -1).reshape(-1)[:count]


def uniform(count, seed, step, stream):
    """Returns `count` f32 numbers in [0, 1), of 24 bits each."""
    return (words(count, seed, step, stream) >> 8).astype(np.float32) * np.float32(2.0**-24)


def kept(shape, p, seed, step, stream):
    """Returns the mask of a dropout."""
    count = int(np.prod(shape))
    return (uniform(count, seed, step, stream) >= np.float32(p)).reshape(shape)
