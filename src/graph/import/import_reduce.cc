#include <string>
#include <utility>
#include <vector>

#include "graph/import/importers.h"
#include "graph/import/read_axes.h"

// Sums, means and largest elements along axes, and what is made of them.
namespace tessera {
namespace {

std::vector<int64_t> AxesFrom(int64_t first, size_t rank) {
  std::vector<int64_t> axes;
  for (int64_t axis = first; axis < static_cast<int64_t>(rank); ++axis) axes.push_back(axis);
  return axes;
}

Status ImportReduction(OpContext& op, Reduce::Kind kind) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ExtentsOf(0));
  TESSERA_ASSIGN_OR_RETURN(const ReducedAxes reduced, ReadReducedAxes(op, extents.size()));
  if (reduced.keep_dims) return op.Emit(Reduce{kind, reduced.axes}, {x});
  TESSERA_ASSIGN_OR_RETURN(const ValueId kept, op.Add(Reduce{kind, reduced.axes}, {x}));
  std::vector<Extent> shape;
  size_t next = 0;
  for (size_t i = 0; i < extents.size(); ++i) {
    const bool gone = next < reduced.axes.size() && reduced.axes[next] == static_cast<int64_t>(i);
    if (gone) {
      ++next;
    } else {
      shape.push_back(extents[i]);
    }
  }
  return op.Emit(Reshape{std::move(shape)}, {kept});
}

Status ImportGlobalPool(OpContext& op, Reduce::Kind kind) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  return op.Emit(Reduce{kind, AxesFrom(2, op.graph().value(x).shape.size())}, {x});
}

Status ImportSoftmaxKind(OpContext& op, bool log) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ExtentsOf(0));
  const size_t rank = extents.size();
  const bool flattens = op.opset() < 13;
  TESSERA_ASSIGN_OR_RETURN(const int64_t axis, ReadAxis(op, "axis", flattens ? 1 : -1, rank));
  // Before operator set 13 all axes from `axis` on were taken together.
  bool alone = true;
  for (size_t i = static_cast<size_t>(axis) + 1; i < rank; ++i) {
    alone = alone && extents[i] == Extent(1);
  }
  if (!flattens || alone) return op.Emit(Softmax{axis, log}, {x});
  std::vector<Extent> flat = {1, 1};
  for (size_t i = 0; i < rank; ++i) {
    Extent& part = flat[i < static_cast<size_t>(axis) ? 0 : 1];
    const auto product = Extent::Product(part, extents[i]);
    if (!product) return op.Unsupported("over axes that depend on the image's size");
    part = *product;
  }
  TESSERA_ASSIGN_OR_RETURN(const ValueId together, op.Add(Reshape{std::move(flat)}, {x}));
  TESSERA_ASSIGN_OR_RETURN(const ValueId y, op.Add(Softmax{1, log}, {together}));
  return op.Emit(Reshape{extents}, {y});
}

// x - mean and its standard deviation along `axes`: (x - mean) / sqrt(variance + epsilon).
Result<ValueId> Normalized(OpContext& op, ValueId x, const std::vector<int64_t>& axes,
                           float epsilon) {
  using Kind = Binary::Kind;
  const Reduce mean{Reduce::Kind::kMean, axes};
  TESSERA_ASSIGN_OR_RETURN(const ValueId centre, op.Add(mean, {x}));
  TESSERA_ASSIGN_OR_RETURN(const ValueId centred, op.Add(Binary{Kind::kSub}, {x, centre}));
  TESSERA_ASSIGN_OR_RETURN(const ValueId squares, op.Add(Binary{Kind::kMul}, {centred, centred}));
  TESSERA_ASSIGN_OR_RETURN(const ValueId variance, op.Add(mean, {squares}));
  const ValueId small = op.AddConstant({}, {epsilon});
  TESSERA_ASSIGN_OR_RETURN(const ValueId shifted, op.Add(Binary{Kind::kAdd}, {variance, small}));
  TESSERA_ASSIGN_OR_RETURN(const ValueId deviation, op.Add(Unary{Unary::Kind::kSqrt}, {shifted}));
  return op.Add(Binary{Kind::kDiv}, {centred, deviation});
}

// A constant input of one element per index of axis 1, for a tensor of `rank` axes.
Result<ValueId> PerChannelInput(OpContext& op, size_t index, size_t rank) {
  TESSERA_ASSIGN_OR_RETURN(std::vector<float> elements, op.FloatsInput(index));
  Shape shape(rank, 1);
  shape[1] = static_cast<int64_t>(elements.size());
  return op.AddConstant(std::move(shape), std::move(elements));
}

// Scale and bias per channel, the end of a normalization.
Status EmitScaled(OpContext& op, ValueId x, ValueId scale, ValueId bias) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId scaled, op.Add(Binary{Binary::Kind::kMul}, {x, scale}));
  return op.Emit(Binary{Binary::Kind::kAdd}, {scaled, bias});
}

}  // namespace

