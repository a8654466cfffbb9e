#include "quant/quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "engine/int8/tabulate.h"
#include "engine/pixels.h"
#include "engine/thread_pool.h"
#include "graph/picture_format.h"
#include "quant/equalize.h"
#include "quant/layer_by_layer.h"
#include "quant/measure.h"
#include "quant/placement.h"
#include "quant/quantize_weights.h"
#include "quant/ranges.h"
#include "quant/refine.h"

namespace tessera {
namespace {

// A tensor this much narrower than others it is joined with keeps steps of its own, where it is
// read alone.
constexpr float kNarrow = 4.0f;
// One image in so many is kept to choose and to judge by.
constexpr size_t kHeldOut = 4;
// Images that weights and biases are fitted to, and what may be kept of them at a time.
constexpr size_t kMostFitted = 16;
constexpr size_t kLeastFitted = 2;
constexpr size_t kFittedBytes = size_t{640} << 20;
// Images that decide between forms of the network.
constexpr size_t kMostDeciding = 4;

Status CheckOptions(const QuantizeOptions& options) {
  if (options.weight_bits == 7 || options.weight_bits == 8) return Status::Ok();
  return Status(StatusCode::kInvalidArgument,
                "weights of " + std::to_string(options.weight_bits) + " bits: choose 7 or 8");
}

Status CheckConstants(const Graph& graph, const Node& node) {
  for (const ValueId id : node.inputs) {
    if (id == kNoValue || !graph.value(id).constant) continue;
    for (const float element : graph.value(id).constant->floats) {
      if (std::isfinite(element)) continue;
      return AtNode(node, Status(StatusCode::kModelFormat,
                                 "has a weight that is not a finite number; train it again"));
    }
  }
  return Status::Ok();
}

Status CheckNode(const Graph& graph, const Node& node) {
  const auto* conv = std::get_if<Conv>(&node.operation);
  const bool has_codes = conv && graph.value(node.inputs[1]).constant->quantized.has_value();
  if (has_codes || std::holds_alternative<FakeQuantize>(node.operation)) {
    return AtNode(node, Status(StatusCode::kInvalidArgument,
                               "the network is quantized already; start from its float form"));
  }
  return CheckConstants(graph, node);
}

Status CheckGraph(const Graph& graph) {
  bool any = false;
  for (const Node& node : graph.nodes) {
    TESSERA_RETURN_IF_ERROR(CheckNode(graph, node));
    any = any || std::holds_alternative<Conv>(node.operation);
  }
  if (!any) {
    return Status(StatusCode::kUnsupported, "there is no convolution in it to be quantized");
  }
  return PictureFormatOf(graph).status();
}

// Bytes are codes already: where the network's ranges allow it, each byte keeps its exact value.
Quantization InputQuantization(const Graph& graph) {
  const InputLimits limits = InputLimitsOf(graph.info, PictureFormatOf(graph).value());
  Range range;
  range.Include(limits.low);
  range.Include(limits.high);
  return QuantizationOf(range);
}

// The codes of all sites, by what their tensors hold.
class SiteChooser {
 public:
  SiteChooser(const Graph& graph, const QuantizationPlan& plan,
              const std::vector<Histogram>& histograms, bool clip_ranges)
      : graph_(graph), plan_(plan), histograms_(histograms), clip_ranges_(clip_ranges) {}

  std::vector<SiteQuantization> Choose() const {
    std::vector<SiteQuantization> chosen(plan_.sites.size());
    for (size_t group = 0; group < plan_.groups; ++group) ChooseGroup(group, chosen);
    return chosen;
  }

