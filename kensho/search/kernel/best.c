/* Finds the best row of each entry, best first, as `NumpyKernel.best` does. */

#include "kernel.h"

#include <string.h>

/* Sort numbers by their upper half, byte by byte, so that equals keep their order; return where the
 * sorted numbers are. The lower half is a position of POSITION_BITS bits. */
static uint64_t *sorted(uint64_t *order, uint64_t *spare, int64_t count)
{
    for (int shift = POSITION_BITS; shift < POSITION_BITS + 32; shift += 8) {
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

/* Write the best of `count` rows for each entry to the workspace and return how many entries there are;
 * write to `hits` how many of them are hits. */
EXPORT int64_t kensho_best(const Index *index, const Weights *weights, Workspace *workspace, int64_t count,
                           int64_t *hits)
{
    int64_t kept = 0;
    *hits = 0;
    if (!count) return 0;
    for (int64_t i = 0; i < count; i++) {
        uint64_t below = SCORE_STEPS - (uint64_t)(workspace->scores[i] * SCORE_STEPS);
        workspace->order[i] = below << POSITION_BITS | (uint64_t)i;
    }
    const uint64_t *order = sorted(workspace->order, workspace->order + count, count);
    double below_best = (double)workspace->scores[(uint32_t)order[0]] - weights->max_spread;
    float least = (float)(below_best > weights->min_hit ? below_best : weights->min_hit);
    for (int64_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)order[i];
        int32_t entry = index->row_entry[workspace->rows[at]];
        if (workspace->seen[entry]) continue;
        workspace->seen[entry] = 1;
        workspace->best_entries[kept] = entry;
        workspace->best_rows[kept] = workspace->rows[at];
        workspace->best_scores[kept] = workspace->scores[at];
        workspace->best_lists[kept++] = workspace->lists[at];
        *hits += workspace->scores[at] >= least;
    }
    for (int64_t i = 0; i < kept; i++) workspace->seen[workspace->best_entries[i]] = 0;
    return kept;
}
