#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/infer_node.h"
#include "graph/passes.h"
#include "graph/passes/uses.h"
#include "graph/passes/view.h"
#include "graph/symbolic_shapes.h"

// Every tensor of the file becomes either a view of an image, for which nothing moves in memory, or
// a plain tensor, where operators work on axes that no image has (windows, attention heads).
// Reshapes and transposes of views only change the view. An operator on a view works on the image
// below it; one that needs an image gets the view rearranged by SpaceToDepth, SelectChannels and
// DepthToSpace where these can do it, else by way of a plain tensor.
namespace tessera {
namespace {

// A number of channels, or of elements of an atom of channels.
std::optional<int64_t> Whole(const Extent& extent) { return extent.Whole(); }

class LayoutResolver {
 public:
  LayoutResolver(Graph& graph, bool is_nhwc)
      : graph_(graph),
        is_nhwc_(is_nhwc),
        shapes_(graph, is_nhwc ? 1 : 2, is_nhwc ? 2 : 3, std::nullopt),
        views_(graph.values.size()),
        images_(graph.values.size(), kNoValue),
        plains_(graph.values.size(), kNoValue) {}

  Status Resolve() {
    for (const Node& node : graph_.nodes) TESSERA_RETURN_IF_ERROR(shapes_.Add(graph_, node));
    ViewInput();
    for (const Node& node : std::vector<Node>(std::move(graph_.nodes))) {
      node_ = &node;
      const Status status = std::visit([&](const auto& op) { return Rewrite(op); }, node.operation);
      if (!status.ok()) return AtNode(node, status);
    }
    TESSERA_RETURN_IF_ERROR(ResolveOutput());
    graph_.nodes = std::move(nodes_);
    return Status::Ok();
  }

 private:
  // --- what the values are ---

  const Value& value(ValueId id) const { return graph_.value(id); }
  bool IsConstant(ValueId id) const { return value(id).constant != nullptr; }
  const std::optional<View>& ViewOf(ValueId id) const { return views_[static_cast<size_t>(id)]; }
  const View* View0() const {
    const auto& view = ViewOf(node_->inputs[0]);
    return view ? &*view : nullptr;
  }

  void ViewInput() {
    Value& input = graph_.value(graph_.input);
    const Shape shape = input.shape;
    const int64_t channels = shape[is_nhwc_ ? 3 : 1];
    const Extent height = graph_.IsFixed() ? Extent(graph_.fixed_size[0]) : Extent::Height();
    const Extent width = graph_.IsFixed() ? Extent(graph_.fixed_size[1]) : Extent::Width();
    View view = View::OfImage(graph_.input, channels, height, width);
    if (is_nhwc_) view = view.Transposed({0, 2, 3, 1});
    input.shape = {1, channels, kUnknownDim, kUnknownDim};
    views_[static_cast<size_t>(graph_.input)] = std::move(view);
  }

  Status ResolveOutput() {
    const std::optional<View>& view = ViewOf(graph_.output);
    const bool is_channels_last = view && view->axes.size() == 4 && view->axes[0].empty() &&
                                  view->IsWhole(1, kRows) && view->IsWhole(2, kColumns) &&
                                  view->IsWhole(3, kChannels);
    if (is_channels_last && !view->IsNchw()) {
      graph_.output = view->image;
      return Status::Ok();
    }
    TESSERA_ASSIGN_OR_RETURN(graph_.output, Image(graph_.output));
    return Status::Ok();
  }

  // --- making nodes ---

  void Keep(Operation operation, std::vector<ValueId> inputs) {
    nodes_.push_back({node_->name, std::move(operation), std::move(inputs), node_->output});
  }

  // A node between those of the file. `id` names it.
  ValueId Insert(Operation operation, ValueId input, const char* what, bool plain) {
    Value output;
    output.name = value(input).name + "." + what;
    output.plain = plain;
    const std::string name = output.name;
    const ValueId id = graph_.AddValue(std::move(output));
    nodes_.push_back({name, std::move(operation), {input}, id});
    return id;
  }

  void Set(ValueId id, View view) { views_[static_cast<size_t>(id)] = std::move(view); }

  // The node's output is the image that the node makes, seen in another way.
  void SetOutput(View view) {
    view.image = node_->output;
    Set(node_->output, std::move(view));
  }

  Result<std::vector<Extent>> ShapeOf(ValueId id) const {
    std::vector<Extent> shape;
    for (const auto& extent : shapes_.Of(graph_, id)) {
      if (!extent) {
        return Status(StatusCode::kUnsupported, "the shape of '" + value(id).name +
                                                    "' does not follow from the image's size");
      }
      shape.push_back(*extent);
    }
    return shape;
  }

  Status SetImageOutput() {
    TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> shape, ShapeOf(node_->output));
    SetOutput(View::OfImage(node_->output, shape[1], shape[2], shape[3]));
    return Status::Ok();
  }

  void RequireMultiples(const View& view) {
    for (const View::Atom& atom : view.atoms) {
      for (const Rational part : {atom.size.height(), atom.size.width()}) {
        graph_.size_multiple = std::lcm(graph_.size_multiple, part.denominator());
      }
    }
  }

  // --- plain tensors ---

