#ifndef TESSERA_TESTS_REFERENCE_INTERPRETER_H_
#define TESSERA_TESTS_REFERENCE_INTERPRETER_H_

#include <cstdint>
#include <vector>

#include "graph/graph.h"

namespace tessera::test {

/// A dense tensor, outermost axis first.
struct Dense {
  Shape shape;
  std::vector<float> elements;
};

/// Runs a graph, simplified or not, the slow and obvious way. It follows the ONNX definitions and
/// shares no code with the library (not even shape inference), so that it can be the oracle for the
/// passes, the tiling analysis and the engine. Sums are taken in double precision.
Dense Interpret(const Graph& graph, const Dense& input);

/// The same for one NCHW image of `height` x `width`; returns the NCHW elements of the output.
std::vector<float> Interpret(const Graph& graph, const std::vector<float>& input, int64_t height,
                             int64_t width);

}  // namespace tessera::test

#endif  // TESSERA_TESTS_REFERENCE_INTERPRETER_H_
