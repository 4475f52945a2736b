/* Declares what the parts of the kernel share: the mapped index, the query and the workspace.
 *
 * Guarantees: each function gives the same answer as its counterpart in numpy_kernel.py, to the last
 * bit; one contract suite runs against both. So sums are made in numpy's precision and order, and
 * nothing is compiled with contracted or reordered arithmetic. No function allocates memory, fails or
 * keeps state: the workspace is the caller's, and what must be zero in it is zero again afterwards.
 *
 * Numbers that Python needs as well are defined there only. The compiler is given them as macros, which
 * kernel_source.py lists: MAX_LETTERS, NGRAM_CANDIDATES and so on. Weights come with each call.
 */
#ifndef KENSHO_KERNEL_H
#define KENSHO_KERNEL_H

#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

/* A pattern is a bit vector of so many 64-bit words. */
enum { PATTERN_WORDS = (MAX_LETTERS + 63) / 64 };

/* The same fields as `KernelIndex` in structures.py; the names are those of the stored arrays. */
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
    const uint32_t *letters_ends, *sorted_words_ends, *native_ends;
    const uint8_t *letters, *sorted_words, *native;
    const int32_t *row_entry;
    const uint8_t *row_plain_length;
    const uint64_t *row_digits;
    const float *row_ties;
    int64_t ngrams, bounds, budget, symspell_entries, positions, words, rows;
} Index;

/* The same fields as `KernelBuffers`. `counts` has a zero for each row and `seen` one for each entry;
 * `touched` is four times as long as there are rows. */
typedef struct {
    uint8_t *counts;
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
} Workspace;

/* The same fields as `KernelWeights`: the weights of kensho.domain.ranking. */
typedef struct {
    double inner, prefix, covered, whole_words, scattered, reordered;
    double unexplained, errors_in_beginning, other_script, word_lacking;
    double digits_lost, digits_extra, max_inexact, min_hit, max_spread;
} Weights;

/* The same fields as `KernelQuery`. Texts are code points; a text of length zero is left out. */
typedef struct {
    const uint32_t *letters, *native, *sorted_words;
    const uint64_t *hashes;
    int64_t letter_count, native_count, sorted_words_count, hash_count;
    int64_t letters_last, native_last; /* where the last word begins, or 0 if it is the only one */
    int64_t letter_edits, native_edits, is_tolerant, is_spoken;
    int64_t plain_count, plain_bytes;
    int64_t low, high; /* the range of phrase positions at which the query occurs */
    double known;      /* how much popularity counts for the share of a title that is not typed */
} Query;

/* sorting.c */
void lower_bounds(const uint64_t *sorted, int64_t total, const uint64_t *keys, int64_t count,
                  int64_t *found);
void sort_rows(int32_t *rows, int64_t count, int32_t *spare);
int64_t distinct(int32_t *rows, int64_t count);
int64_t most_frequent(const uint8_t *counts, int32_t *rows, int64_t count, int64_t wanted,
                    int32_t *found);

/* near.c */
int64_t near_by_ngrams(const Index *index, Workspace *workspace, const Query *query, int32_t *found);
int64_t near_by_symspell(const Index *index, Workspace *workspace, const uint32_t *letters, int64_t length,
                          int64_t edits, int32_t *found);

/* words.c */
int64_t rows_with_words(const Index *index, const uint64_t *hashes, int64_t count, int32_t *found,
                        int64_t max);

/* likeness.c */
typedef struct {
    int64_t length, words;
    uint16_t ascii[128];
    uint32_t others[2 * MAX_LETTERS];
    uint16_t numbers[2 * MAX_LETTERS];
    uint16_t known, times[MAX_LETTERS + 1];
    uint64_t masks[(MAX_LETTERS + 1) * PATTERN_WORDS];
} Pattern;

typedef struct {
    float whole, head, explained;
    int64_t length;
} Likeness;

int begins(const uint32_t *letters, int64_t count, const uint8_t *text);
void prepare(Pattern *pattern, const uint32_t *letters, int64_t length);
Likeness alike(const Pattern *pattern, const uint8_t *text, const uint8_t *end);
float reordered_alike(const Pattern *pattern, const uint8_t *text, const uint8_t *end);

#endif
