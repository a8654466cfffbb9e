#ifndef TESSERA_GRAPH_METADATA_H_
#define TESSERA_GRAPH_METADATA_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/status.h"
#include "graph/graph.h"

namespace tessera {

/// Keys and values, as a model file has them.
using MetadataEntries = std::vector<std::pair<std::string, std::string>>;

/// Sets entries, in place of those with the same keys.
void ReplaceMetadata(MetadataEntries& entries, const MetadataEntries& replacements);

/// Reads the `tessera.*` entries of a model's metadata; entries of other programs are ignored.
///
///   tessera.name, .licence, .data, .scores   text
///   tessera.quantization                     text
///   tessera.scale                            whole number, 1..64
///   tessera.color                            rgb | bgr | y | y-full | gray
///   tessera.layout                           nchw | nhwc: of the file's tensors
///   tessera.input_range, .output_range       "lo,hi"
///   tessera.mean, .std                       "all", "r,g,b" or "r,g,b,a" in the network's order
///
/// Errors: kModelFormat for a value that is malformed, naming its key.
Result<ModelInfo> ParseMetadata(const MetadataEntries& entries);

/// How metadata names a colour; "" for one that is not stated.
std::string_view ColorText(Color color);

/// The entries from which ParseMetadata reads the same again. Defaults are left out, and so is the
/// layout: what ExportOnnx writes is NCHW.
MetadataEntries FormatMetadata(const ModelInfo& info);

}  // namespace tessera

#endif  // TESSERA_GRAPH_METADATA_H_
