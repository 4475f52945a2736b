/* Finds and scores the rows that contain a query or are near it, as `NumpyKernel.inexact` does. */

#include "kernel.h"

#include <string.h>

enum { DIGITS = 10, MAX_DIGIT_COUNT = (1 << DIGIT_BITS) - 1, AHEAD = 4 };

typedef struct {
    const Index *index;
    const Weights *weights;
    const Query *query;
} Search;

static float min(float one, float other) { return one < other ? one : other; }
static float max(float one, float other) { return one > other ? one : other; }

/* Return the score of the query at one of its positions. */
static float phrase_score(const Search *search, int64_t position)
{
    const Index *index = search->index;
    const Weights *weights = search->weights;
    float length = index->row_plain_length[index->phrase_rows[position]];
    float coverage = min((float)search->query->plain_count / length, 1.0f);
    double start = (weights->prefix - weights->inner) * (index->phrase_offsets[position] == 0);
    float covered = (float)weights->covered * coverage;
    int is_whole = index->phrase_word_bytes[position] == search->query->plain_bytes;
    float ties = index->row_ties[index->phrase_rows[position]];
    int is_within = index->phrase_word_bytes[position] > search->query->plain_bytes;
    int is_half = index->phrase_offsets[position] == 0 || !is_within;
    float known = (float)search->query->known * (1.0f - coverage) * ties * (float)is_half;
    double contained = weights->inner + start + (double)covered + weights->whole_words * is_whole;
    double score = contained + (double)known;
    return min((float)score, (float)weights->max_inexact);
}

/* Return the score of a row that has all words of the query somewhere. */
static float scattered_score(const Search *search, int32_t row)
{
    const Weights *weights = search->weights;
    double coverage =
        (double)search->query->plain_count / (double)search->index->row_plain_length[row];
    return (float)(weights->scattered + weights->covered * (coverage < 1.0 ? coverage : 1.0));
}

/* Write the rows that contain the query and their scores to `rows` and `scores`; return how many there
 * are, or -1 if there are more than `max`. */
static int64_t containing_query(const Search *search, int32_t *rows, float *scores, int64_t max)
{
    const Query *query = search->query;
    int64_t count = query->high - query->low;
    if (count > max) return -1;
    memcpy(rows, search->index->phrase_rows + query->low, (size_t)count * sizeof *rows);
    for (int64_t i = 0; i < count; i++) scores[i] = phrase_score(search, query->low + i);
    int64_t more = rows_with_words(search->index, query->hashes, query->hash_count, rows + count,
                                   max - count);
    if (more < 0) return -1;
    for (int64_t i = count; i < count + more; i++) scores[i] = scattered_score(search, rows[i]);
    return count + more;
}

/* Write the places of the best rows to `best`, of equals the first ones; return how many. */
static int64_t best_phrases(const Index *index, const int32_t *rows, const float *scores,
                         int64_t count, int64_t *best)
{
    float values[MAX_SCORED_PHRASES];
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++) {
        float value = scores[i] + index->row_ties[rows[i]];
        if (kept == MAX_SCORED_PHRASES && value <= values[kept - 1]) continue;
        int64_t at = kept < MAX_SCORED_PHRASES ? kept++ : kept - 1;
        for (; at && values[at - 1] < value; at--) {
            values[at] = values[at - 1];
            best[at] = best[at - 1];
        }
        values[at] = value;
        best[at] = i;
    }
    return kept;
}

/* Write the rows near the query to `found`; return how many. */
static int64_t near(const Search *search, Workspace *workspace, int32_t *found)
{
    const Query *query = search->query;
    if (!query->is_tolerant) return 0;
    int64_t count = near_by_symspell(search->index, workspace, query->letters, query->letter_count,
                                      query->letter_edits, found);
    count += near_by_ngrams(search->index, workspace, query, found + count);
    count += near_by_symspell(search->index, workspace, query->native, query->native_count,
                               query->native_edits, found + count);
    return count;
}

/* Return how often each digit occurs, DIGIT_BITS bits for each, as `rows.digits_of`. */
static uint64_t digits_of(const uint32_t *letters, int64_t length)
{
    uint64_t counts = 0;
    for (int64_t i = 0; i < length; i++) {
        if (letters[i] < '0' || letters[i] > '9') continue;
        int position = DIGIT_BITS * (int)(letters[i] - '0');
        if ((counts >> position & MAX_DIGIT_COUNT) < MAX_DIGIT_COUNT) counts += 1ull << position;
    }
    return counts;
}

