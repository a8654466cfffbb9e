#ifndef TESSERA_QUANT_QUANTIZE_WEIGHTS_H_
#define TESSERA_QUANT_QUANTIZE_WEIGHTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace tessera {

/// Codes in [-limit, limit] for weights of `outputs` channels, one scale each. Per channel the
/// scale with the least squared error is taken among a few that cut the largest weights off.
QuantizedWeights QuantizeWeights(std::span<const float> weights, size_t outputs, int32_t limit);

/// The largest code of `bits` bits; the smallest is its negative: 63 for 7 bits, 127 for 8.
inline int32_t LargestCode(int64_t bits) { return (int32_t{1} << (bits - 1)) - 1; }

/// Codes, with the floats that they stand for.
std::shared_ptr<const Constant> MakeQuantizedConstant(QuantizedWeights weights);

/// The floats that codes stand for.
std::vector<float> Dequantize(const QuantizedWeights& weights);

/// Gives every convolution weights that are rounded to codes of `bits` bits.
void QuantizeConvolutionWeights(Graph& graph, int64_t bits);

}  // namespace tessera

#endif  // TESSERA_QUANT_QUANTIZE_WEIGHTS_H_
