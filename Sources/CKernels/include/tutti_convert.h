// Quantised blocks to float32, exactly as the formats define them.
#ifndef TUTTI_CONVERT_H
#define TUTTI_CONVERT_H

#include <stddef.h>
#include <stdint.h>

#endif
