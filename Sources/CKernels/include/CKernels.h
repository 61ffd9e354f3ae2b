// The innermost loops of Tutti, chosen at run time by what the CPU can do. No allocation, no threads, no models.
#ifndef TUTTI_CKERNELS_H
#define TUTTI_CKERNELS_H

#include "tutti_attention.h"
#include "tutti_bfloat16.h"
#include "tutti_bytes.h"
#include "tutti_convert.h"
#include "tutti_convolution.h"
#include "tutti_cpu.h"
#include "tutti_elementwise.h"
#include "tutti_linear.h"
#include "tutti_peak.h"
#include "tutti_quantize.h"

#endif