  Status KeepPlain(Operation operation) {
    std::vector<ValueId> inputs;
    for (const ValueId id : node_->inputs) {
      TESSERA_ASSIGN_OR_RETURN(const ValueId plain, Plain(id));
      inputs.push_back(plain);
    }
    graph_.value(node_->output).plain = true;
    Keep(std::move(operation), std::move(inputs));
    return Status::Ok();
  }

  Result<ValueId> Plain(ValueId id) {
    if (id == kNoValue || IsConstant(id)) return id;
    const std::optional<View>& view = ViewOf(id);
    if (!view) return id;
    ValueId& plain = plains_[static_cast<size_t>(id)];
    if (plain == kNoValue) {
      TESSERA_ASSIGN_OR_RETURN(plain, MakePlain(View(*view)));
    }
    return plain;
  }

  Result<ValueId> MakePlain(const View& view) {
    ValueId plain = Insert(Relayout{true}, view.image, "plain", true);
    if (view.IsNchw()) return plain;
    const auto shape = view.Shape();
    if (!shape) {
      return Status(StatusCode::kUnsupported,
                    "its input's shape is no product of the image's height and width");
    }
    // Apart into atoms, in the order of the axes, and together again.
    std::vector<int> order;
    for (const std::vector<int>& home : view.homes) {
      order.insert(order.end(), home.begin(), home.end());
    }
    std::vector<Extent> apart;
    apart.reserve(order.size());
    for (const int atom : order) apart.push_back(view.atoms[static_cast<size_t>(atom)].size);
    std::vector<int64_t> permutation;
    std::vector<Extent> before_spread;
    std::vector<Extent> spread;
    bool repeats = false;
    for (const std::vector<int>& axis : view.axes) {
      for (const int atom : axis) {
        const Extent& size = view.atoms[static_cast<size_t>(atom)].size;
        const auto at = std::find(order.begin(), order.end(), atom);
        const bool repeated = at == order.end();
        if (!repeated) permutation.push_back(at - order.begin());
        before_spread.push_back(repeated ? Extent(1) : size);
        spread.push_back(size);
        repeats = repeats || repeated;
      }
    }
    plain = Insert(Reshape{std::move(apart)}, plain, "atoms", true);
    if (!std::is_sorted(permutation.begin(), permutation.end())) {
      plain = Insert(Transpose{std::move(permutation)}, plain, "ordered", true);
    }
    if (repeats) {
      plain = Insert(Reshape{std::move(before_spread)}, plain, "spaced", true);
      plain = Insert(Expand{std::move(spread)}, plain, "repeated", true);
    }
    return Insert(Reshape{*shape}, plain, "joined", true);
  }

  // --- images ---

  // The tensor, of shape [1, C, H, W] or [C, H, W], as an image.
  Result<ValueId> Image(ValueId id) {
    if (IsConstant(id)) {
      return Status(StatusCode::kModelOp,
                    "the constant '" + value(id).name + "' must come from the image");
    }
    ValueId& image = images_[static_cast<size_t>(id)];
    if (image == kNoValue) {
      TESSERA_ASSIGN_OR_RETURN(image, MakeImage(id));
    }
    return image;
  }

  Result<ValueId> MakeImage(ValueId id) {
    TESSERA_ASSIGN_OR_RETURN(std::vector<Extent> shape, ShapeOf(id));
    const size_t rank = shape.size();
    if ((rank != 4 && rank != 3) || (rank == 4 && !(shape[0] == Extent(1)))) {
      return Status(StatusCode::kModelOp, "its input '" + value(id).name + "' has shape " +
                                              ShapeToString(value(id).shape) +
                                              "; an image [1, C, H, W] is needed");
    }
    if (ViewOf(id)) {
      View view = *ViewOf(id);
      if (rank == 3) view.axes.insert(view.axes.begin(), {});
      if (view.IsNchw()) return view.image;
      const ValueId arranged = Arranged(view);
      if (arranged != kNoValue) return arranged;
    }
    TESSERA_ASSIGN_OR_RETURN(ValueId plain, Plain(id));
    if (rank == 3) {
      shape.insert(shape.begin(), Extent(1));
      plain = Insert(Reshape{shape}, plain, "batch", true);
    }
    return Insert(Relayout{false}, plain, "image", false);
  }

  // One of the two spatial axes of a view that is to become an image.
  struct Spatial {
    std::vector<int> inner;  // atoms of the image's axis that go to the channels
    std::vector<int> added;  // other atoms that come after those of the axis
    int64_t down = 1;
    int64_t up = 1;
  };

  static std::optional<Spatial> SplitAxis(const View& view, const std::vector<int>& axis,
                                          int home) {
    const std::vector<int>& own = view.homes[static_cast<size_t>(home)];
    size_t kept = 0;
    while (kept < own.size() && kept < axis.size() && axis[kept] == own[kept]) ++kept;
    Spatial spatial;
    spatial.inner.assign(own.begin() + static_cast<ptrdiff_t>(kept), own.end());
    spatial.added.assign(axis.begin() + static_cast<ptrdiff_t>(kept), axis.end());
    for (const int atom : spatial.inner) {
      const auto size = Whole(view.atoms[static_cast<size_t>(atom)].size);
      if (!size) return std::nullopt;
      spatial.down *= *size;
    }
    for (const int atom : spatial.added) {
      const auto size = Whole(view.atoms[static_cast<size_t>(atom)].size);
      if (!size) return std::nullopt;
      spatial.up *= *size;
    }
    return spatial;
  }

