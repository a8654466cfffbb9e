// Instead of engine/int8/tabulate.cc: this core's operators need no tables of functions.
#include "engine/int8/tabulate.h"

namespace tessera::int8 {

Samples EvaluateElementwise(const Graph& /*graph*/, const std::vector<Leaf>& /*leaves*/,
                            ValueId /*value*/) {
  return {};
}

std::optional<Tabulation> Tabulate(const Graph& /*graph*/, const Tracked& /*tracked*/,
                                   ValueId /*value*/, const Quantization& /*output*/) {
  return std::nullopt;
}

std::optional<PairTabulation> TabulatePair(const Graph& /*graph*/, const Tracked& /*tracked*/,
                                           ValueId /*value*/, const Quantization& /*output*/) {
  return std::nullopt;
}

}  // namespace tessera::int8
