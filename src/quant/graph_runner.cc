#include "quant/graph_runner.h"

#include <memory>
#include <utility>

#include "engine/parallel_rows.h"

namespace tessera {

QuantizeProgress::QuantizeProgress(RunContext* context, ProgressListener listener)
    : context_(context ? context : &own_), listener_(std::move(listener)) {}

Status QuantizeProgress::NodesDone(int64_t node_runs) {
  context_->StepsDone(node_runs);
  if (listener_) listener_(context_->progress());
  if (context_->cancelled()) return Status(StatusCode::kCancelled, "cancelled");
  return Status::Ok();
}

Graph WithoutCodes(Graph graph) {
  for (Value& value : graph.values) {
    if (value.constant && value.constant->quantized) {
      value.constant = MakeConstant(value.constant->floats);
    }
  }
  return graph;
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

Status ForEach(pthreadpool_t pool, size_t count,
               const std::function<Status(size_t index, size_t thread)>& work) {
  std::vector<Status> results(count);
  ParallelRows(pool, static_cast<int64_t>(count), [&](int64_t begin, int64_t end, size_t thread) {
    for (int64_t i = begin; i < end; ++i) {
      Status& result = results[static_cast<size_t>(i)];
      result = work(static_cast<size_t>(i), thread);
      if (!result.ok()) return;
    }
  });
  for (const Status& result : results) TESSERA_RETURN_IF_ERROR(result);
  return Status::Ok();
}

Status ForEachImage(pthreadpool_t pool, std::span<const size_t> selection, int64_t node_runs,
                    QuantizeProgress& progress,
                    const std::function<Status(size_t image, size_t thread)>& work) {
  const size_t together = ThreadCount(pool);
  for (size_t first = 0; first < selection.size(); first += together) {
    const auto batch = selection.subspan(first, std::min(together, selection.size() - first));
    TESSERA_RETURN_IF_ERROR(ForEach(pool, batch.size(), [&](size_t index, size_t thread) {
      return work(batch[index], thread);
    }));
    TESSERA_RETURN_IF_ERROR(progress.NodesDone(node_runs * static_cast<int64_t>(batch.size())));
  }
  return Status::Ok();
}

}  // namespace tessera