Status ImportReduceMean(OpContext& op) { return ImportReduction(op, Reduce::Kind::kMean); }
Status ImportReduceSum(OpContext& op) { return ImportReduction(op, Reduce::Kind::kSum); }
Status ImportReduceMax(OpContext& op) { return ImportReduction(op, Reduce::Kind::kMax); }
Status ImportReduceMin(OpContext& op) { return ImportReduction(op, Reduce::Kind::kMin); }
Status ImportReduceL1(OpContext& op) { return ImportReduction(op, Reduce::Kind::kL1); }
Status ImportReduceL2(OpContext& op) { return ImportReduction(op, Reduce::Kind::kL2); }
Status ImportReduceProd(OpContext& op) { return ImportReduction(op, Reduce::Kind::kProduct); }
Status ImportReduceSumSquare(OpContext& op) {
  return ImportReduction(op, Reduce::Kind::kSumSquare);
}

Status ImportGlobalAveragePool(OpContext& op) { return ImportGlobalPool(op, Reduce::Kind::kMean); }
Status ImportGlobalMaxPool(OpContext& op) { return ImportGlobalPool(op, Reduce::Kind::kMax); }

Status ImportSoftmax(OpContext& op) { return ImportSoftmaxKind(op, false); }
Status ImportLogSoftmax(OpContext& op) { return ImportSoftmaxKind(op, true); }

Status ImportInstanceNormalization(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const float epsilon, op.Float("epsilon", 1e-5f));
  const size_t rank = op.graph().value(x).shape.size();
  if (rank < 3) return op.Malformed("needs an image");
  TESSERA_ASSIGN_OR_RETURN(const ValueId scale, PerChannelInput(op, 1, rank));
  TESSERA_ASSIGN_OR_RETURN(const ValueId bias, PerChannelInput(op, 2, rank));
  TESSERA_ASSIGN_OR_RETURN(const ValueId y, Normalized(op, x, AxesFrom(2, rank), epsilon));
  return EmitScaled(op, y, scale, bias);
}

Status ImportLayerNormalization(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const float epsilon, op.Float("epsilon", 1e-5f));
  const size_t rank = op.graph().value(x).shape.size();
  TESSERA_ASSIGN_OR_RETURN(const int64_t axis, ReadAxis(op, "axis", -1, rank));
  op.Ignore("stash_type");
  if (op.output_count() > 1) return op.Unsupported("only the first output is supported");
  TESSERA_ASSIGN_OR_RETURN(const ValueId scale, op.WeightInput(1));
  TESSERA_ASSIGN_OR_RETURN(const ValueId y, Normalized(op, x, AxesFrom(axis, rank), epsilon));
  if (!op.HasInput(2)) return op.Emit(Binary{Binary::Kind::kMul}, {y, scale});
  TESSERA_ASSIGN_OR_RETURN(const ValueId bias, op.WeightInput(2));
  return EmitScaled(op, y, scale, bias);
}

Status ImportGroupNormalization(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ExtentsOf(0));
  TESSERA_ASSIGN_OR_RETURN(const float epsilon, op.Float("epsilon", 1e-5f));
  TESSERA_ASSIGN_OR_RETURN(const int64_t groups, op.Int("num_groups", 0));
  op.Ignore("stash_type");
  const auto channels = extents.size() < 3 ? std::nullopt : extents[1].Whole();
  if (!channels || groups < 1 || *channels % groups != 0) {
    return op.Malformed("the channels cannot form " + std::to_string(groups) + " groups");
  }
  std::vector<Extent> grouped = extents;
  grouped[1] = *channels / groups;
  grouped.insert(grouped.begin() + 1, Extent(groups));
  TESSERA_ASSIGN_OR_RETURN(const ValueId apart, op.Add(Reshape{grouped}, {x}));
  TESSERA_ASSIGN_OR_RETURN(const ValueId normal,
                           Normalized(op, apart, AxesFrom(2, grouped.size()), epsilon));
  TESSERA_ASSIGN_OR_RETURN(const ValueId y, op.Add(Reshape{extents}, {normal}));
  // Operator set 18 had one scale per group.
  std::vector<ValueId> parameters;
  for (size_t i = 1; i < 3; ++i) {
    TESSERA_ASSIGN_OR_RETURN(const std::vector<float> given, op.FloatsInput(i));
    if (given.empty() || *channels % static_cast<int64_t>(given.size()) != 0) {
      return op.Malformed("scale and bias must have one element per channel");
    }
    const int64_t each = *channels / static_cast<int64_t>(given.size());
    std::vector<float> spread;
    for (const float element : given) {
      spread.insert(spread.end(), static_cast<size_t>(each), element);
    }
    Shape shape(extents.size(), 1);
    shape[1] = *channels;
    parameters.push_back(op.AddConstant(std::move(shape), std::move(spread)));
  }
  return EmitScaled(op, y, parameters[0], parameters[1]);
}

Status ImportLpNormalization(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const int64_t axis,
                           ReadAxis(op, "axis", -1, op.graph().value(x).shape.size()));
  TESSERA_ASSIGN_OR_RETURN(const int64_t p, op.Int("p", 2));
  if (p != 1 && p != 2) return op.Malformed("p must be 1 or 2");
  const Reduce::Kind kind = p == 1 ? Reduce::Kind::kL1 : Reduce::Kind::kL2;
  TESSERA_ASSIGN_OR_RETURN(const ValueId norm, op.Add(Reduce{kind, {axis}}, {x}));
  return op.Emit(Binary{Binary::Kind::kDiv}, {x, norm});
}

}  // namespace tessera
