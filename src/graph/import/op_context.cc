#include "graph/import/op_context.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/checked_math.h"
#include "graph/infer_node.h"

namespace tessera {
namespace {

// The least common multiple, or a number beyond all that networks ask for.
int64_t CommonMultiple(int64_t a, int64_t b) {
  constexpr int64_t kMost = int64_t{1} << 30;
  const int64_t times = a / std::gcd(a, b);
  return times > kMost / b ? kMost : times * b;
}

// The least number whose square is a multiple of `area`, where that is a small one.
int64_t SideOf(int64_t area) {
  constexpr int64_t kMost = 4096;
  for (int64_t side = 1; side <= kMost; ++side) {
    if (side * side % area == 0) return side;
  }
  return area;
}

// What the image's height and width must be multiples of for this to be a whole number.
int64_t MultipleFor(const Extent& extent) {
  const int64_t sides = CommonMultiple(extent.height().denominator(), extent.width().denominator());
  return CommonMultiple(sides, SideOf(extent.area().denominator()));
}

}  // namespace

ValueId AddConstant(onnx::Tensor tensor, Scope& scope, Graph& graph) {
  const onnx::DataType type = tensor.data_type;
  // Weights are computed from others in a few steps: a cast, a norm, a product.
  constexpr uint64_t kStepBytesPerElement = 64;
  const uint64_t steps = kStepBytesPerElement * (tensor.floats.size() + tensor.ints.size());
  scope.folding_bytes += steps;
  scope.folding_work += steps;
  Value value;
  value.name = std::move(tensor.name);
  value.type = onnx::IsFloating(tensor.data_type) ? ElementType::kFloat32 : ElementType::kInt64;
  value.shape = std::move(tensor.dims);
  value.constant = MakeConstant(std::move(tensor.floats), std::move(tensor.ints));
  const ValueId id = graph.AddValue(std::move(value));
  if (!onnx::IsFloating(type)) scope.types[id] = type;
  return id;
}

OpContext::OpContext(const onnx::Node& node, std::string name, int64_t opset, Scope& scope,
                     Graph& graph)
    : node_(node), name_(std::move(name)), opset_(opset), scope_(scope), graph_(graph) {}

bool OpContext::ReadsUnknown() const {
  return std::any_of(node_.inputs.begin(), node_.inputs.end(), [&](const std::string& input) {
    const auto found = scope_.names.find(input);
    return found != scope_.names.end() && scope_.unknown.count(found->second) > 0;
  });
}

Status OpContext::AllowCodes() {
  allows_codes_ = true;
  const Codes* first = CodesInput(0);
  for (size_t i = 1; i < node_.inputs.size(); ++i) {
    const Codes* other = CodesInput(i);
    if ((first && other && *first == *other) || (!first && !other)) continue;
    return Unsupported("its inputs are quantized differently");
  }
  return Status::Ok();
}

std::string OpContext::Prefix() const { return node_.op_type + " node '" + name_ + "': "; }

Status OpContext::Malformed(const std::string& message) const {
  return Status(StatusCode::kModelFormat, Prefix() + message);
}

Status OpContext::Unsupported(const std::string& message) const {
  return Status(StatusCode::kModelOp, Prefix() + message);
}

const onnx::Attribute* OpContext::Find(const char* attribute) const {
  const auto found = std::find_if(node_.attributes.begin(), node_.attributes.end(),
                                  [&](const onnx::Attribute& a) { return a.name == attribute; });
  return found == node_.attributes.end() ? nullptr : &*found;
}

Result<const onnx::Attribute*> OpContext::FindTyped(const char* attribute,
                                                    onnx::AttributeType type) {
  Ignore(attribute);
  const onnx::Attribute* found = Find(attribute);
  // Writers of the first ONNX versions left the type out.
  if (found && found->type != type && found->type != onnx::AttributeType::kUndefined) {
    return Malformed(std::string("attribute '") + attribute + "' has the wrong type");
  }
  return found;
}

Result<int64_t> OpContext::Int(const char* attribute, int64_t missing) {
  TESSERA_ASSIGN_OR_RETURN(const auto* found, FindTyped(attribute, onnx::AttributeType::kInt));
  return found ? found->i : missing;
}

Result<float> OpContext::Float(const char* attribute, float missing) {
  TESSERA_ASSIGN_OR_RETURN(const auto* found, FindTyped(attribute, onnx::AttributeType::kFloat));
  return found ? found->f : missing;
}

Result<std::string> OpContext::String(const char* attribute, const char* missing) {
  TESSERA_ASSIGN_OR_RETURN(const auto* found, FindTyped(attribute, onnx::AttributeType::kString));
  return found ? found->s : std::string(missing);
}

Result<std::vector<int64_t>> OpContext::Ints(const char* attribute,
                                             const std::vector<int64_t>& missing) {
  TESSERA_ASSIGN_OR_RETURN(const auto* found, FindTyped(attribute, onnx::AttributeType::kInts));
  return found ? found->ints : missing;
}

Result<std::vector<float>> OpContext::Floats(const char* attribute,
                                             const std::vector<float>& missing) {
  TESSERA_ASSIGN_OR_RETURN(const auto* found, FindTyped(attribute, onnx::AttributeType::kFloats));
  return found ? found->floats : missing;
}

Result<const onnx::Tensor*> OpContext::Tensor(const char* attribute) {
  TESSERA_ASSIGN_OR_RETURN(const auto* found, FindTyped(attribute, onnx::AttributeType::kTensor));
  return found ? &found->t : static_cast<const onnx::Tensor*>(nullptr);
}

void OpContext::Ignore(const char* attribute) { used_attributes_.emplace_back(attribute); }

Status OpContext::CheckAllAttributesUsed() const {
  for (const onnx::Attribute& attribute : node_.attributes) {
    const bool used = std::find(used_attributes_.begin(), used_attributes_.end(), attribute.name) !=
                      used_attributes_.end();
    if (!used) return Unsupported("attribute '" + attribute.name + "' is not supported here");
  }
  return Status::Ok();
}

Result<ValueId> OpContext::RealInput(size_t index) const {
  if (!HasInput(index)) return Malformed("input " + std::to_string(index) + " is missing");
  const auto found = scope_.names.find(node_.inputs[index]);
  if (found != scope_.names.end()) return found->second;
  if (scope_.known.count(node_.inputs[index]) > 0) {
    return Unsupported("input " + std::to_string(index) + " ('" + node_.inputs[index] +
                       "') holds numbers that depend on the image's size; they are supported as "
                       "shapes, sizes, scales and positions");
  }
  return Malformed("reads '" + node_.inputs[index] + "', which no earlier node produces");
}

Result<ValueId> OpContext::Input(size_t index) const {
  if (!allows_codes_ && CodesInput(index)) {
    return Unsupported("reads the 8-bit codes '" + node_.inputs[index] + "'; " + onnx::kQdqHint);
  }
  return RealInput(index);
}

const Codes* OpContext::CodesInput(size_t index) const {
  if (!HasInput(index)) return nullptr;
  const auto found = scope_.codes.find(node_.inputs[index]);
  return found == scope_.codes.end() ? nullptr : &found->second;
}

Result<onnx::DataType> OpContext::IntegerTypeInput(size_t index) const {
  TESSERA_ASSIGN_OR_RETURN(const ValueId id, Input(index));
  const auto found = scope_.types.find(id);
  if (found != scope_.types.end()) return found->second;
  return Malformed("input " + std::to_string(index) + " must be a constant of integers");
}

// Nothing times the mean of the image, as a tensor of one element that is no picture.
Result<ValueId> OpContext::Zero() {
  if (scope_.zero != kNoValue) return scope_.zero;
  TESSERA_ASSIGN_OR_RETURN(const ValueId mean,
                           Add(Reduce{Reduce::Kind::kMean, {1, 2, 3}}, {graph_.input}));
  TESSERA_ASSIGN_OR_RETURN(const ValueId line, Add(Reshape{{1}}, {mean}));
  const ValueId nothing = AddConstant({}, {0.0f});
  TESSERA_ASSIGN_OR_RETURN(scope_.zero, Add(Binary{Binary::Kind::kMul}, {line, nothing}));
  return scope_.zero;
}

Result<ValueId> OpContext::TensorInput(size_t index) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId id, Input(index));
  const Value& value = graph_.value(id);
  if (!value.constant) return id;
  if (!graph_.IsFixed()) {
    return Unsupported("input " + std::to_string(index) +
                       " is a constant; it must come from the image");
  }
  const auto found = scope_.tensors.find(id);
  if (found != scope_.tensors.end()) return found->second;
  std::vector<float> elements = value.constant->floats;
  if (value.type == ElementType::kInt64) {
    elements.assign(value.constant->ints.begin(), value.constant->ints.end());
  }
  TESSERA_ASSIGN_OR_RETURN(const ValueId numbers,
                           AddFolded(Shape(value.shape), std::move(elements)));
  TESSERA_ASSIGN_OR_RETURN(const ValueId zero, Zero());
  TESSERA_ASSIGN_OR_RETURN(const ValueId tensor, Add(Binary{Binary::Kind::kAdd}, {zero, numbers}));
  scope_.tensors.emplace(id, tensor);
  return tensor;
}

