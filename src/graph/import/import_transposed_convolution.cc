#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "graph/import/importers.h"
#include "graph/infer_node.h"

// A transposed convolution of stride s makes s x s outputs of each input pixel, and each of these
// phases is an ordinary convolution of the input with the taps k = phase (mod s) of the kernel. So
// it is one convolution with s*s times as many outputs, whose window is as large as all phases'
// windows together, and a DepthToSpace (Shi et al., "Is the deconvolution layer the same as a
// convolutional layer?", 2016). Exact: sums of the same products, and zero padding where the
// original has none.
namespace tessera {
namespace {

constexpr int64_t kMaxKernel = 255;
constexpr int64_t kMaxStride = 16;

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
int64_t CeilDivide(int64_t a, int64_t b) { return -FloorDivide(-a, b); }

// One axis of the operator, and of the convolution that it becomes.
struct Axis {
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad_begin = 0;
  int64_t pad_end = 0;
  int64_t output_padding = 0;

  int64_t window() const { return (kernel - 1) * dilation + 1; }
  /// Output extent minus stride * input extent.
  int64_t extra() const { return window() - stride - pad_begin - pad_end + output_padding; }
  // Output phase v of block u is at q = s*u + v + pad_begin of the full result; the tap k reads the
  // input at (q - k) / s.
  int64_t Phase(int64_t v) const { return (v + pad_begin) % stride; }
  int64_t Offset(int64_t v) const { return (v + pad_begin) / stride; }
  int64_t highest() const { return Offset(stride - 1); }
  int64_t lowest() const {
    int64_t lowest = highest();
    for (int64_t v = 0; v < stride; ++v) {
      const int64_t taps = CeilDivide(window() - Phase(v), stride);
      if (taps > 0) lowest = std::min(lowest, Offset(v) - taps + 1);
    }
    return lowest;
  }
  /// The convolution's kernel, and the input that it needs before the first and after the last
  /// pixel.
  int64_t size() const { return highest() - lowest() + 1; }
  int64_t before() const { return -lowest(); }
  int64_t blocks_beyond() const { return CeilDivide(extra(), stride); }
  int64_t after() const { return blocks_beyond() + highest(); }
  /// Outputs of the last block that are not wanted.
  int64_t surplus() const { return stride * blocks_beyond() - extra(); }
  /// The tap that reads the input at `position` (from lowest()) for phase v, or -1.
  int64_t Tap(int64_t v, int64_t position) const {
    const int64_t full = Phase(v) + stride * (Offset(v) - (lowest() + position));
    if (full < 0 || full >= window() || full % dilation != 0) return -1;
    return full / dilation;
  }
};

Status ReadNumbers(OpContext& op, const char* attribute, std::array<int64_t, 2>& numbers) {
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> given,
                           op.Ints(attribute, {numbers[0], numbers[1]}));
  if (given.size() != 2) {
    return op.Unsupported(std::string(attribute) + " has " + std::to_string(given.size()) +
                          " entries; only two-dimensional convolutions are supported");
  }
  numbers = {given[0], given[1]};
  return Status::Ok();
}

// auto_pad makes the output stride times as large as the input; output_shape is what a file of a
// fixed size says instead of pads.
Status ReadPads(OpContext& op, std::array<Axis, 2>& axes) {
  TESSERA_ASSIGN_OR_RETURN(const std::string auto_pad, op.String("auto_pad", "NOTSET"));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> pads, op.Ints("pads", {0, 0, 0, 0}));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> shape, op.Ints("output_shape", {}));
  if (pads.size() != 4) return op.Malformed("pads must have four entries");
  const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
  const std::optional<Shape> declared = op.DeclaredShape(0);
  for (size_t i = 0; i < 2; ++i) {
    Axis& axis = axes[i];
    if (auto_pad == "VALID") continue;
    axis.pad_begin = pads[i];
    axis.pad_end = pads[i + 2];
    int64_t beyond = 0;
    if (shape.size() >= 2) {
      if (!declared) {
        return op.Unsupported("output_shape is a fixed size; export the network with pads");
      }
      beyond = shape[shape.size() - 2 + i] - axis.stride * (*declared)[2 + i];
    }
    if (!same && shape.empty()) continue;
    axis.pad_begin = 0;
    axis.pad_end = 0;
    const int64_t total = std::max<int64_t>(0, axis.extra() - beyond);
    const bool more_at_end = auto_pad == "SAME_UPPER";
    axis.pad_begin = more_at_end ? total / 2 : total - total / 2;
    axis.pad_end = total - axis.pad_begin;
  }
  for (const Axis& axis : axes) {
    if (axis.pad_begin < 0 || axis.pad_end < 0 || axis.pad_begin > kMaxKernel ||
        axis.pad_end > kMaxKernel) {
      return op.Unsupported("a padding out of 0 to " + std::to_string(kMaxKernel));
    }
  }
  return Status::Ok();
}

