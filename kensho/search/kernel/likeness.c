/* Computes similarities: by edits between two texts (Hyyrö 2003) and by their longest common subsequence
 * (Hyyrö 2004), 64 letters of the query at a time. The results are those of rapidfuzz's OSA and Indel. */

#include "kernel.h"

#include <string.h>

/* Return the next code point of valid UTF-8 that is not ASCII; surrogates may be encoded in it as well. */
static uint32_t next_wide(const uint8_t **at)
{
    const uint8_t *byte = *at;
    uint32_t first = *byte;
    if (first < 0xE0) {
        *at = byte + 2;
        return (first & 31) << 6 | (byte[1] & 63);
    }
    if (first < 0xF0) {
        *at = byte + 3;
        return (first & 15) << 12 | (uint32_t)(byte[1] & 63) << 6 | (byte[2] & 63);
    }
    *at = byte + 4;
    return (first & 7) << 18 | (uint32_t)(byte[1] & 63) << 12 | (uint32_t)(byte[2] & 63) << 6 |
           (byte[3] & 63);
}

/* Return the next code point; most are ASCII, for which a call would take as long as all else. The call is
 * given a copy, so that the caller's own need not be in memory. */
static inline uint32_t next(const uint8_t **at)
{
    const uint8_t *wide = *at;
    if (*wide < 0x80) return *(*at)++;
    uint32_t point = next_wide(&wide);
    *at = wide;
    return point;
}

/* Tell whether a text of at least `count` letters begins with these. */
int begins(const uint32_t *letters, int64_t count, const uint8_t *text)
{
    for (int64_t i = 0; i < count; i++)
        if (next(&text) != letters[i]) return 0;
    return 1;
}

static int64_t slot_of(const Pattern *pattern, uint32_t letter)
{
    uint32_t slot = letter * 0x9E3779B1u % (2 * MAX_LETTERS);
    while (pattern->numbers[slot] && pattern->others[slot] != letter)
        slot = (slot + 1) % (2 * MAX_LETTERS);
    return slot;
}

/* Return the number that this letter has in the pattern, 0 for a letter that it has not. */
static int64_t number_of(const Pattern *pattern, uint32_t letter)
{
    return letter < 128 ? pattern->ascii[letter] : pattern->numbers[slot_of(pattern, letter)];
}

/* Return the bit masks of the positions at which the pattern has this letter. */
static const uint64_t *masks_of(const Pattern *pattern, uint32_t letter)
{
    return pattern->masks + number_of(pattern, letter) * pattern->words;
}

/* Prepare a pattern: each distinct letter gets a number from 1, a mask, and how often it comes; number 0 is
 * for all others. */
void prepare(Pattern *pattern, const uint32_t *letters, int64_t length)
{
    uint16_t known = 0;
    pattern->length = length;
    pattern->times[0] = 0;
    pattern->words = (length + 63) / 64;
    memset(pattern->ascii, 0, sizeof pattern->ascii);
    memset(pattern->numbers, 0, sizeof pattern->numbers);
    memset(pattern->masks, 0, (size_t)pattern->words * sizeof *pattern->masks);
    for (int64_t i = 0; i < length; i++) {
        int64_t slot = letters[i] < 128 ? 0 : slot_of(pattern, letters[i]);
        uint16_t *number =
            letters[i] < 128 ? &pattern->ascii[letters[i]] : &pattern->numbers[slot];
        if (!*number) {
            *number = ++known;
            pattern->times[known] = 0;
            if (letters[i] >= 128) pattern->others[slot] = letters[i];
            memset(pattern->masks + known * pattern->words, 0,
                   (size_t)pattern->words * sizeof *pattern->masks);
        }
        pattern->masks[*number * pattern->words + i / 64] |= 1ull << i % 64;
        pattern->times[*number]++;
    }
    pattern->known = known;
}

static float similarity(int64_t distance, int64_t max)
{
    return (float)(1.0 - (double)distance / (double)max);
}

typedef struct {
    uint64_t positive, negative, diagonal, match;
} Column;

/* Advance the columns by one letter of the text, in place; return the change of the last row. */
static int64_t step(Column *columns, const uint64_t *masks, int64_t words, uint64_t last)
{
    uint64_t up = 1, down = 0, diagonal_before = 0, match_before = 0;
    int64_t change = 0;
    for (int64_t word = 0; word < words; word++) {
        Column old = columns[word];
        uint64_t match = masks[word], wide = match | down;
        uint64_t swapped = ((~old.diagonal & match) << 1 |
                            (~diagonal_before & match_before) >> 63) & old.match;
        uint64_t diagonal =
            (((wide & old.positive) + old.positive) ^ old.positive) | wide | old.negative | swapped;
        uint64_t more = old.negative | ~(diagonal | old.positive), fewer = diagonal & old.positive;
        if (word == words - 1) change = ((more & last) != 0) - ((fewer & last) != 0);
        uint64_t more_out = more >> 63, fewer_out = fewer >> 63;
        more = more << 1 | up;
        fewer = fewer << 1 | down;
        up = more_out;
        down = fewer_out;
        columns[word] = (Column){fewer | ~(diagonal | more), more & diagonal, diagonal, match};
        diagonal_before = old.diagonal;
        match_before = match;
    }
    return change;
}