/* Return the penalty of a row with the digits `found` for a query with the digits `wanted`. */
static float digits_penalty(const Weights *weights, uint64_t wanted, uint64_t found)
{
    for (int position = 0; position < DIGITS * DIGIT_BITS; position += DIGIT_BITS)
        if ((found >> position & MAX_DIGIT_COUNT) < (wanted >> position & MAX_DIGIT_COUNT))
            return (float)weights->digits_lost;
    return found == wanted ? 0.0f : (float)weights->digits_extra;
}

typedef struct {
    Pattern letters, native, sorted_words;
    int has_native; /* the letters as they are typed are not the letters */
} Patterns;

/* What comparing a text by edits tells: how alike the whole or its beginning is, and how long it is. */
typedef struct {
    float alike;
    int64_t length;
} ByEdits;

static ByEdits by_edits(const Weights *weights, const Pattern *pattern, const uint8_t *text,
                        const uint8_t *end)
{
    Likeness found = alike(pattern, text, end);
    int64_t size = pattern->length;
    float coverage = (float)size / (float)(found.length > size ? found.length : size);
    float beginning = (float)weights->prefix + (float)weights->covered * coverage;
    float whole = found.whole - (float)weights->unexplained * (1.0f - found.explained);
    float head = 1.0f - (float)weights->errors_in_beginning * (1.0f - found.head);
    return (ByEdits){max(whole, head * beginning), found.length};
}

/* Tell whether a text of `length` letters is the `letters` of the query before its last word, which begins
 * at `last`, or at 0 if it is the only one. */
static int lacks_last_word(const uint32_t *letters, int64_t last, const uint8_t *text, int64_t length)
{
    return last && length == last && begins(letters, last, text);
}

/* Return the similarity of a row: of its letters, as they sound and as they are typed, of its beginning or
 * of its sorted words, the best. */
static float likeness(const Search *search, const Patterns *patterns, int32_t row)
{
    const Index *index = search->index;
    const Weights *weights = search->weights;
    const uint8_t *text = index->letters + index->letters_ends[row];
    const uint8_t *end = index->letters + index->letters_ends[row + 1];
    int has_native = index->native_ends[row] < index->native_ends[row + 1];
    const Query *query = search->query;
    ByEdits found = by_edits(weights, &patterns->letters, text, end);
    int64_t length = found.length;
    float best = found.alike;
    int lacks = lacks_last_word(query->letters, query->letters_last, text, length);
    if (has_native) {
        text = index->native + index->native_ends[row];
        end = index->native + index->native_ends[row + 1];
    }
    if (has_native || patterns->has_native) {
        found = by_edits(weights, &patterns->native, text, end);
        length = found.length;
        if (!query->is_spoken)
            best = max(best, found.alike);
        else
            best = length == end - text ? best - (float)weights->other_script : found.alike;
    }
    lacks = lacks || lacks_last_word(query->native, query->native_last, text, length);
    if (patterns->sorted_words.length) {
        const uint8_t *words = index->sorted_words + index->sorted_words_ends[row];
        const uint8_t *words_end = index->sorted_words + index->sorted_words_ends[row + 1];
        float reordered = reordered_alike(&patterns->sorted_words, words, words_end);
        best = max(best, reordered * (float)weights->reordered);
    }
    return best - (float)weights->word_lacking * (float)lacks;
}

/* Fetch what is needed of a row while others are scored, because rows are far apart in memory. */
static void prefetch(const Index *index, int32_t row, int has_sorted_words)
{
    __builtin_prefetch(index->letters + index->letters_ends[row]);
    __builtin_prefetch(index->native + index->native_ends[row]);
    __builtin_prefetch(index->row_digits + row);
    __builtin_prefetch(index->row_ties + row);
    if (has_sorted_words) __builtin_prefetch(index->sorted_words + index->sorted_words_ends[row]);
}

