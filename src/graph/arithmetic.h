#ifndef TESSERA_GRAPH_ARITHMETIC_H_
#define TESSERA_GRAPH_ARITHMETIC_H_

#include "graph/graph.h"

namespace tessera {

/// a (kind) b.
float Apply(Binary::Kind kind, float a, float b);

/// The function at x. In double, so that a result rounded to float, or to a code, does not depend
/// on the last bit of a C library's functions of floats.
double Apply(const Unary& unary, double x);

}  // namespace tessera

#endif  // TESSERA_GRAPH_ARITHMETIC_H_
