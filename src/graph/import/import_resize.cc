#include <cmath>
#include <optional>
#include <string>

#include "graph/import/importers.h"
#include "graph/infer_node.h"
#include "graph/rational.h"

namespace tessera {
namespace {

using Coordinates = Resize::Coordinates;
using Rounding = Resize::Rounding;

Result<Resize::Mode> ReadMode(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const std::string mode, op.String("mode", "nearest"));
  if (mode == "nearest") return Resize::Mode::kNearest;
  if (mode == "linear" || mode == "bilinear") return Resize::Mode::kLinear;
  if (mode == "cubic") return Resize::Mode::kCubic;
  return op.Unsupported("mode '" + mode + "' is not supported; nearest, linear and cubic are");
}

// Takes the spatial factors from four per-axis factors.
Status SetScale(OpContext& op, const std::vector<Rational>& factors, Resize& resize) {
  if (factors.size() != 4) return op.Malformed("needs one scale for each axis of an NCHW image");
  if (!(factors[0] == 1) || !(factors[1] == 1)) {
    return op.Unsupported("only the height and width of an NCHW tensor can be resized");
  }
  resize.scale = {factors[2].ToDouble(), factors[3].ToDouble()};
  return Status::Ok();
}

Result<std::vector<Rational>> FromScales(OpContext& op, const std::vector<float>& scales) {
  std::vector<Rational> factors;
  for (const float scale : scales) {
    const auto factor = ScaleToRational(static_cast<double>(scale));
    if (!factor) {
      return op.Unsupported("a scale of " + std::to_string(scale) +
                            " is not supported; ratios of small whole numbers up to 64 are");
    }
    factors.push_back(*factor);
  }
  return factors;
}

// Sizes make a constant factor only where the file fixes the size of the input.
Result<std::vector<Rational>> FromSizes(OpContext& op, const Shape& input,
                                        const std::vector<int64_t>& sizes) {
  if (sizes.size() != input.size()) return op.Malformed("needs one size for each axis");
  std::vector<Rational> factors;
  for (size_t axis = 0; axis < sizes.size(); ++axis) {
    if (sizes[axis] == input[axis]) {  // also an axis that `axes` does not name
      factors.push_back(1);
      continue;
    }
    if (input[axis] == kUnknownDim) {
      return op.Unsupported(
          "resizes to fixed sizes an image of unknown size; export the model "
          "with a scale factor");
    }
    constexpr int64_t kMaxSize = Rational::kMaxPart / 2;
    if (sizes[axis] < 1 || sizes[axis] > kMaxSize || input[axis] < 1 || input[axis] > kMaxSize) {
      return op.Malformed("a size is out of range");
    }
    const Rational factor(sizes[axis], input[axis]);
    const auto simple = ScaleToRational(factor.ToDouble());
    if (!simple || !(*simple == factor)) {
      return op.Unsupported("sizes and the input's shape " + ShapeToString(input) +
                            " give no simple scale factor");
    }
    factors.push_back(factor);
  }
  return factors;
}

// Spreads what operator set 18's `axes` attribute names over all four axes.
template <typename T>
Result<std::vector<T>> SpreadAxes(OpContext& op, const std::vector<T>& given,
                                  std::vector<T> everywhere) {
  if (!op.Has("axes")) return given;
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, op.Ints("axes", {}));
  if (axes.size() != given.size()) return op.Malformed("axes and scales differ in length");
  const auto rank = static_cast<int64_t>(everywhere.size());
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
    if (axis < 0 || axis >= rank) return op.Malformed("there is no such axis");
    everywhere[static_cast<size_t>(axis)] = given[i];
  }
  return everywhere;
}

Result<std::vector<Rational>> ReadFactors(OpContext& op, const Shape& input) {
  const size_t scales_input = op.opset() < 11 ? 1 : 2;
  if (op.HasInput(scales_input)) {
    TESSERA_ASSIGN_OR_RETURN(std::vector<float> scales, op.FloatsInput(scales_input));
    // Before operator set 13 an empty tensor stood for an omitted one.
    if (!scales.empty()) {
      TESSERA_ASSIGN_OR_RETURN(scales,
                               SpreadAxes(op, scales, std::vector<float>(input.size(), 1.0f)));
      return FromScales(op, scales);
    }
  }
  if (op.opset() >= 11 && op.HasInput(3)) {
    TESSERA_ASSIGN_OR_RETURN(std::vector<int64_t> sizes, op.IntsInput(3));
    TESSERA_ASSIGN_OR_RETURN(sizes, SpreadAxes(op, sizes, input));
    return FromSizes(op, input, sizes);
  }
  return op.Malformed("has neither scales nor sizes");
}

Status RefuseOption(OpContext& op, const char* attribute) {
  TESSERA_ASSIGN_OR_RETURN(const int64_t value, op.Int(attribute, 0));
  if (value == 0) return Status::Ok();
  return op.Unsupported(std::string("attribute '") + attribute + "' is not supported");
}

