#include "engine/int8/executor.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "core/checked_math.h"
#include "engine/float_steps.h"
#include "engine/int8/code_steps.h"
#include "engine/int8/conv_steps.h"
#include "engine/int8/lower.h"
#include "engine/int8/luma_steps.h"
#include "engine/int8/pixel_steps.h"
#include "engine/int8/row_schedule.h"
#include "engine/int8/slices.h"
#include "engine/int8/sum_steps.h"
#include "engine/memory_plan.h"
#include "engine/picture_steps.h"
#include "engine/plain_tensor.h"
#include "engine/xnnpack_steps.h"
#include "graph/infer_row_shapes.h"
#include "graph/model.h"
#include "graph/picture_format.h"

namespace tessera::int8 {
namespace {

constexpr size_t kNoBuffer = SIZE_MAX;
// Kernels may read, and ignore, a few bytes past a tensor's last channel.
constexpr size_t kSlack = 64;

const FusedConv* ConvOf(const Operation& operation) {
  if (const auto* conv = std::get_if<ConvToCodes>(&operation)) return &conv->conv;
  if (const auto* conv = std::get_if<ConvToFloats>(&operation)) return &conv->conv;
  if (const auto* conv = std::get_if<ConvToPixels>(&operation)) return &conv->conv;
  return nullptr;
}

}  // namespace

class ExecutorBuilder {
 public:
  ExecutorBuilder(const Graph& graph, const PictureFormat& format, const PixelBuffers& pixels,
                  int64_t scale, const KernelSet& kernels, int64_t threads)
      : graph_(graph),
        format_(format),
        program_(Lower(graph)),
        slices_(FindSlices(graph, program_)),
        scale_(scale),
        kernels_(kernels) {
    executor_.threads_ = MakeThreadPool(threads);
    executor_.pixels_ = std::make_unique<PixelBuffers>(pixels);
    executor_.windows_.resize(graph.values.size());
  }

  /// Makes the picture pass through in rows.
  Status LetRowsFlow(int64_t rows) {
    TESSERA_ASSIGN_OR_RETURN(rows_, PlanRows(graph_, program_, slices_, rows));
    return Status::Ok();
  }

  const std::optional<RowSchedule>& schedule() const { return rows_; }

  Result<Executor> Build() {
    FindBorders();
    TESSERA_RETURN_IF_ERROR(AssignBuffers());
    TESSERA_RETURN_IF_ERROR(AllocateArena());
    PlaceWindows();
    for (size_t i = 0; i < program_.instructions.size(); ++i) {
      TESSERA_RETURN_IF_ERROR(AddSteps(i));
    }
    return std::move(executor_);
  }

  Result<size_t> PlanBytes() {
    FindBorders();
    TESSERA_RETURN_IF_ERROR(AssignBuffers());
    TESSERA_ASSIGN_OR_RETURN(const MemoryPlan plan, PlanMemory(lifetimes_));
    TableBytes tables;
    for (const Instruction& instruction : program_.instructions) {
      const auto* run = std::get_if<RunFloat>(&instruction.operation);
      if (run) tables.Add(graph_, graph_.nodes[run->node]);
    }
    return plan.arena_bytes + kSlack + tables.total();
  }

 private:
  // --- memory ---

  ValueId RootOf(ValueId id) const { return slices_[static_cast<size_t>(id)].root; }

  // Codes need a border as wide as the widest padding of a convolution that reads them.
  void FindBorders() {
    borders_.assign(graph_.values.size(), 0);
    border_filled_.assign(graph_.values.size(), false);
    for (const Instruction& instruction : program_.instructions) {
      const FusedConv* fused = ConvOf(instruction.operation);
      if (!fused) continue;
      const auto& conv = std::get<Conv>(graph_.nodes[fused->node].operation);
      int64_t& border = borders_[static_cast<size_t>(RootOf(fused->input))];
      for (size_t axis = 0; axis < 2; ++axis) {
        border = std::max({border, conv.pads_begin[axis], conv.pads_end[axis]});
      }
    }
  }

