#ifndef TESSERA_QUANT_COMPENSATED_ROUNDING_H_
#define TESSERA_QUANT_COMPENSATED_ROUNDING_H_

#include <pthreadpool.h>

#include <cstdint>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace tessera {

/// Codes in [-limit, limit] for the weights of some outputs that read the same inputs, and a scale
/// for each output, such that the outputs change little. Weights are rounded one after the other,
/// those of the strongest inputs first; after each, the weights not yet rounded take up what it
/// changed, by least squares over what is known of the inputs (Frantar et al., "GPTQ", 2022). Then
/// the scale is fitted to the codes, and each code to all others, in turns (the greedy updates of
/// Chee et al., "QuIP", 2023), so that what is left is no common factor of an output.
///
/// `weights` is outputs x size, `scales`, from which the outputs' own are found, has one per
/// output, and `products` is size x size: E[x[i] * x[j]] of the inputs. `threads` may be null; how
/// many there are changes nothing.
QuantizedWeights RoundWithCompensation(std::span<const float> weights,
                                       std::span<const float> scales,
                                       const std::vector<double>& products, int32_t limit,
                                       pthreadpool_t threads);

}  // namespace tessera

#endif  // TESSERA_QUANT_COMPENSATED_ROUNDING_H_
