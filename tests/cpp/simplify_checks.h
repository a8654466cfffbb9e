#ifndef TESSERA_TESTS_SIMPLIFY_CHECKS_H_
#define TESSERA_TESTS_SIMPLIFY_CHECKS_H_

#include <doctest/doctest.h>

#include "graph/passes.h"
#include "graph/validate.h"
#include "reference_interpreter.h"

namespace tessera::test {

inline Graph MustSimplify(Graph graph) {
  const Status status = Simplify(graph);
  REQUIRE_MESSAGE(status.ok(), status.message());
  return graph;
}

/// Runs Simplify and checks that the result is valid and computes the same.
inline Graph CompareSimplified(const Graph& original, const Dense& image, float tolerance) {
  REQUIRE(Validate(original).ok());
  Graph graph = MustSimplify(original);
  const Status valid = ValidateSimplified(graph);
  CHECK_MESSAGE(valid.ok(), valid.message());
  CHECK(LargestDifference(Interpret(original, image), Interpret(graph, image)) <= tolerance);
  return graph;
}

}  // namespace tessera::test

#endif  // TESSERA_TESTS_SIMPLIFY_CHECKS_H_
