#ifndef TESSERA_BENCH_SCHEDULES_H_
#define TESSERA_BENCH_SCHEDULES_H_

#include <cstdint>
#include <vector>

#include "kernel_parts.h"
#include "kernels/kernel_set.h"

namespace tessera::bench {

/// 3x3 convolutions of equally many channels, one after the other, on a square tile with a border
/// of zero points.
struct Chain {
  int64_t layers = 5;
  int64_t channels = 0;  // a multiple of kChannelGroup
  int64_t edge = 0;      // rows and columns of the tile

  double Multiplications() const;
};

/// The codes between two layers. Rows are numbered with the border: 0 lies above the tile, 1 to
/// `edge` are the tile's own, edge + 1 lies below it. At first all codes are zero points.
class Rows {
 public:
  /// Room for all rows of a tile.
  static Rows WholeTile(const Chain& chain, Storage storage);
  /// Line buffers: row y takes the place of row y - `count`. Each row is kept twice, `count` rows
  /// apart, so that any `count` consecutive ones can be read as if no end came between them.
  static Rows Lines(const Chain& chain, Storage storage, int64_t count);

  int64_t row_bytes() const { return row_bytes_; }
  /// The first pixel of row `y`'s border; the next rows follow.
  const uint8_t* Read(int64_t y) const { return bytes_.data() + y % count_ * row_bytes_; }
  /// The first pixel of row `y` that is not border.
  uint8_t* Write(int64_t y) { return bytes_.data() + y % count_ * row_bytes_ + pixel_bytes_; }
  /// To be called when row `y` is written.
  void Written(int64_t y);
  /// Makes row `y` one above or below the tile.
  void WriteBorder(int64_t y);
  /// Fills the tile with noise, the same each time.
  void WriteNoise(const Chain& chain);

  bool operator==(const Rows& other) const { return bytes_ == other.bytes_; }

 private:
  Rows(const Chain& chain, Storage storage, int64_t count, bool twice);

  int64_t count_;
  bool twice_;
  int64_t pixel_bytes_;
  int64_t row_bytes_;
  uint8_t zero_point_;  // as it is stored
  std::vector<uint8_t> bytes_;
};

/// Runs a chain by our kernels: layer by layer over two whole-tile buffers, or depth-first in bands
/// of some rows with line buffers between the layers.
class ChainRunner {
 public:
  /// `band` is the most rows that a layer computes before the next layer's turn.
  ChainRunner(const Chain& chain, int64_t band, const KernelSet& kernels);
  // The kernels point into it.
  ChainRunner(const ChainRunner&) = delete;
  ChainRunner& operator=(const ChainRunner&) = delete;

  void RunLayers();
  void RunBands();
  /// The last layer's codes.
  const Rows& output() const { return output_; }
  void ForgetOutput() { output_ = input_; }

 private:
  void AddKernel(const std::vector<int8_t>& weights);
  /// The next rows of a layer, `begin` to `end`. Line buffers get the border below the tile as
  /// well.
  void RunBand(int64_t layer, int64_t begin, int64_t end);
  /// One row of a layer.
  void RunRow(int64_t layer, const Rows& input, Rows& output, int64_t y);

  const KernelSet& kernels_;
  Chain chain_;
  int64_t band_;
  Rows input_;
  Rows output_;
  Rows between_;             // of RunLayers(), which takes turns with this and the output
  std::vector<Rows> lines_;  // of RunBands(), after each layer but the last
  Scaling scaling_;
  ConvWindow window_;
  std::vector<int32_t> vector_offsets_;
  std::vector<PackedConv> packed_;  // of each layer
  std::vector<ConvKernel> layers_;
};

}  // namespace tessera::bench

#endif  // TESSERA_BENCH_SCHEDULES_H_
