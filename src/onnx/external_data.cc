#include "onnx/external_data.h"

#include <charconv>
#include <optional>

#include "onnx/foreign_file.h"

namespace tessera::onnx {
namespace {

// Tensors may share bytes, but a small file must not become gigabytes by being read again and
// again.
constexpr uint64_t kMostReadings = 4;

std::optional<uint64_t> ParseNumber(const std::string& text) {
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || rest != end || error != std::errc()) return std::nullopt;
  return number;
}

std::string Normalized(std::string path) {
  for (char& letter : path) {
    if (letter == '\\') letter = '/';
  }
  while (path.starts_with("./")) path.erase(0, 2);
  return path;
}

std::string LastPart(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Status Malformed(std::string message) {
  return Status(StatusCode::kModelFormat, std::move(message));
}

}  // namespace

ExternalData::ExternalData(std::span<const ExternalFile> files) : files_(files) {
  for (const ExternalFile& file : files_) left_ += kMostReadings * file.bytes.size();
}

const ExternalFile* ExternalData::FileAt(const std::string& location) const {
  const std::string wanted = Normalized(location);
  const ExternalFile* same_name = nullptr;
  for (const ExternalFile& file : files_) {
    const std::string name = Normalized(file.name);
    if (name == wanted) return &file;
    if (!same_name && LastPart(name) == LastPart(wanted)) same_name = &file;
  }
  return same_name;
}

Result<std::span<const char>> ExternalData::Find(const ExternalPlace& place, size_t bytes,
                                                 const std::string& tensor) {
  if (place.location.empty()) {
    return Malformed(tensor + " does not say which file its elements are in");
  }
  const std::optional<uint64_t> offset = ParseNumber(place.offset.empty() ? "0" : place.offset);
  const std::optional<uint64_t> length = place.length.empty() ? bytes : ParseNumber(place.length);
  if (!offset || !length) {
    return Malformed(tensor + " has no usable offset or length in '" + place.location + "'");
  }
  if (*length != bytes) {
    return Malformed(tensor + " needs " + std::to_string(bytes) + " bytes but has " + place.length +
                     " in '" + place.location + "'");
  }
  const ExternalFile* file = FileAt(place.location);
  if (!file) {
    missing_.insert(place.location);
    return std::span<const char>();
  }
  const uint64_t size = file->bytes.size();
  if (*offset > size || bytes > size - *offset) {
    std::string message = tensor + " is at bytes " + std::to_string(*offset) + " to " +
                          std::to_string(*offset + bytes) + " of '" + place.location +
                          "', which has " + std::to_string(size);
    if (const auto foreign = NameForeignFile(file->bytes)) {
      return Malformed(message.append(": ").append(*foreign));
    }
    return Malformed(message + ": it is cut short, or belongs to another model");
  }
  if (bytes > left_) return Malformed("too many tensors share the bytes of '" + file->name + "'");
  left_ -= bytes;
  return std::span<const char>(reinterpret_cast<const char*>(file->bytes.data()) + *offset, bytes);
}

Status ExternalData::MissingFiles() const {
  if (missing_.empty()) return Status::Ok();
  std::string names;
  for (const std::string& name : missing_) {
    names.append(names.empty() ? "'" : ", '").append(name).append("'");
  }
  return Malformed("the model keeps its weights in " +
                   std::string(missing_.size() == 1 ? "the file " : "the files ") + names +
                   ", not found beside it: give the model and " +
                   (missing_.size() == 1 ? "this file" : "these files") + " together");
}

}  // namespace tessera::onnx