  // The view as an image, by moving whole pixels; kNoValue where that is not possible.
  ValueId Arranged(const View& view) {
    if (view.axes.size() != 4 || !view.axes[0].empty()) return kNoValue;
    const auto rows = SplitAxis(view, view.axes[2], kRows);
    const auto columns = SplitAxis(view, view.axes[3], kColumns);
    if (!rows || !columns || rows->down != columns->down || rows->up != columns->up) {
      return kNoValue;
    }
    constexpr int64_t kMaxBlock = 64;
    if (rows->down > kMaxBlock || rows->up > kMaxBlock) return kNoValue;
    // The order of channels after SpaceToDepth, and the one that DepthToSpace needs.
    std::vector<int> from = rows->inner;
    from.insert(from.end(), columns->inner.begin(), columns->inner.end());
    const std::vector<int>& channels = view.homes[kChannels];
    from.insert(from.end(), channels.begin(), channels.end());
    std::vector<int> to = view.axes[1];
    to.insert(to.end(), rows->added.begin(), rows->added.end());
    to.insert(to.end(), columns->added.begin(), columns->added.end());
    const auto source = ChannelSource(view, from, to);
    if (!source) return kNoValue;

    RequireMultiples(view);
    ValueId image = view.image;
    if (rows->down > 1) image = Insert(SpaceToDepth{rows->down}, image, "blocks", false);
    image = Selected(image, *source, view);
    if (rows->up == 1) return image;
    return Insert(DepthToSpace{rows->up, DepthToSpace::Order::kCrd}, image, "shuffled", false);
  }

  // For each channel made of atoms `to`, the one made of atoms `from`; repeated atoms of `to` do
  // not matter. Nothing when the atoms differ, or there are too many.
  static std::optional<std::vector<int64_t>> ChannelSource(const View& view,
                                                           const std::vector<int>& from,
                                                           const std::vector<int>& to) {
    constexpr int64_t kMostChannels = 1 << 16;
    std::vector<int64_t> steps(view.atoms.size(), 0);
    int64_t count = 1;
    for (size_t i = from.size(); i-- > 0;) {
      const auto size = Whole(view.atoms[static_cast<size_t>(from[i])].size);
      if (!size) return std::nullopt;
      steps[static_cast<size_t>(from[i])] = count;
      count *= *size;
    }
    std::vector<int64_t> source = {0};
    size_t matched = 0;
    for (const int atom : to) {
      const auto size = Whole(view.atoms[static_cast<size_t>(atom)].size);
      const int64_t step = steps[static_cast<size_t>(atom)];
      const bool repeated = view.atoms[static_cast<size_t>(atom)].home == kRepeated;
      if (!size || (step == 0 && !repeated)) return std::nullopt;
      if (!repeated) ++matched;
      if (static_cast<int64_t>(source.size()) * *size > kMostChannels) return std::nullopt;
      std::vector<int64_t> longer;
      for (const int64_t base : source) {
        for (int64_t i = 0; i < *size; ++i) longer.push_back(base + i * step);
      }
      source = std::move(longer);
    }
    if (matched != from.size()) return std::nullopt;
    return source;
  }

  ValueId Selected(ValueId image, const std::vector<int64_t>& source, const View& view) {
    int64_t channels = 1;
    for (const std::vector<int>& home : view.homes) {
      for (const int atom : home) {
        const auto size = Whole(view.atoms[static_cast<size_t>(atom)].size);
        if (&home == &view.homes[kChannels]) channels *= size.value_or(1);
      }
    }
    bool identity = static_cast<int64_t>(source.size()) % channels == 0;
    for (size_t i = 0; i < source.size(); ++i) {
      identity = identity && source[i] == static_cast<int64_t>(i);
    }
    if (identity) return image;
    return Insert(SelectChannels{source}, image, "selected", false);
  }

  // --- reshapes and transposes ---

  Status Rewrite(const Reshape& reshape) {
    const View* view = View0();
    if (!view) return KeepPlain(reshape);
    auto reshaped = view->Reshaped(reshape.shape);
    if (!reshaped) return KeepPlain(reshape);
    RequireMultiples(*reshaped);
    Set(node_->output, std::move(*reshaped));
    return Status::Ok();
  }

  Status Rewrite(const Transpose& transpose) {
    const View* view = View0();
    if (!view) return KeepPlain(transpose);
    if (view->axes.size() != transpose.permutation.size()) {
      return Status(StatusCode::kModelFormat, "permutes another number of axes");
    }
    Set(node_->output, view->Transposed(transpose.permutation));
    return Status::Ok();
  }

  Status Rewrite(const Expand& expand) {
    const View* view = View0();
    auto expanded = view ? view->Expanded(expand.shape) : std::nullopt;
    if (!expanded) return KeepPlain(expand);
    Set(node_->output, std::move(*expanded));
    return Status::Ok();
  }

  Status Rewrite(const Relayout& relayout) { return KeepPlain(relayout); }

  // --- elementwise ---