/* Return what the rows of a column add up to: so much more is the distance in the last one than in the first. */
static int64_t sum(uint64_t positive, uint64_t negative, uint64_t rows)
{
    return __builtin_popcountll(positive & rows) - __builtin_popcountll(negative & rows);
}

static Likeness likeness_of(int64_t size, int64_t distance, int64_t head, int64_t length,
                            int64_t explained)
{
    return (Likeness){
        .whole = similarity(distance, length > size ? length : size),
        .head = similarity(head, size),
        .explained = (float)explained / (float)size,
        .length = length,
    };
}

/* Do the same as `alike` for patterns of up to 64 letters: here the rows of a column are counted at its end,
 * not followed in the last one. */
static Likeness alike_short(const Pattern *pattern, const uint8_t *text, const uint8_t *end)
{
    int64_t size = pattern->length, head = -1, length = 0, explained = 0;
    uint64_t all = ~0ull >> (64 - size);
    uint64_t positive = ~0ull, negative = 0, diagonal = 0, before = 0;
    uint16_t left[64 + 1];
    memcpy(left, pattern->times, (pattern->known + 1u) * sizeof *left);
    while (text < end) {
        int64_t number = number_of(pattern, next(&text));
        uint64_t match = pattern->masks[number];
        int is_left = left[number] > 0;
        left[number] -= (uint16_t)is_left;
        explained += is_left;
        uint64_t swapped = (~diagonal & match) << 1 & before;
        diagonal = (((match & positive) + positive) ^ positive) | match | negative | swapped;
        uint64_t more = negative | ~(diagonal | positive), fewer = diagonal & positive;
        more = more << 1 | 1;
        fewer <<= 1;
        positive = fewer | ~(diagonal | more);
        negative = more & diagonal;
        before = match;
        if (++length == size) head = length + sum(positive, negative, all);
    }
    int64_t distance = length + sum(positive, negative, all);
    return likeness_of(size, distance, length < size ? distance : head, length, explained);
}

/* Return the similarities by edits of a whole text, and of its beginning as long as the pattern, and the
 * share of the pattern's letters that the text has in any order. */
Likeness alike(const Pattern *pattern, const uint8_t *text, const uint8_t *end)
{
    Column columns[PATTERN_WORDS];
    int64_t size = pattern->length, words = pattern->words;
    int64_t distance = size, head = size, length = 0, explained = 0;
    uint16_t left[MAX_LETTERS + 1];
    if (words == 1) return alike_short(pattern, text, end);
    uint64_t last = 1ull << (size - 1) % 64;
    for (int64_t word = 0; word < words; word++) columns[word] = (Column){~0ull, 0, 0, 0};
    memcpy(left, pattern->times, (pattern->known + 1u) * sizeof *left);
    while (text < end) {
        int64_t number = number_of(pattern, next(&text));
        int is_left = left[number] > 0;
        left[number] -= (uint16_t)is_left;
        explained += is_left;
        distance += step(columns, pattern->masks + number * words, words, last);
        length++;
        if (length <= size) head = distance;
    }
    return likeness_of(size, distance, head, length, explained);
}

static int64_t in_common_short(const Pattern *pattern, const uint8_t *text, const uint8_t *end,
                               int64_t *length)
{
    uint64_t left = ~0ull;
    for (*length = 0; text < end; ++*length) {
        uint64_t both = left & *masks_of(pattern, next(&text));
        left = (left + both) | (left - both);
    }
    return __builtin_popcountll(~left);
}

static int64_t in_common(const Pattern *pattern, const uint8_t *text, const uint8_t *end,
                         int64_t *length)
{
    uint64_t left[PATTERN_WORDS];
    int64_t found = 0;
    memset(left, 255, sizeof left);
    for (*length = 0; text < end; ++*length) {
        const uint64_t *masks = masks_of(pattern, next(&text));
        uint64_t carry = 0;
        for (int64_t word = 0; word < pattern->words; word++) {
            uint64_t both = left[word] & masks[word], sum = left[word] + both;
            uint64_t carried = sum < both;
            sum += carry;
            carry = carried | (sum < carry);
            left[word] = sum | (left[word] - both);
        }
    }
    for (int64_t word = 0; word < pattern->words; word++) found += __builtin_popcountll(~left[word]);
    return found;
}

/* Return the share of letters that a text and the pattern have in common, in the same order. */
float reordered_alike(const Pattern *pattern, const uint8_t *text, const uint8_t *end)
{
    int64_t length, common;
    common = pattern->words == 1 ? in_common_short(pattern, text, end, &length)
                                 : in_common(pattern, text, end, &length);
    return similarity(pattern->length + length - 2 * common, pattern->length + length);
}
