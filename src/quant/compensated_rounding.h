#ifndef TESSERA_QUANT_COMPENSATED_ROUNDING_H_
#define TESSERA_QUANT_COMPENSATED_ROUNDING_H_

#include <cstdint>
#include <span>
#include <vector>

namespace tessera {

/// Codes in [-limit, limit] for the weights of some outputs that read the same inputs, at given
/// scales, such that the outputs change little. Weights are rounded one after the other, those of
/// the strongest inputs first; after each, the weights not yet rounded take up what it changed, by
/// least squares over what is known of the inputs (Frantar et al., "GPTQ", 2022).
///
/// `weights` is outputs x size, `scales` has one per output, and `products` is size x size:
/// E[x[i] * x[j]] of the inputs. The same codes as plain rounding when the inputs are unrelated.
std::vector<int8_t> RoundWithCompensation(std::span<const float> weights,
                                          std::span<const float> scales,
                                          const std::vector<double>& products, int32_t limit);

}  // namespace tessera

#endif  // TESSERA_QUANT_COMPENSATED_ROUNDING_H_