  template <typename Operation>
  Status RewriteElementwise(const Operation& operation) {
    const View* view = View0();
    if (!view) return KeepPlain(operation);
    const View copy = *view;
    Keep(operation, {copy.image});
    SetOutput(copy);
    return Status::Ok();
  }

  Status Rewrite(const Clip& clip) { return RewriteElementwise(clip); }
  Status Rewrite(const LeakyRelu& leaky_relu) { return RewriteElementwise(leaky_relu); }
  Status Rewrite(const Unary& unary) { return RewriteElementwise(unary); }
  Status Rewrite(const FakeQuantize& fake) { return RewriteElementwise(fake); }
  Status Rewrite(const PRelu& prelu) { return RewritePair(prelu); }
  Status Rewrite(const Binary& binary) { return RewritePair(binary); }

  template <typename Operation>
  Status RewritePair(const Operation& operation) {
    const ValueId a = node_->inputs[0];
    const ValueId b = node_->inputs[1];
    if (IsConstant(a) || IsConstant(b)) {
      return RewriteWithConstant(operation, IsConstant(a) ? 1 : 0);
    }
    // A plain tensor beside an image of the file's own order of axes.
    for (const auto& [plain, other] : {std::pair(a, b), std::pair(b, a)}) {
      const std::optional<View>& view = ViewOf(other);
      if (ViewOf(plain) || !view || !view->IsNchw()) continue;
      if (value(plain).shape.size() != 4) continue;
      return PairOfImages(operation);
    }
    if (!ViewOf(a) || !ViewOf(b)) return KeepPlain(operation);
    if (const auto joined = Joined(*ViewOf(a), *ViewOf(b))) {
      Keep(operation, {ViewOf(a)->image, ViewOf(b)->image});
      SetOutput(*joined);
      return Status::Ok();
    }
    const auto is_image = [&](ValueId id) {
      const View& view = *ViewOf(id);
      return view.axes.size() == 4 && view.axes[0].empty();
    };
    if (is_image(a) && is_image(b) && CanArrange(*ViewOf(a)) && CanArrange(*ViewOf(b))) {
      return PairOfImages(operation);
    }
    return KeepPlain(operation);
  }

  // Whether the view becomes an image without a detour.
  static bool CanArrange(const View& view) {
    if (view.IsNchw()) return true;
    const auto rows = SplitAxis(view, view.axes[2], kRows);
    const auto columns = SplitAxis(view, view.axes[3], kColumns);
    return rows && columns && rows->down == columns->down && rows->up == columns->up;
  }

  template <typename Operation>
  Status PairOfImages(const Operation& operation) {
    TESSERA_ASSIGN_OR_RETURN(const ValueId a, Image(node_->inputs[0]));
    TESSERA_ASSIGN_OR_RETURN(const ValueId b, Image(node_->inputs[1]));
    Keep(operation, {a, b});
    return SetImageOutput();
  }

  // Where an atom stands in its image.
  struct Place {
    int home = kRepeated;
    size_t index = 0;
    Extent size = 1;
    bool operator==(const Place&) const = default;
  };

  static std::vector<Place> Places(const View& view, const std::vector<int>& axis) {
    std::vector<Place> places;
    for (const int atom : axis) {
      const View::Atom& own = view.atoms[static_cast<size_t>(atom)];
      Place place{own.home, 0, own.size};
      if (own.home != kRepeated) {
        const std::vector<int>& home = view.homes[static_cast<size_t>(own.home)];
        place.index = static_cast<size_t>(std::find(home.begin(), home.end(), atom) - home.begin());
      }
      places.push_back(place);
    }
    return places;
  }

  static bool OnlyRepeats(const View& view, const std::vector<int>& axis) {
    return std::all_of(axis.begin(), axis.end(), [&](int atom) {
      return view.atoms[static_cast<size_t>(atom)].home == kRepeated;
    });
  }

  // The view of the result when two images can be combined as they lie, each axis of either image
  // being the same atoms in both, or one element in one of them.
  static std::optional<View> Joined(View a, View b) {
    const size_t rank = std::max(a.axes.size(), b.axes.size());
    a.axes.insert(a.axes.begin(), rank - a.axes.size(), {});
    b.axes.insert(b.axes.begin(), rank - b.axes.size(), {});
    for (size_t home = 0; home < 3; ++home) {
      if (a.homes[home].empty() || b.homes[home].empty()) continue;
      if (Places(a, a.homes[home]) != Places(b, b.homes[home])) return std::nullopt;
    }
    View joined;
    joined.axes.resize(rank);
    // Atoms of a, then those of homes that a lacks.
    joined.atoms = a.atoms;
    joined.homes = a.homes;
    std::vector<int> renamed(b.atoms.size(), -1);
    for (size_t home = 0; home < 3; ++home) {
      for (size_t i = 0; i < b.homes[home].size(); ++i) {
        const int atom = b.homes[home][i];
        if (!a.homes[home].empty()) {
          renamed[static_cast<size_t>(atom)] = a.homes[home][i];
          continue;
        }
        renamed[static_cast<size_t>(atom)] = static_cast<int>(joined.atoms.size());
        joined.homes[home].push_back(static_cast<int>(joined.atoms.size()));
        joined.atoms.push_back(b.atoms[static_cast<size_t>(atom)]);
      }
    }
    for (size_t axis = 0; axis < rank; ++axis) {
      // What is only repeated is broadcast anyway, unless both are.
      const bool a_is_one = OnlyRepeats(a, a.axes[axis]);
      const bool b_is_one = OnlyRepeats(b, b.axes[axis]);
      if (a_is_one && b_is_one) {
        if (!a.axes[axis].empty() || !b.axes[axis].empty()) return std::nullopt;
        continue;
      }
      if (!a_is_one && !b_is_one && Places(a, a.axes[axis]) != Places(b, b.axes[axis])) {
        return std::nullopt;
      }
      if (!a_is_one) {
        joined.axes[axis] = a.axes[axis];
        continue;
      }
      for (const int atom : b.axes[axis]) {
        if (renamed[static_cast<size_t>(atom)] < 0) return std::nullopt;
        joined.axes[axis].push_back(renamed[static_cast<size_t>(atom)]);
      }
    }
    // An atom may stand in one axis only.
    std::vector<int> seen(joined.atoms.size(), 0);
    for (const std::vector<int>& axis : joined.axes) {
      for (const int atom : axis) {
        if (++seen[static_cast<size_t>(atom)] > 1) return std::nullopt;
      }
    }
    return joined;
  }

