#ifndef SHRINKC_HELIUM_H
#define SHRINKC_HELIUM_H
#include "shrinkc_fixed_point.h"
#if defined(__ARM_FEATURE_MVE) && !defined(SHRINKC_PLAIN_C)
#define SHRINKC_HAS_MVE 1
#else
#define SHRINKC_HAS_MVE 0
#endif
#endif