 private:
  void ChooseGroup(size_t group, std::vector<SiteQuantization>& chosen) const {
    std::vector<size_t> members;
    std::vector<const Histogram*> histograms;
    Range whole;
    for (size_t i = 0; i < plan_.sites.size(); ++i) {
      if (plan_.sites[i].group != group) continue;
      members.push_back(i);
      histograms.push_back(&histograms_[i]);
      whole.Include(histograms_[i].range());
    }
    const bool single = members.size() == 1 && clip_ranges_;
    const Quantization joined = single && plan_.sites[members[0]].function != kNoValue
                                    ? FitFunction(members[0])
                                    : Fit(histograms);
    for (const size_t i : members) {
      const QuantizationSite& site = plan_.sites[i];
      const bool narrow = whole.width() > kNarrow * histograms_[i].range().width();
      chosen[i] = {joined, joined};
      if (site.producer == kNoIndex) {
        chosen[i].own = InputQuantization(graph_);
        if (members.size() == 1) chosen[i].joined = chosen[i].own;
      } else if (narrow && site.read_alone) {
        chosen[i].own = Fit({&histograms_[i]});
      }
    }
  }

  // By the error in what is computed of the tensor before anything else sees it.
  Quantization FitFunction(size_t index) const {
    const QuantizationSite& site = plan_.sites[index];
    return LeastErrorQuantization(histograms_[index], [&](const std::vector<float>& values) {
      return int8::EvaluateElementwise(graph_, {{site.value, values}}, site.function);
    });
  }

  Quantization Fit(const std::vector<const Histogram*>& histograms) const {
    if (clip_ranges_) return LeastErrorQuantization(histograms);
    Range whole;
    for (const Histogram* histogram : histograms) whole.Include(histogram->range());
    return QuantizationOf(whole);
  }

  const Graph& graph_;
  const QuantizationPlan& plan_;
  const std::vector<Histogram>& histograms_;
  bool clip_ranges_;
};

// A float network, equalized in one way or another, and its quantized form.
struct Candidate {
  std::string equalization;
  Graph exact;
  QuantizedGraph quantized;
  double squared_error = 0.0;  // of the output, on the images that decide
  bool refined = false;
};

// One quantization, from the float graph to the report.
class Work {
 public:
  Work(const Graph& graph, const QuantizeOptions& options, const CalibrationImages& images,
       QuantizeProgress& progress)
      : graph_(graph),
        options_(options),
        images_(images),
        progress_(progress),
        threads_(MakeThreadPool(options.threads)) {
    for (size_t i = 0; i < images.count(); ++i) {
      const bool kept = images.count() >= kHeldOut && i % kHeldOut == kHeldOut - 1;
      (kept ? held_out_ : used_).push_back(i);
    }
    plan_ = PlanQuantization(graph);
  }

  Result<QuantizedModel> Run() {
    TESSERA_RETURN_IF_ERROR(ChooseFitted());
    progress_.Begin(CountNodeRuns());
    TESSERA_RETURN_IF_ERROR(MeasureFloatNetwork());
    TESSERA_RETURN_IF_ERROR(Try("none", graph_, {}));
    if (Equalizes()) TESSERA_RETURN_IF_ERROR(TryEqualized());
    if (Refines()) TESSERA_RETURN_IF_ERROR(TryRefined(*best_));
    TESSERA_ASSIGN_OR_RETURN(const QuantizationLoss loss,
                             MeasureLoss(best_->exact, plan_, best_->quantized, On(Judges())));
    return Finish(loss);
  }

 private:
  // The images that a network is judged by.
  const std::vector<size_t>& Judges() const { return held_out_.empty() ? used_ : held_out_; }
  std::span<const size_t> Deciding() const {
    return std::span<const size_t>(Judges()).first(std::min(Judges().size(), kMostDeciding));
  }
  std::span<const size_t> Fitted() const { return std::span<const size_t>(used_).first(fitted_); }

  bool Equalizes() const { return options_.equalize && !FindConvolutionPairs(graph_).empty(); }
  bool Refines() const { return options_.compensate || options_.correct_bias; }

  Measurement On(std::span<const size_t> selection) {
    return {images_, selection, threads_.get(), progress_};
  }

  // Two networks run on all of these images at once.
  Status ChooseFitted() {
    size_t bytes = 1;
    for (const size_t image : used_) {
      TESSERA_ASSIGN_OR_RETURN(const size_t own,
                               BytesPerImage(graph_, images_.height(image), images_.width(image)));
      bytes = std::max(bytes, own);
    }
    fitted_ = std::clamp(kFittedBytes / 2 / bytes, kLeastFitted, kMostFitted);
    fitted_ = std::min(fitted_, used_.size());
    return Status::Ok();
  }