Result<const Value*> OpContext::ConstantValue(size_t index) const {
  TESSERA_ASSIGN_OR_RETURN(const ValueId id, Input(index));
  const Value& value = graph_.value(id);
  if (value.constant) return &value;
  blames_unknown_ = blames_unknown_ || scope_.unknown.count(id) > 0;
  return Unsupported("input " + std::to_string(index) + " ('" + value.name +
                     "') is computed from the image; it must be a constant");
}

Result<ValueId> OpContext::WeightInput(size_t index) const {
  TESSERA_ASSIGN_OR_RETURN(const Value* value, ConstantValue(index));
  if (value->type != ElementType::kFloat32) {
    return Malformed("input " + std::to_string(index) + " must have a floating type");
  }
  return Input(index);
}

Result<std::vector<float>> OpContext::FloatsInput(size_t index) const {
  TESSERA_ASSIGN_OR_RETURN(const ValueId id, WeightInput(index));
  return graph_.value(id).constant->floats;
}

bool OpContext::IsConstantInput(size_t index) const {
  if (!HasInput(index) || CodesInput(index)) return false;
  const auto found = scope_.names.find(node_.inputs[index]);
  return found != scope_.names.end() && graph_.value(found->second).constant;
}

bool OpContext::IsKnown(size_t index) const {
  if (!HasInput(index)) return false;
  return IsConstantInput(index) || scope_.known.count(node_.inputs[index]) > 0;
}

