#ifndef TESSERA_QUANT_PLACEMENT_H_
#define TESSERA_QUANT_PLACEMENT_H_

#include <cstddef>
#include <vector>

#include "graph/graph.h"

namespace tessera {

inline constexpr size_t kNoIndex = SIZE_MAX;

/// A tensor that is rounded to codes.
struct QuantizationSite {
  ValueId value = kNoValue;
  size_t producer = kNoIndex;  // index of its node; kNoIndex for the graph's input
  // Sites of one group meet in a Concat, which then joins codes as they are.
  size_t group = 0;
  // Something else than a Concat reads it.
  bool read_alone = false;
  // The one value that everything which reads it leads to by elementwise nodes, if there is one:
  // what happens to a rounding error is known then. A site too.
  ValueId function = kNoValue;
};

/// Which tensors of a graph are rounded to codes.
///
/// Every convolution reads codes. A convolution, the activation after it and a residual addition
/// are rounded once, after the last of them. Nodes that only move values, and elementwise functions
/// of one rounded tensor or of two up to the last of them, are not rounded again. Nothing is
/// rounded that no convolution reads, directly or not: the last convolution and what follows stays
/// exact.
struct QuantizationPlan {
  std::vector<QuantizationSite> sites;  // in the graph's order, its input (if rounded) first
  size_t groups = 0;
  std::vector<bool> feeds_convolution;  // per node
};

/// `graph` must be simplified, with activations as nodes of their own (SplitActivations).
QuantizationPlan PlanQuantization(const Graph& graph);

/// How a site's values become codes.
struct SiteQuantization {
  Quantization own;
  Quantization joined;  // for the Concats that read it; the same for all sites of a group
};

/// A graph with FakeQuantize nodes.
struct QuantizedGraph {
  Graph graph;
  std::vector<size_t> site_nodes;  // per site: the index of its FakeQuantize
};

/// Inserts the FakeQuantize nodes of a plan; `quantizations` has one entry per site. Nodes that
/// feed no convolution go on reading the graph's input as it is.
QuantizedGraph InsertFakeQuantize(const Graph& graph, const QuantizationPlan& plan,
                                  const std::vector<SiteQuantization>& quantizations);

/// Makes every clip that was folded into a convolution a node again, so that what the convolution
/// itself computes can be seen and corrected.
void SplitActivations(Graph& graph);

/// Moves each activation that alone reads a DepthToSpace before it, where it is rounded together
/// with the convolution there. Exact.
void MoveActivationsBeforeShuffles(Graph& graph);

}  // namespace tessera

#endif  // TESSERA_QUANT_PLACEMENT_H_