Status ReadRounding(OpContext& op, Resize& resize) {
  TESSERA_ASSIGN_OR_RETURN(const std::string mode, op.String("nearest_mode", "round_prefer_floor"));
  if (mode == "round_prefer_floor") {
    resize.rounding = Rounding::kRoundPreferFloor;
  } else if (mode == "round_prefer_ceil") {
    resize.rounding = Rounding::kRoundPreferCeil;
  } else if (mode == "floor") {
    resize.rounding = Rounding::kFloor;
  } else if (mode == "ceil") {
    resize.rounding = Rounding::kCeil;
  } else {
    return op.Malformed("nearest_mode '" + mode + "' does not exist");
  }
  return Status::Ok();
}

bool IsWhole(double scale) { return scale == std::floor(scale); }

// TensorFlow's half-pixel nearest reads floor((i + 1/2) / scale); for a whole scale that is
// floor(i / scale), the asymmetric mode.
Status SetTfHalfPixel(OpContext& op, Resize& resize) {
  const bool simple = resize.mode == Resize::Mode::kNearest &&
                      resize.rounding == Rounding::kFloor && IsWhole(resize.scale[0]) &&
                      IsWhole(resize.scale[1]);
  if (!simple) {
    return op.Unsupported("tf_half_pixel_for_nn is supported for nearest, floor and a whole scale");
  }
  resize.coordinates = Coordinates::kAsymmetric;
  return Status::Ok();
}

Status ReadCoordinates(OpContext& op, Resize& resize) {
  TESSERA_ASSIGN_OR_RETURN(const std::string mode,
                           op.String("coordinate_transformation_mode", "half_pixel"));
  if (mode == "half_pixel") {
    resize.coordinates = Coordinates::kHalfPixel;
  } else if (mode == "pytorch_half_pixel") {
    resize.coordinates = Coordinates::kPytorchHalfPixel;
  } else if (mode == "asymmetric") {
    resize.coordinates = Coordinates::kAsymmetric;
  } else if (mode == "align_corners") {
    resize.coordinates = Coordinates::kAlignCorners;
  } else if (mode == "tf_half_pixel_for_nn") {
    return SetTfHalfPixel(op, resize);
  } else {
    return op.Unsupported("coordinate_transformation_mode '" + mode +
                          "' is not supported; half_pixel, pytorch_half_pixel, asymmetric and "
                          "align_corners are");
  }
  return Status::Ok();
}

// Before operator set 11 there was one way: asymmetric, and for nearest ONNX Runtime rounds down
// when it enlarges and up when it shrinks.
Status SetOldResize(OpContext& op, Resize& resize) {
  resize.coordinates = Coordinates::kAsymmetric;
  const bool enlarges = resize.scale[0] >= 1.0 && resize.scale[1] >= 1.0;
  const bool shrinks = resize.scale[0] < 1.0 && resize.scale[1] < 1.0;
  if (!enlarges && !shrinks) return op.Unsupported("enlarges one axis and shrinks the other");
  resize.rounding = enlarges ? Rounding::kFloor : Rounding::kCeil;
  return Status::Ok();
}

}  // namespace

Status ImportResize(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  Resize resize;
  TESSERA_ASSIGN_OR_RETURN(resize.mode, ReadMode(op));
  TESSERA_ASSIGN_OR_RETURN(const auto factors, ReadFactors(op, op.graph().value(x).shape));
  TESSERA_RETURN_IF_ERROR(SetScale(op, factors, resize));
  if (op.opset() < 11) {
    TESSERA_RETURN_IF_ERROR(SetOldResize(op, resize));
    return op.Emit(resize, {x});
  }
  TESSERA_ASSIGN_OR_RETURN(resize.cubic_a, op.Float("cubic_coeff_a", resize.cubic_a));
  if (!std::isfinite(resize.cubic_a)) return op.Malformed("cubic_coeff_a is not a finite number");
  op.Ignore("extrapolation_value");       // concerns tf_crop_and_resize
  op.Ignore("keep_aspect_ratio_policy");  // the factor is already known
  TESSERA_RETURN_IF_ERROR(RefuseOption(op, "antialias"));
  TESSERA_RETURN_IF_ERROR(RefuseOption(op, "exclude_outside"));
  TESSERA_RETURN_IF_ERROR(ReadRounding(op, resize));
  TESSERA_RETURN_IF_ERROR(ReadCoordinates(op, resize));
  return op.Emit(resize, {x});
}

Status ImportUpsample(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  Resize resize;
  TESSERA_ASSIGN_OR_RETURN(resize.mode, ReadMode(op));
  std::vector<float> scales;
  if (op.opset() < 9) {
    TESSERA_ASSIGN_OR_RETURN(scales, op.Floats("scales", {}));
  } else {
    TESSERA_ASSIGN_OR_RETURN(scales, op.FloatsInput(1));
  }
  TESSERA_ASSIGN_OR_RETURN(const auto factors, FromScales(op, scales));
  TESSERA_RETURN_IF_ERROR(SetScale(op, factors, resize));
  TESSERA_RETURN_IF_ERROR(SetOldResize(op, resize));
  return op.Emit(resize, {x});
}

}  // namespace tessera
