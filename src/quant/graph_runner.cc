#include "quant/graph_runner.h"

#include <memory>
#include <utility>

namespace tessera {
namespace {

// The engine runs a convolution whose weights have codes with integers; here every rounding is a
// node of its own.
Graph WithoutCodes(Graph graph) {
  for (Value& value : graph.values) {
    if (value.constant && value.constant->quantized) {
      value.constant = MakeConstant(value.constant->floats);
    }
  }
  return graph;
}

}  // namespace

QuantizeProgress::QuantizeProgress(RunContext* context, ProgressListener listener)
    : context_(context ? context : &own_), listener_(std::move(listener)) {}

Status QuantizeProgress::ImageDone() {
  context_->StepDone();
  if (listener_) listener_(context_->progress());
  if (context_->cancelled()) return Status(StatusCode::kCancelled, "cancelled");
  return Status::Ok();
}

GraphRunner::GraphRunner(const Graph& graph, const CalibrationImages& images)
    : graph_(WithoutCodes(graph)), images_(images) {}

Status GraphRunner::Load(size_t image) {
  const int64_t width = images_.width(image);
  const int64_t height = images_.height(image);
  if (!executor_ || width != width_ || height != height_) {
    executor_.reset();  // first, so that the old and the new tensors never exist together
    TESSERA_ASSIGN_OR_RETURN(FloatExecutor executor,
                             FloatExecutor::Create(graph_, height, width, 1));
    executor_.emplace(std::move(executor));
    width_ = width;
    height_ = height;
  }
  images_.Write(image, executor_->input());
  return Status::Ok();
}

Status VisitNodes(const Graph& graph, size_t end, const CalibrationImages& images,
                  std::span<const size_t> selection, QuantizeProgress& progress,
                  const NodeVisitor& visit) {
  GraphRunner runner(graph, images);
  for (const size_t image : selection) {
    TESSERA_RETURN_IF_ERROR(runner.Load(image));
    for (size_t node = 0; node < end; ++node) {
      TESSERA_RETURN_IF_ERROR(runner.RunNode(node));
      TESSERA_RETURN_IF_ERROR(visit(node, runner.NodeOutput(node)));
    }
    TESSERA_RETURN_IF_ERROR(progress.ImageDone());
  }
  return Status::Ok();
}

}  // namespace tessera
