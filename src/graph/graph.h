#ifndef TESSERA_GRAPH_GRAPH_H_
#define TESSERA_GRAPH_GRAPH_H_

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/status.h"

namespace tessera {

/// Index of a Value in Graph::values.
using ValueId = int32_t;
inline constexpr ValueId kNoValue = -1;

/// Extents, outermost first; images are N, C, H, W. kUnknownDim marks an extent that depends on the
/// image and is known only after InferShapes.
using Shape = std::vector<int64_t>;
inline constexpr int64_t kUnknownDim = -1;

/// Element types the graph can hold. Float16 initializers are widened to float32 on import;
/// integers occur only as parameters (shapes, axes, scales).
enum class ElementType : uint8_t { kFloat32, kInt64 };

/// The 8-bit form of weights: real = scale * code, with one scale for all or one per index of the
/// outermost axis. Zero points are already subtracted from the codes.
struct QuantizedWeights {
  std::vector<int8_t> codes;  // as many as the constant has elements, in the same order
  std::vector<float> scales;  // 1, or the extent of axis 0
};

/// A tensor known at load time. Exactly the vector that matches the type is filled.
struct Constant {
  std::vector<float> floats;
  std::vector<int64_t> ints;
  // Set when `floats` came from 8-bit codes. Whoever makes new floats drops it.
  std::optional<QuantizedWeights> quantized;
};

inline std::shared_ptr<const Constant> MakeConstant(std::vector<float> floats,
                                                    std::vector<int64_t> ints = {}) {
  return std::make_shared<const Constant>(
      Constant{std::move(floats), std::move(ints), std::nullopt});
}

/// How 8-bit codes stand for real numbers: real = scale * (code - zero_point).
struct Quantization {
  float scale = 1.0f;      // positive
  int32_t zero_point = 0;  // within the code's range
  bool is_signed = true;   // codes are int8 (-128..127), else uint8 (0..255)

  int32_t lowest() const { return is_signed ? -128 : 0; }
  int32_t highest() const { return is_signed ? 127 : 255; }
  bool operator==(const Quantization&) const = default;
};

/// A tensor of the graph: an input, the output of one node, or a constant.
struct Value {
  std::string name;
  ElementType type = ElementType::kFloat32;
  Shape shape;  // Empty shape with a constant means a scalar.
  // Shared, since a graph is copied for each tile shape and weights are most of it. Never changed
  // in place: a pass that changes a constant replaces it.
  std::shared_ptr<const Constant> constant;
};

/// 2-D convolution, weights OIHW, optional bias. Inputs: x, weights[, bias].
struct Conv {
  // kExplicit uses pads_begin / pads_end; the others follow ONNX's auto_pad of the same name and
  // are resolved against the real extents in InferShapes.
  enum class AutoPad : uint8_t { kExplicit, kSameUpper, kSameLower, kValid };