std::optional<KnownTensor> OpContext::KnownInput(size_t index) const {
  if (!IsKnown(index)) return std::nullopt;
  const auto found = scope_.known.find(node_.inputs[index]);
  if (found != scope_.known.end()) return found->second;
  const Value& value = graph_.value(scope_.names.at(node_.inputs[index]));
  KnownTensor known{value.shape, value.type == ElementType::kFloat32, value.constant->floats, {}};
  // Ends of slices reach to INT64_MAX; beyond this nothing is an extent.
  constexpr int64_t kMost = int64_t{1} << 40;
  for (const int64_t element : value.constant->ints) {
    known.extents.emplace_back(std::clamp(element, -kMost, kMost));
  }
  return known;
}

Result<std::vector<Extent>> OpContext::ExtentsInput(size_t index) const {
  if (!HasInput(index)) return Malformed("input " + std::to_string(index) + " is missing");
  const std::optional<KnownTensor> known = KnownInput(index);
  if (!known) {
    return Unsupported("input " + std::to_string(index) + " ('" + node_.inputs[index] +
                       "') is computed from the image's pixels; it must be a constant or follow "
                       "from the image's size");
  }
  if (auto extents = known->Extents()) return std::move(*extents);
  return Unsupported("input " + std::to_string(index) +
                     " holds numbers that are no simple fractions");
}

Result<std::vector<Extent>> OpContext::ExtentsOf(size_t index) const {
  const std::optional<KnownTensor> known = KnownInput(index);
  if (known) return std::vector<Extent>(known->shape.begin(), known->shape.end());
  TESSERA_ASSIGN_OR_RETURN(const ValueId id, RealInput(index));
  return ValueExtents(id);
}

Result<std::vector<Extent>> OpContext::ValueExtents(ValueId id) const {
  std::vector<Extent> extents;
  for (const std::optional<Extent>& extent : scope_.shapes.Of(graph_, id)) {
    if (!extent) {
      return Unsupported("the shape of '" + graph_.value(id).name +
                         "' does not follow from the image's size");
    }
    extents.push_back(*extent);
  }
  return extents;
}

