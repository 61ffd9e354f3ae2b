// exp and tanh for loops that the compiler turns into vectors: no branches, no calls.
#ifndef TUTTI_EXP_H
#define TUTTI_EXP_H

#include <stdint.h>
#include <string.h>

/// e^x within 2 units in the last place; 0 below -87.3, capped above 88.4.
static inline __attribute__((always_inline)) float tutti_exp(float x) {
    float clamped = x < -87.3f ? -87.3f : x > 88.37f ? 88.37f : x;
    // Adding 1.5 · 2^23 rounds to the nearest integer and leaves it in the low bits.
    float shifted = clamped * 1.44269504f + 12582912.0f, n = shifted - 12582912.0f;
    float r = (clamped - n * 0.693145752f) - n * 1.42860677e-6f;
    float p = 1.98756915e-4f;
    p = p * r + 1.39819995e-3f;
    p = p * r + 8.33345205e-3f;
    p = p * r + 4.16657962e-2f;
    p = p * r + 1.66666655e-1f;
    p = p * r + 5.00000012e-1f;
    p = p * r * r + r + 1.0f;
    int32_t bits;
    memcpy(&bits, &shifted, 4);
    bits = (bits - 0x4b400000 + 127) << 23;
    float power;
    memcpy(&power, &bits, 4);
    return x < -87.3f ? 0.0f : p * power;
}

static inline __attribute__((always_inline)) float tutti_tanh(float x) {
    float e = tutti_exp(2 * (x > 20 ? 20 : x < -20 ? -20 : x));
    return (e - 1) / (e + 1);
}

/// The sine within 2e-7 of angles up to 40,000: what is left of the angle after whole half turns, whose length is taken in
/// parts that are exact when multiplied, and the odd polynomial of least relative error there.
static inline __attribute__((always_inline)) float tutti_sin(float x) {
    float shifted = x * 0.318309886f + 12582912.0f, n = shifted - 12582912.0f;
    float r = ((x - n * 3.140625f) - n * 9.670257568359375e-4f) - n * 6.27711415e-7f - n * 1.2154201e-10f;
    float s = r * r;
    float p = 2.60578047e-6f;
    p = p * s - 1.98096028e-4f;
    p = p * s + 8.33306625e-3f;
    p = p * s - 0.166666596f;
    float y = p * s * r + r;
    // An odd number of half turns changes the sign.
    int32_t bits, odd;
    memcpy(&odd, &shifted, 4);
    memcpy(&bits, &y, 4);
    bits ^= odd << 31;
    memcpy(&y, &bits, 4);
    return y;
}

/// The error function within 2e-7 (Abramowitz and Stegun, 7.1.26).
static inline __attribute__((always_inline)) float tutti_erf(float x) {
    float size = x < 0 ? -x : x, t = 1 / (1 + 0.3275911f * size);
    float p = 1.061405429f;
    p = p * t - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    float y = 1 - p * t * tutti_exp(-size * size);
    return x < 0 ? -y : y;
}

#endif
