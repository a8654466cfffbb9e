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
#include "graph/extent.h"
#include "graph/rational.h"

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
  // Not an image: a tensor of any rank that lies in memory as its shape says, outermost axis first.
  // Images lie N, H, W, C. Set by ResolveLayouts; constants have no layout.
  bool plain = false;
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
/// After the passes a constant beside an image has one element (shape []) or one per channel (shape
/// [1, C, 1, 1]); beside a plain tensor it has any shape. kMod is the remainder with the sign of b.
struct Binary {
  enum class Kind : uint8_t { kAdd, kSub, kMul, kDiv, kMin, kMax, kPow, kMod };
  Kind kind = Kind::kAdd;
};

/// Joins its inputs along `axis` (after the passes 1, the channels, of images).
struct Concat {
  int64_t axis = 1;
};

/// [N, C*b*b, H, W] -> [N, C, H*b, W*b]. kCrd is PyTorch's PixelShuffle order, kDcr TensorFlow's.
struct DepthToSpace {
  enum class Order : uint8_t { kDcr, kCrd };
  int64_t block = 1;
  Order order = Order::kDcr;
};

/// [N, C, H*b, W*b] -> [N, C*b*b, H, W]: output channel (dy*b + dx)*C + c is the input channel c at
/// (dy, dx) of each block, as in ONNX.
struct SpaceToDepth {
  int64_t block = 1;
};

/// Output channel i is input channel source[i]: a slice, split, shuffle or repetition of channels.
struct SelectChannels {
  std::vector<int64_t> source;
};

/// Spatial resampling by a constant factor, a ratio of small whole numbers (see ScaleToRational),
/// or to a size that follows from the image's. Only the spatial scales are kept; the others are 1.
struct Resize {
  enum class Mode : uint8_t { kNearest, kLinear, kCubic };
  enum class Coordinates : uint8_t { kHalfPixel, kPytorchHalfPixel, kAsymmetric, kAlignCorners };
  enum class Rounding : uint8_t { kRoundPreferFloor, kRoundPreferCeil, kFloor, kCeil };
  Mode mode = Mode::kNearest;
  Coordinates coordinates = Coordinates::kHalfPixel;
  Rounding rounding = Rounding::kRoundPreferFloor;  // nearest only
  float cubic_a = -0.75f;                           // cubic only: the kernel's slope at 1
  bool antialias = false;        // linear and cubic: the kernel is widened where the axis shrinks
  bool exclude_outside = false;  // cubic: samples beyond the edge have no weight
  std::array<double, 2> scale = {1.0, 1.0};  // height, width; not used with to_image
  // Set: the output is these fractions of the image's height and width, rounded down, whatever the
  // input's size is (the factor then depends on the image).
  std::optional<std::array<Rational, 2>> to_image;
};

/// Padding of the spatial axes; negative amounts crop. kReflect leaves the edge pixel out, kEdge
/// repeats it, kWrap continues at the other edge.
struct Pad {
  enum class Mode : uint8_t { kConstant, kReflect, kEdge, kWrap };
  std::array<int64_t, 2> begin = {0, 0};  // top, left
  std::array<int64_t, 2> end = {0, 0};    // bottom, right
  float value = 0.0f;                     // kConstant
  Mode mode = Mode::kConstant;
};

/// Maximum or mean of a window. Padding is never the maximum, and is part of the mean only with
/// count_include_pad. With ceil_mode a last window may reach over the end, as long as it begins
/// inside the input or its begin padding.
struct Pool {
  enum class Kind : uint8_t { kMax, kAverage };
  Kind kind = Kind::kMax;
  std::array<int64_t, 2> kernel = {1, 1};  // height, width
  std::array<int64_t, 2> stride = {1, 1};
  std::array<int64_t, 2> dilation = {1, 1};
  std::array<int64_t, 2> pads_begin = {0, 0};  // top, left
  std::array<int64_t, 2> pads_end = {0, 0};    // bottom, right
  bool ceil_mode = false;
  bool count_include_pad = false;
};

/// One number for all elements along `axes` (sorted, not negative), which keep an extent of 1.
/// After the passes, of an image: {1} (channels), {2}, {3}, {2, 3} (the whole image) or {1, 2, 3}.
struct Reduce {
  enum class Kind : uint8_t { kMean, kSum, kMax, kMin, kL1, kL2, kSumSquare, kProduct };
  Kind kind = Kind::kMean;
  std::vector<int64_t> axes;
};

/// exp(x) over its sum along `axis` (after the passes of an image: 1); `log` takes the logarithm.
struct Softmax {
  int64_t axis = 1;
  bool log = false;
};

// Operators on tensors of any rank. ResolveLayouts turns what is done to images with them into the
// operators above; the others are left between tensors that are plain.

/// The same elements, outermost axis first, in another shape.
struct Reshape {
  std::vector<Extent> shape;
};

/// Elements start, start + step, ... before end along `axis`; start and end are from 0 to the
/// axis's extent, step is positive.
struct Slice {
  int64_t axis = 0;
  Extent start;
  Extent end;
  int64_t step = 1;
};

