// A fuzz target without a fuzzer, for compilers that have none and for runs that must be the same
// each time: every file of a folder, then as many of them with random changes.
//   tessera_fuzz_TARGET FOLDER RUNS
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Bytes = std::vector<uint8_t>;

std::vector<Bytes> ReadFolder(const char* folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());  // one order on every machine
  std::vector<Bytes> files;
  for (const std::filesystem::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return files;
}

size_t Below(std::mt19937& random, size_t limit) { return limit == 0 ? 0 : random() % limit; }

void Change(std::mt19937& random, const std::vector<Bytes>& files, Bytes& bytes) {
  const size_t at = Below(random, bytes.size());
  const auto place = bytes.begin() + static_cast<ptrdiff_t>(at);
  switch (random() % 4) {
    case 0:  // a bit
      if (!bytes.empty()) bytes[at] ^= static_cast<uint8_t>(1U << random() % 8);
      break;
    case 1:  // a byte, often of a length or a small number
      if (!bytes.empty()) bytes[at] = static_cast<uint8_t>(random() % 2 ? random() : random() % 8);
      break;
    case 2:  // a cut
      bytes.erase(place, place + static_cast<ptrdiff_t>(Below(random, bytes.size() - at)));
      break;
    default: {  // a part of another file
      const Bytes& other = files[Below(random, files.size())];
      const size_t first = Below(random, other.size());
      const size_t count = Below(random, std::min<size_t>(64, other.size() - first));
      const auto from = other.begin() + static_cast<ptrdiff_t>(first);
      bytes.insert(place, from, from + static_cast<ptrdiff_t>(count));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s FOLDER RUNS\n", argv[0]);
    return 2;
  }
  const std::vector<Bytes> files = ReadFolder(argv[1]);
  for (const Bytes& file : files) LLVMFuzzerTestOneInput(file.data(), file.size());
  std::mt19937 random(1);
  const long runs = files.empty() ? 0 : std::strtol(argv[2], nullptr, 10);
  for (long run = 0; run < runs; ++run) {
    Bytes bytes = files[Below(random, files.size())];
    for (uint32_t changes = 1 + random() % 4; changes > 0; --changes) Change(random, files, bytes);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%zu files and %ld changed ones: nothing found\n", files.size(), runs);
  return 0;
}