  Status AssignBuffers() {
    code_buffers_.assign(graph_.values.size(), kNoBuffer);
    float_buffers_.assign(graph_.values.size(), kNoBuffer);
    for (size_t i = 0; i < program_.instructions.size(); ++i) {
      const Instruction& instruction = program_.instructions[i];
      const auto now = static_cast<int64_t>(i);
      if (instruction.writes_codes != kNoValue) {
        const ValueId root = RootOf(instruction.writes_codes);
        TESSERA_RETURN_IF_ERROR(
            Use(code_buffers_[static_cast<size_t>(root)], CodeBytes(root), now));
      }
      if (instruction.writes_floats != kNoValue) {
        const ValueId id = instruction.writes_floats;
        TESSERA_RETURN_IF_ERROR(
            Use(float_buffers_[static_cast<size_t>(id)], FloatBytes(graph_.value(id)), now));
      }
      for (ValueId id : instruction.reads_codes) {
        lifetimes_[code_buffers_[static_cast<size_t>(RootOf(id))]].last = now;
      }
      for (ValueId id : instruction.reads_floats) {
        lifetimes_[float_buffers_[static_cast<size_t>(id)]].last = now;
      }
    }
    return rows_ ? KeepRows() : Status::Ok();
  }

  // What lasts from one pass to the next: rows of tensors, in place where they are most of it, and
  // of the picture.
  Status KeepRows() {
    const auto last = static_cast<int64_t>(program_.instructions.size());
    kept_buffers_.assign(graph_.values.size(), kNoBuffer);
    for (size_t root = 0; root < kept_buffers_.size(); ++root) {
      const RowRing& ring = rows_->rings[root];
      if (ring.kept == 0 || code_buffers_[root] == kNoBuffer) continue;
      if (ring.kept >= ring.fresh) {
        kept_buffers_[root] = code_buffers_[root];
        lifetimes_[code_buffers_[root]].first = 0;
        lifetimes_[code_buffers_[root]].last = last;
        continue;
      }
      const std::optional<size_t> bytes = CodeBytes(static_cast<ValueId>(root), ring.kept);
      TESSERA_RETURN_IF_ERROR(Use(kept_buffers_[root], bytes, 0));
      lifetimes_[kept_buffers_[root]].last = last;
    }
    const Shape& input = graph_.value(graph_.input).shape;
    const Shape& output = graph_.value(graph_.output).shape;
    TESSERA_RETURN_IF_ERROR(
        Use(input_buffer_, CheckedProduct({rows_->picture.rows(), input[3], kBytesPerPixel}), 0));
    TESSERA_RETURN_IF_ERROR(
        Use(output_buffer_, CheckedProduct({rows_->shares.back().fresh, output[3], kBytesPerPixel}),
            0));
    lifetimes_[input_buffer_].last = lifetimes_[output_buffer_].last = last;
    return Status::Ok();
  }

  Status Use(size_t& buffer, std::optional<size_t> bytes, int64_t now) {
    if (buffer != kNoBuffer) {
      lifetimes_[buffer].last = now;
      return Status::Ok();
    }
    if (!bytes) return Status(StatusCode::kOutOfMemory, "a tile's tensor is too large");
    buffer = lifetimes_.size();
    lifetimes_.push_back({*bytes, now, now});
    return Status::Ok();
  }

  std::optional<size_t> CodeBytes(ValueId root) const {
    if (rows_) return CodeBytes(root, rows_->rings[static_cast<size_t>(root)].rows());
    const int64_t border = borders_[static_cast<size_t>(root)];
    return CodeBytes(root, graph_.value(root).shape[2] + 2 * border);
  }
  std::optional<size_t> CodeBytes(ValueId root, int64_t rows) const {
    const Shape& shape = graph_.value(root).shape;
    const int64_t border = borders_[static_cast<size_t>(root)];
    return CheckedProduct({rows, shape[3] + 2 * border, RoundUpToGroup(shape[1])});
  }

  Status AllocateArena() {
    TESSERA_ASSIGN_OR_RETURN(plan_, PlanMemory(lifetimes_));
    auto arena = AlignedBuffer::Allocate(plan_.arena_bytes + kSlack);
    if (!arena) {
      return Status(StatusCode::kOutOfMemory, "no memory for a tile's tensors (" +
                                                  std::to_string(plan_.arena_bytes) +
                                                  " bytes): choose a smaller tile");
    }
    // Channels that only fill up a group are never written before they are read (and ignored).
    std::memset(arena->data(), 0, arena->size());
    executor_.arena_ = std::move(*arena);
    return Status::Ok();
  }

  uint8_t* BufferAt(size_t buffer) {
    return executor_.arena_.as<uint8_t>() + plan_.offsets[buffer];
  }

