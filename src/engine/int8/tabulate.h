#ifndef TESSERA_ENGINE_INT8_TABULATE_H_
#define TESSERA_ENGINE_INT8_TABULATE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "graph/graph.h"

namespace tessera::int8 {

struct Tabulation {
  ValueId input = kNoValue;     // the one value of codes that everything depends on
  std::vector<uint8_t> tables;  // 256 codes, or 256 for each channel
};

/// Evaluates elementwise nodes back from `value` for every code of the one quantized value they
/// start from, such as x * sigmoid(x), and quantizes the results. Nothing if `value` depends on
/// anything else than one quantized value and constants.
std::optional<Tabulation> Tabulate(const Graph& graph,
                                   const std::vector<std::optional<Quantization>>& quantization,
                                   ValueId value, const Quantization& output);

}  // namespace tessera::int8

#endif  // TESSERA_ENGINE_INT8_TABULATE_H_
