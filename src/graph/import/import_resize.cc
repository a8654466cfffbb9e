#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/number_text.h"
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

// How each axis is resized: by a factor, or to a fraction of the image's extent.
struct AxisFactor {
  Rational factor = 1;
  std::optional<Rational> of_image;
};

Status SetScale(OpContext& op, const std::vector<AxisFactor>& axes, Resize& resize) {
  if (axes.size() != 4) return op.Malformed("needs one scale for each axis of an NCHW image");
  for (size_t axis = 0; axis < 2; ++axis) {
    if (axes[axis].of_image || !(axes[axis].factor == 1)) {
      return op.Unsupported("only the height and width of an NCHW tensor can be resized");
    }
  }
  resize.scale = {axes[2].factor.ToDouble(), axes[3].factor.ToDouble()};
  if (!axes[2].of_image && !axes[3].of_image) return Status::Ok();
  if (!axes[2].of_image || !axes[3].of_image) {
    return op.Unsupported("resizes one axis by a factor and the other to a size");
  }
  resize.to_image = {*axes[2].of_image, *axes[3].of_image};
  return Status::Ok();
}

Result<Rational> SimpleFactor(OpContext& op, double scale) {
  const auto factor = ScaleToRational(scale);
  if (factor) return *factor;
  return op.Unsupported("a scale of " + NumberText(scale) +
                        " is not supported; ratios of small whole numbers up to 64 are");
}

// A size on `axis` of an input of `extent` elements. The sizes of a file that fixes the image's are
// constants, and mean the same share of other images.
Result<AxisFactor> FromSize(OpContext& op, Extent size, const Extent& extent, size_t axis) {
  const bool is_spatial = axis >= 2;
  const std::optional<ImageSize>& declared = op.declared_image();
  if (size == extent) return AxisFactor{};
  const std::optional<int64_t> whole = size.Whole();
  if (whole && !extent.IsConstant() && is_spatial && declared) {
    const Rational share(*whole, axis == 2 ? declared->height : declared->width);
    size = axis == 2 ? Extent(0, share, 0, 0) : Extent(0, 0, share, 0);
    if (size == extent) return AxisFactor{};
  }
  const auto quotient = Extent::Quotient(size, extent);
  if (quotient && quotient->IsConstant() && !(quotient->one() == 0)) {
    const Rational factor = quotient->one();
    const auto simple = ScaleToRational(factor.ToDouble());
    op.RequireMultiple(size);
    if (simple && *simple == factor) return AxisFactor{factor, std::nullopt};
    return op.Unsupported("a scale of " + NumberText(factor.ToDouble()) +
                          " is not supported; ratios of small whole numbers up to 64 are");
  }
  const auto share = is_spatial ? size.MultipleOf(axis - 2) : std::nullopt;
  if (share) return AxisFactor{1, share};
  return op.Unsupported("resizes an axis of " + extent.ToString() + " to " + size.ToString() +
                        " (H and W are the image's height and width); a factor, or a share of the "
                        "image's size, is supported: export the network with a scale factor or "
                        "with dynamic axes");
}

// Scales that are constants, or quotients of sizes that come out as constants.
Result<std::vector<AxisFactor>> FromScales(OpContext& op, const std::vector<Extent>& input,
                                           const KnownTensor& scales) {
  std::vector<AxisFactor> axes;
  for (const float scale : scales.floats) {
    TESSERA_ASSIGN_OR_RETURN(const Rational factor, SimpleFactor(op, static_cast<double>(scale)));
    axes.push_back({factor, std::nullopt});
  }
  for (size_t axis = 0; axis < scales.extents.size(); ++axis) {
    const Extent& scale = scales.extents[axis];
    // The wanted size over the input's, which is the wanted size.
    if (scale.over() && axis < input.size() && *scale.over() == input[axis]) {
      const Extent size(scale.one(), scale.height(), scale.width(), scale.area());
      TESSERA_ASSIGN_OR_RETURN(const AxisFactor factor, FromSize(op, size, input[axis], axis));
      axes.push_back(factor);
      continue;
    }
    if (!scale.IsConstant()) {
      return op.Unsupported("a scale of " + scale.ToString() +
                            ", which depends on the image's height H and width W");
    }
    TESSERA_ASSIGN_OR_RETURN(const Rational factor, SimpleFactor(op, scale.one().ToDouble()));
    axes.push_back({factor, std::nullopt});
  }
  return axes;
}

Result<std::vector<AxisFactor>> FromSizes(OpContext& op, const std::vector<Extent>& input,
                                          const std::vector<Extent>& sizes) {
  if (sizes.size() != input.size()) return op.Malformed("needs one size for each axis");
  std::vector<AxisFactor> axes;
  for (size_t axis = 0; axis < sizes.size(); ++axis) {
    const auto sign = sizes[axis].Sign();
    if (sign && *sign <= 0) return op.Malformed("a size is out of range");
    TESSERA_ASSIGN_OR_RETURN(const AxisFactor factor, FromSize(op, sizes[axis], input[axis], axis));
    axes.push_back(factor);
  }
  return axes;
}