  template <typename Operation>
  Status RewriteWithConstant(const Operation& operation, size_t tensor) {
    const ValueId x = node_->inputs[tensor];
    const ValueId constant = node_->inputs[1 - tensor];
    if (!ViewOf(x)) return KeepPlain(operation);
    View view = *ViewOf(x);
    const Shape& shape = value(constant).shape;
    if (view.axes.size() < shape.size()) {
      view.axes.insert(view.axes.begin(), shape.size() - view.axes.size(), {});
    }
    TESSERA_ASSIGN_OR_RETURN(std::optional<std::vector<float>> elements,
                             PerChannel(view, value(constant)));
    if (!elements) return Widened(operation, tensor, view);
    const ValueId per_channel =
        AddPerChannelConstant(graph_, value(constant).name, std::move(*elements));
    std::vector<ValueId> inputs = {view.image, per_channel};
    if (tensor == 1) std::swap(inputs[0], inputs[1]);
    Keep(operation, std::move(inputs));
    SetOutput(std::move(view));
    return Status::Ok();
  }

  // The constant as one element, or one per channel of the image below the view. Nothing when it
  // has more elements than the view along some axis, or varies along axes that are none of the
  // image's.
  Result<std::optional<std::vector<float>>> PerChannel(const View& view, const Value& constant) {
    const std::vector<float>& floats = constant.constant->floats;
    const size_t offset = view.axes.size() - constant.shape.size();
    const auto own = view.Shape();
    bool widens = false;
    for (size_t i = 0; i < constant.shape.size(); ++i) {
      const bool is_one = view.axes[offset + i].empty();
      widens = widens || (constant.shape[i] != 1 && is_one);
    }
    if (widens) return std::optional<std::vector<float>>();
    const bool uniform = !floats.empty() && std::all_of(floats.begin(), floats.end(),
                                                        [&](float x) { return x == floats[0]; });
    if (floats.size() == 1 || uniform) return std::optional(std::vector<float>{floats[0]});
    // Step of the constant's elements along each atom of channels.
    std::vector<int64_t> steps(view.atoms.size(), 0);
    int64_t step = 1;
    for (size_t i = constant.shape.size(); i-- > 0;) {
      if (constant.shape[i] == 1) continue;
      const std::vector<int>& axis = view.axes[offset + i];
      for (size_t j = axis.size(); j-- > 0;) {
        const View::Atom& atom = view.atoms[static_cast<size_t>(axis[j])];
        const auto size = Whole(atom.size);
        if (atom.home != kChannels) {
          if (size || !own) return std::optional<std::vector<float>>();
          return Status(StatusCode::kUnsupported,
                        "the constant '" + constant.name + "' of shape " +
                            ShapeToString(constant.shape) +
                            " varies over the image; one element, or one per channel, is "
                            "supported");
        }
        steps[static_cast<size_t>(axis[j])] = step;
        step *= size.value_or(1);
      }
    }
    std::vector<float> elements;
    std::vector<int64_t> at = {0};
    for (const int atom : view.homes[kChannels]) {
      const auto size = Whole(view.atoms[static_cast<size_t>(atom)].size);
      if (!size) return std::optional<std::vector<float>>();
      std::vector<int64_t> longer;
      for (const int64_t base : at) {
        for (int64_t i = 0; i < *size; ++i) {
          longer.push_back(base + i * steps[static_cast<size_t>(atom)]);
        }
      }
      at = std::move(longer);
    }
    for (const int64_t index : at) {
      if (index >= static_cast<int64_t>(floats.size())) return std::optional<std::vector<float>>();
      elements.push_back(floats[static_cast<size_t>(index)]);
    }
    return std::optional(std::move(elements));
  }

