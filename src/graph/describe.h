#ifndef TESSERA_GRAPH_DESCRIBE_H_
#define TESSERA_GRAPH_DESCRIBE_H_

#include <string>

#include "graph/graph.h"

namespace tessera {

/// The attributes of a node in one short phrase for people, such as "3x3, 32 to 32 channels".
std::string DescribeOperation(const Graph& graph, const Node& node);

}  // namespace tessera

#endif  // TESSERA_GRAPH_DESCRIBE_H_
