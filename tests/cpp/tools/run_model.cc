// Runs a model natively on one tile, for tests that compare its bytes with WebAssembly's:
//   tessera_run_model MODEL WIDTH HEIGHT KEEP_ALPHA RGBA_IN RGBA_OUT
// Exits with 1 and a message when it cannot.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "core/status.h"
#include "engine/session.h"
#include "graph/model.h"

namespace tessera {
namespace {

Result<std::vector<uint8_t>> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Status(StatusCode::kInvalidArgument, "cannot read " + path);
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(file), {});
}

struct Arguments {
  std::string model;
  SessionOptions session;
  std::string input;
  std::string output;
};

Status Run(const Arguments& arguments) {
  TESSERA_ASSIGN_OR_RETURN(const std::vector<uint8_t> file, ReadFile(arguments.model));
  TESSERA_ASSIGN_OR_RETURN(const Model model, LoadModel(file));
  TESSERA_ASSIGN_OR_RETURN(Session session, Session::Create(model, arguments.session));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<uint8_t> pixels, ReadFile(arguments.input));
  if (pixels.size() != session.input().size()) {
    return Status(StatusCode::kInvalidArgument, arguments.input + " has " +
                                                    std::to_string(pixels.size()) + " bytes, not " +
                                                    std::to_string(session.input().size()));
  }
  std::ranges::copy(pixels, session.input().begin());
  TESSERA_RETURN_IF_ERROR(session.Run(nullptr));
  const auto bytes = session.output();
  std::ofstream out(arguments.output, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) return Status(StatusCode::kInvalidArgument, "cannot write " + arguments.output);
  return Status::Ok();
}

}  // namespace
}  // namespace tessera

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: %s MODEL WIDTH HEIGHT KEEP_ALPHA RGBA_IN RGBA_OUT\n", argv[0]);
    return 1;
  }
  tessera::Arguments arguments;
  arguments.model = argv[1];
  arguments.session.width = std::strtol(argv[2], nullptr, 10);
  arguments.session.height = std::strtol(argv[3], nullptr, 10);
  arguments.session.alpha = std::string(argv[4]) == "1";
  arguments.input = argv[5];
  arguments.output = argv[6];
  const tessera::Status status = tessera::Run(arguments);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.message().c_str());
  return 1;
}