static void prepare_patterns(Patterns *patterns, const Query *query)
{
    prepare(&patterns->letters, query->letters, query->letter_count);
    prepare(&patterns->native, query->native, query->native_count);
    prepare(&patterns->sorted_words, query->sorted_words, query->sorted_words_count);
    patterns->has_native =
        query->native_count != query->letter_count ||
        memcmp(query->native, query->letters, (size_t)query->letter_count * sizeof *query->letters);
}

/* Return the similarity of one row. */
EXPORT float kensho_likeness(const Index *index, const Weights *weights, const Query *query, int32_t row)
{
    Search search = {index, weights, query};
    Patterns patterns;
    prepare_patterns(&patterns, query);
    return likeness(&search, &patterns, row);
}

/* Score rows; `scores` holds the scores of the phrases in them, and then those of the rows. */
static void score_rows(const Search *search, const int32_t *rows, float *scores, int64_t count)
{
    const Index *index = search->index;
    const Query *query = search->query;
    const Weights *weights = search->weights;
    Patterns patterns;
    uint64_t wanted = digits_of(query->letters, query->letter_count);
    prepare_patterns(&patterns, query);
    for (int64_t i = 0; i < count; i++) {
        if (i + 2 * AHEAD < count) {
            __builtin_prefetch(index->letters_ends + rows[i + 2 * AHEAD]);
            __builtin_prefetch(index->sorted_words_ends + rows[i + 2 * AHEAD]);
            __builtin_prefetch(index->native_ends + rows[i + 2 * AHEAD]);
        }
        if (i + AHEAD < count) prefetch(index, rows[i + AHEAD], query->sorted_words_count > 0);
        float alike = likeness(search, &patterns, rows[i]);
        alike -= digits_penalty(weights, wanted, index->row_digits[rows[i]]);
        float best = min(max(alike, scores[i]), (float)weights->max_inexact);
        scores[i] = best + index->row_ties[rows[i]];
    }
}

/* Add the best rows that contain the query to the `count` rows near it, sort them, keep each once, and
 * write the score of the phrase in each to `scores`; return how many rows there are. */
static int64_t rows_to_score(const Workspace *workspace, int64_t count, const int64_t *best, int64_t kept,
                            const int32_t *containing_rows, const float *containing_scores)
{
    int32_t *rows = workspace->rows;
    for (int64_t i = 0; i < kept; i++) rows[count++] = containing_rows[best[i]];
    sort_rows(rows, count, workspace->touched);
    count = distinct(rows, count);
    memset(workspace->scores, 0, (size_t)count * sizeof *workspace->scores);
    for (int64_t i = 0; i < kept; i++) {
        int64_t low = 0, high = count - 1;
        while (low < high) {
            int64_t middle = (low + high) / 2;
            if (rows[middle] < containing_rows[best[i]])
                low = middle + 1;
            else
                high = middle;
        }
        workspace->scores[low] = max(workspace->scores[low], containing_scores[best[i]]);
    }
    return count;
}

/* Write rows and scores to the workspace: first the rows that were scored one by one, ascending; then,
 * if more rows contain the query, all of these with the scores of their phrases. Return how many there
 * are, or -1 if more than `max_containing` rows contain the query. */
EXPORT int64_t kensho_inexact(const Index *index, const Weights *weights, Workspace *workspace,
                              const Query *query, int64_t max_containing)
{
    Search search = {index, weights, query};
    int64_t best[MAX_SCORED_PHRASES];
    int32_t *containing_rows = workspace->rows + MAX_SCORED_ONE_BY_ONE;
    float *containing_scores = workspace->scores + MAX_SCORED_ONE_BY_ONE;
    int64_t containing_count = containing_query(&search, containing_rows, containing_scores, max_containing);
    if (containing_count < 0) return -1;
    int64_t kept = best_phrases(index, containing_rows, containing_scores, containing_count, best);
    int64_t count = near(&search, workspace, workspace->rows);
    count = rows_to_score(workspace, count, best, kept, containing_rows, containing_scores);
    score_rows(&search, workspace->rows, workspace->scores, count);
    if (kept == containing_count) return count;
    for (int64_t i = 0; i < containing_count; i++) {
        workspace->rows[count + i] = containing_rows[i];
        workspace->scores[count + i] = containing_scores[i] + index->row_ties[containing_rows[i]];
    }
    return count + containing_count;
}
