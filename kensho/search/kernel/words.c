/* Rows that have all words of a query, and rows that equal it: twins of words.py and of
 * `Rows.equal`. */

#include "kernel.h"

#include <string.h>

/* Keep those of the ascending `rows` that are among others, ascending too; return how many. */
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

/* Put the rows that have all these words into `found`; return how many, or -1 where it has not room
 * for as many as have the rarest. */
int64_t rows_with_words(const Index *index, const uint64_t *hashes, int64_t count, int32_t *found,
                        int64_t most)
{
    int64_t places[MOST_HASHES], rarest = 0;
    if (count < 2) return 0;
    lower_bounds(index->word_hashes, index->words, hashes, count, places);
    for (int64_t i = 0; i < count; i++) {
        if (places[i] == index->words || index->word_hashes[places[i]] != hashes[i]) return 0;
        int64_t size = index->word_ends[places[i]] - index->word_starts[places[i]];
        if (size < index->word_ends[places[rarest]] - index->word_starts[places[rarest]])
            rarest = i;
    }
    const int32_t *first = index->word_rows + index->word_starts[places[rarest]];
    int64_t kept = index->word_ends[places[rarest]] - index->word_starts[places[rarest]];
    if (kept > most) return -1;
    memcpy(found, first, (size_t)kept * sizeof *found);
    for (int64_t i = 0; i < count; i++) {
        if (i == rarest) continue;
        int32_t start = index->word_starts[places[i]];
        kept = common(found, kept, index->word_rows + start, index->word_ends[places[i]] - start);
    }
    return kept;
}

/* Put the rows with exactly these letters, UTF-8, into `found`, at most `most`; return how many. */
EXPORT int64_t kensho_equal(const Index *index, uint64_t hash, const uint8_t *letters,
                            int64_t size, int32_t *found, int64_t most)
{
    int64_t place, kept = 0;
    lower_bounds(index->row_hashes, index->rows, &hash, 1, &place);
    for (; place < index->rows && index->row_hashes[place] == hash && kept < most; place++) {
        int32_t row = index->row_by_hash[place];
        uint32_t start = index->letters_ends[row];
        if (index->letters_ends[row + 1] - start == size &&
            !memcmp(index->letters + start, letters, (size_t)size))
            found[kept++] = row;
    }
    return kept;
}

/* Tell where `plain` stands: `found[0]` to `found[1]` in the list of places. */
EXPORT void kensho_places(const Index *index, const uint8_t *plain, int64_t size, int64_t *found)
{
    enum { HEAD = 8 };
    uint64_t keys[2] = {0, 0};
    for (int64_t i = 0; i < HEAD; i++) {
        keys[0] = keys[0] << 8 | (i < size ? plain[i] : 0);
        keys[1] = keys[1] << 8 | (i < size ? plain[i] : 255);
    }
    keys[1] += keys[1] != UINT64_MAX; /* no text has such a byte */
    lower_bounds(index->phrase_heads, index->places, keys, 2, found);
    for (int past = 0; size > HEAD && past < 2; past++) {
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
