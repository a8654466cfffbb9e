#ifndef TESSERA_QUANT_EQUALIZE_H_
#define TESSERA_QUANT_EQUALIZE_H_

#include <cstddef>
#include <vector>

#include "graph/graph.h"
#include "quant/ranges.h"

namespace tessera {

/// Two convolutions with nothing between them but, perhaps, an activation that scales with its
/// input; nothing else reads what lies between.
struct ConvolutionPair {
  size_t first = 0;       // indices of nodes
  size_t activation = 0;  // `first` itself when there is none
  size_t second = 0;
};

std::vector<ConvolutionPair> FindConvolutionPairs(const Graph& graph);

// Cross-layer equalization (Nagel et al., "Data-Free Quantization Through Weight Equalization and
// Bias Correction", 2019): channel i between two convolutions is divided by s[i] in the first and
// multiplied by it in the second, which changes no result but what rounding does to it.

/// What the channels of each node's output were multiplied by; empty where they are as they were.
using ChannelFactors = std::vector<std::vector<float>>;

/// As in the paper: s = sqrt(r1 / r2) makes the largest weight that writes a channel (r1) and the
/// largest that reads it (r2) equal.
ChannelFactors EqualizeWeights(Graph& graph);

/// With r1 the largest magnitude that the channel itself takes, from `ranges` (per node, of those
/// that end a pair's first part), and r2 the largest weight that reads it in proportion to the
/// largest of the same output. For what is rounded here has a scale per output in the weights, so
/// that only proportions matter, but one scale for all channels of a tensor. For the same reason
/// channels that reach further below zero than above are turned over first, where the activation is
/// a PRelu or none: a tensor's range is then wide on one side only.
ChannelFactors EqualizeActivations(Graph& graph, std::vector<std::vector<Range>> ranges);

}  // namespace tessera

#endif  // TESSERA_QUANT_EQUALIZE_H_
