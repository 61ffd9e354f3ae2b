#ifndef TUTTI_LEVELS_H
#define TUTTI_LEVELS_H

#include <stdint.h>

// The sixteen levels of the IQ4 formats.
static const int8_t iq4_levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

#endif
