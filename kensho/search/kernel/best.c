/* The best row of each entry, best first: the twin of `ArrayKernel.best`. */

#include "kernel.h"

#include <string.h>

enum { STEPS = 1 << 24, PLACE_BITS = 32 };

/* Sort by what stands above a place, byte by byte, so that equals keep their order; return where
 * the sorted numbers are. */
static uint64_t *sorted(uint64_t *order, uint64_t *spare, int64_t count)
{
    for (int shift = PLACE_BITS; shift < PLACE_BITS + 32; shift += 8) {
        int64_t starts[257] = {0};
        for (int64_t i = 0; i < count; i++) starts[1 + (order[i] >> shift & 255)]++;
        if (starts[1 + (order[0] >> shift & 255)] == count) continue;
        for (int byte = 0; byte < 256; byte++) starts[byte + 1] += starts[byte];
        for (int64_t i = 0; i < count; i++) spare[starts[order[i] >> shift & 255]++] = order[i];
        uint64_t *swapped = order;
        order = spare;
        spare = swapped;
    }
    return order;
}

/* Put the best of `count` rows for each entry into the room; tell in `hits` how many of them are
 * hits, and return how many there are. */
EXPORT int64_t kensho_best(const Index *index, const Weights *weights, Room *room, int64_t count,
                           int64_t *hits)
{
    int64_t kept = 0;
    *hits = 0;
    if (!count) return 0;
    for (int64_t i = 0; i < count; i++) {
        uint64_t below = STEPS - (uint64_t)(room->scores[i] * STEPS);
        room->order[i] = below << PLACE_BITS | (uint64_t)i;
    }
    const uint64_t *order = sorted(room->order, room->order + count, count);
    double spread = (double)room->scores[(uint32_t)order[0]] - weights->spread;
    float least = (float)(spread > weights->least ? spread : weights->least);
    for (int64_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)order[i];
        int32_t entry = index->row_entry[room->rows[at]];
        if (room->seen[entry]) continue;
        room->seen[entry] = 1;
        room->best_entries[kept] = entry;
        room->best_rows[kept] = room->rows[at];
        room->best_scores[kept] = room->scores[at];
        room->best_lists[kept++] = room->lists[at];
        *hits += room->scores[at] >= least;
    }
    for (int64_t i = 0; i < kept; i++) room->seen[room->best_entries[i]] = 0;
    return kept;
}
