#include "elementwise.h"
#include "exp.h"
#include "body.h"

const tutti_elementwise_kernels tutti_elementwise_portable = TUTTI_ELEMENTWISE_ROW;