// Spreads what operator set 18's `axes` attribute names over all axes.
template <typename T>
Result<std::vector<T>> SpreadAxes(OpContext& op, const std::vector<T>& given,
                                  std::vector<T> everywhere) {
  if (!op.Has("axes") || given.empty()) return given;
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

// The input as numbers. kUnsupported when it is computed from pixels, or a second input of the
// graph.
Result<KnownTensor> NumbersInput(OpContext& op, size_t index) {
  std::optional<KnownTensor> known = op.KnownInput(index);
  if (known) return std::move(*known);
  TESSERA_ASSIGN_OR_RETURN(const std::vector<float> floats, op.FloatsInput(index));
  return op.Unsupported("its scale is no constant");
}

Result<std::vector<AxisFactor>> ReadFactors(OpContext& op, const std::vector<Extent>& input) {
  const size_t scales_input = op.opset() < 11 ? 1 : 2;
  if (op.HasInput(scales_input)) {
    TESSERA_ASSIGN_OR_RETURN(KnownTensor scales, NumbersInput(op, scales_input));
    // Before operator set 13 an empty tensor stood for an omitted one.
    if (scales.size() > 0) {
      TESSERA_ASSIGN_OR_RETURN(
          scales.floats, SpreadAxes(op, scales.floats, std::vector<float>(input.size(), 1.0f)));
      TESSERA_ASSIGN_OR_RETURN(
          scales.extents,
          SpreadAxes(op, scales.extents, std::vector<Extent>(input.size(), Extent(1))));
      return FromScales(op, input, scales);
    }
  }
  if (op.opset() >= 11 && op.HasInput(3)) {
    TESSERA_ASSIGN_OR_RETURN(std::vector<Extent> sizes, op.ExtentsInput(3));
    TESSERA_ASSIGN_OR_RETURN(sizes, SpreadAxes(op, sizes, input));
    return FromSizes(op, input, sizes);
  }
  return op.Malformed("has neither scales nor sizes");
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
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ExtentsOf(0));
  TESSERA_ASSIGN_OR_RETURN(const auto factors, ReadFactors(op, extents));
  TESSERA_RETURN_IF_ERROR(SetScale(op, factors, resize));
  if (op.opset() < 11) {
    TESSERA_RETURN_IF_ERROR(SetOldResize(op, resize));
    return op.Emit(resize, {x});
  }
  TESSERA_ASSIGN_OR_RETURN(resize.cubic_a, op.Float("cubic_coeff_a", resize.cubic_a));
  if (!std::isfinite(resize.cubic_a)) return op.Malformed("cubic_coeff_a is not a finite number");
  op.Ignore("extrapolation_value");       // concerns tf_crop_and_resize
  op.Ignore("keep_aspect_ratio_policy");  // the factor is already known
  TESSERA_ASSIGN_OR_RETURN(const int64_t antialias, op.Int("antialias", 0));
  TESSERA_ASSIGN_OR_RETURN(const int64_t exclude_outside, op.Int("exclude_outside", 0));
  resize.antialias = antialias != 0 && resize.mode != Resize::Mode::kNearest;
  resize.exclude_outside = exclude_outside != 0 && resize.mode == Resize::Mode::kCubic;
  TESSERA_RETURN_IF_ERROR(ReadRounding(op, resize));
  TESSERA_RETURN_IF_ERROR(ReadCoordinates(op, resize));
  return op.Emit(resize, {x});
}

Status ImportUpsample(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  Resize resize;
  TESSERA_ASSIGN_OR_RETURN(resize.mode, ReadMode(op));
  KnownTensor scales;
  if (op.opset() < 9 && op.Has("height_scale")) {  // operator set 1
    TESSERA_ASSIGN_OR_RETURN(const float height, op.Float("height_scale", 1.0f));
    TESSERA_ASSIGN_OR_RETURN(const float width, op.Float("width_scale", 1.0f));
    scales.floats = {1.0f, 1.0f, height, width};
  } else if (op.opset() < 9) {
    TESSERA_ASSIGN_OR_RETURN(scales.floats, op.Floats("scales", {}));
  } else {
    TESSERA_ASSIGN_OR_RETURN(scales, NumbersInput(op, 1));
  }
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ExtentsOf(0));
  TESSERA_ASSIGN_OR_RETURN(const auto factors, FromScales(op, extents, scales));
  TESSERA_RETURN_IF_ERROR(SetScale(op, factors, resize));
  TESSERA_RETURN_IF_ERROR(SetOldResize(op, resize));
  return op.Emit(resize, {x});
}

}  // namespace tessera
