#ifndef TESSERA_QUANT_EQUALIZE_H_
#define TESSERA_QUANT_EQUALIZE_H_

#include <cstddef>
#include <vector>

#include "graph/graph.h"

namespace tessera {

/// Two convolutions with nothing between them but, perhaps, an activation that scales with its
/// input; nothing else reads what lies between.
struct ConvolutionPair {
  size_t first = 0;       // indices of nodes
  size_t activation = 0;  // `first` itself when there is none
  size_t second = 0;
};

std::vector<ConvolutionPair> FindConvolutionPairs(const Graph& graph);

/// Cross-layer equalization (Nagel et al., "Data-Free Quantization Through Weight Equalization and
/// Bias Correction", 2019): channel i between two convolutions is divided by s[i] in the first and
/// multiplied by it in the second, which changes no result. s = sqrt(r1 / r2) makes the ranges of
/// both alike. r2 is the largest weight that reads the channel. r1 is the largest weight that
/// writes it, as in the paper, when `magnitudes` is empty.
///
/// With `magnitudes` (see MeasureMagnitudes) r1 is the largest value the channel itself takes.
/// Since the first convolution's weights have a scale per channel, their ranges cost nothing; but
/// all channels of the tensor between share one scale, and this makes them alike.
void Equalize(Graph& graph, std::vector<std::vector<float>> magnitudes);

}  // namespace tessera

#endif  // TESSERA_QUANT_EQUALIZE_H_
