#ifndef TESSERA_QUANT_QUANTIZE_WEIGHTS_H_
#define TESSERA_QUANT_QUANTIZE_WEIGHTS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace tessera {

/// Codes in [-limit, limit] for weights of `outputs` channels, one scale each. Per channel the
/// scale with the least squared error is taken among a few that cut the largest weights off.
QuantizedWeights QuantizeWeights(std::span<const float> weights, size_t outputs, int32_t limit);

/// The floats that codes stand for.
std::vector<float> Dequantize(const QuantizedWeights& weights);

/// Gives every convolution weights that are rounded to codes, and the codes with them. `bits`: the
/// codes use that many, with as many negative as positive ones: 7 is -63..63, 8 is -127..127.
void QuantizeConvolutionWeights(Graph& graph, int64_t bits);

}  // namespace tessera

#endif  // TESSERA_QUANT_QUANTIZE_WEIGHTS_H_
