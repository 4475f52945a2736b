/* What the parts of the kernel share: the index as it is mapped, and the room they work in.
 *
 * The law: each function answers exactly what its twin in numpy does, to the last bit (one contract
 * suite runs against both); so sums are made in the twin's precision and order, and nothing is
 * compiled with contracted or reordered arithmetic. Nothing here allocates, fails or keeps state:
 * room comes from the caller and is left zeroed where that is asked for.
 */
#ifndef KENSHO_KERNEL_H
#define KENSHO_KERNEL_H

#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

enum {
    MOST_LETTERS = 512,  /* of a query; longer ones are left to numpy */
    MOST_WORDS = MOST_LETTERS / 64,
    MOST_HASHES = 512,
    MOST_JUDGED_PHRASES = 48,
    MOST_NEAR = 96 + 72 + 96,
    MOST_ONE_BY_ONE = MOST_JUDGED_PHRASES + MOST_NEAR,
};

/* Field by field the same as `Index` in layout.py; names are those of the stored arrays. */
typedef struct {
    const uint64_t *ngram_codes;
    const int32_t *ngram_cuts, *ngram_rows, *ngram_length_bounds, *ngram_windows;
    const uint64_t *symspell_keys;
    const int32_t *symspell_rows;
    const uint64_t *phrase_heads;
    const int32_t *phrase_rows;
    const uint8_t *phrase_offsets, *phrase_word_bytes;
    const uint32_t *plain_letters_ends;
    const uint8_t *plain_letters;
    const uint64_t *word_hashes;
    const int32_t *word_starts, *word_ends, *word_rows;
    const uint64_t *row_hashes;
    const int32_t *row_by_hash;
    const uint32_t *letters_ends, *sorted_words_ends;
    const uint8_t *letters, *sorted_words;
    const int32_t *row_entry;
    const uint8_t *row_plain_length;
    const uint64_t *row_digits;
    const float *row_ties;
    int64_t grams, bounds, budget, deletions, places, words, rows;
} Index;

/* Field by field the same as `Room`. `shared` has a zero for each row, `seen` for each entry; `touched`
 * has four times as many places as there are rows. */
typedef struct {
    uint16_t *shared;
    uint8_t *seen;
    int32_t *touched;
    uint64_t *order;
    int32_t *rows;
    float *scores;
    uint8_t *lists;
    int32_t *best_rows;
    float *best_scores;
    uint8_t *best_lists;
    int32_t *best_entries;
} Room;

/* Field by field the same as `Weights`: what kensho.domain.ranking says evidence is worth. */
typedef struct {
    double inner, prefix, covered, whole_words, scattered, reordered;
    double digits_lost, digits_extra, most, least, spread; /* `most` for what is not equal */
} Weights;

/* Field by field the same as `Query`. Texts are code points; one of no length is not
 * asked for. */
typedef struct {
    const uint32_t *letters, *native, *sorted_words;
    const uint64_t *hashes;
    int64_t letter_count, native_count, sorted_words_count, hash_count;
    int64_t letter_edits, native_edits, is_tolerant;
    int64_t plain_count, plain_bytes; /* `low` to `high` are the places where it stands */
    int64_t low, high;
} Query;

/* sorting.c */
void lower_bounds(const uint64_t *sorted, int64_t total, const uint64_t *keys, int64_t count,
                  int64_t *found);
void sort_rows(int32_t *rows, int64_t count, int32_t *spare);
int64_t distinct(int32_t *rows, int64_t count);
int64_t most_shared(const uint16_t *shared, int32_t *rows, int64_t count, int64_t wanted,
                    int32_t *found);

/* near.c */
int64_t near_by_grams(const Index *index, Room *room, const Query *query, int32_t *found);
int64_t near_by_deletions(const Index *index, Room *room, const uint32_t *letters, int64_t length,
                          int64_t edits, int32_t *found);

/* words.c */
int64_t rows_with_words(const Index *index, const uint64_t *hashes, int64_t count, int32_t *found,
                        int64_t most);

/* likeness.c */
typedef struct {
    int64_t length, words;
    uint16_t ascii[128];
    uint32_t others[2 * MOST_LETTERS];
    uint16_t numbers[2 * MOST_LETTERS];
    uint64_t masks[(MOST_LETTERS + 1) * MOST_WORDS];
} Pattern;

typedef struct {
    float whole, head;
    int64_t length;
} Likeness;

void prepare(Pattern *pattern, const uint32_t *letters, int64_t length);
Likeness alike(const Pattern *pattern, const uint8_t *text, const uint8_t *end);
float reordered_alike(const Pattern *pattern, const uint8_t *text, const uint8_t *end);

#endif