Result<std::array<Axis, 2>> ReadAxes(OpContext& op, const Shape& weights) {
  std::array<int64_t, 2> kernel = {weights[2], weights[3]};
  std::array<int64_t, 2> stride = {1, 1};
  std::array<int64_t, 2> dilation = {1, 1};
  std::array<int64_t, 2> output_padding = {0, 0};
  TESSERA_RETURN_IF_ERROR(ReadNumbers(op, "kernel_shape", kernel));
  TESSERA_RETURN_IF_ERROR(ReadNumbers(op, "strides", stride));
  TESSERA_RETURN_IF_ERROR(ReadNumbers(op, "dilations", dilation));
  TESSERA_RETURN_IF_ERROR(ReadNumbers(op, "output_padding", output_padding));
  if (kernel[0] != weights[2] || kernel[1] != weights[3]) {
    return op.Malformed("kernel_shape and the weights " + ShapeToString(weights) + " differ");
  }
  std::array<Axis, 2> axes;
  for (size_t i = 0; i < 2; ++i) {
    const bool sound = kernel[i] >= 1 && dilation[i] >= 1 && dilation[i] <= kMaxKernel &&
                       kernel[i] <= kMaxKernel && stride[i] >= 1 && stride[i] <= kMaxStride &&
                       output_padding[i] >= 0 && output_padding[i] <= kMaxKernel;
    if (!sound) {
      return op.Unsupported("strides are supported from 1 to " + std::to_string(kMaxStride) +
                            ", kernels and dilations from 1 to " + std::to_string(kMaxKernel));
    }
    axes[i] = {kernel[i], stride[i], dilation[i], 0, 0, output_padding[i]};
  }
  if (stride[0] != stride[1]) {
    return op.Unsupported("different strides for height and width are not supported");
  }
  TESSERA_RETURN_IF_ERROR(ReadPads(op, axes));
  return axes;
}

// OIHW weights of the convolution: output channel (o * s + row phase) * s + column phase.
std::vector<float> PhaseWeights(const std::vector<float>& weights, const Shape& shape,
                                int64_t groups, const std::array<Axis, 2>& axes) {
  const int64_t stride = axes[0].stride;
  const int64_t inputs = shape[0] / groups;
  const int64_t outputs = shape[1];  // per group
  std::vector<float> phases;
  const auto tap = [&](int64_t channel, int64_t o, int64_t ky, int64_t kx) {
    return weights[static_cast<size_t>(((channel * outputs + o) * shape[2] + ky) * shape[3] + kx)];
  };
  for (int64_t group = 0; group < groups; ++group) {
    for (int64_t o = 0; o < outputs; ++o) {
      for (int64_t phase = 0; phase < stride * stride; ++phase) {
        for (int64_t i = 0; i < inputs; ++i) {
          for (int64_t y = 0; y < axes[0].size(); ++y) {
            const int64_t ky = axes[0].Tap(phase / stride, y);
            for (int64_t x = 0; x < axes[1].size(); ++x) {
              const int64_t kx = axes[1].Tap(phase % stride, x);
              const bool inside = ky >= 0 && kx >= 0;
              phases.push_back(inside ? tap(group * inputs + i, o, ky, kx) : 0.0f);
            }
          }
        }
      }
    }
  }
  return phases;
}

}  // namespace

Status ImportConvTranspose(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const ValueId w, op.WeightInput(1));
  const Shape shape = op.graph().value(w).shape;
  if (shape.size() != 4 || shape[0] < 1 || shape[1] < 1) {
    return op.Unsupported("weights of shape " + ShapeToString(shape) +
                          "; only two-dimensional convolutions are supported");
  }
  TESSERA_ASSIGN_OR_RETURN(const int64_t groups, op.Int("group", 1));
  if (groups < 1 || shape[0] % groups != 0) {
    return op.Malformed(std::to_string(shape[0]) + " channels cannot form " +
                        std::to_string(groups) + " groups");
  }
  TESSERA_ASSIGN_OR_RETURN(const auto axes, ReadAxes(op, shape));
  const int64_t area = axes[0].stride * axes[0].stride;
  const int64_t outputs = shape[1] * groups;

  Conv conv;
  conv.groups = groups;
  Pad unused;  // rows and columns of the input that no output reads
  Pad surplus;
  for (size_t i = 0; i < 2; ++i) {
    conv.kernel[i] = axes[i].size();
    conv.pads_begin[i] = std::max<int64_t>(0, axes[i].before());
    conv.pads_end[i] = std::max<int64_t>(0, axes[i].after());
    unused.begin[i] = std::min<int64_t>(0, axes[i].before());
    unused.end[i] = std::min<int64_t>(0, axes[i].after());
    surplus.end[i] = -axes[i].surplus();
  }
  constexpr std::array<int64_t, 2> kNone = {0, 0};
  if (unused.begin != kNone || unused.end != kNone) {
    TESSERA_ASSIGN_OR_RETURN(x, op.Add(unused, {x}));
  }
  const ValueId weights =
      op.AddConstant({outputs * area, shape[0] / groups, axes[0].size(), axes[1].size()},
                     PhaseWeights(op.graph().value(w).constant->floats, shape, groups, axes));
  std::vector<ValueId> inputs = {x, weights};
  if (op.HasInput(2)) {
    TESSERA_ASSIGN_OR_RETURN(const std::vector<float> bias, op.FloatsInput(2));
    if (static_cast<int64_t>(bias.size()) != outputs) {
      return op.Malformed("the bias must have one element per output channel");
    }
    std::vector<float> spread;
    for (const float element : bias) {
      spread.insert(spread.end(), static_cast<size_t>(area), element);
    }
    inputs.push_back(op.AddConstant({outputs * area}, std::move(spread)));
  }
  const bool cuts = surplus.end != kNone;
  if (area == 1 && !cuts) return op.Emit(conv, std::move(inputs));
  TESSERA_ASSIGN_OR_RETURN(ValueId y, op.Add(conv, std::move(inputs)));
  const DepthToSpace shuffle{axes[0].stride, DepthToSpace::Order::kCrd};
  if (!cuts) return op.Emit(shuffle, {y});
  if (area != 1) {
    TESSERA_ASSIGN_OR_RETURN(y, op.Add(shuffle, {y}));
  }
  return op.Emit(surplus, {y});
}

}  // namespace tessera
