#include <array>
#include <cmath>
#include <string>

#include "graph/import/importers.h"

namespace tessera {
namespace {

constexpr int64_t kMaxBlock = 64;
constexpr int64_t kMaxPad = 1024;

// ONNX pads: all beginnings, then all ends. Where the axes of height and width begin, 2 or
// (channels last) 1, or -1 when nothing is padded.
Result<int> FirstPaddedAxis(OpContext& op, const std::vector<Extent>& pads) {
  if (pads.size() != 8) return op.Malformed("pads must have two entries per axis of the image");
  std::array<bool, 4> padded = {};
  for (size_t i = 0; i < 8; ++i) padded[i % 4] = padded[i % 4] || !(pads[i] == Extent(0));
  if (padded[0] || (padded[1] && padded[3])) {
    return op.Unsupported("pads other axes than the height and width of an image");
  }
  if (padded[1]) return 1;
  return padded[2] || padded[3] ? 2 : -1;
}

// The amounts of an axis; what is computed from the image's size must come out as a constant.
Status SetAmount(OpContext& op, const Extent& extent, int64_t& amount) {
  const auto whole = extent.Whole();
  if (!whole) {
    return op.Unsupported("pads by " + extent.ToString() +
                          ", which depends on the image's height H and width W; a constant is "
                          "supported");
  }
  if (*whole < -kMaxPad || *whole > kMaxPad) {
    return op.Unsupported("a padding of " + std::to_string(*whole) + " is not supported");
  }
  amount = *whole;
  return Status::Ok();
}

// Operator set 18 can name the padded axes; spreads them over all four.
Result<std::vector<Extent>> SpreadPads(OpContext& op, const std::vector<Extent>& pads) {
  if (!op.HasInput(3)) return pads;
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, op.IntsInput(3));
  if (pads.size() != 2 * axes.size()) return op.Malformed("pads and axes differ in length");
  std::vector<Extent> spread(8, Extent(0));
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + 4 : axes[i];
    if (axis < 0 || axis > 3) return op.Malformed("there is no axis " + std::to_string(axes[i]));
    spread[static_cast<size_t>(axis)] = pads[i];
    spread[static_cast<size_t>(axis) + 4] = pads[i + axes.size()];
  }
  return spread;
}

Result<Pad::Mode> ReadPadMode(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const std::string mode, op.String("mode", "constant"));
  if (mode == "constant") return Pad::Mode::kConstant;
  if (mode == "reflect") return Pad::Mode::kReflect;
  if (mode == "edge") return Pad::Mode::kEdge;
  if (mode == "wrap") return Pad::Mode::kWrap;
  return op.Unsupported("mode '" + mode +
                        "' is not supported; constant, reflect, edge and wrap are");
}

}  // namespace

Status ImportConcat(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(int64_t axis, op.Int("axis", 1));
  std::vector<ValueId> inputs;
  for (size_t i = 0; i < op.input_count(); ++i) {
    TESSERA_ASSIGN_OR_RETURN(const ValueId id, op.TensorInput(i));
    inputs.push_back(id);
  }
  if (inputs.empty()) return op.Malformed("has no inputs");
  const auto rank = static_cast<int64_t>(op.graph().value(inputs[0]).shape.size());
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) return op.Malformed("there is no such axis");
  return op.Emit(Concat{axis}, std::move(inputs));
}

Status ImportDepthToSpace(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  DepthToSpace depth_to_space;
  TESSERA_ASSIGN_OR_RETURN(depth_to_space.block, op.Int("blocksize", 0));
  TESSERA_ASSIGN_OR_RETURN(const std::string mode, op.String("mode", "DCR"));
  if (depth_to_space.block < 1 || depth_to_space.block > kMaxBlock) {
    return op.Malformed("blocksize must be from 1 to " + std::to_string(kMaxBlock));
  }
  if (mode != "DCR" && mode != "CRD") return op.Malformed("mode '" + mode + "' does not exist");
  depth_to_space.order = mode == "CRD" ? DepthToSpace::Order::kCrd : DepthToSpace::Order::kDcr;
  return op.Emit(depth_to_space, {x});
}

Status ImportPad(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  Pad pad;
  TESSERA_ASSIGN_OR_RETURN(pad.mode, ReadPadMode(op));
  std::vector<Extent> pads;
  if (op.opset() < 11) {
    const char* name = op.Has("paddings") ? "paddings" : "pads";  // of operator set 1
    TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> given, op.Ints(name, {}));
    pads.assign(given.begin(), given.end());
    TESSERA_ASSIGN_OR_RETURN(pad.value, op.Float("value", 0.0f));
  } else {
    TESSERA_ASSIGN_OR_RETURN(pads, op.ExtentsInput(1));
    if (pad.mode == Pad::Mode::kConstant) {
      TESSERA_ASSIGN_OR_RETURN(pad.value, op.ScalarInput(2, 0.0f));
    }
    TESSERA_ASSIGN_OR_RETURN(pads, SpreadPads(op, pads));
  }
  if (!std::isfinite(pad.value)) return op.Malformed("the value is not a finite number");
  TESSERA_ASSIGN_OR_RETURN(const int first, FirstPaddedAxis(op, pads));
  if (first < 0) return op.Alias(x);
  for (size_t axis = 0; axis < 2; ++axis) {
    const size_t at = static_cast<size_t>(first) + axis;
    TESSERA_RETURN_IF_ERROR(SetAmount(op, pads[at], pad.begin[axis]));
    TESSERA_RETURN_IF_ERROR(SetAmount(op, pads[at + 4], pad.end[axis]));
  }
  if (first == 2) return op.Emit(pad, {x});
  TESSERA_ASSIGN_OR_RETURN(const ValueId nchw, op.Add(Transpose{{0, 3, 1, 2}}, {x}));
  TESSERA_ASSIGN_OR_RETURN(const ValueId padded, op.Add(pad, {nchw}));
  return op.Emit(Transpose{{0, 2, 3, 1}}, {padded});
}

Status ImportSpaceToDepth(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  SpaceToDepth space_to_depth;
  TESSERA_ASSIGN_OR_RETURN(space_to_depth.block, op.Int("blocksize", 0));
  if (space_to_depth.block < 1 || space_to_depth.block > kMaxBlock) {
    return op.Malformed("blocksize must be from 1 to " + std::to_string(kMaxBlock));
  }
  return op.Emit(space_to_depth, {x});
}

}  // namespace tessera
