#ifndef TUTTI_LEVELS_H
#define TUTTI_LEVELS_H

#include <stdint.h>
#include <string.h>

// The sixteen levels of the IQ4 formats.
static const int8_t iq4_levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

// Twice what the sixteen E2M1 numbers of MXFP4 stand for (OCP Microscaling Formats 1.0, section 5.3.3).
static const int8_t e2m1_doubled[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// Half of the power of two that an E8M0 scale stands for, 2^(e - 128): subnormal for 0 and 1. Like the field's other
// readers, 255 counts on, where the standard has NaN.
static inline float e8m0_halved(uint8_t e) {
    uint32_t bits = e < 2 ? 0x00200000u << e : (uint32_t)(e - 1) << 23;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