/// Elements `indices` (not negative) along `axis`, which remains an axis.
struct Gather {
  int64_t axis = 0;
  std::vector<int64_t> indices;
};

/// Repeats axes of extent 1; `shape` has the rank of the output, which is not less than the
/// input's.
struct Expand {
  std::vector<Extent> shape;
};

/// The matrix product of the last two axes, with broadcasting over those before (as numpy.matmul,
/// ranks of 2 and more). Either input may be constant.
struct MatMul {};

/// An image as a plain tensor [N, C, H, W], and back.
struct Relayout {
  bool to_plain = true;
};

/// Inputs: x, scale, bias, mean, variance (all [C]). A pass folds it away; the engine has none.
struct BatchNormalization {
  float epsilon = 1e-5f;
};

/// Axis permutation: output axis i is input axis permutation[i]. ResolveLayouts leaves those of
/// plain tensors only.
struct Transpose {
  std::vector<int64_t> permutation;
};

/// An elementwise function, as ONNX defines the operator of this name. Gelu is the exact one,
/// x * Phi(x); kGeluTanh its approximation; kSilu is x * sigmoid(x).
struct Unary {
  enum class Kind : uint8_t {
    kSigmoid,
    kTanh,
    kGelu,
    kGeluTanh,
    kSilu,
    kErf,
    kSoftplus,
    kElu,          // alpha
    kSelu,         // alpha, beta (ONNX's gamma)
    kCelu,         // alpha
    kHardSigmoid,  // alpha, beta
    kHardSwish,
    kMish,
    kSoftsign,
    kThresholdedRelu,  // alpha
    kAbs,
    kNeg,
    kExp,
    kLog,
    kSqrt,
    kReciprocal,
    kFloor,
    kCeil,
    kRound,  // halves to even
    kSign,
    kSin,
    kCos,
  };
  Kind kind = Kind::kSigmoid;
  float alpha = 0.0f;
  float beta = 0.0f;
};

/// x rounded to 8-bit codes and back: ONNX's QuantizeLinear (x / scale rounded half to even, plus
/// the zero point, saturated) followed by its DequantizeLinear.
struct FakeQuantize {
  Quantization quantization;
};

using Operation =
    std::variant<Conv, Clip, LeakyRelu, PRelu, Binary, Concat, DepthToSpace, SpaceToDepth,
                 SelectChannels, Resize, Pad, Pool, Reduce, Softmax, BatchNormalization, Transpose,
                 Unary, FakeQuantize, Reshape, Slice, Gather, Expand, MatMul, Relayout>;

/// The ONNX-like name of the operation, for messages and `inspect` ("Conv", "Add", ...).
const char* OperationName(const Operation& operation);

// As ONNX names them.
const char* ResizeModeName(Resize::Mode mode);
const char* PadModeName(Pad::Mode mode);

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

/// What the channels of a network's pictures are.
enum class Color : uint8_t {
  kByChannels,  // not stated: RGB for three channels, RGB and alpha for four, Y for one
  kRgb,
  kBgr,
  kY,      // BT.601 luma in studio range: 16 is black, 235 white. The rest is enlarged bicubically
  kYFull,  // the same in full range: 0 is black, 255 white
  kGray,   // as kYFull, and the result has no colour
};

/// The order of the axes of a network's input in its file.
enum class PictureLayout : uint8_t { kFromGraph, kNchw, kNhwc };

/// What a network expects and returns, from `tessera.*` metadata or their defaults.
struct ModelInfo {
  std::string name;
  std::string licence;
  std::string data;            // what it was trained on
  std::string scores;          // JSON, as written by the trainer
  std::string quantization;    // JSON, as written by the quantizer; empty for float networks
  int64_t declared_scale = 0;  // 0: not declared, take it from the graph
  Color color = Color::kByChannels;
  PictureLayout layout = PictureLayout::kFromGraph;
  // A byte b enters as (lo + b/255 * (hi - lo) - mean[c]) / std[c], c counted as the network does;
  // output bytes come back through the inverse of the output range alone.
  std::array<float, 2> input_range = {0.0f, 1.0f};
  std::array<float, 2> output_range = {0.0f, 1.0f};
  std::array<float, 4> mean = {0.0f, 0.0f, 0.0f, 0.0f};
  std::array<float, 4> stddev = {1.0f, 1.0f, 1.0f, 1.0f};
  // Input pixels by which an image is extended on each side, its edge pixels repeated, before it
  // enters: what the network's zero padding spoils is then cut away.
  int64_t border = 0;
};

/// A single-input, single-output network in topological order. After the passes of passes.h, all
/// non-constant values that are not plain are rank-4 NCHW float tensors with batch 1.
struct Graph {
  ModelInfo info;
  // The image's height and width must be multiples of this, beyond what strides ask for: windows,
  // and shape arithmetic that was folded for such images.
  int64_t size_multiple = 1;
  // Height and width of the only image that the network takes, where the file fixes them and its
  // meaning for others is not clear (attention with a mask for one size); else zeros.
  std::array<int64_t, 2> fixed_size = {0, 0};
  bool IsFixed() const { return fixed_size[0] > 0; }
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