  std::array<int64_t, 2> kernel = {1, 1};  // height, width
  std::array<int64_t, 2> stride = {1, 1};
  std::array<int64_t, 2> dilation = {1, 1};
  std::array<int64_t, 2> pads_begin = {0, 0};  // top, left
  std::array<int64_t, 2> pads_end = {0, 0};    // bottom, right
  int64_t groups = 1;
  AutoPad auto_pad = AutoPad::kExplicit;
  // A Relu or Clip folded into the convolution by a pass.
  float min = -std::numeric_limits<float>::infinity();
  float max = std::numeric_limits<float>::infinity();
};

/// min(max(x, min), max). Relu is {0, inf}.
struct Clip {
  float min = -std::numeric_limits<float>::infinity();
  float max = std::numeric_limits<float>::infinity();
};

/// x < 0 ? alpha * x : x.
struct LeakyRelu {
  float alpha = 0.01f;
};

/// As LeakyRelu with a learned slope. Inputs: x, slope (after the passes a constant like Binary's).
struct PRelu {};

/// Elementwise arithmetic with ONNX (numpy) broadcasting. Inputs: a, b; either may be constant.
/// After the passes a constant has one element (shape []) or one per channel (shape [1, C, 1, 1]).
struct Binary {
  enum class Kind : uint8_t { kAdd, kSub, kMul, kDiv };
  Kind kind = Kind::kAdd;
};

/// Joins its inputs along `axis` (after the passes always 1, the channels).
struct Concat {
  int64_t axis = 1;
};

/// [N, C*b*b, H, W] -> [N, C, H*b, W*b]. kCrd is PyTorch's PixelShuffle order, kDcr TensorFlow's.
struct DepthToSpace {
  enum class Order : uint8_t { kDcr, kCrd };
  int64_t block = 1;
  Order order = Order::kDcr;
};

/// Spatial resampling by a constant factor, a ratio of small whole numbers (see ScaleToRational).
/// Only the spatial scales are kept; the others are 1.
struct Resize {
  enum class Mode : uint8_t { kNearest, kLinear, kCubic };
  enum class Coordinates : uint8_t { kHalfPixel, kPytorchHalfPixel, kAsymmetric, kAlignCorners };
  enum class Rounding : uint8_t { kRoundPreferFloor, kRoundPreferCeil, kFloor, kCeil };
  Mode mode = Mode::kNearest;
  Coordinates coordinates = Coordinates::kHalfPixel;
  Rounding rounding = Rounding::kRoundPreferFloor;  // nearest only
  float cubic_a = -0.75f;                           // cubic only: the kernel's slope at 1
  std::array<double, 2> scale = {1.0, 1.0};         // height, width
};

/// Constant padding of the spatial axes.
struct Pad {
  std::array<int64_t, 2> begin = {0, 0};  // top, left
  std::array<int64_t, 2> end = {0, 0};    // bottom, right
  float value = 0.0f;
};

/// Inputs: x, scale, bias, mean, variance (all [C]). A pass folds it away; the engine has none.
struct BatchNormalization {
  float epsilon = 1e-5f;
};

/// Axis permutation. A pass removes it at the graph's ends; the engine has none.
struct Transpose {
  std::vector<int64_t> permutation;
};

/// An elementwise function without parameters. Gelu is the exact one, x * Phi(x).
struct Unary {
  enum class Kind : uint8_t { kSigmoid, kTanh, kGelu };
  Kind kind = Kind::kSigmoid;
};

/// x rounded to 8-bit codes and back: ONNX's QuantizeLinear (x / scale rounded half to even, plus
/// the zero point, saturated) followed by its DequantizeLinear.
struct FakeQuantize {
  Quantization quantization;
};

using Operation = std::variant<Conv, Clip, LeakyRelu, PRelu, Binary, Concat, DepthToSpace, Resize,
                               Pad, BatchNormalization, Transpose, Unary, FakeQuantize>;

/// The ONNX-like name of the operation, for messages and `inspect` ("Conv", "Add", ...).
const char* OperationName(const Operation& operation);

/// As ONNX names it.
const char* ResizeModeName(Resize::Mode mode);

/// One step of the network. `name` is the ONNX node's name, or "<op>_<index>" when it had none, so
/// that every error can point at it.
struct Node {
  std::string name;
  Operation operation;
  std::vector<ValueId> inputs;  // kNoValue for an omitted optional input.
  ValueId output = kNoValue;
};

/// `status` with the node's operator and name put before its message.
Status AtNode(const Node& node, const Status& status);

/// What a network expects and returns, from `tessera.*` metadata or their defaults.
struct ModelInfo {
  std::string name;
  std::string licence;
  std::string data;            // what it was trained on
  std::string scores;          // JSON, as written by the trainer
  std::string quantization;    // JSON, as written by the quantizer; empty for float networks
  int64_t declared_scale = 0;  // 0: not declared, take it from the graph
  bool bgr = false;
  // A byte b enters as (lo + b/255 * (hi - lo) - mean[c]) / std[c]; output bytes come back through
  // the inverse of the output range alone.
  std::array<float, 2> input_range = {0.0f, 1.0f};
  std::array<float, 2> output_range = {0.0f, 1.0f};
  std::array<float, 3> mean = {0.0f, 0.0f, 0.0f};
  std::array<float, 3> stddev = {1.0f, 1.0f, 1.0f};
};

/// A single-input, single-output network in topological order. After the passes of passes.h, all
/// non-constant values are rank-4 NCHW float tensors with batch 1.
struct Graph {
  ModelInfo info;
  std::vector<Value> values;
  std::vector<Node> nodes;
  ValueId input = kNoValue;
  ValueId output = kNoValue;

  const Value& value(ValueId id) const { return values[static_cast<size_t>(id)]; }
  Value& value(ValueId id) { return values[static_cast<size_t>(id)]; }

  ValueId AddValue(Value value) {
    values.push_back(std::move(value));
    return static_cast<ValueId>(values.size() - 1);
  }
};

}  // namespace tessera

#endif  // TESSERA_GRAPH_GRAPH_H_
