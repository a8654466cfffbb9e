#ifndef TESSERA_ENGINE_INT8_TABULATE_H_
#define TESSERA_ENGINE_INT8_TABULATE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "graph/graph.h"

namespace tessera::int8 {

/// Per value: the quantization of the codes that can be kept of it (see TrackQuantization).
using Tracked = std::vector<std::optional<Quantization>>;

/// The values of a tensor one after another: some for all channels, or as many for each channel.
using Samples = std::vector<float>;

struct Leaf {
  ValueId value = kNoValue;
  Samples samples;  // as many as those of other leaves
};

/// Evaluates elementwise nodes back from `value` to the leaves. Empty when it depends on anything
/// else than those and constants.
Samples EvaluateElementwise(const Graph& graph, const std::vector<Leaf>& leaves, ValueId value);

struct Tabulation {
  ValueId input = kNoValue;     // the one value of codes that everything depends on
  std::vector<uint8_t> tables;  // 256 codes, or 256 for each channel
};

/// Evaluates elementwise nodes back from `value` for every code of the one quantized value they
/// start from, such as x * sigmoid(x), and quantizes the results. Nothing if `value` depends on
/// anything else than one quantized value and constants.
std::optional<Tabulation> Tabulate(const Graph& graph, const Tracked& tracked, ValueId value,
                                   const Quantization& output);

struct PairTabulation {
  ValueId a = kNoValue;
  ValueId b = kNoValue;
  std::vector<uint8_t> table;  // [code of a][code of b]
};

/// The same for two quantized values, such as x * sigmoid(y): a table of 65536 codes. Either may
/// have an extent of 1 where the other one has more (a gate per channel or per pixel).
std::optional<PairTabulation> TabulatePair(const Graph& graph, const Tracked& tracked,
                                           ValueId value, const Quantization& output);

}  // namespace tessera::int8

#endif  // TESSERA_ENGINE_INT8_TABULATE_H_
