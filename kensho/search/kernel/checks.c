/* Checks texts before they are mapped for good, as soundness.py does without a compiled kernel: the
 * other parts read UTF-8 without looking whether it is whole. */

#include "kernel.h"

#include <string.h>

static int continues(uint8_t byte) { return (byte & 0xC0) == 0x80; }

/* Return the size of the character at `at`, or 0 if it is no whole UTF-8; a surrogate may be encoded. */
static int64_t size_of(const uint8_t *at, int64_t left)
{
    uint8_t first = at[0];
    if (first < 0x80) return 1;
    if (first < 0xC2 || left < 2 || !continues(at[1])) return 0;
    if (first < 0xE0) return 2;
    if (left < 3 || !continues(at[2]) || (first == 0xE0 && at[1] < 0xA0)) return 0;
    if (first < 0xF0) return 3;
    if (left < 4 || !continues(at[3]) || first > 0xF4) return 0;
    if ((first == 0xF0 && at[1] < 0x90) || (first == 0xF4 && at[1] > 0x8F)) return 0;
    return 4;
}

/* Return the position of the first byte that begins no whole character, or `size` if there is none. */
EXPORT int64_t kensho_valid_until(const uint8_t *text, int64_t size)
{
    int64_t at = 0;
    while (at < size) {
        uint64_t eight;
        if (size - at >= (int64_t)sizeof eight) {
            memcpy(&eight, text + at, sizeof eight);
            if (!(eight & 0x8080808080808080u)) {
                at += sizeof eight;
                continue;
            }
        }
        int64_t step = size_of(text + at, size - at);
        if (!step) return at;
        at += step;
    }
    return size;
}

/* Return the first of `count` texts whose beginning, padded with zeros, is not in the table of `width`
 * bytes for each, or `count` if there is none. A text that is longer is cut in the table. */
EXPORT int64_t kensho_same_until(const uint8_t *texts, const uint32_t *ends, const uint8_t *table,
                                 int64_t width, int64_t count)
{
    for (int64_t i = 0; i < count; i++, table += width) {
        int64_t size = (int64_t)ends[i + 1] - ends[i];
        if (size > width) size = width;
        if (memcmp(table, texts + ends[i], (size_t)size)) return i;
        for (int64_t at = size; at < width; at++)
            if (table[at]) return i;
    }
    return count;
}