  void PlaceWindows() {
    for (size_t root = 0; root < code_buffers_.size(); ++root) {
      if (code_buffers_[root] == kNoBuffer) continue;
      const CodeTensor tensor = CodesOf(static_cast<ValueId>(root));
      const int64_t rows_above = rows_ ? 0 : tensor.border;
      executor_.windows_[root].data =
          BufferAt(code_buffers_[root]) + rows_above * tensor.row + tensor.border * tensor.pixel;
    }
    if (!rows_) return;
    const Shape& input = graph_.value(graph_.input).shape;
    executor_.pixels_->output = BufferAt(output_buffer_);
    executor_.passes_ =
        std::make_unique<RowPasses>(*rows_, input[3], graph_.value(graph_.output).shape[3],
                                    input[2], BufferAt(input_buffer_), *executor_.pixels_);
  }

  CodeTensor CodesOf(ValueId id) {
    const Slice& slice = slices_[static_cast<size_t>(id)];
    const Shape& root = graph_.value(slice.root).shape;
    const auto root_index = static_cast<size_t>(slice.root);
    CodeTensor tensor;
    tensor.height = root[2];
    tensor.width = root[3];
    tensor.channels = graph_.value(id).shape[1];
    tensor.pixel = RoundUpToGroup(root[1]);
    tensor.border = borders_[root_index];
    tensor.row = (tensor.width + 2 * tensor.border) * tensor.pixel;
    tensor.quantization = *program_.quantization[static_cast<size_t>(id)];
    tensor.window = &executor_.windows_[root_index];
    tensor.first_channel = slice.first_channel;
    return tensor;
  }

  Tensor FloatsOf(ValueId id) {
    // A value that is never floats is asked for by its extents only.
    const size_t buffer = float_buffers_[static_cast<size_t>(id)];
    std::byte* arena = executor_.arena_.data();
    return TensorAt(graph_.value(id), buffer == kNoBuffer ? arena : arena + plan_.offsets[buffer]);
  }

  // --- steps ---

  double WorkOf(const Instruction& instruction) const {
    if (const FusedConv* conv = ConvOf(instruction.operation)) {
      return tessera::WorkOf(graph_, graph_.nodes[conv->node]);
    }
    if (const auto* run = std::get_if<RunFloat>(&instruction.operation)) {
      return tessera::WorkOf(graph_, graph_.nodes[run->node]);
    }
    return 0.0;
  }

  Status AddSteps(size_t index) {
    const Instruction& instruction = program_.instructions[index];
    if (instruction.writes_codes != kNoValue) AddBorder(RootOf(instruction.writes_codes));
    Result<StepPtr> made =
        std::visit([&](const auto& operation) { return Make(operation); }, instruction.operation);
    if (!made.ok()) return made.status();
    StepPtr step = std::move(made).value();
    if (rows_) {
      step = MakePassStep(*executor_.passes_, rows_->shares[index], rows_->groups[index],
                          std::move(step));
    }
    executor_.steps_.Add(std::move(step), WorkOf(instruction));
    if (rows_) CloseRings(static_cast<int64_t>(index));
    return Status::Ok();
  }

  // Before a tensor's first write: its memory held something else in between.
  void AddBorder(ValueId root) {
    const auto index = static_cast<size_t>(root);
    if (border_filled_[index] || (!rows_ && borders_[index] == 0)) return;
    border_filled_[index] = true;
    const CodeTensor tensor = CodesOf(root);
    executor_.steps_.Add(rows_
                             ? MakeOpenRingStep(*executor_.passes_, rows_->rings[index], tensor,
                                                executor_.windows_[index], KeptAt(index), storage())
                             : MakeFillBorderStep(tensor, storage()),
                         0.0);
  }

  uint8_t* KeptAt(size_t root) {
    return kept_buffers_[root] == kNoBuffer ? nullptr : BufferAt(kept_buffers_[root]);
  }

  // After the last instruction of a pass that uses a tensor.
  void CloseRings(int64_t now) {
    for (size_t root = 0; root < kept_buffers_.size(); ++root) {
      if (kept_buffers_[root] == kNoBuffer || LastUse(root) != now) continue;
      executor_.steps_.Add(
          MakeCloseRingStep(rows_->rings[root], CodesOf(static_cast<ValueId>(root)), KeptAt(root)),
          0.0);
    }
  }

  int64_t LastUse(size_t root) const {
    const auto last = static_cast<int64_t>(program_.instructions.size());
    return std::min(lifetimes_[code_buffers_[root]].last, last - 1);
  }