  int64_t CountNodeRuns() const {
    const auto nodes = static_cast<int64_t>(graph_.nodes.size());
    const QuantizedGraph rounded =
        InsertFakeQuantize(graph_, plan_, std::vector<SiteQuantization>(plan_.sites.size()));
    const auto rounded_nodes = static_cast<int64_t>(rounded.graph.nodes.size());
    const auto deciding = static_cast<int64_t>(Deciding().size());
    int64_t runs = nodes * (static_cast<int64_t>(used_.size()) + deciding);
    runs += (Equalizes() ? 3 : 1) * deciding * rounded_nodes;
    if (Refines()) {
      runs += RefineNodeRuns(graph_, rounded.graph) * static_cast<int64_t>(fitted_);
      runs += deciding * rounded_nodes;
    }
    return runs + static_cast<int64_t>(Judges().size()) * (nodes + rounded_nodes);
  }

  Status MeasureFloatNetwork() {
    std::vector<bool> per_channel(graph_.nodes.size(), false);
    for (const ConvolutionPair& pair : FindConvolutionPairs(graph_)) {
      per_channel[pair.activation] = options_.equalize;
    }
    TESSERA_ASSIGN_OR_RETURN(histograms_, MeasureHistograms(graph_, plan_, per_channel, On(used_)));
    TESSERA_ASSIGN_OR_RETURN(exact_outputs_, RunOutputs(graph_, On(Deciding())));
    return Status::Ok();
  }

  Status TryEqualized() {
    Graph by_weights = graph_;
    ChannelFactors factors = EqualizeWeights(by_weights);
    TESSERA_RETURN_IF_ERROR(Try("weights", std::move(by_weights), factors));
    std::vector<std::vector<Range>> ranges;
    for (const ChannelHistograms& histograms : histograms_) ranges.push_back(histograms.ranges());
    Graph by_activations = graph_;
    factors = EqualizeActivations(by_activations, std::move(ranges));
    return Try("activations", std::move(by_activations), factors);
  }

  // Quantizes a graph that computes what graph_ does, but for the factors of its channels, and
  // keeps it when it is the best so far.
  Status Try(std::string equalization, Graph exact, const ChannelFactors& factors) {
    std::vector<Histogram> sites;
    for (const QuantizationSite& site : plan_.sites) {
      const bool input = site.producer == kNoIndex;
      const bool scaled = !input && !factors.empty();
      sites.push_back(input ? Histogram(Range())
                            : histograms_[site.producer].Joined(scaled ? factors[site.producer]
                                                                       : std::vector<float>()));
    }
    const SiteChooser chooser(exact, plan_, sites, options_.clip_ranges);
    Candidate candidate;
    candidate.equalization = std::move(equalization);
    candidate.quantized = InsertFakeQuantize(exact, plan_, chooser.Choose());
    candidate.exact = std::move(exact);
    QuantizeConvolutionWeights(candidate.quantized.graph, options_.weight_bits);
    return Decide(std::move(candidate));
  }

  Status TryRefined(Candidate candidate) {
    const RefineOptions options = {options_.weight_bits, options_.compensate,
                                   options_.correct_bias};
    TESSERA_RETURN_IF_ERROR(Refine(candidate.exact, options, On(Fitted()), candidate.quantized));
    candidate.refined = true;
    return Decide(std::move(candidate));
  }

  Status Decide(Candidate candidate) {
    TESSERA_ASSIGN_OR_RETURN(const auto outputs,
                             RunOutputs(candidate.quantized.graph, On(Deciding())));
    candidate.squared_error = MeanSquaredError(outputs, exact_outputs_);
    if (!best_ || candidate.squared_error < best_->squared_error) best_ = std::move(candidate);
    return Status::Ok();
  }

