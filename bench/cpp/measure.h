#ifndef TESSERA_BENCH_MEASURE_H_
#define TESSERA_BENCH_MEASURE_H_

#include <string>

namespace tessera::bench {

struct Measurement {
  std::string error;     // empty, or why there are no numbers
  double seconds = 0.0;  // of one iteration, on average
  double iterations = 0.0;
};

/// Runs one entry of Catalog() for at least `min_seconds`. The rounds, and the order in which the
/// entries take turns, are the caller's.
Measurement Measure(const std::string& name, double min_seconds);

}  // namespace tessera::bench

#endif  // TESSERA_BENCH_MEASURE_H_
