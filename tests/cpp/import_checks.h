#ifndef TESSERA_TESTS_IMPORT_CHECKS_H_
#define TESSERA_TESTS_IMPORT_CHECKS_H_

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "graph/import_onnx.h"
#include "graph/validate.h"
#include "onnx/reader.h"
#include "onnx_builder.h"

namespace tessera::test {

inline Result<Graph> Import(const OnnxBuilder& builder) {
  TESSERA_ASSIGN_OR_RETURN(onnx::Model model, onnx::ReadModel(builder.Build()));
  return ImportOnnx(std::move(model));
}

inline Graph MustImport(const OnnxBuilder& builder) {
  Result<Graph> graph = Import(builder);
  REQUIRE_MESSAGE(graph.ok(), graph.status().message());
  CHECK(Validate(*graph).ok());
  return std::move(graph).value();
}

/// Checks that the model is refused with `code` and a message that mentions `mention`.
inline void CheckRefused(const OnnxBuilder& builder, StatusCode code, const std::string& mention) {
  const Status status = Import(builder).status();
  CAPTURE(status.message());
  CHECK(StatusCodeName(status.code()) == StatusCodeName(code));
  CHECK(status.message().find(mention) != std::string::npos);
}

}  // namespace tessera::test

#endif  // TESSERA_TESTS_IMPORT_CHECKS_H_
