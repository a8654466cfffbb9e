#include <cmath>

#include "graph/passes.h"
#include "graph/passes/uses.h"

namespace tessera {
namespace {

const std::vector<float>& Elements(const Graph& graph, ValueId id) {
  return graph.value(id).constant->floats;
}

// (x - mean) / sqrt(variance + epsilon) * scale + bias  =  x * factor + offset
Status Lower(Graph& graph, const Node& node, float epsilon, std::vector<Node>& nodes) {
  const std::vector<float>& scale = Elements(graph, node.inputs[1]);
  const std::vector<float>& bias = Elements(graph, node.inputs[2]);
  const std::vector<float>& mean = Elements(graph, node.inputs[3]);
  const std::vector<float>& variance = Elements(graph, node.inputs[4]);
  std::vector<float> factor(scale.size());
  std::vector<float> offset(scale.size());
  for (size_t c = 0; c < scale.size(); ++c) {
    const double deviation = std::sqrt(static_cast<double>(variance[c]) + epsilon);
    const double exact = scale[c] / deviation;
    factor[c] = static_cast<float>(exact);
    offset[c] = static_cast<float>(bias[c] - mean[c] * exact);
    if (std::isfinite(factor[c]) && std::isfinite(offset[c])) continue;
    return AtNode(node, Status(StatusCode::kModelFormat,
                               "its variance is negative or zero, or its scale overflows"));
  }
  const ValueId factor_id = AddPerChannelConstant(graph, node.name + ".factor", std::move(factor));
  const ValueId offset_id = AddPerChannelConstant(graph, node.name + ".offset", std::move(offset));
  Value scaled;
  scaled.name = node.name + ".scaled";
  scaled.shape = graph.value(node.output).shape;
  const ValueId scaled_id = graph.AddValue(std::move(scaled));
  nodes.push_back({node.name, Binary{Binary::Kind::kMul}, {node.inputs[0], factor_id}, scaled_id});
  nodes.push_back({node.name, Binary{Binary::Kind::kAdd}, {scaled_id, offset_id}, node.output});
  return Status::Ok();
}

}  // namespace

Status LowerBatchNormalization(Graph& graph) {
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    const auto* normalization = std::get_if<BatchNormalization>(&node.operation);
    if (normalization) {
      TESSERA_RETURN_IF_ERROR(Lower(graph, node, normalization->epsilon, nodes));
    } else {
      nodes.push_back(std::move(node));
    }
  }
  graph.nodes = std::move(nodes);
  return Status::Ok();
}

}  // namespace tessera