std::optional<Shape> OpContext::DeclaredShape(size_t index) const {
  if (!HasInput(index)) return std::nullopt;
  const auto found = scope_.names.find(node_.inputs[index]);
  if (found == scope_.names.end()) return std::nullopt;
  return scope_.shapes.Declared(graph_, found->second);
}

Result<std::vector<int64_t>> OpContext::IntsInput(size_t index) const {
  if (HasInput(index) && scope_.known.count(node_.inputs[index]) > 0) {
    const auto integers = scope_.known.at(node_.inputs[index]).Integers();
    if (integers) return *integers;
    return Unsupported("input " + std::to_string(index) + " ('" + node_.inputs[index] +
                       "') depends on the image's size; it must be a constant");
  }
  TESSERA_ASSIGN_OR_RETURN(const Value* value, ConstantValue(index));
  if (value->type != ElementType::kInt64) {
    return Malformed("input " + std::to_string(index) + " must be of type int64");
  }
  return value->constant->ints;
}

Result<float> OpContext::ScalarInput(size_t index, float missing) const {
  if (!HasInput(index)) return missing;
  TESSERA_ASSIGN_OR_RETURN(const std::vector<float> elements, FloatsInput(index));
  if (elements.size() == 1) return elements[0];
  return Malformed("input " + std::to_string(index) + " must have one element");
}

Status OpContext::Bind(ValueId value) {
  if (!HasOutput()) {
    if (output_ > 0) return Status::Ok();  // an optional output that nobody wants
    return Malformed("has no output");
  }
  const std::string& name = node_.outputs[output_];
  if (scope_.known.count(name) == 0 && scope_.names.emplace(name, value).second) {
    const Codes* moved = allows_codes_ ? CodesInput(0) : nullptr;
    if (moved) scope_.codes.emplace(name, Codes(*moved));
    return Status::Ok();
  }
  return Malformed("produces '" + name + "', which already exists");
}

Result<ValueId> OpContext::Append(std::string name, std::string output_name, Operation operation,
                                  std::vector<ValueId> inputs) {
  Node node{std::move(name), std::move(operation), std::move(inputs), kNoValue};
  Result<Shape> inferred = InferNode(graph_, node);
  blames_unknown_ = blames_unknown_ || (!inferred.ok() && ReadsUnknown());
  TESSERA_ASSIGN_OR_RETURN(Shape shape, std::move(inferred));
  Value output;
  output.name = std::move(output_name);
  output.shape = std::move(shape);
  node.output = graph_.AddValue(std::move(output));
  TESSERA_RETURN_IF_ERROR(scope_.shapes.Add(graph_, node));
  const ValueId id = node.output;
  graph_.nodes.push_back(std::move(node));
  return id;
}

Result<ValueId> OpContext::Add(Operation operation, std::vector<ValueId> inputs) {
  const std::string part = name_ + "." + std::to_string(parts_++);
  return Append(part, part, std::move(operation), std::move(inputs));
}

ValueId OpContext::AddConstant(Shape shape, std::vector<float> elements) {
  Value value;
  value.name = name_ + ".constant";
  value.shape = std::move(shape);
  value.constant = MakeConstant(std::move(elements));
  return graph_.AddValue(std::move(value));
}

void OpContext::RequireMultiple(const Extent& extent) {
  graph_.size_multiple = CommonMultiple(graph_.size_multiple, MultipleFor(extent));
}

void OpContext::HoldsFor(const Extent& extent) {
  holds_for_ = CommonMultiple(holds_for_, MultipleFor(extent));
}

int64_t OpContext::MultipleOfInputs() const {
  int64_t multiple = 1;
  for (const std::string& input : node_.inputs) {
    const auto found = scope_.multiples.find(input);
    if (found != scope_.multiples.end()) multiple = CommonMultiple(multiple, found->second);
  }
  return multiple;
}

void OpContext::PassMultiplesOn() {
  const int64_t multiple = CommonMultiple(holds_for_, MultipleOfInputs());
  if (multiple == 1) return;
  for (const std::string& output : node_.outputs) scope_.multiples[output] = multiple;
}

void OpContext::RequireMultiplesOfInputs() {
  graph_.size_multiple = CommonMultiple(graph_.size_multiple, MultipleOfInputs());
}

