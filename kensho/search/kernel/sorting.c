/* Searches and sorts numbers, for near.c, words.c and inexact.c. */

#include "kernel.h"

#include <string.h>

enum { LEVELS = 256, BUCKETS = 1024 };

/* Find the lower bound of each key in `sorted`. All keys take each step together, so that the memory
 * they wait for is fetched at once: this takes a third of the time of one key after the other. */
void lower_bounds(const uint64_t *sorted, int64_t total, const uint64_t *keys, int64_t count,
                  int64_t *found)
{
    memset(found, 0, (size_t)count * sizeof *found);
    int64_t left = total;
    while (left > 0) {
        int64_t half = (left + 1) / 2;
        for (int64_t i = 0; i < count; i++) {
            found[i] += sorted[found[i] + half - 1] < keys[i] ? half : 0;
        }
        left -= half;
    }
}

/* Sort rows ascending, byte by byte; `spare` must be as long. */
void sort_rows(int32_t *rows, int64_t count, int32_t *spare)
{
    uint32_t all = 0;
    for (int64_t i = 0; i < count; i++) all |= (uint32_t)rows[i];
    int32_t *from = rows, *to = spare;
    for (int shift = 0; shift < 32 && all >> shift; shift += 8) {
        int64_t starts[257] = {0};
        for (int64_t i = 0; i < count; i++) starts[1 + ((uint32_t)from[i] >> shift & 255)]++;
        for (int byte = 0; byte < 256; byte++) starts[byte + 1] += starts[byte];
        for (int64_t i = 0; i < count; i++)
            to[starts[(uint32_t)from[i] >> shift & 255]++] = from[i];
        int32_t *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != rows) memcpy(rows, from, (size_t)count * sizeof *rows);
}

/* Keep each of some ascending rows once; return how many are left. */
int64_t distinct(int32_t *rows, int64_t count)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++)
        if (!kept || rows[kept - 1] != rows[i]) rows[kept++] = rows[i];
    return kept;
}

/* Move the `wanted` lowest of `rows` to their front; there must be space for `count` more behind them. */
static void least_first(int32_t *rows, int64_t count, int64_t wanted)
{
    int64_t sizes[BUCKETS] = {0}, below = 0, kept = 0, within = 0;
    int32_t highest = 0, bucket = 0, shift = 0;
    for (int64_t i = 0; i < count; i++) highest = rows[i] > highest ? rows[i] : highest;
    while (highest >> shift >= BUCKETS) shift++;
    for (int64_t i = 0; i < count; i++) sizes[rows[i] >> shift]++;
    while (below + sizes[bucket] < wanted) below += sizes[bucket++];
    for (int64_t i = 0; i < count; i++) { /* rows of lower buckets, then rows of this one */
        int32_t row = rows[i];
        if (row >> shift > bucket) continue;
        rows[i] = rows[kept + within];
        rows[kept + within] = row;
        if (row >> shift < bucket) {
            rows[kept + within] = rows[kept];
            rows[kept++] = row;
        } else {
            within++;
        }
    }
    sort_rows(rows + kept, within, rows + count);
}

/* Write the `wanted` rows with the highest counts to `found`, of equals those with the lowest numbers, in
 * no order; return how many. There must be space for `count` more rows behind `rows`. */
int64_t most_frequent(const uint8_t *counts, int32_t *rows, int64_t count, int64_t wanted,
                    int32_t *found)
{
    int64_t levels[LEVELS] = {0}, above = 0, equal = 0;
    int least = LEVELS - 1;
    for (int64_t i = 0; i < count; i++) levels[counts[rows[i]]]++;
    while (least > 1 && above + levels[least] < wanted) above += levels[least--];
    above = 0;
    for (int64_t i = 0; i < count; i++) {
        int32_t row = rows[i];
        if (counts[row] > least) found[above++] = row;
        rows[equal] = row;
        equal += counts[row] == least;
    }
    if (equal > wanted - above) {
        least_first(rows, equal, wanted - above);
        equal = wanted - above;
    }
    memcpy(found + above, rows, (size_t)equal * sizeof *found);
    return above + equal;
}
