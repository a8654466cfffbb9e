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
#include "engine/int8/slices.h"
#include "engine/int8/sum_steps.h"
#include "engine/memory_plan.h"
#include "engine/picture_steps.h"
#include "engine/plain_tensor.h"
#include "engine/xnnpack_steps.h"
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
        pixels_(pixels),
        scale_(scale),
        kernels_(kernels) {
    executor_.threads_ = MakeThreadPool(threads);
  }

  Result<Executor> Build() {
    FindBorders();
    TESSERA_RETURN_IF_ERROR(AssignBuffers());
    TESSERA_RETURN_IF_ERROR(AllocateArena());
    for (size_t i = 0; i < program_.instructions.size(); ++i) {
      TESSERA_RETURN_IF_ERROR(AddSteps(program_.instructions[i]));
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
    const Shape& shape = graph_.value(root).shape;
    const int64_t border = borders_[static_cast<size_t>(root)];
    return CheckedProduct({shape[2] + 2 * border, shape[3] + 2 * border, RoundUpToGroup(shape[1])});
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
    uint8_t* buffer = executor_.arena_.as<uint8_t>() + plan_.offsets[code_buffers_[root_index]];
    tensor.data = buffer + tensor.border * (tensor.row + tensor.pixel) + slice.first_channel;
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

  Status AddSteps(const Instruction& instruction) {
    if (instruction.writes_codes != kNoValue) AddBorder(RootOf(instruction.writes_codes));
    Result<StepPtr> step =
        std::visit([&](const auto& operation) { return Make(operation); }, instruction.operation);
    if (!step.ok()) return step.status();
    executor_.steps_.Add(std::move(step).value(), WorkOf(instruction));
    return Status::Ok();
  }

  // Before a tensor's first write: its memory held something else in between.
  void AddBorder(ValueId root) {
    const auto index = static_cast<size_t>(root);
    if (border_filled_[index] || borders_[index] == 0) return;
    border_filled_[index] = true;
    executor_.steps_.Add(MakeFillBorderStep(CodesOf(root), kernels_.storage), 0.0);
  }

  pthreadpool_t Pool() const { return executor_.threads_.get(); }
  Storage storage() const { return kernels_.storage; }

  Result<StepPtr> Make(const ReadCodes& read) {
    return MakeReadCodesStep(graph_.info, format_, pixels_, CodesOf(read.output), storage());
  }
  Result<StepPtr> Make(const ReadFloats& read) {
    return MakeReadFloatsStep(graph_.info, format_, pixels_, FloatsOf(read.output));
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
                                pixels_, scale_, kernels_, Pool());
    }
    if (to_pixels.anchor == ConvToPixels::Anchor::kNearest) {
      quantization = program_.quantization[static_cast<size_t>(to_pixels.anchor_value)];
    }
    return MakeConvToPixelsStep(graph_, format_, to_pixels, CodesOf(to_pixels.conv.input), anchor,
                                quantization, pixels_, kernels_, Pool());
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
    return MakeWriteCodesStep(graph_.info, format_, pixels_, CodesOf(write.input), storage(),
                              scale_);
  }
  Result<StepPtr> Make(const WriteFloats& write) {
    return MakeWriteFloatsStep(graph_.info, format_, pixels_, FloatsOf(write.input), scale_);
  }

  const Graph& graph_;
  PictureFormat format_;
  Program program_;
  std::vector<Slice> slices_;  // per value
  PixelBuffers pixels_;
  int64_t scale_;
  const KernelSet& kernels_;
  Executor executor_;
  std::vector<int64_t> borders_;       // per root value, pixels
  std::vector<bool> border_filled_;    // per root value: the step is there
  std::vector<size_t> code_buffers_;   // per root value
  std::vector<size_t> float_buffers_;  // per value
  std::vector<Lifetime> lifetimes_;    // per buffer
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

Result<size_t> Executor::PlanBytes(const Graph& graph, int64_t height, int64_t width) {
  Graph shaped = graph;
  TESSERA_RETURN_IF_ERROR(InferShapes(shaped, height, width));
  return ExecutorBuilder(shaped, {}, {}, /*scale=*/1, BestKernels(), /*threads=*/1).PlanBytes();
}

size_t Executor::memory_bytes() const {
  return arena_.size() + workspace_->size() + steps_.memory_bytes();
}

}  // namespace tessera::int8
