// The searches in vectors of eight lanes, included once for each instruction set. Sums go lane by lane and then over
// the lanes, so that every version gives the same bits.
#include <math.h>
#include <string.h>

#include "../convert/levels.h"
#include "quantize.h"

#pragma STDC FP_CONTRACT OFF
// Vectors are passed only between functions that are always inlined: there is no ABI to change.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float v8 __attribute__((vector_size(32)));
typedef int32_t i8 __attribute__((vector_size(32)));

#define EACH_LANE(value) ((v8){value, value, value, value, value, value, value, value})
#define INLINE static inline __attribute__((always_inline))

/// `a` where the mask is set, else `b`.
#define CHOOSE(mask, a, b) ((v8)(((i8)(a) & (mask)) | ((i8)(b) & ~(mask))))

INLINE v8 load(const float *p) {
    v8 v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE float total(v8 v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

INLINE v8 magnitude(v8 v) { return (v8)((i8)v & 0x7fffffff); }

/// The nearest integers from `least` to `most` (which are below 2²²); `least` for NaN.
INLINE v8 nearest(v8 x, float least, float most) {
    v8 low = EACH_LANE(least), high = EACH_LANE(most), shift = EACH_LANE(12582912.0f);
    x = CHOOSE(x > low, x, low);
    x = CHOOSE(x < high, x, high);
    return (x + shift) - shift;
}

INLINE float largest_of(const float *x, int count) {
    float largest = x[0];
    for (int i = 1; i < count; i++) largest = x[i] > largest ? x[i] : largest;
    return largest;
}

INLINE float least_of(const float *x, int count) {
    float least = x[0];
    for (int i = 1; i < count; i++) least = x[i] < least ? x[i] : least;
    return least;
}

/// The value of the largest magnitude, the first of equals.
INLINE float farthest_of(const float *x, int count) {
    float farthest = x[0];
    for (int i = 1; i < count; i++) farthest = fabsf(x[i]) > fabsf(farthest) ? x[i] : farthest;
    return farthest;
}

static void fit_affine(const float *values, int top, float nudge, int steps, float *scale, float *offset) {
    float least = least_of(values, 32), range = largest_of(values, 32);
    least = least < 0 ? least : 0;
    range -= least;
    *offset = -least;
    *scale = 0;
    if (!(range > 0)) return;

    v8 x[4], w[4], zero = EACH_LANE(0.0f), squares = zero, weights = zero, weighted = zero;
    for (int i = 0; i < 4; i++) {
        x[i] = load(values + 8 * i);
        squares += x[i] * x[i];
    }
    float spread = sqrtf(total(squares) / 32);
    for (int i = 0; i < 4; i++) {
        w[i] = spread + magnitude(x[i]);
        weights += w[i];
        weighted += w[i] * x[i];
    }
    float sum_w = total(weights), sum_wx = total(weighted), best = INFINITY;
    for (int k = -1; k <= steps; k++) {
        // The first candidate is the range itself, divided evenly; each later one starts from the best offset so far.
        float inverse = k < 0 ? (float)top / range : (nudge + 0.1f * (float)k + (float)top) / range;
        v8 q[4], wq = zero, wqq = zero, wxq = zero;
        for (int i = 0; i < 4; i++) {
            q[i] = nearest(inverse * (x[i] + *offset), 0, (float)top);
            v8 product = w[i] * q[i];
            wq += product;
            wqq += product * q[i];
            wxq += product * x[i];
        }
        float s = 1 / inverse, m = least;
        if (k >= 0) {
            float sum_q = total(wq), sum_qq = total(wqq), sum_xq = total(wxq);
            float determinant = sum_w * sum_qq - sum_q * sum_q;
            if (!(determinant > 0)) continue;
            s = (sum_w * sum_xq - sum_wx * sum_q) / determinant;
            m = (sum_qq * sum_wx - sum_q * sum_xq) / determinant;
            if (m > 0) {
                m = 0;
                s = sum_xq / sum_qq;
            }
        }
        v8 errors = zero;
        for (int i = 0; i < 4; i++) {
            v8 error = s * q[i] + m - x[i];
            errors += w[i] * error * error;
        }
        float error = total(errors);
        if (k < 0 || error < best) {
            best = error;
            *scale = s;
            *offset = -m;
        }
    }
}

/// Least squares over one set of integers: how much of Σ w x² they explain, and the scale that does.
typedef struct {
    float gain, scale;
} explained;

INLINE explained explain(v8 wxq, v8 wqq) {
    float xq = total(wxq), qq = total(wqq);
    explained result = {0, 0};
    if (qq > 0) {
        result.scale = xq / qq;
        result.gain = xq * result.scale;
    }
    return result;
}

enum { SYMMETRIC_STEPS = 9, LEVEL_STEPS = 7 };

/// Below this a block is zeros: no float16 scale could hold it.
static const float faintest = 1e-15f;

static float fit_symmetric(const float *values) {
    float farthest = farthest_of(values, 16);
    if (!(fabsf(farthest) >= faintest)) return 0;
    explained best = {-1, 0};
    for (int k = -1; k <= 2 * SYMMETRIC_STEPS; k++) {
        // The farthest value as -32 comes first: of equal gains it is kept.
        float nudge = k < 0 ? 0 : 0.1f * (float)(k - SYMMETRIC_STEPS), inverse = -(32 + nudge) / farthest;
        v8 wxq = EACH_LANE(0.0f), wqq = wxq;
        for (int i = 0; i < 2; i++) {
            v8 x = load(values + 8 * i), w = x * x, q = nearest(inverse * x, -32, 31), product = w * q;
            wxq += product * x;
            wqq += product * q;
        }
        explained candidate = explain(wxq, wqq);
        if (candidate.gain > best.gain) best = candidate;
    }
    return best.gain > 0 ? best.scale : -farthest / 32;
}

/// The nearest levels, the higher of two that are as near; the lowest for NaN.
INLINE v8 nearest_levels(v8 x) {
    v8 level = EACH_LANE((float)iq4_levels[0]);
    for (int i = 1; i < 16; i++) {
        v8 middle = EACH_LANE(0.5f * (float)(iq4_levels[i - 1] + iq4_levels[i]));
        v8 step = EACH_LANE((float)(iq4_levels[i] - iq4_levels[i - 1]));
        level += (v8)((i8)step & (x >= middle));
    }
    return level;
}

static float fit_levels(const float *values) {
    float farthest = farthest_of(values, 32);
    if (!(fabsf(farthest) >= faintest)) return 0;
    explained best = {-1, 0};
    for (int k = -LEVEL_STEPS - 1; k <= LEVEL_STEPS; k++) {
        // The levels reach farther below zero than above: which side the farthest value is given to is tried, too.
        float end = k < -LEVEL_STEPS ? -(float)iq4_levels[0] : (float)(iq4_levels[0] + k);
        float inverse = end / farthest;
        v8 wxq = EACH_LANE(0.0f), wqq = wxq;
        for (int i = 0; i < 4; i++) {
            v8 x = load(values + 8 * i), w = x * x, q = nearest_levels(inverse * x), product = w * q;
            wxq += product * x;
            wqq += product * q;
        }
        explained candidate = explain(wxq, wqq);
        if (candidate.gain > best.gain) best = candidate;
    }
    return best.gain > 0 ? best.scale : farthest / (float)iq4_levels[0];
}

#define TUTTI_FIT_ROW {fit_affine, fit_symmetric, fit_levels}
