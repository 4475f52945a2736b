/* Finds rows near a query, as ngrams.py and symspell.py do; those modules say what is found, and why. */

#include "kernel.h"

#include <string.h>

enum { MAX_NGRAMS = 2 * MAX_LETTERS };

static int is_han(uint64_t point) { return point >= HAN_FIRST && point <= HAN_LAST; }

/* Write the n-grams of a text to `ngrams`, those of three letters first; return how many. */
static int64_t ngrams_of(const uint32_t *letters, int64_t length, uint64_t *ngrams)
{
    uint64_t points[MAX_LETTERS + 1], pairs[MAX_LETTERS];
    int64_t found = 0, pair_count = 0;
    points[0] = START_MARK;
    for (int64_t i = 0; i < length; i++) points[i + 1] = letters[i];
    for (int64_t i = 0; i < length; i++) {
        uint64_t pair = points[i] << CODE_POINT_BITS | points[i + 1];
        int near_han = is_han(points[i]) || is_han(points[i + 1]);
        if (near_han) pairs[pair_count++] = pair;
        if (i + 2 <= length && !near_han && !is_han(points[i + 2]))
            ngrams[found++] = pair << CODE_POINT_BITS | points[i + 2];
    }
    memcpy(ngrams + found, pairs, (size_t)pair_count * sizeof *ngrams);
    return found + pair_count;
}

typedef struct {
    int32_t start, size;
} Postings;

/* Write the postings of known n-grams between the bounds of `window` to `postings`, the shortest first;
 * postings of equal length keep their order. Return how many there are. */
static int64_t sorted_postings(const Index *index, const uint64_t *ngrams, int64_t count,
                           const int32_t *window, Postings *postings)
{
    int64_t positions[MAX_NGRAMS], known = 0;
    lower_bounds(index->ngram_codes, index->ngrams, ngrams, count, positions);
    for (int64_t i = 0; i < count; i++) {
        if (positions[i] == index->ngrams || index->ngram_codes[positions[i]] != ngrams[i]) continue;
        const int32_t *cuts = index->ngram_cuts + positions[i] * index->bounds;
        Postings posting = {cuts[window[0]], cuts[window[1]] - cuts[window[0]]};
        int64_t at = known++;
        for (; at && postings[at - 1].size > posting.size; at--) postings[at] = postings[at - 1];
        postings[at] = posting;
    }
    return known;
}

int64_t near_by_ngrams(const Index *index, Workspace *workspace, const Query *query, int32_t *found)
{
    uint64_t ngrams[MAX_NGRAMS];
    Postings postings[MAX_NGRAMS];
    int64_t spent = 0, read = 0, again = 0;
    int32_t *touched = workspace->touched;
    const int32_t *window = index->ngram_windows + 2 * query->letter_count;
    int32_t lowest = index->ngram_length_bounds[window[0]];
    int32_t highest = index->ngram_length_bounds[window[1]];
    uint8_t *counts = workspace->counts;
    if (lowest == highest) return 0;
    int64_t count = ngrams_of(query->letters, query->letter_count, ngrams);
    count = sorted_postings(index, ngrams, count, window, postings);
    for (; read < count; read++) {
        spent += postings[read].size;
        if (read && spent > index->budget) break;
        const int32_t *rows = index->ngram_rows + postings[read].start;
        for (int32_t at = 0; at < postings[read].size; at++) {
            int32_t row = rows[at];
            touched[again] = row;
            again += ++counts[row] == 2;
        }
    }
    /* Most rows share one n-gram only, so the others usually suffice. */
    for (int64_t i = 0, twice = again; i < read && twice < NGRAM_CANDIDATES; i++) {
        const int32_t *rows = index->ngram_rows + postings[i].start;
        for (int32_t at = 0; at < postings[i].size; at++) {
            touched[again] = rows[at];
            again += counts[rows[at]] == 1;
        }
    }
    count = most_frequent(counts, touched, again, NGRAM_CANDIDATES, found);
    memset(counts + lowest, 0, (size_t)(highest - lowest)); /* faster than one by one */
    return count;
}

/* Return the key of a text without the letters at two positions; `length` stands for no position. */
static uint64_t key_without(const uint32_t *letters, int64_t length, int64_t one, int64_t other)
{
    uint64_t key = (uint64_t)(length + 1 - (one < length) - (other < length));
    for (int64_t i = 0; i < length; i++) {
        if (i == one || i == other) continue;
        key = (key ^ letters[i]) * HASH_MULTIPLIER;
        key ^= key >> HASH_SHIFT;
    }
    return key;
}

/* Write the distinct keys of a text without up to `edits` of its letters to `keys`; return how many. */
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

int64_t near_by_symspell(const Index *index, Workspace *workspace, const uint32_t *letters, int64_t length,
                          int64_t edits, int32_t *found)
{
    uint64_t keys[MAX_SYMSPELL_KEYS];
    int64_t positions[MAX_SYMSPELL_KEYS], touched = 0;
    if (!edits) return 0;
    int64_t count = keys_of(letters, length, edits, keys);
    lower_bounds(index->symspell_keys, index->symspell_entries, keys, count, positions);
    for (int64_t i = 0; i < count; i++) {
        int64_t end = positions[i] + MAX_ROWS_PER_KEY;
        if (end > index->symspell_entries) end = index->symspell_entries;
        for (int64_t at = positions[i]; at < end && index->symspell_keys[at] == keys[i]; at++) {
            int32_t row = index->symspell_rows[at];
            workspace->touched[touched] = row;
            touched += workspace->counts[row]++ == 0;
        }
    }
    int32_t *rows = workspace->touched + touched; /* a copy, since the order is changed */
    memcpy(rows, workspace->touched, (size_t)touched * sizeof *rows);
    count = most_frequent(workspace->counts, rows, touched, SYMSPELL_CANDIDATES, found);
    for (int64_t i = 0; i < touched; i++) workspace->counts[workspace->touched[i]] = 0;
    return count;
}
