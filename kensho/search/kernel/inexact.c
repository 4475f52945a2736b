/* Everything that is like a query, with its score: the twin of `ArrayKernel.inexact`. */

#include "kernel.h"

#include <string.h>

enum { DIGITS = 10, DIGIT_BITS = 5, DIGIT_MOST = 31, AHEAD = 4 };

typedef struct {
    const Index *index;
    const Weights *weights;
    const Query *query;
} Search;

static float least(float one, float other) { return one < other ? one : other; }
static float most(float one, float other) { return one > other ? one : other; }

/* Return what the query's standing at a place is worth. */
static float phrase_worth(const Search *search, int64_t place)
{
    const Index *index = search->index;
    const Weights *weights = search->weights;
    float length = index->row_plain_length[index->phrase_rows[place]];
    float coverage = least((float)search->query->plain_count / length, 1.0f);
    double start = (weights->prefix - weights->inner) * (index->phrase_offsets[place] == 0);
    float covered = (float)weights->covered * coverage;
    int is_whole = index->phrase_word_bytes[place] == search->query->plain_bytes;
    double worth = weights->inner + start + (double)covered + weights->whole_words * is_whole;
    return least((float)worth, (float)weights->most);
}

/* Return what it is worth that a row has all words of the query somewhere. */
static float scattered_worth(const Search *search, int32_t row)
{
    const Weights *weights = search->weights;
    double coverage =
        (double)search->query->plain_count / (double)search->index->row_plain_length[row];
    return (float)(weights->scattered + weights->covered * (coverage < 1.0 ? coverage : 1.0));
}

/* Put the rows that hold the query, and what that is worth, into these; return how many, or -1 where
 * they are more than `most`. */
static int64_t held(const Search *search, int32_t *rows, float *worth, int64_t most)
{
    const Query *query = search->query;
    int64_t count = query->high - query->low;
    if (count > most) return -1;
    memcpy(rows, search->index->phrase_rows + query->low, (size_t)count * sizeof *rows);
    for (int64_t i = 0; i < count; i++) worth[i] = phrase_worth(search, query->low + i);
    int64_t more = rows_with_words(search->index, query->hashes, query->hash_count, rows + count,
                                   most - count);
    if (more < 0) return -1;
    for (int64_t i = count; i < count + more; i++) worth[i] = scattered_worth(search, rows[i]);
    return count + more;
}

/* Put the places of the likeliest into `likely`, of equals the first; return how many. */
static int64_t likeliest(const Index *index, const int32_t *rows, const float *worth,
                         int64_t count, int64_t *likely)
{
    float values[MOST_JUDGED_PHRASES];
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++) {
        float value = worth[i] + index->row_ties[rows[i]];
        if (kept == MOST_JUDGED_PHRASES && value <= values[kept - 1]) continue;
        int64_t at = kept < MOST_JUDGED_PHRASES ? kept++ : kept - 1;
        for (; at && values[at - 1] < value; at--) {
            values[at] = values[at - 1];
            likely[at] = likely[at - 1];
        }
        values[at] = value;
        likely[at] = i;
    }
    return kept;
}

/* Put the rows near the query into `found`; return how many. */
static int64_t near(const Search *search, Room *room, int32_t *found)
{
    const Query *query = search->query;
    if (!query->is_tolerant) return 0;
    int64_t count = near_by_deletions(search->index, room, query->letters, query->letter_count,
                                      query->letter_edits, found);
    count += near_by_grams(search->index, room, query, found + count);
    count += near_by_deletions(search->index, room, query->native, query->native_count,
                               query->native_edits, found + count);
    return count;
}

static uint64_t digits_of(const uint32_t *letters, int64_t length)
{
    uint64_t counts = 0;
    for (int64_t i = 0; i < length; i++) {
        if (letters[i] < '0' || letters[i] > '9') continue;
        int place = DIGIT_BITS * (int)(letters[i] - '0');
        if ((counts >> place & DIGIT_MOST) < DIGIT_MOST) counts += 1ull << place;
    }
    return counts;
}

/* Return what digits take off a row that has these, where these are wanted. */
static float digits_worth(const Weights *weights, uint64_t wanted, uint64_t found)
{
    for (int place = 0; place < DIGITS * DIGIT_BITS; place += DIGIT_BITS)
        if ((found >> place & DIGIT_MOST) < (wanted >> place & DIGIT_MOST))
            return (float)weights->digits_lost;
    return found == wanted ? 0.0f : (float)weights->digits_extra;
}