  // The constant has more channels than the image's one, or else the tensor must be plain.
  template <typename Operation>
  Status Widened(const Operation& operation, size_t tensor, const View& view) {
    const ValueId constant = node_->inputs[1 - tensor];
    const Shape& shape = value(constant).shape;
    const size_t rank = view.axes.size();
    const bool one_channel = rank == 4 && view.IsNchw() && view.homes[kChannels].empty();
    bool only_channels = true;
    for (size_t i = 0; i < shape.size(); ++i) {
      const size_t axis = rank - shape.size() + i;
      only_channels = only_channels && (shape[i] == 1 || axis == 1);
    }
    if (!one_channel || !only_channels) return KeepPlain(operation);
    const ValueId wide =
        AddPerChannelConstant(graph_, value(constant).name, value(constant).constant->floats);
    std::vector<ValueId> inputs = {view.image, wide};
    if (tensor == 1) std::swap(inputs[0], inputs[1]);
    Keep(operation, std::move(inputs));
    return SetImageOutput();
  }

  // --- along axes ---

  Status Rewrite(const Concat& concat) {
    if (node_->inputs.size() == 1) return Alias(node_->inputs[0]);
    const auto axis = static_cast<size_t>(concat.axis);
    if (auto view = JoinedChannels(axis)) {
      std::vector<ValueId> images;
      for (const ValueId id : node_->inputs) images.push_back(ViewOf(id)->image);
      Keep(Concat{1}, std::move(images));
      SetOutput(std::move(*view));
      return Status::Ok();
    }
    const bool any_image = std::any_of(node_->inputs.begin(), node_->inputs.end(), [&](ValueId id) {
      return !IsConstant(id) && ViewOf(id) && ViewOf(id)->IsNchw();
    });
    const bool all_tensors = std::none_of(node_->inputs.begin(), node_->inputs.end(),
                                          [&](ValueId id) { return IsConstant(id); });
    if (axis != 1 || !any_image || !all_tensors) return KeepPlain(concat);
    std::vector<ValueId> images;
    for (const ValueId id : node_->inputs) {
      TESSERA_ASSIGN_OR_RETURN(const ValueId image, Image(id));
      images.push_back(image);
    }
    Keep(Concat{1}, std::move(images));
    return SetImageOutput();
  }

  // The view of images joined along their channels, where that joins the tensors along `axis`: the
  // axis is the channels of all, or of extent 1 in all (tensors that are stacked).
  std::optional<View> JoinedChannels(size_t axis) const {
    const auto& first = ViewOf(node_->inputs[0]);
    if (!first || axis >= first->axes.size()) return std::nullopt;
    const bool stacked = first->axes[axis].empty() && !first->IsWhole(axis, kChannels);
    Extent extent = 0;
    for (const ValueId id : node_->inputs) {
      if (IsConstant(id) || !ViewOf(id)) return std::nullopt;
      const View& view = *ViewOf(id);
      if (view.axes.size() != first->axes.size()) return std::nullopt;
      for (size_t i = 0; i < view.axes.size(); ++i) {
        if (i != axis && Places(view, view.axes[i]) != Places(*first, first->axes[i])) {
          return std::nullopt;
        }
      }
      for (const int home : {kRows, kColumns}) {
        const auto own = static_cast<size_t>(home);
        if (Places(view, view.homes[own]) != Places(*first, first->homes[own])) return std::nullopt;
      }
      if (stacked) {
        const bool same =
            Places(view, view.homes[kChannels]) == Places(*first, first->homes[kChannels]);
        if (!view.axes[axis].empty() || !same) return std::nullopt;
        extent = extent + Extent(1);
        continue;
      }
      if (!view.IsWhole(axis, kChannels)) return std::nullopt;
      for (const View::Atom& atom : view.atoms) {
        if (atom.home == kRepeated) return std::nullopt;
      }
      extent = extent + (*view.Shape())[axis];
    }
    View view = *first;
    const int atom = static_cast<int>(view.atoms.size());
    view.atoms.push_back({extent, kChannels});
    view.axes[axis] = {atom};
    std::vector<int>& channels = view.homes[kChannels];
    if (stacked) {
      channels.insert(channels.begin(), atom);
    } else {
      channels = {atom};
    }
    return view;
  }

  Status Alias(ValueId id) {
    if (ViewOf(id)) {
      Set(node_->output, View(*ViewOf(id)));
      return Status::Ok();
    }
    TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> shape, ShapeOf(id));
    return KeepPlain(Reshape{shape});
  }

  Status Rewrite(const Slice& slice) {
    const View* view = View0();
    const auto axis = static_cast<size_t>(slice.axis);
    if (!view || axis >= view->axes.size()) return KeepPlain(slice);
    const auto start = Whole(slice.start);
    const auto end = Whole(slice.end);
    if (start && end && start < end) {
      std::vector<int64_t> indices;
      for (int64_t i = *start; i < *end; i += slice.step) indices.push_back(i);
      if (TakeChannels(axis, indices)) return Status::Ok();
    }
    for (const int home : {kRows, kColumns}) {
      if (!view->axes[axis].empty() && view->IsWhole(axis, home) && view->axes[axis].size() == 1) {
        return CutSpace(slice, home);
      }
    }
    return KeepPlain(slice);
  }

  Status Rewrite(const Gather& gather) {
    const auto axis = static_cast<size_t>(gather.axis);
    const View* view = View0();
    if (view && axis < view->axes.size() && TakeChannels(axis, gather.indices)) {
      return Status::Ok();
    }
    return KeepPlain(gather);
  }

