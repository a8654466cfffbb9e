#ifndef TESSERA_GRAPH_METADATA_H_
#define TESSERA_GRAPH_METADATA_H_

#include <string>
#include <utility>
#include <vector>

#include "core/status.h"
#include "graph/graph.h"

namespace tessera {

/// Reads the `tessera.*` entries of a model's metadata; entries of other programs are ignored.
///
///   tessera.name, .licence, .data, .scores   text
///   tessera.scale                            whole number, 1..64
///   tessera.color                            rgb | bgr
///   tessera.input_range, .output_range       "lo,hi"
///   tessera.mean, .std                       "r,g,b" in the network's colour order
///
/// Errors: kModelFormat for a value that is malformed, naming its key.
Result<ModelInfo> ParseMetadata(const std::vector<std::pair<std::string, std::string>>& entries);

/// The entries from which ParseMetadata reads the same again. Defaults are left out.
std::vector<std::pair<std::string, std::string>> FormatMetadata(const ModelInfo& info);

}  // namespace tessera

#endif  // TESSERA_GRAPH_METADATA_H_