  pthreadpool_t Pool() const { return executor_.threads_.get(); }
  Storage storage() const { return kernels_.storage; }

  Result<StepPtr> Make(const ReadCodes& read) {
    return MakeReadCodesStep(graph_.info, format_, *executor_.pixels_, CodesOf(read.output),
                             storage());
  }
  Result<StepPtr> Make(const ReadFloats& read) {
    return MakeReadFloatsStep(graph_.info, format_, *executor_.pixels_, FloatsOf(read.output));
  }
  Result<StepPtr> Make(const ConvToCodes& to_codes) {
    const FusedConv& conv = to_codes.conv;
    std::optional<CodeTensor> residual;
    if (conv.residual != kNoValue) residual = CodesOf(conv.residual);
    return MakeConvToCodesStep(graph_, conv, CodesOf(conv.input), residual,
                               CodesOf(to_codes.output), kernels_, Pool());
  }
  Result<StepPtr> Make(const ConvToFloats& to_floats) {
    return MakeConvToFloatsStep(graph_, to_floats.conv, CodesOf(to_floats.conv.input),
                                FloatsOf(to_floats.output), kernels_, Pool());
  }
  Result<StepPtr> Make(const ConvToPixels& to_pixels) {
    std::optional<Tensor> anchor;
    std::optional<Quantization> quantization;
    if (to_pixels.anchor == ConvToPixels::Anchor::kTensor) {
      anchor = FloatsOf(to_pixels.anchor_value);
    }
    if (format_.is_luma()) {
      return MakeConvToLumaStep(graph_, format_, to_pixels, CodesOf(to_pixels.conv.input), anchor,
                                *executor_.pixels_, scale_, kernels_, Pool());
    }
    if (to_pixels.anchor == ConvToPixels::Anchor::kNearest) {
      quantization = program_.quantization[static_cast<size_t>(to_pixels.anchor_value)];
    }
    return MakeConvToPixelsStep(graph_, format_, to_pixels, CodesOf(to_pixels.conv.input), anchor,
                                quantization, *executor_.pixels_, kernels_, Pool());
  }
  Result<StepPtr> Make(const ApplyTable& apply) {
    return MakeTableStep(apply.tables, CodesOf(apply.input), CodesOf(apply.output), storage(),
                         Pool());
  }
  Result<StepPtr> Make(const CombineCodes& combine) {
    return MakeCombineStep(combine.kind, combine.range, CodesOf(combine.a), CodesOf(combine.b),
                           CodesOf(combine.output), storage(), Pool());
  }
  Result<StepPtr> Make(const ApplyPairTable& apply) {
    return MakePairTableStep(apply.table, CodesOf(apply.a), CodesOf(apply.b), CodesOf(apply.output),
                             storage(), Pool());
  }
  Result<StepPtr> Make(const SumCodes& sum) {
    const Node& node = graph_.nodes[sum.node];
    Result<StepPtr> step =
        MakeSumStep(node, CodesOf(sum.input), CodesOf(sum.output), storage(), Pool());
    return step.ok() ? std::move(step) : AtNode(node, step.status());
  }
  Result<StepPtr> Make(const MoveCodes& move) {
    const Node& node = graph_.nodes[move.node];
    std::vector<CodeTensor> inputs;
    for (ValueId id : node.inputs) inputs.push_back(CodesOf(id));
    const CodeTensor output = CodesOf(move.output);
    const bool chooses = std::holds_alternative<tessera::Pool>(node.operation);
    Result<StepPtr> step = chooses ? MakeSumStep(node, inputs[0], output, storage(), Pool())
                                   : MakeMoveStep(node, inputs, output, storage());
    return step.ok() ? std::move(step) : AtNode(node, step.status());
  }
  Result<StepPtr> Make(const QuantizeFloats& quantize) {
    return MakeQuantizeStep(FloatsOf(quantize.input), CodesOf(quantize.output), storage());
  }
  Result<StepPtr> Make(const DequantizeCodes& dequantize) {
    return MakeDequantizeStep(CodesOf(dequantize.value), FloatsOf(dequantize.value), storage());
  }
  Result<StepPtr> Make(const RunFloat& run) {
    const Node& node = graph_.nodes[run.node];
    Result<StepPtr> step = MakeFloatStep(
        graph_, node, [&](ValueId id) { return FloatsOf(id); }, *executor_.workspace_, Pool());
    return step.ok() ? std::move(step) : AtNode(node, step.status());
  }
  Result<StepPtr> Make(const WriteCodes& write) {
    return MakeWriteCodesStep(graph_.info, format_, *executor_.pixels_, CodesOf(write.input),
                              storage(), scale_);
  }
  Result<StepPtr> Make(const WriteFloats& write) {
    return MakeWriteFloatsStep(graph_.info, format_, *executor_.pixels_, FloatsOf(write.input),
                               scale_);
  }

