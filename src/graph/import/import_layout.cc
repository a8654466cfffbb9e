#include <algorithm>
#include <cmath>
#include <string>

#include "graph/import/importers.h"

namespace tessera {
namespace {

constexpr int64_t kMaxBlock = 64;
constexpr int64_t kMaxPad = 1024;

// ONNX pads: all beginnings, then all ends, for N, C, H, W.
Status SetPads(OpContext& op, const std::vector<int64_t>& pads, Pad& pad) {
  if (pads.size() != 8) return op.Malformed("pads must have two entries per axis of the image");
  for (size_t axis = 0; axis < 2; ++axis) {
    if (pads[axis] != 0 || pads[axis + 4] != 0) {
      return op.Unsupported("only the height and width of an NCHW tensor can be padded");
    }
  }
  for (const int64_t amount : pads) {
    if (amount < -kMaxPad || amount > kMaxPad) {
      return op.Unsupported("a padding of " + std::to_string(amount) + " is not supported");
    }
  }
  pad.begin = {pads[2], pads[3]};
  pad.end = {pads[6], pads[7]};
  return Status::Ok();
}

// Operator set 18 can name the padded axes; spreads them over all four.
Result<std::vector<int64_t>> SpreadPads(OpContext& op, const std::vector<int64_t>& pads) {
  if (!op.HasInput(3)) return pads;
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, op.IntsInput(3));
  if (pads.size() != 2 * axes.size()) return op.Malformed("pads and axes differ in length");
  std::vector<int64_t> spread(8, 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + 4 : axes[i];
    if (axis < 0 || axis > 3) return op.Malformed("there is no axis " + std::to_string(axes[i]));
    spread[static_cast<size_t>(axis)] = pads[i];
    spread[static_cast<size_t>(axis) + 4] = pads[i + axes.size()];
  }
  return spread;
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
  TESSERA_ASSIGN_OR_RETURN(const std::string mode, op.String("mode", "constant"));
  if (mode != "constant") {
    return op.Unsupported("mode '" + mode + "' is not supported; constant is");
  }
  Pad pad;
  std::vector<int64_t> pads;
  if (op.opset() < 11) {
    TESSERA_ASSIGN_OR_RETURN(pads, op.Ints("pads", {}));
    TESSERA_ASSIGN_OR_RETURN(pad.value, op.Float("value", 0.0f));
  } else {
    TESSERA_ASSIGN_OR_RETURN(pads, op.IntsInput(1));
    TESSERA_ASSIGN_OR_RETURN(pad.value, op.ScalarInput(2, 0.0f));
    TESSERA_ASSIGN_OR_RETURN(pads, SpreadPads(op, pads));
  }
  if (!std::isfinite(pad.value)) return op.Malformed("the value is not a finite number");
  TESSERA_RETURN_IF_ERROR(SetPads(op, pads, pad));
  return op.Emit(pad, {x});
}

Status ImportTranspose(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> permutation, op.Ints("perm", {3, 2, 1, 0}));
  std::vector<int64_t> sorted = permutation;
  std::sort(sorted.begin(), sorted.end());
  if (sorted != std::vector<int64_t>{0, 1, 2, 3}) {
    return op.Malformed("perm must be a permutation of the four axes of an image");
  }
  return op.Emit(Transpose{permutation}, {x});
}

}  // namespace tessera
