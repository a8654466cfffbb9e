#ifndef TESSERA_GRAPH_CHANNEL_MEANS_H_
#define TESSERA_GRAPH_CHANNEL_MEANS_H_

#include <array>
#include <optional>

#include "graph/graph.h"

namespace tessera {

/// The means that a network of three channels subtracts from its input first, if it does: of the
/// pictures it was trained on, in its order of colours.
std::optional<std::array<float, 3>> ChannelMeansOf(const Graph& graph);

/// The colours whose order such means have: photographs are reddest, whatever the range. Nothing
/// where they are not those of the usual sets of photographs.
std::optional<Color> OrderOfMeans(const std::array<float, 3>& means);

}  // namespace tessera

#endif  // TESSERA_GRAPH_CHANNEL_MEANS_H_
