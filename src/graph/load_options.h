#ifndef TESSERA_GRAPH_LOAD_OPTIONS_H_
#define TESSERA_GRAPH_LOAD_OPTIONS_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/infer_node.h"
#include "graph/metadata.h"
#include "onnx/external_data.h"

namespace tessera {

/// What an input beside the image is to be, as many numbers as it has elements.
struct InputValue {
  std::string name;
  std::vector<double> elements;
};

/// What a model's file leaves open.
struct LoadOptions {
  std::span<const onnx::ExternalFile> files;  // that hold its weights, if they are not inside
  std::string output;  // its name; empty: the one that is the largest picture, the first of equals
  MetadataEntries metadata;        // over the file's
  std::vector<InputValue> inputs;  // such as a scale factor; the image is not among them
  // For images of this size only: what follows from it is then constant.
  std::optional<ImageSize> size;
};

}  // namespace tessera

#endif  // TESSERA_GRAPH_LOAD_OPTIONS_H_