  // Elements `indices` along an axis that is made of neighbouring atoms of channels.
  bool TakeChannels(size_t axis, const std::vector<int64_t>& indices) {
    const View view = *View0();
    const std::vector<int>& atoms = view.axes[axis];
    const std::vector<int>& channels = view.homes[kChannels];
    if (atoms.empty() || indices.empty()) return false;
    const auto at = std::find(channels.begin(), channels.end(), atoms[0]);
    if (channels.end() - at < static_cast<ptrdiff_t>(atoms.size()) ||
        !std::equal(atoms.begin(), atoms.end(), at)) {
      return false;
    }
    int64_t inner = 1;
    int64_t extent = 1;
    int64_t outer = 1;
    for (auto atom = channels.begin(); atom != channels.end(); ++atom) {
      const auto size = Whole(view.atoms[static_cast<size_t>(*atom)].size);
      if (!size) return false;
      const bool before = atom < at;
      const bool inside = !before && atom - at < static_cast<ptrdiff_t>(atoms.size());
      (before ? outer : inside ? extent : inner) *= *size;
    }
    SelectChannels select;
    for (int64_t block = 0; block < outer; ++block) {
      for (const int64_t index : indices) {
        for (int64_t i = 0; i < inner; ++i) {
          select.source.push_back((block * extent + index) * inner + i);
        }
      }
    }
    View taken = view;
    std::vector<int>& order = taken.homes[kChannels];
    const auto first = order.begin() + (at - channels.begin());
    order.erase(first, first + static_cast<ptrdiff_t>(atoms.size()));
    taken.axes[axis].clear();
    if (indices.size() > 1) {
      const int atom = static_cast<int>(taken.atoms.size());
      taken.atoms.push_back({Extent(static_cast<int64_t>(indices.size())), kChannels});
      order.insert(order.begin() + (at - channels.begin()), atom);
      taken.axes[axis] = {atom};
    }
    Keep(std::move(select), {view.image});
    SetOutput(std::move(taken));
    return true;
  }

  // Rows or columns start to end of the image, every step-th.
  Status CutSpace(const Slice& slice, int home) {
    View view = *View0();
    const auto axis = static_cast<size_t>(slice.axis);
    const auto which = static_cast<size_t>(home - 1);
    const Extent extent = view.atoms[static_cast<size_t>(view.axes[axis][0])].size;
    const auto begin = Whole(slice.start);
    const auto rest = Whole(extent - slice.end);
    if (!begin || !rest) return KeepPlain(slice);
    Pad crop;
    crop.begin[which] = -*begin;
    crop.end[which] = -*rest;
    const bool cuts = *begin != 0 || *rest != 0;
    TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> shape, ShapeOf(node_->output));
    const Extent& left = shape[axis];
    view.atoms[static_cast<size_t>(view.axes[axis][0])].size = left;
    if (slice.step == 1) {
      Keep(crop, {view.image});
    } else {
      const ValueId cut = cuts ? Insert(crop, view.image, "cut", false) : view.image;
      // The largest element of a window of one.
      Pool pool;
      pool.stride[which] = slice.step;
      Keep(pool, {cut});
    }
    if (left == Extent(1)) {
      view.axes[axis].clear();
      view.homes[static_cast<size_t>(home)].clear();
    }
    SetOutput(std::move(view));
    return Status::Ok();
  }

  Status Rewrite(const Reduce& reduce) {
    if (!View0()) return KeepPlain(reduce);
    View view = *View0();
    std::array<size_t, 3> reduced = {0, 0, 0};
    for (const int64_t axis : reduce.axes) {
      for (const int atom : view.axes[static_cast<size_t>(axis)]) {
        const int home = view.atoms[static_cast<size_t>(atom)].home;
        if (home == kRepeated) return KeepPlain(reduce);
        ++reduced[static_cast<size_t>(home)];
      }
      view.axes[static_cast<size_t>(axis)].clear();
    }
    Reduce of_image{reduce.kind, {}};
    for (size_t home = 0; home < 3; ++home) {
      if (reduced[home] == 0) continue;
      if (reduced[home] != view.homes[home].size()) return KeepPlain(reduce);
      of_image.axes.push_back(static_cast<int64_t>(home) + 1);
      view.homes[home].clear();
    }
    if (of_image.axes.empty()) of_image.axes = {1};  // of one element
    if (of_image.axes == std::vector<int64_t>{1} && reduced[0] == 0 &&
        !view.homes[kChannels].empty()) {
      return KeepPlain(reduce);
    }
    Keep(std::move(of_image), {view.image});
    SetOutput(std::move(view));
    return Status::Ok();
  }

  Status Rewrite(const Softmax& softmax) {
    const View* view = View0();
    const auto axis = static_cast<size_t>(softmax.axis);
    if (!view || view->axes[axis].empty() || !view->IsWhole(axis, kChannels)) {
      return KeepPlain(softmax);
    }
    const View copy = *view;
    Keep(Softmax{1, softmax.log}, {copy.image});
    SetOutput(copy);
    return Status::Ok();
  }

  // A product with a constant matrix along the channels is a 1x1 convolution.
  Status Rewrite(const MatMul& product) {
    for (size_t tensor = 0; tensor < 2; ++tensor) {
      const ValueId x = node_->inputs[tensor];
      const ValueId matrix = node_->inputs[1 - tensor];
      if (!IsConstant(matrix) || IsConstant(x) || !ViewOf(x)) continue;
      View view = *ViewOf(x);
      const Shape& shape = value(matrix).shape;
      const bool only_matrix =
          std::all_of(shape.begin(), shape.end() - 2, [](int64_t extent) { return extent == 1; });
      if (shape.size() > view.axes.size() || !only_matrix) continue;
      const size_t axis = view.axes.size() - (tensor == 0 ? 1 : 2);
      if (view.axes[axis].empty() || !view.IsWhole(axis, kChannels)) continue;
      return KeepProduct(std::move(view), axis, value(matrix), tensor == 0);
    }
    return KeepPlain(product);
  }

  Status KeepProduct(View view, size_t axis, const Value& matrix, bool transpose) {
    const int64_t rows = matrix.shape[matrix.shape.size() - 2];
    const int64_t columns = matrix.shape.back();
    const int64_t outputs = transpose ? columns : rows;
    const int64_t inputs = transpose ? rows : columns;
    const std::vector<float>& floats = matrix.constant->floats;
    std::vector<float> weights;
    for (int64_t o = 0; o < outputs; ++o) {
      for (int64_t i = 0; i < inputs; ++i) {
        weights.push_back(
            floats[static_cast<size_t>(transpose ? i * columns + o : o * columns + i)]);
      }
    }
    Value constant;
    constant.name = matrix.name;
    constant.shape = {outputs, inputs, 1, 1};
    constant.constant = MakeConstant(std::move(weights));
    const ValueId weights_id = graph_.AddValue(std::move(constant));
    Keep(Conv{}, {view.image, weights_id});
    view.axes[axis].clear();
    view.homes[kChannels].clear();
    if (outputs != 1) {
      const int atom = static_cast<int>(view.atoms.size());
      view.atoms.push_back({Extent(outputs), kChannels});
      view.axes[axis] = {atom};
      view.homes[kChannels] = {atom};
    }
    SetOutput(std::move(view));
    return Status::Ok();
  }

  // --- operators on images ---

  template <typename Operation>
  Status Rewrite(const Operation& operation) {
    std::vector<ValueId> inputs = node_->inputs;
    TESSERA_ASSIGN_OR_RETURN(inputs[0], Image(inputs[0]));
    Keep(operation, std::move(inputs));
    return SetImageOutput();
  }

  Graph& graph_;
  bool is_nhwc_;
  SymbolicShapes shapes_;
  std::vector<std::optional<View>> views_;  // per value of the file; nothing: plain
  std::vector<ValueId> images_;             // per value: what Image has made of it
  std::vector<ValueId> plains_;             // per value: what Plain has made of it
  std::vector<Node> nodes_;
  const Node* node_ = nullptr;  // being rewritten
};

