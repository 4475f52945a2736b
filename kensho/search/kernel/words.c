/* Finds the rows that have all words of a query, the rows that equal it, and where it occurs, as
 * words.py, `TitleRows.equal` and phrases.py do. */

#include "kernel.h"

#include <string.h>

/* Keep those of the ascending `rows` that are among the ascending `others`; return how many. */
static int64_t common(int32_t *rows, int64_t count, const int32_t *others, int64_t total)
{
    int64_t kept = 0, at = 0;
    for (int64_t i = 0; i < count && at < total; i++) {
        int64_t step = 1, low = at;
        while (at + step < total && others[at + step] < rows[i]) {
            low = at + step;
            step *= 2;
        }
        int64_t high = at + step < total ? at + step : total;
        while (low < high) {
            int64_t middle = (low + high) / 2;
            if (others[middle] < rows[i])
                low = middle + 1;
            else
                high = middle;
        }
        at = low;
        if (at < total && others[at] == rows[i]) rows[kept++] = rows[i];
    }
    return kept;
}

/* Write the rows that have all these words to `found`; return how many, or -1 if more than `max` rows
 * have the rarest word. */
int64_t rows_with_words(const Index *index, const uint64_t *hashes, int64_t count, int32_t *found,
                        int64_t max)
{
    int64_t positions[MAX_WORDS], rarest = 0;
    if (count < 2) return 0;
    lower_bounds(index->word_hashes, index->words, hashes, count, positions);
    for (int64_t i = 0; i < count; i++) {
        if (positions[i] == index->words || index->word_hashes[positions[i]] != hashes[i]) return 0;
        int64_t size = index->word_ends[positions[i]] - index->word_starts[positions[i]];
        if (size < index->word_ends[positions[rarest]] - index->word_starts[positions[rarest]])
            rarest = i;
    }
    const int32_t *first = index->word_rows + index->word_starts[positions[rarest]];
    int64_t kept = index->word_ends[positions[rarest]] - index->word_starts[positions[rarest]];
    if (kept > max) return -1;
    memcpy(found, first, (size_t)kept * sizeof *found);
    for (int64_t i = 0; i < count; i++) {
        if (i == rarest) continue;
        int32_t start = index->word_starts[positions[i]];
        kept = common(found, kept, index->word_rows + start, index->word_ends[positions[i]] - start);
    }
    return kept;
}

/* Write up to `max` rows with exactly these letters, in UTF-8, to `found`; return how many. */
EXPORT int64_t kensho_equal(const Index *index, uint64_t hash, const uint8_t *letters,
                            int64_t size, int32_t *found, int64_t max)
{
    int64_t position, kept = 0;
    lower_bounds(index->row_hashes, index->rows, &hash, 1, &position);
    for (; position < index->rows && index->row_hashes[position] == hash && kept < max; position++) {
        int32_t row = index->row_by_hash[position];
        uint32_t start = index->letters_ends[row];
        if (index->letters_ends[row + 1] - start == size &&
            !memcmp(index->letters + start, letters, (size_t)size))
            found[kept++] = row;
    }
    return kept;
}

/* Write the range of phrase positions at which `plain` occurs to `found[0]` and `found[1]`. */
EXPORT void kensho_phrase_range(const Index *index, const uint8_t *plain, int64_t size, int64_t *found)
{
    uint64_t keys[2] = {0, 0};
    for (int64_t i = 0; i < HEAD_BYTES; i++) {
        keys[0] = keys[0] << 8 | (i < size ? plain[i] : 0);
        keys[1] = keys[1] << 8 | (i < size ? plain[i] : 255);
    }
    keys[1] += keys[1] != UINT64_MAX; /* no text has a byte of 255 */
    lower_bounds(index->phrase_heads, index->positions, keys, 2, found);
    for (int past = 0; size > HEAD_BYTES && past < 2; past++) {
        int64_t low = found[0], high = found[1];
        while (low < high) {
            int64_t middle = (low + high) / 2;
            int32_t row = index->phrase_rows[middle];
            uint32_t start = index->plain_letters_ends[row] + index->phrase_offsets[middle];
            int64_t left = (int64_t)index->plain_letters_ends[row + 1] - start;
            int order = memcmp(index->plain_letters + start, plain, (size_t)(left < size ? left : size));
            if (order < 0 || (!order && (left < size || past)))
                low = middle + 1;
            else
                high = middle;
        }
        found[past] = low;
    }
}
