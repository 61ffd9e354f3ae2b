#include "body.h"

const tutti_fit_kernels tutti_fit_portable = TUTTI_FIT_ROW;
