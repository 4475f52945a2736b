/* Rows near a query: the twins of grams.py and deletions.py, which say what is found and why. */

#include "kernel.h"

#include <string.h>

enum {
    BITS = 21,
    START = 2,
    HAN_FIRST = 0x3400,
    HAN_LAST = 0xFAFF,
    GRAM_CANDIDATES = 72,
    DELETION_CANDIDATES = 96,
    MOST_OF_ONE = 400,
    MOST_GRAMS = 2 * MOST_LETTERS,
    MOST_KEYS = 128, /* of twelve letters without up to two there are 79 */
};
#define BASE 0x9E3779B97F4A7C15u

static int is_han(uint64_t point) { return point >= HAN_FIRST && point <= HAN_LAST; }

/* Put the grams of a text into `grams`, those of three letters first; return how many. */
static int64_t grams_of(const uint32_t *letters, int64_t length, uint64_t *grams)
{
    uint64_t points[MOST_LETTERS + 1], pairs[MOST_LETTERS];
    int64_t found = 0, pair_count = 0;
    points[0] = START;
    for (int64_t i = 0; i < length; i++) points[i + 1] = letters[i];
    for (int64_t i = 0; i < length; i++) {
        uint64_t pair = points[i] << BITS | points[i + 1];
        int near_han = is_han(points[i]) || is_han(points[i + 1]);
        if (near_han) pairs[pair_count++] = pair;
        if (i + 2 <= length && !near_han && !is_han(points[i + 2]))
            grams[found++] = pair << BITS | points[i + 2];
    }
    memcpy(grams + found, pairs, (size_t)pair_count * sizeof *grams);
    return found + pair_count;
}

typedef struct {
    int32_t start, size;
} Run;

/* Put the postings of known grams within these bounds into `runs`, shortest first; equals keep their
 * order. Return how many. */
static int64_t sorted_runs(const Index *index, const uint64_t *grams, int64_t count,
                           const int32_t *window, Run *runs)
{
    int64_t places[MOST_GRAMS], known = 0;
    lower_bounds(index->ngram_codes, index->grams, grams, count, places);
    for (int64_t i = 0; i < count; i++) {
        if (places[i] == index->grams || index->ngram_codes[places[i]] != grams[i]) continue;
        const int32_t *cuts = index->ngram_cuts + places[i] * index->bounds;
        Run run = {cuts[window[0]], cuts[window[1]] - cuts[window[0]]};
        int64_t at = known++;
        for (; at && runs[at - 1].size > run.size; at--) runs[at] = runs[at - 1];
        runs[at] = run;
    }
    return known;
}

/* Put the `wanted` most shared of the `once` touched rows into `found`, and leave none shared; return
 * how many. Those touched again stand behind them: most rows share one gram and need no second look. */
static int64_t best_touched(const Index *index, Room *room, int64_t once, int64_t twice,
                            int64_t wanted, int32_t *found)
{
    int32_t *again = room->touched + 2 * index->rows;
    if (twice < wanted) {
        memcpy(again, room->touched, (size_t)once * sizeof *again);
        twice = once;
    }
    int64_t count = most_shared(room->shared, again, twice, wanted, found);
    for (int64_t i = 0; i < once; i++) room->shared[room->touched[i]] = 0;
    return count;
}

int64_t near_by_grams(const Index *index, Room *room, const Query *query, int32_t *found)
{
    uint64_t grams[MOST_GRAMS];
    Run runs[MOST_GRAMS];
    int64_t spent = 0, once = 0, twice = 0;
    int32_t *touched = room->touched, *again = room->touched + 2 * index->rows;
    const int32_t *window = index->ngram_windows + 2 * query->letter_count;
    if (index->ngram_length_bounds[window[0]] == index->ngram_length_bounds[window[1]]) return 0;
    int64_t count = grams_of(query->letters, query->letter_count, grams);
    count = sorted_runs(index, grams, count, window, runs);
    for (int64_t i = 0; i < count; i++) {
        spent += runs[i].size;
        if (i && spent > index->budget) break;
        const int32_t *rows = index->ngram_rows + runs[i].start;
        for (int32_t at = 0; at < runs[i].size; at++) {
            int times = ++room->shared[rows[at]];
            touched[once] = again[twice] = rows[at];
            once += times == 1;
            twice += times == 2;
        }
    }
    return best_touched(index, room, once, twice, GRAM_CANDIDATES, found);
}

/* Return the key of letters without those at two places; a place beyond them leaves none out. */
static uint64_t key_without(const uint32_t *letters, int64_t length, int64_t one, int64_t other)
{
    uint64_t key = (uint64_t)(length + 1 - (one < length) - (other < length));
    for (int64_t i = 0; i < length; i++) {
        if (i == one || i == other) continue;
        key = (key ^ letters[i]) * BASE;
        key ^= key >> 29;
    }
    return key;
}

/* Put the distinct keys of letters without up to `edits` of them into `keys`; return how many. */
static int64_t keys_of(const uint32_t *letters, int64_t length, int64_t edits, uint64_t *keys)
{
    int64_t count = 0, alone = edits > 1 ? length : 0;
    for (int64_t one = edits > 1 ? 0 : length; one <= length; one++) {
        for (int64_t other = one < length ? one + 1 : alone; other <= length; other++) {
            uint64_t key = key_without(letters, length, one, other);
            int64_t same = 0;
            while (same < count && keys[same] != key) same++;
            keys[same] = key;
            count += same == count;
        }
    }
    return count;
}

int64_t near_by_deletions(const Index *index, Room *room, const uint32_t *letters, int64_t length,
                          int64_t edits, int32_t *found)
{
    uint64_t keys[MOST_KEYS];
    int64_t places[MOST_KEYS], touched = 0;
    if (!edits) return 0;
    int64_t count = keys_of(letters, length, edits, keys);
    lower_bounds(index->symspell_keys, index->deletions, keys, count, places);
    for (int64_t i = 0; i < count; i++) {
        int64_t end = places[i] + MOST_OF_ONE;
        if (end > index->deletions) end = index->deletions;
        for (int64_t at = places[i]; at < end && index->symspell_keys[at] == keys[i]; at++) {
            int32_t row = index->symspell_rows[at];
            room->touched[touched] = row;
            touched += room->shared[row]++ == 0;
        }
    }
    return best_touched(index, room, touched, 0, DELETION_CANDIDATES, found);
}
