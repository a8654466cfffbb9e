#ifndef TESSERA_BENCH_CATALOG_H_
#define TESSERA_BENCH_CATALOG_H_

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tessera::bench {

/// Output rows and columns of every layer that is measured; with "same" padding also the input's.
inline constexpr int64_t kTileEdge = 64;

/// What our kernels do with the sums of a layer before they are rounded; XNNPACK's only clamp.
enum class After : uint8_t { kClamp, kPRelu, kResidual };

/// A convolution as a network has it, on a tile of kTileEdge x kTileEdge pixels.
struct Layer {
  std::string name;
  int64_t kernel = 3;  // rows and columns of the window, odd
  int64_t inputs = 0;  // channels of the real layer
  int64_t outputs = 0;
  bool depthwise = false;
  After after = After::kClamp;
  bool rgba_input = false;   // a network's first layer: bytes of four channels, three of them used
  int64_t rgba_upscale = 0;  // a last layer: outputs become RGBA bytes of this scale; 0: it is none

  /// Multiplications of the real layer on one tile.
  double Multiplications() const {
    const double per_pixel =
        static_cast<double>(kernel * kernel * outputs) * (depthwise ? 1.0 : double(inputs));
    return per_pixel * kTileEdge * kTileEdge;
  }
  /// The same with all channels that the kernel has to read: four of an RGBA input.
  double MultiplicationsRead() const {
    return Multiplications() * (rgba_input ? 4.0 / double(inputs) : 1.0);
  }
};

/// The layers of the networks that are of interest.
const std::vector<Layer>& Layers();

/// One thing that can be measured.
struct Entry {
  std::string name;   // "<who>/<type>/<layer>", "peak/<type>", or of a schedule "<layer> <type>"
  std::string who;    // "peak", "tessera", "xnnpack" or "schedule"
  std::string type;   // "int8" or "float"; of a schedule "layers" or "bands <rows>"
  std::string layer;  // of Layers(); empty for a peak; the chain's name for a schedule
  double multiplications = 0.0;       // of one iteration, as Layer::MultiplicationsRead()
  double real_multiplications = 0.0;  // as Layer::Multiplications()
};

using Body = std::function<void(benchmark::State&)>;

/// Everything registered so far, in order.
const std::vector<Entry>& Catalog();

void RegisterPeak(const std::string& type, double multiplications, Body body);
void RegisterLayer(const std::string& who, const std::string& type, const Layer& layer, Body body);
/// `chain` and `type` as Entry::layer and Entry::type.
void RegisterSchedule(const std::string& type, const std::string& chain, double multiplications,
                      Body body);

// One per source file; all of them together are the catalog.
void RegisterPeaks();
void RegisterTessera();
void RegisterXnnpack();
void RegisterSchedules();

/// Fills the catalog; call it once.
void RegisterAll();

}  // namespace tessera::bench

#endif  // TESSERA_BENCH_CATALOG_H_
