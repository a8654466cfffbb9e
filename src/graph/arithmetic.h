#ifndef TESSERA_GRAPH_ARITHMETIC_H_
#define TESSERA_GRAPH_ARITHMETIC_H_

#include "graph/graph.h"

namespace tessera {

/// a (kind) b.
inline float Apply(Binary::Kind kind, float a, float b) {
  switch (kind) {
    case Binary::Kind::kAdd:
      return a + b;
    case Binary::Kind::kSub:
      return a - b;
    case Binary::Kind::kMul:
      return a * b;
    case Binary::Kind::kDiv:
      return a / b;
  }
  return 0.0f;
}

}  // namespace tessera

#endif  // TESSERA_GRAPH_ARITHMETIC_H_