  const Graph& graph_;
  PictureFormat format_;
  Program program_;
  std::vector<Slice> slices_;  // per value
  int64_t scale_;
  const KernelSet& kernels_;
  Executor executor_;
  std::vector<int64_t> borders_;       // per root value, pixels
  std::vector<bool> border_filled_;    // per root value: the step is there
  std::vector<size_t> code_buffers_;   // per root value
  std::vector<size_t> float_buffers_;  // per value
  std::vector<Lifetime> lifetimes_;    // per buffer
  // Where rows flow.
  std::optional<RowSchedule> rows_;
  std::vector<size_t> kept_buffers_;  // per root value
  size_t input_buffer_ = kNoBuffer;
  size_t output_buffer_ = kNoBuffer;
  MemoryPlan plan_;
};

Result<Executor> Executor::Create(const Graph& graph, int64_t height, int64_t width,
                                  const PixelBuffers& pixels, int64_t scale,
                                  const KernelSet& kernels, int64_t threads) {
  TESSERA_RETURN_IF_ERROR(InitializeXnnpack());
  Graph shaped = graph;
  TESSERA_RETURN_IF_ERROR(InferShapes(shaped, height, width));
  TESSERA_ASSIGN_OR_RETURN(const PictureFormat format, PictureFormatOf(shaped));
  return ExecutorBuilder(shaped, format, pixels, scale, kernels, threads).Build();
}

Result<Executor> Executor::CreateRows(const Graph& graph, int64_t height, int64_t width, bool alpha,
                                      int64_t rows, const KernelSet& kernels, int64_t threads) {
  Graph shaped = graph;
  TESSERA_RETURN_IF_ERROR(InferRowShapes(shaped, height, width));
  TESSERA_ASSIGN_OR_RETURN(const PictureFormat format, PictureFormatOf(shaped));
  PixelBuffers pixels;
  pixels.alpha = alpha;
  ExecutorBuilder builder(shaped, format, pixels, /*scale=*/1, kernels, threads);
  TESSERA_RETURN_IF_ERROR(builder.LetRowsFlow(rows));
  return builder.Build();
}

Result<Executor::RowFlow> Executor::PlanRowFlow(const Graph& graph, int64_t height, int64_t width,
                                                int64_t rows) {
  Graph shaped = graph;
  TESSERA_RETURN_IF_ERROR(InferRowShapes(shaped, height, width));
  ExecutorBuilder builder(shaped, {}, {}, /*scale=*/1, BestKernels(), /*threads=*/1);
  TESSERA_RETURN_IF_ERROR(builder.LetRowsFlow(rows));
  TESSERA_ASSIGN_OR_RETURN(const size_t bytes, builder.PlanBytes());
  const RowSchedule& schedule = *builder.schedule();
  return RowFlow{bytes, schedule.picture.fresh, schedule.shares.back().lag};
}

Result<size_t> Executor::PlanBytes(const Graph& graph, int64_t height, int64_t width) {
  Graph shaped = graph;
  TESSERA_RETURN_IF_ERROR(InferShapes(shaped, height, width));
  return ExecutorBuilder(shaped, {}, {}, /*scale=*/1, BestKernels(), /*threads=*/1).PlanBytes();
}

Status Executor::Run(RunContext* context) {
  TESSERA_RETURN_IF_ERROR(steps_.Run(context));
  if (passes_) passes_->Advance();
  return Status::Ok();
}

Result<double> Executor::RunFor(double milliseconds) {
  const Result<double> done = steps_.RunFor(milliseconds);
  if (passes_ && !done.ok()) passes_->Restart();
  if (passes_ && done.ok() && *done == 1.0) passes_->Advance();
  return done;
}

void Executor::Restart() {
  steps_.Restart();
  if (passes_) passes_->Restart();
}

size_t Executor::memory_bytes() const {
  return arena_.size() + workspace_->size() + steps_.memory_bytes();
}

}  // namespace tessera::int8
