#include <string>
#include <vector>

#include "graph/import/expand_operators.h"
#include "graph/import/model_rewriter.h"

namespace tessera {
namespace {

using onnx::Node;

// The operator set from which on Clip has its limits as inputs.
constexpr int64_t kClipByInputs = 11;

struct Activation {
  std::string op_type;
  std::vector<float> parameters;
};

Activation ReadActivation(const Node& node) {
  Activation activation;
  if (const auto* name = FindAttribute(node, "activation")) activation.op_type = name->s;
  if (const auto* list = FindAttribute(node, "activation_params")) {
    activation.parameters = list->floats;
  }
  return activation;
}

void AddClip(ModelRewriter& rewriter, const Node& node, int64_t opset, const std::string& x,
             float min, float max) {
  if (opset < kClipByInputs) {
    rewriter.Add(node, "Clip", {x}, {FloatAttribute("min", min), FloatAttribute("max", max)},
                 node.outputs[0]);
    return;
  }
  const std::string low = rewriter.AddFloats({}, {min});
  const std::string high = rewriter.AddFloats({}, {max});
  rewriter.Add(node, "Clip", {x, low, high}, {}, node.outputs[0]);
}

void AddActivation(ModelRewriter& rewriter, const Node& node, int64_t opset, const std::string& x) {
  const auto [op_type, parameters] = ReadActivation(node);
  if (op_type == "Clip" && parameters.size() == 2) {
    return AddClip(rewriter, node, opset, x, parameters[0], parameters[1]);
  }
  std::vector<onnx::Attribute> attributes;
  if (!parameters.empty()) attributes.push_back(FloatAttribute("alpha", parameters[0]));
  if (parameters.size() > 1) attributes.push_back(FloatAttribute("beta", parameters[1]));
  rewriter.Add(node, op_type, {x}, std::move(attributes), node.outputs[0]);
}

// activation(conv(x, w, b) + z)
void ExpandConv(ModelRewriter& rewriter, const Node& node, int64_t opset) {
  std::vector<std::string> inputs = {InputOf(node, 0), InputOf(node, 1)};
  if (!InputOf(node, 2).empty()) inputs.push_back(InputOf(node, 2));
  const bool activates = !ReadActivation(node).op_type.empty();
  const std::string& z = InputOf(node, 3);
  const std::string& output = node.outputs[0];
  std::string y = rewriter.Add(node, "Conv", std::move(inputs),
                               AttributesWithout(node, {"activation", "activation_params"}),
                               activates || !z.empty() ? "" : output);
  if (!z.empty()) y = rewriter.Add(node, "Add", {y, z}, {}, activates ? "" : output);
  if (activates) AddActivation(rewriter, node, opset, y);
}

// x * sigmoid(alpha * x); with alpha = 1 it is SiLU.
void ExpandQuickGelu(ModelRewriter& rewriter, const Node& node) {
  const onnx::Attribute* alpha = FindAttribute(node, "alpha");
  const float factor = alpha ? alpha->f : 1.702f;
  const std::string& x = InputOf(node, 0);
  const std::string scaled =
      factor == 1.0f ? x : rewriter.Add(node, "Mul", {x, rewriter.AddFloats({}, {factor})});
  const std::string gate = rewriter.Add(node, "Sigmoid", {scaled});
  rewriter.Add(node, "Mul", {x, gate}, {}, node.outputs[0]);
}

// gelu(x + bias), where there is a bias.
void ExpandGelu(ModelRewriter& rewriter, const Node& node, const std::string& approximate) {
  const std::string& bias = InputOf(node, 1);
  const std::string x =
      bias.empty() ? InputOf(node, 0) : rewriter.Add(node, "Add", {InputOf(node, 0), bias});
  onnx::Attribute attribute;
  attribute.name = "approximate";
  attribute.type = onnx::AttributeType::kString;
  attribute.s = approximate;
  rewriter.Add(node, "Gelu", {x}, {attribute}, node.outputs[0]);
}

bool Expand(ModelRewriter& rewriter, const Node& node, int64_t opset) {
  if (!IsOfMicrosoft(node) || node.outputs.empty() || node.inputs.empty()) return false;
  if (node.op_type == "FusedConv") return ExpandConv(rewriter, node, opset), true;
  if (node.op_type == "QuickGelu") return ExpandQuickGelu(rewriter, node), true;
  if (node.op_type == "Gelu") return ExpandGelu(rewriter, node, "none"), true;
  if (node.op_type == "BiasGelu") return ExpandGelu(rewriter, node, "none"), true;
  if (node.op_type == "FastGelu") return ExpandGelu(rewriter, node, "tanh"), true;
  return false;
}

}  // namespace

void ExpandFusedOperators(onnx::Model& model) {
  ModelRewriter rewriter(model);
  for (size_t i = 0; i < rewriter.size(); ++i) {
    if (!Expand(rewriter, rewriter.node(i), model.opset_version)) rewriter.Keep(i);
  }
  rewriter.Finish();
}

}  // namespace tessera