  QuantizedModel Finish(const QuantizationLoss& loss) {
    QuantizedModel model;
    model.graph = std::move(best_->quantized.graph);
    QuantizeReport& report = model.report;
    report.images = static_cast<int64_t>(used_.size());
    report.held_out = static_cast<int64_t>(held_out_.size());
    for (const Node& node : graph_.nodes) {
      report.convolutions += std::holds_alternative<Conv>(node.operation) ? 1 : 0;
    }
    report.equalization = best_->equalization;
    report.compensated = best_->refined && options_.compensate;
    report.bias_corrected = best_->refined && options_.correct_bias;
    const double peak = graph_.info.output_range[1] - graph_.info.output_range[0];
    report.psnr = 10.0 * std::log10(peak * peak / loss.output_squared_error);
    for (size_t i = 0; i < plan_.sites.size(); ++i) AddSite(i, loss, model);
    // What was measured is the float network.
    model.graph.info.scores.clear();
    model.graph.info.quantization = Describe(report);
    return model;
  }

  void AddSite(size_t index, const QuantizationLoss& loss, QuantizedModel& model) const {
    const size_t producer = plan_.sites[index].producer;
    if (producer == kNoIndex) return;
    SiteReport site;
    site.node = graph_.nodes[producer].name;
    const Node& node = model.graph.nodes[best_->quantized.site_nodes[index]];
    site.quantization = std::get<FakeQuantize>(node.operation).quantization;
    site.sqnr = loss.site_sqnr[index];
    model.report.sites.push_back(std::move(site));
  }

  std::string Describe(const QuantizeReport& report) const {
    const auto yes = [](bool b) { return b ? "true" : "false"; };
    return "{\"weight_bits\": " + std::to_string(options_.weight_bits) +
           ", \"activation_bits\": 8, \"ranges\": \"" +
           (options_.clip_ranges ? "least_error" : "min_max") + "\", \"equalization\": \"" +
           report.equalization + "\", \"compensated\": " + yes(report.compensated) +
           ", \"bias_corrected\": " + yes(report.bias_corrected) +
           ", \"images\": " + std::to_string(report.images) + "}";
  }

  const Graph& graph_;
  const QuantizeOptions& options_;
  const CalibrationImages& images_;
  QuantizeProgress& progress_;
  ThreadPool threads_;
  std::vector<size_t> used_;
  std::vector<size_t> held_out_;
  size_t fitted_ = 0;  // the first so many of used_
  QuantizationPlan plan_;
  std::vector<ChannelHistograms> histograms_;      // per node of graph_
  std::vector<std::vector<float>> exact_outputs_;  // of the images that decide
  std::optional<Candidate> best_;
};

}  // namespace

Quantizer::Quantizer(Graph graph, int64_t size_multiple, const QuantizeOptions& options)
    : graph_(std::move(graph)),
      size_multiple_(size_multiple),
      options_(options),
      images_(PixelReader(graph_.info, PictureFormatOf(graph_).value())) {}

Result<Quantizer> Quantizer::Create(const Model& model, const QuantizeOptions& options) {
  TESSERA_RETURN_IF_ERROR(CheckOptions(options));
  TESSERA_RETURN_IF_ERROR(CheckGraph(model.graph));
  if (model.sized && model.graph.IsFixed()) {
    return Status(
        StatusCode::kUnsupported,
        "the network's arithmetic on sizes has no form for all images, so that there is no "
        "one graph to quantize: export it for a fixed size");
  }
  Graph graph = model.graph;
  SplitActivations(graph);
  MoveActivationsBeforeShuffles(graph);
  return Quantizer(std::move(graph), model.tiling.size_multiple, options);
}

Status Quantizer::AddImage(std::span<const uint8_t> rgba, int64_t width, int64_t height) {
  if (width % size_multiple_ != 0 || height % size_multiple_ != 0) {
    return Status(StatusCode::kInvalidArgument,
                  "a calibration image of " + std::to_string(width) + "x" + std::to_string(height) +
                      " pixels: extents must be multiples of " + std::to_string(size_multiple_));
  }
  return images_.Add(rgba, width, height);
}

Result<QuantizedModel> Quantizer::Finish(RunContext* context,
                                         const ProgressListener& listener) const {
  if (images_.count() == 0) {
    return Status(StatusCode::kInvalidArgument, "there are no images to calibrate with");
  }
  QuantizeProgress progress(context, listener);
  return Work(graph_, options_, images_, progress).Run();
}

}  // namespace tessera