Result<size_t> OpContext::FoldedSize(const Shape& shape, bool of_extents) const {
  const size_t element = of_extents ? sizeof(Extent) : sizeof(float);
  size_t count = 1;
  for (const int64_t extent : shape) {
    const auto product = CheckedProduct({static_cast<int64_t>(count), extent});
    if (!product || *product > scope_.folding_bytes / element) {
      return Unsupported("makes a constant that is too large");
    }
    count = *product;
  }
  return count;
}

Status OpContext::Charge(uint64_t bytes) {
  if (bytes > scope_.folding_bytes || bytes > scope_.folding_work) {
    return Unsupported("makes constants that are too large");
  }
  scope_.folding_bytes -= bytes;
  scope_.folding_work -= bytes;
  return Status::Ok();
}

Result<ValueId> OpContext::AddFolded(Shape shape, std::vector<float> elements) {
  TESSERA_RETURN_IF_ERROR(Charge(elements.size() * sizeof(float)));
  return AddConstant(std::move(shape), std::move(elements));
}

Status OpContext::EmitKnown(KnownTensor known) {
  // Every step is charged, so that many small ones are no way around the limit.
  TESSERA_ASSIGN_OR_RETURN(const size_t count, FoldedSize(known.shape, known.floats.empty()));
  const uint64_t bytes = count * (known.floats.empty() ? sizeof(Extent) : sizeof(float));
  TESSERA_RETURN_IF_ERROR(Charge(bytes));
  if (HasOutput()) scope_.folded_bytes[node_.outputs[output_]] = bytes;
  if (!known.IsConstant()) {
    if (!HasOutput()) return Status::Ok();
    const std::string& name = node_.outputs[output_];
    if (scope_.names.count(name) == 0 && scope_.known.emplace(name, std::move(known)).second) {
      return Status::Ok();
    }
    return Malformed("produces '" + name + "', which already exists");
  }
  Value value;
  value.name = OutputName();
  value.shape = std::move(known.shape);
  value.type = known.is_floating ? ElementType::kFloat32 : ElementType::kInt64;
  std::vector<int64_t> ints;
  for (const Extent& extent : known.extents) {
    if (known.is_floating) {
      known.floats.push_back(static_cast<float>(extent.one().ToDouble()));
    } else {
      ints.push_back(extent.one().Floor());
    }
  }
  value.constant = MakeConstant(std::move(known.floats), std::move(ints));
  const ValueId id = graph_.AddValue(std::move(value));
  if (!known.is_floating) scope_.types[id] = onnx::DataType::kInt64;
  return Bind(id);
}

Status OpContext::Emit(Operation operation, std::vector<ValueId> inputs) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId id,
                           Append(name_, OutputName(), std::move(operation), std::move(inputs)));
  return Bind(id);
}

Status OpContext::Alias(ValueId value) { return Bind(value); }

Status OpContext::EmitConstant(onnx::Tensor tensor) {
  const ValueId id = tessera::AddConstant(std::move(tensor), scope_, graph_);
  if (HasOutput()) graph_.value(id).name = OutputName();
  return Bind(id);
}

Status OpContext::EmitConstant(Shape shape, Constant constant) {
  Value value;
  if (!node_.outputs.empty()) value.name = node_.outputs[0];
  value.shape = std::move(shape);
  value.constant = std::make_shared<const Constant>(std::move(constant));
  return Bind(graph_.AddValue(std::move(value)));
}

Status OpContext::EmitCodes(const Quantization& quantization, ValueId x) {
  TESSERA_RETURN_IF_ERROR(Emit(FakeQuantize{quantization}, {x}));
  scope_.codes[node_.outputs[0]] = Codes{quantization.is_signed, quantization};
  return Status::Ok();
}

Status OpContext::EmitReal(size_t index, const Quantization& quantization) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId id, RealInput(index));
  Codes& codes = scope_.codes[node_.inputs[index]];
  if (codes.quantization) {
    // Better known by this name than by that of its codes.
    if (!node_.outputs.empty()) graph_.value(id).name = node_.outputs[0];
    return Bind(id);
  }
  if (scope_.image && *scope_.image != quantization) {
    return Unsupported("the image's codes have another meaning to an earlier node");
  }
  TESSERA_RETURN_IF_ERROR(Emit(FakeQuantize{quantization}, {id}));
  scope_.image = codes.quantization = quantization;
  scope_.names[node_.inputs[index]] = graph_.nodes.back().output;
  return Status::Ok();
}

}  // namespace tessera
