#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "graph/import/expand_operators.h"
#include "graph/import/model_rewriter.h"

namespace tessera {
namespace {

using onnx::Node;
using onnx::Tensor;

// A tensor of codes, its scale and its zero point, as three inputs of a node that follow each
// other.
struct Quantized {
  std::string codes;
  std::string scale;
  std::string zero_point;

  static Quantized At(const Node& node, size_t index) {
    return {InputOf(node, index), InputOf(node, index + 1), InputOf(node, index + 2)};
  }
};

// A zero point for all where there is a scale for each index: the operators on codes allow it,
// DequantizeLinear does not.
std::string AsManyZeroPoints(ModelRewriter& rewriter, const Quantized& quantized) {
  const Tensor* scale = rewriter.Constant(quantized.scale);
  const Tensor* zero_point = rewriter.Constant(quantized.zero_point);
  if (!scale || !zero_point || zero_point->ints.size() != 1 || scale->floats.size() < 2) {
    return quantized.zero_point;
  }
  Tensor repeated = *zero_point;
  repeated.dims = scale->dims;
  repeated.ints.assign(scale->floats.size(), zero_point->ints[0]);
  return rewriter.AddConstant(std::move(repeated));
}

std::string Dequantize(ModelRewriter& rewriter, const Node& node, const Quantized& quantized,
                       int64_t axis = 1) {
  std::vector<std::string> inputs = {quantized.codes, quantized.scale};
  const std::string zero_point = AsManyZeroPoints(rewriter, quantized);
  if (!zero_point.empty()) inputs.push_back(zero_point);
  return rewriter.Add(node, "DequantizeLinear", std::move(inputs), {IntAttribute("axis", axis)});
}

void Quantize(ModelRewriter& rewriter, const Node& node, const std::string& x,
              const std::string& scale, const std::string& zero_point) {
  std::vector<std::string> inputs = {x, scale};
  if (!zero_point.empty()) inputs.push_back(zero_point);
  rewriter.Add(node, "QuantizeLinear", std::move(inputs), {}, node.outputs[0]);
}

// An int32 bias counts in products of the input's and the weights' steps.
std::optional<std::string> DequantizeBias(ModelRewriter& rewriter, const Node& node,
                                          const std::string& bias, const std::string& x_scale,
                                          const std::string& w_scale) {
  const Tensor* x = rewriter.Constant(x_scale);
  const Tensor* w = rewriter.Constant(w_scale);
  if (!x || !w || x->floats.size() != 1) return std::nullopt;
  std::vector<float> scales = w->floats;
  for (float& scale : scales) scale *= x->floats[0];
  const auto count = static_cast<int64_t>(scales.size());
  const std::string scale = count == 1 ? rewriter.AddFloats({}, std::move(scales))
                                       : rewriter.AddFloats({count}, std::move(scales));
  return rewriter.Add(node, "DequantizeLinear", {bias, scale}, {IntAttribute("axis", 0)});
}

bool HasInputs(const Node& node, std::initializer_list<size_t> indices) {
  return std::none_of(indices.begin(), indices.end(),
                      [&](size_t index) { return InputOf(node, index).empty(); });
}

bool HasChannelsLast(const Node& node) {
  const onnx::Attribute* channels_last = FindAttribute(node, "channels_last");
  return channels_last && channels_last->i != 0;
}

// x, its scale and zero point, w with its own, the output's scale and zero point, bias.
bool ExpandConv(ModelRewriter& rewriter, const Node& node) {
  if (!HasInputs(node, {0, 1, 3, 4, 6})) return false;
  const Quantized x = Quantized::At(node, 0);
  const Quantized w = Quantized::At(node, 3);
  const std::string& bias = InputOf(node, 8);
  std::vector<std::string> inputs;
  if (!bias.empty()) {
    const auto real = DequantizeBias(rewriter, node, bias, x.scale, w.scale);
    if (!real) return false;
    inputs.push_back(*real);
  }
  inputs.insert(inputs.begin(), Dequantize(rewriter, node, w, 0));
  inputs.insert(inputs.begin(), Dequantize(rewriter, node, x));
  const std::string y =
      rewriter.Add(node, "Conv", std::move(inputs), AttributesWithout(node, {"channels_last"}));
  Quantize(rewriter, node, y, InputOf(node, 6), InputOf(node, 7));
  return true;
}

// a and b, each with its scale and zero point, then the output's.
bool ExpandPair(ModelRewriter& rewriter, const Node& node, const std::string& op_type) {
  if (!HasInputs(node, {0, 1, 3, 4, 6})) return false;
  const std::string a = Dequantize(rewriter, node, Quantized::At(node, 0));
  const std::string b = Dequantize(rewriter, node, Quantized::At(node, 3));
  const std::string y = rewriter.Add(node, op_type, {a, b});
  Quantize(rewriter, node, y, InputOf(node, 6), InputOf(node, 7));
  return true;
}

// x with its scale and zero point, then the output's.
bool ExpandOne(ModelRewriter& rewriter, const Node& node, const std::string& op_type) {
  if (!HasInputs(node, {0, 1, 3})) return false;
  const std::string x = Dequantize(rewriter, node, Quantized::At(node, 0));
  const std::string y =
      rewriter.Add(node, op_type, {x}, AttributesWithout(node, {"channels_last", "opset"}));
  Quantize(rewriter, node, y, InputOf(node, 3), InputOf(node, 4));
  return true;
}

// The output's scale and zero point, then each input with its own.
bool ExpandConcat(ModelRewriter& rewriter, const Node& node) {
  if (!HasInputs(node, {0, 2, 3})) return false;
  std::vector<std::string> inputs;
  for (size_t i = 2; i + 1 < node.inputs.size(); i += 3) {
    inputs.push_back(Dequantize(rewriter, node, Quantized::At(node, i)));
  }
  const std::string y = rewriter.Add(node, "Concat", std::move(inputs), node.attributes);
  Quantize(rewriter, node, y, InputOf(node, 0), InputOf(node, 1));
  return true;
}

// Writes out an operator whose scales are all known. False: it stays as it is.
bool ExpandStatic(ModelRewriter& rewriter, const Node& node) {
  const std::string& op_type = node.op_type;
  if (node.outputs.empty() || HasChannelsLast(node)) return false;
  if (op_type == "QLinearConv") return ExpandConv(rewriter, node);
  if (op_type == "QLinearMatMul") return ExpandPair(rewriter, node, "MatMul");
  if (!IsOfMicrosoft(node)) return false;
  if (op_type == "QLinearAdd") return ExpandPair(rewriter, node, "Add");
  if (op_type == "QLinearMul") return ExpandPair(rewriter, node, "Mul");
  if (op_type == "QLinearConcat") return ExpandConcat(rewriter, node);
  for (const char* name :
       {"Sigmoid", "LeakyRelu", "AveragePool", "GlobalAveragePool", "Softmax", "ReduceMean"}) {
    if (op_type == std::string("QLinear") + name) return ExpandOne(rewriter, node, name);
  }
  if (op_type == "QuantizeLinear" || op_type == "DequantizeLinear") {
    rewriter.Add(node, op_type, node.inputs, node.attributes, node.outputs[0]);
    return true;
  }
  return false;
}

// Of a ConvInteger or MatMulInteger whose input a DynamicQuantizeLinear made: the only Cast that
// reads it, the only Mul that reads that, and the scale of the weights, which another Mul has
// multiplied with the input's.
struct DynamicChain {
  std::string x;  // before its DynamicQuantizeLinear
  size_t cast;
  size_t scaling;
  std::string weight_scale;
};

std::optional<size_t> OnlyReader(const ModelRewriter& rewriter, const std::string& name,
                                 const std::string& op_type) {
  const std::vector<size_t>& readers = rewriter.ReadersOf(name);
  if (readers.size() != 1) return std::nullopt;
  const Node& reader = rewriter.node(readers[0]);
  if (reader.op_type != op_type || reader.outputs.empty()) return std::nullopt;
  return readers[0];
}

const std::string& OtherInput(const Node& node, const std::string& name) {
  return InputOf(node, InputOf(node, 0) == name ? 1 : 0);
}

std::optional<DynamicChain> FindChain(const ModelRewriter& rewriter, const Node& node) {
  const Node* dynamic = rewriter.MakerOf(InputOf(node, 0));
  if (!dynamic || dynamic->op_type != "DynamicQuantizeLinear" || dynamic->outputs.size() < 3 ||
      dynamic->outputs[0] != InputOf(node, 0) || InputOf(node, 2) != dynamic->outputs[2]) {
    return std::nullopt;
  }
  const auto cast = OnlyReader(rewriter, node.outputs[0], "Cast");
  if (!cast) return std::nullopt;
  const std::string& sums = rewriter.node(*cast).outputs[0];
  const auto scaling = OnlyReader(rewriter, sums, "Mul");
  if (!scaling) return std::nullopt;
  const Node* scales = rewriter.MakerOf(OtherInput(rewriter.node(*scaling), sums));
  const std::string& x_scale = dynamic->outputs[1];
  if (!scales || scales->op_type != "Mul" || scales->inputs.size() != 2 ||
      (scales->inputs[0] != x_scale && scales->inputs[1] != x_scale)) {
    return std::nullopt;
  }
  return DynamicChain{InputOf(*dynamic, 0), *cast, *scaling, OtherInput(*scales, x_scale)};
}

// The operator on real numbers, where the Mul at the chain's end stood: with weights that keep
// their codes, and the input as it was before it was rounded.
bool ExpandDynamic(ModelRewriter& rewriter, const Node& node, const std::string& op_type) {
  if (node.outputs.empty()) return false;
  const auto chain = FindChain(rewriter, node);
  if (!chain) return false;
  const Tensor* scale = rewriter.Constant(chain->weight_scale);
  const Tensor* weights = rewriter.Constant(InputOf(node, 1));
  if (!scale || !weights || weights->dims.empty()) return false;
  // One scale for each output channel may have the extents of what it is multiplied with.
  const int64_t axis = op_type == "Conv" ? 0 : static_cast<int64_t>(weights->dims.size()) - 1;
  const auto count = static_cast<int64_t>(scale->floats.size());
  if (count != 1 && count != weights->dims[static_cast<size_t>(axis)]) return false;
  const Quantized w = {InputOf(node, 1),
                       count == 1 ? rewriter.AddFloats({}, scale->floats)
                                  : rewriter.AddFloats({count}, scale->floats),
                       InputOf(node, 3)};
  const std::string real = Dequantize(rewriter, node, w, axis);
  rewriter.Add(node, op_type, {chain->x, real}, node.attributes,
               rewriter.node(chain->scaling).outputs[0]);
  rewriter.Drop(chain->cast);
  rewriter.Drop(chain->scaling);
  return true;
}

// a, b, the scale of b[, its zero point, bias]: the same in one operator.
bool ExpandDynamicMatMul(ModelRewriter& rewriter, const Node& node) {
  const Tensor* b = rewriter.Constant(InputOf(node, 1));
  if (node.outputs.empty() || !b || b->dims.empty()) return false;
  const Quantized quantized = {InputOf(node, 1), InputOf(node, 2), InputOf(node, 3)};
  const std::string real =
      Dequantize(rewriter, node, quantized, static_cast<int64_t>(b->dims.size()) - 1);
  const std::string& bias = InputOf(node, 4);
  const std::string y = rewriter.Add(node, "MatMul", {InputOf(node, 0), real}, {},
                                     bias.empty() ? node.outputs[0] : "");
  if (!bias.empty()) rewriter.Add(node, "Add", {y, bias}, {}, node.outputs[0]);
  return true;
}

bool Expand(ModelRewriter& rewriter, const Node& node) {
  if (node.op_type == "ConvInteger") return ExpandDynamic(rewriter, node, "Conv");
  if (node.op_type == "MatMulInteger") return ExpandDynamic(rewriter, node, "MatMul");
  if (node.op_type == "DynamicQuantizeMatMul") return ExpandDynamicMatMul(rewriter, node);
  return ExpandStatic(rewriter, node);
}

}  // namespace

void ExpandQuantizedOperators(onnx::Model& model) {
  ModelRewriter rewriter(model);
  for (size_t i = 0; i < rewriter.size(); ++i) {
    if (!rewriter.IsDropped(i) && !Expand(rewriter, rewriter.node(i))) rewriter.Keep(i);
  }
  rewriter.Finish();
}

}  // namespace tessera