/* Return how like the query a row is, by the best of the three readings. */
static float likeness(const Search *search, const Pattern *letters, const Pattern *sorted_words,
                      int32_t row)
{
    const Index *index = search->index;
    const Weights *weights = search->weights;
    Likeness found = alike(letters, index->letters + index->letters_ends[row],
                           index->letters + index->letters_ends[row + 1]);
    int64_t size = letters->length;
    float coverage = (float)size / (float)(found.length > size ? found.length : size);
    float head = (float)weights->prefix + (float)weights->covered * coverage;
    float best = most(found.whole, found.head * head);
    if (!sorted_words->length) return best;
    float reordered = reordered_alike(sorted_words, index->sorted_words + index->sorted_words_ends[row],
                                      index->sorted_words + index->sorted_words_ends[row + 1]);
    return most(best, reordered * (float)weights->reordered);
}

/* Have what is needed of a row fetched while others are judged: each is somewhere else in memory. */
static void expect(const Index *index, int32_t row, int has_sorted_words)
{
    __builtin_prefetch(index->letters + index->letters_ends[row]);
    __builtin_prefetch(index->row_digits + row);
    __builtin_prefetch(index->row_ties + row);
    if (has_sorted_words) __builtin_prefetch(index->sorted_words + index->sorted_words_ends[row]);
}

/* Turn what their phrases are worth into the scores of rows. */
static void judge(const Search *search, const int32_t *rows, float *scores, int64_t count)
{
    const Index *index = search->index;
    const Query *query = search->query;
    const Weights *weights = search->weights;
    Pattern letters, sorted_words;
    uint64_t wanted = digits_of(query->letters, query->letter_count);
    prepare(&letters, query->letters, query->letter_count);
    prepare(&sorted_words, query->sorted_words, query->sorted_words_count);
    for (int64_t i = 0; i < count; i++) {
        if (i + 2 * AHEAD < count) {
            __builtin_prefetch(index->letters_ends + rows[i + 2 * AHEAD]);
            __builtin_prefetch(index->sorted_words_ends + rows[i + 2 * AHEAD]);
        }
        if (i + AHEAD < count) expect(index, rows[i + AHEAD], query->sorted_words_count > 0);
        float alike = likeness(search, &letters, &sorted_words, rows[i]);
        alike -= digits_worth(weights, wanted, index->row_digits[rows[i]]);
        float best = least(most(alike, scores[i]), (float)weights->most);
        scores[i] = best + index->row_ties[rows[i]];
    }
}

/* Add the likeliest of what is held to `count` rows, sort them, each once, and put the worth of the
 * phrase of each into `worth`; return how many there are. */
static int64_t to_be_judged(const Room *room, int64_t count, const int64_t *likely, int64_t kept,
                            const int32_t *held_rows, const float *held_worth)
{
    int32_t *rows = room->rows;
    for (int64_t i = 0; i < kept; i++) rows[count++] = held_rows[likely[i]];
    sort_rows(rows, count, room->touched);
    count = distinct(rows, count);
    memset(room->scores, 0, (size_t)count * sizeof *room->scores);
    for (int64_t i = 0; i < kept; i++) {
        int64_t low = 0, high = count - 1;
        while (low < high) {
            int64_t middle = (low + high) / 2;
            if (rows[middle] < held_rows[likely[i]])
                low = middle + 1;
            else
                high = middle;
        }
        room->scores[low] = most(room->scores[low], held_worth[likely[i]]);
    }
    return count;
}

/* Put rows and scores into the room: those judged, ascending, then, where that is not all that
 * holds the query, all of it as its places alone are worth. Return how many, or -1 where the rows that
 * hold it are more than `room_for`. */
EXPORT int64_t kensho_inexact(const Index *index, const Weights *weights, Room *room,
                              const Query *query, int64_t room_for)
{
    Search search = {index, weights, query};
    int64_t likely[MOST_JUDGED_PHRASES];
    int32_t *held_rows = room->rows + MOST_ONE_BY_ONE;
    float *held_scores = room->scores + MOST_ONE_BY_ONE;
    int64_t held_count = held(&search, held_rows, held_scores, room_for);
    if (held_count < 0) return -1;
    int64_t kept = likeliest(index, held_rows, held_scores, held_count, likely);
    int64_t count = near(&search, room, room->rows);
    count = to_be_judged(room, count, likely, kept, held_rows, held_scores);
    judge(&search, room->rows, room->scores, count);
    if (kept == held_count) return count;
    for (int64_t i = 0; i < held_count; i++) {
        room->rows[count + i] = held_rows[i];
        room->scores[count + i] = held_scores[i] + index->row_ties[held_rows[i]];
    }
    return count + held_count;
}