bool MayBeChannels(int64_t extent) { return extent >= 1 && extent <= 4; }

// As it is said to be, or by the extents that the file gives, or by what the network does first.
bool IsNhwc(const Graph& graph) {
  const PictureLayout stated = graph.info.layout;
  if (stated != PictureLayout::kFromGraph) return stated == PictureLayout::kNhwc;
  const Shape& shape = graph.value(graph.input).shape;
  if (MayBeChannels(shape[1])) return false;
  if (MayBeChannels(shape[3])) return true;
  if (shape[1] != kUnknownDim) return false;
  for (const Node& node : graph.nodes) {
    const auto* transpose = std::get_if<Transpose>(&node.operation);
    if (!transpose || node.inputs[0] != graph.input) continue;
    return transpose->permutation == std::vector<int64_t>{0, 3, 1, 2};
  }
  return false;
}

// For files that do not declare them: what the convolution takes that reads the image, or what
// quantizing or transposing has made of it.
int64_t ChannelsFromFirstConv(const Graph& graph) {
  std::vector<bool> is_image(graph.values.size(), false);
  is_image[static_cast<size_t>(graph.input)] = true;
  for (const Node& node : graph.nodes) {
    if (!is_image[static_cast<size_t>(node.inputs[0])]) continue;
    if (std::holds_alternative<FakeQuantize>(node.operation) ||
        std::holds_alternative<Transpose>(node.operation)) {
      is_image[static_cast<size_t>(node.output)] = true;
    } else if (const auto* conv = std::get_if<Conv>(&node.operation)) {
      return graph.value(node.inputs[1]).shape[1] * conv->groups;
    }
  }
  return kUnknownDim;
}

}  // namespace

Status ResolveLayouts(Graph& graph) {
  const bool is_nhwc = IsNhwc(graph);
  Value& input = graph.value(graph.input);
  input.shape[0] = 1;
  int64_t& channels = input.shape[is_nhwc ? 3 : 1];
  if (channels == kUnknownDim) channels = ChannelsFromFirstConv(graph);
  if (channels == kUnknownDim) {
    return Status(StatusCode::kModelFormat,
                  "the input '" + input.name + "' does not say how many channels it has");
  }
  return LayoutResolver(graph, is_nhwc).Resolve();
}

}  // namespace tessera
