// Rounding and its range in plain C, compiled once for each instruction set by the files that include this one.

#include <math.h>

static void range(const float *x, size_t count, float *low, float *high) {
    float lows[16] = {0}, highs[16] = {0};
    size_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (int l = 0; l < 16; l++) {
            lows[l] = x[i + l] < lows[l] ? x[i + l] : lows[l];
            highs[l] = x[i + l] > highs[l] ? x[i + l] : highs[l];
        }
    for (; i < count; i++) {
        lows[0] = x[i] < lows[0] ? x[i] : lows[0];
        highs[0] = x[i] > highs[0] ? x[i] : highs[0];
    }
    for (int l = 1; l < 16; l++) {
        lows[0] = lows[l] < lows[0] ? lows[l] : lows[0];
        highs[0] = highs[l] > highs[0] ? highs[l] : highs[0];
    }
    *low = lows[0];
    *high = highs[0];
}

static int32_t round_bytes(const float *x, size_t count, float scale, int32_t zero, int8_t *q) {
    int32_t sum = 0;
    float least = (float)(-128 - zero), most = (float)(127 - zero);
    for (size_t i = 0; i < count; i++) {
        // A number that is none becomes the least.
        float value = x[i] / scale;
        value = value > least ? value : least;
        value = value < most ? value : most;
        // Adding 1.5 · 2^23 rounds to the nearest integer, ties to even.
        int32_t rounded = (int32_t)(value + 12582912.0f - 12582912.0f) + zero;
        q[i] = (int8_t)rounded;
        sum += rounded;
    }
    for (size_t i = count; i % 4; i++) q[i] = 0;
    return sum;
}

/// What the zero points take off a sum: Σ (w - zw)(a - za) = Σ wa - za Σw - zw Σa + columns · zw · za.
static inline int32_t row_offset(const tutti_byte_panel *weights, const tutti_byte_rows *x, int row) {
    return weights->zero * ((int32_t)weights->columns * x->zeros[row] - x->sums[row]);
}
