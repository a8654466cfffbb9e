#include "catalog.h"

#include <utility>

namespace tessera::bench {
namespace {

std::vector<Entry>& Entries() {
  static std::vector<Entry> entries;
  return entries;
}

void Register(Entry entry, Body body) {
  benchmark::RegisterBenchmark(entry.name, std::move(body));
  Entries().push_back(std::move(entry));
}

Layer Dense(int64_t kernel, int64_t inputs, int64_t outputs) {
  const std::string window = std::to_string(kernel);
  return {.name = "conv" + window + "x" + window + " " + std::to_string(inputs) + "-" +
                  std::to_string(outputs),
          .kernel = kernel,
          .inputs = inputs,
          .outputs = outputs};
}

Layer Then(Layer layer, After after) {
  layer.after = after;
  layer.name += after == After::kPRelu ? " prelu" : " add";
  return layer;
}

Layer Depthwise(int64_t channels) {
  return {.name = "depthwise3x3 " + std::to_string(channels),
          .inputs = channels,
          .outputs = channels,
          .depthwise = true};
}

Layer Head(int64_t kernel, int64_t outputs) {
  const std::string window = std::to_string(kernel);
  return {.name = "head" + window + "x" + window + " rgba-" + std::to_string(outputs),
          .kernel = kernel,
          .inputs = 3,
          .outputs = outputs,
          .rgba_input = true};
}

Layer Tail(int64_t inputs, int64_t scale) {
  return {.name = "tail3x3 " + std::to_string(inputs) + "-x" + std::to_string(scale) + " rgba",
          .inputs = inputs,
          .outputs = 3 * scale * scale,
          .rgba_upscale = scale};
}

}  // namespace

const std::vector<Layer>& Layers() {
  static const std::vector<Layer> kLayers = {Dense(3, 16, 16),
                                             Dense(3, 28, 28),
                                             Dense(3, 32, 32),
                                             Then(Dense(3, 32, 32), After::kPRelu),
                                             Dense(3, 48, 48),
                                             Dense(3, 64, 64),
                                             Then(Dense(3, 64, 64), After::kPRelu),
                                             Then(Dense(3, 64, 64), After::kResidual),
                                             Head(3, 32),
                                             Tail(32, 2),
                                             Dense(1, 32, 32),
                                             Dense(1, 64, 64),
                                             Dense(5, 32, 32),
                                             Head(9, 64),
                                             Dense(9, 64, 4),
                                             Depthwise(32),
                                             Depthwise(64)};
  return kLayers;
}

const std::vector<Entry>& Catalog() { return Entries(); }

void RegisterPeak(const std::string& type, double multiplications, Body body) {
  Register({.name = "peak/" + type,
            .who = "peak",
            .type = type,
            .layer = "",
            .multiplications = multiplications,
            .real_multiplications = multiplications},
           std::move(body));
}

void RegisterLayer(const std::string& who, const std::string& type, const Layer& layer, Body body) {
  Register({.name = who + "/" + type + "/" + layer.name,
            .who = who,
            .type = type,
            .layer = layer.name,
            .multiplications = layer.MultiplicationsRead(),
            .real_multiplications = layer.Multiplications()},
           std::move(body));
}

void RegisterSchedule(const std::string& type, const std::string& chain, double multiplications,
                      Body body) {
  Register({.name = chain + " " + type,
            .who = "schedule",
            .type = type,
            .layer = chain,
            .multiplications = multiplications,
            .real_multiplications = multiplications},
           std::move(body));
}

void RegisterAll() {
  RegisterPeaks();
  RegisterTessera();
  RegisterXnnpack();
  RegisterSchedules();
}

}  // namespace tessera::bench
