#include "onnx/foreign_file.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace tessera::onnx {
namespace {

using std::string_view_literals::operator""sv;  // NOLINT(misc-unused-using-decls): "..."sv is a use

// As far as a file's beginning is looked at. Entries of archives are named within it.
constexpr size_t kHead = 4096;
// As much of an archive's end, where its table of contents is.
constexpr size_t kTail = 65536;
// Of a text that is quoted in a message.
constexpr size_t kQuote = 40;

// Whether `head` has `magic` at `offset`.
bool HasAt(std::string_view head, size_t offset, std::string_view magic) {
  return head.size() >= offset + magic.size() && head.substr(offset, magic.size()) == magic;
}

bool Holds(std::string_view head, std::string_view part) {
  return head.find(part) != std::string_view::npos;
}

// What to do, which several kinds of file have in common.
constexpr const char* kFromPyTorch =
    "; build the network in PyTorch, load these weights, and export it with "
    "torch.onnx.export(model, (image,), 'model.onnx')";
constexpr const char* kFromKeras =
    "; load it in Keras and export it with model.export('model.onnx', format='onnx')";
constexpr const char* kFromItsSource =
    ", which has no way back to ONNX; take the .onnx or .pth file that it was made from";
constexpr const char* kExport =
    "; an ONNX file is needed: export the network from the framework it was trained in";
constexpr const char* kUnpack = "; unpack it, and give the .onnx file inside";
constexpr const char* kPicture = ", not a network: it belongs where the image is asked for";

// What nothing else has at its beginning, or at a fixed place.
struct Signature {
  size_t offset;
  std::string_view magic;
  const char* what;
  const char* advice;
};

constexpr std::array kSignatures = {
    Signature{4, "ORTM"sv, "this is an .ort file, ONNX Runtime's own form",
              "; take the .onnx file that it was made from"},
    Signature{4, "TFL3"sv, "this is a TensorFlow Lite model",
              "; convert it with python -m tf2onnx.convert --tflite model.tflite --output "
              "model.onnx"},
    Signature{0, "\x89HDF\r\n\x1a\n"sv,
              "this is an HDF5 file (.h5), most likely a Keras model or its weights", kFromKeras},
    Signature{
        0, "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv,
        "this is a PyTorch checkpoint (.pth of before PyTorch 1.6), weights without a network",
        kFromPyTorch},
    Signature{0, "7767517"sv, "this is an ncnn network (.param)", kFromItsSource},
    Signature{0, "\x47\x6b\x30\x01"sv, "this is an ncnn network's weights (.bin)", kFromItsSource},
    Signature{0, "\x38\x4b\x0d\x00"sv, "this is an ncnn network's weights (.bin)", kFromItsSource},
    Signature{0, "GGUF"sv, "this is a GGUF file, as llama.cpp reads", kExport},
    Signature{0, "\x93NUMPY"sv, "this is a NumPy array, not a network", kExport},
    Signature{0, "version https://git-lfs"sv,
              "this is a Git LFS pointer, which stands for the real file",
              "; run git lfs pull, or download the file itself (raw, resolve or media address)"},
    Signature{0, "\x1f\x8b"sv, "this is a gzip archive", kUnpack},
    Signature{0, "7z\xbc\xaf\x27\x1c"sv, "this is a 7z archive", kUnpack},
    Signature{0, "\xfd\x37zXZ\0"sv, "this is an xz archive", kUnpack},
    Signature{0, "\x28\xb5\x2f\xfd"sv, "this is a zstd archive", kUnpack},
    Signature{0, "BZh"sv, "this is a bzip2 archive", kUnpack},
    Signature{0, "Rar!"sv, "this is a RAR archive", kUnpack},
    Signature{257, "ustar"sv, "this is a tar archive", kUnpack},
    Signature{0, "\x89PNG\r\n\x1a\n"sv, "this is a PNG picture", kPicture},
    Signature{0, "\xff\xd8\xff"sv, "this is a JPEG picture", kPicture},
    Signature{0, "GIF8"sv, "this is a GIF picture", kPicture},
    Signature{8, "WEBP"sv, "this is a WebP picture", kPicture},
    Signature{0, "II*\0"sv, "this is a TIFF picture", kPicture},
    Signature{0, "MM\0*"sv, "this is a TIFF picture", kPicture},
    Signature{4, "ftypavif"sv, "this is an AVIF picture", kPicture},
    Signature{4, "ftyphei"sv, "this is a HEIF picture", kPicture},
    Signature{4, "ftyp"sv, "this is a video", ", not a network"},
    Signature{0, "\0asm"sv, "this is a WebAssembly file, not a network", kExport},
    Signature{0, "%PDF"sv, "this is a PDF document, not a network", kExport},
};

std::optional<std::string> NameSigned(std::string_view head) {
  for (const Signature& signature : kSignatures) {
    if (!HasAt(head, signature.offset, signature.magic)) continue;
    return std::string(signature.what) + signature.advice;
  }
  return std::nullopt;
}

// `names`: the archive's beginning and end, which name what is in it.
std::string NameZip(const std::string& names) {
  if (Holds(names, "constants.pkl")) {
    return "this is a TorchScript file; export it with torch.onnx.export(torch.jit.load(file), "
           "(image,), 'model.onnx')";
  }
  if (Holds(names, "data.pkl")) {
    return std::string("this is a PyTorch checkpoint (.pth), weights without a network") +
           kFromPyTorch;
  }
  if (Holds(names, "weights.h5")) return std::string("this is a Keras model (.keras)") + kFromKeras;
  if (Holds(names, ".npy")) {
    return std::string("this is a NumPy archive (.npz), not a network") + kExport;
  }
  if (Holds(names, ".mlmodel")) return std::string("this is a Core ML package") + kExport;
  return std::string("this is a zip archive") + kUnpack;
}

bool IsPickle(std::string_view head) {
  return head.size() > 2 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5;
}

// Eight bytes with the length of a JSON header, then the header.
bool IsSafetensors(std::string_view head) {
  return head.size() > 9 && head[8] == '{' && HasAt(head, 4, "\0\0\0\0"sv) &&
         (head[9] == '"' || head[9] == '}' || head[9] == ' ');
}

std::string_view WithoutSpace(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // byte order mark
  const size_t start = text.find_first_not_of(" \t\r\n");
  return start == std::string_view::npos ? std::string_view() : text.substr(start);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return lower;
}

// Nothing but printable letters and line ends; UTF-8 counts as printable.
bool IsText(std::string_view head) {
  return std::all_of(head.begin(), head.end(), [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte >= 0x20 ? byte != 0x7f : byte == '\t' || byte == '\r' || byte == '\n';
  });
}

std::string NameXml(std::string_view text) {
  if (Holds(text, "<net ")) {
    return std::string("this is an OpenVINO network (.xml)") + kExport;
  }
  return "this is an XML document, most likely a server's answer in place of the file; open its "
         "address in a browser to see";
}

std::string NameJson(std::string_view text) {
  if (Holds(text, "modelTopology") || Holds(text, "weightsManifest")) {
    return "this is a TensorFlow.js model; convert the model that it was made from with python -m "
           "tf2onnx.convert";
  }
  return "this is a JSON file, not a network: most likely a server's answer in place of the file; "
         "open its address in a browser to see";
}

std::optional<std::string> NameText(std::string_view head) {
  const std::string_view text = WithoutSpace(head);
  const std::string lower = Lower(text.substr(0, 512));
  for (const std::string_view tag :
       {"<!doctype html", "<html", "<head", "<body", "<script", "<!--"}) {
    if (!lower.starts_with(tag)) continue;
    return "this is an HTML page, most likely a server's answer in place of the file; take the "
           "address that the page's download button has";
  }
  if (text.starts_with("<?xml")) return NameXml(text);
  if (!IsText(head)) return std::nullopt;
  if (text.starts_with("{") || text.starts_with("[")) return NameJson(text);
  if (text.starts_with("ir_version:")) {
    return "this is an ONNX model in text form; save it as a binary file with "
           "onnx.save(onnx.load('model.textproto'), 'model.onnx')";
  }
  if (text.starts_with("layer {") || Holds(text, "\nlayer {")) {
    return std::string("this is a Caffe network (.prototxt)") + kExport;
  }
  if (text.empty()) return "this file holds nothing but white space; was its download cut short?";
  std::string quote(text.substr(0, std::min(text.find_first_of("\r\n"), kQuote)));
  return "this is a text file, not a network: it begins with \"" + quote +
         "\"; open its address in a browser to see what the server has in place of it";
}

// What is behind the length that lies at `at`.
std::string_view Content(std::string_view head, size_t at) {
  while (at < head.size() && (head[at] & '\x80') != 0) ++at;
  return head.substr(std::min(at + 1, head.size()));
}

}  // namespace

std::optional<std::string> NameForeignFile(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return "the file is empty; was its download cut short?";
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()),
                              std::min(bytes.size(), kHead));
  if (auto name = NameSigned(head)) return name;
  if (HasAt(head, 0, "PK\x03\x04"sv)) {
    const std::span<const uint8_t> tail = bytes.last(std::min(bytes.size(), kTail));
    return NameZip(std::string(head).append(tail.begin(), tail.end()));
  }
  if (IsSafetensors(head)) {
    return std::string("this is a file of weights without a network (.safetensors)") + kFromPyTorch;
  }
  if (IsPickle(head)) {
    return std::string(
               "this is a Python pickle, most likely a PyTorch checkpoint (.pth): weights "
               "without a network") +
           kFromPyTorch;
  }
  if (std::all_of(head.begin(), head.end(), [](char byte) { return byte == 0; })) {
    return "the file begins with nothing but zeros; was it written or downloaded in full?";
  }
  return NameText(head);
}

std::optional<std::string> NameForeignMessage(std::span<const uint8_t> bytes) {
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()),
                              std::min(bytes.size(), kHead));
  // TensorFlow's GraphDef: nodes, each of which begins with its name. Paddle's programs have blocks
  // there, which begin with a number.
  if (head.starts_with('\x0a')) {
    const std::string_view node = Content(head, 1);
    if (node.starts_with('\x0a')) {
      return "this is a frozen TensorFlow graph (.pb); convert it with python -m tf2onnx.convert "
             "--graphdef model.pb --inputs NAME:0 --outputs NAME:0 --output model.onnx";
    }
    if (node.starts_with('\x08')) {
      return "this is a PaddlePaddle network (.pdmodel); convert it with paddle2onnx --model_dir "
             "FOLDER --model_filename model.pdmodel --params_filename model.pdiparams --save_file "
             "model.onnx";
    }
    return std::string("this is no ONNX model, but may be one of Caffe (.caffemodel)") + kExport;
  }
  // A version, then one of two messages: TensorFlow's SavedModel has a meta graph, which begins
  // with facts about it; Core ML has a description, which begins with an input.
  if (head.starts_with('\x08') && HasAt(head, 2, "\x12"sv)) {
    const std::string_view message = Content(head, 3);
    if (message.starts_with('\x0a') && Content(message, 1).starts_with('\x0a')) {
      return std::string("this is no ONNX model, but may be one of Core ML (.mlmodel)") + kExport;
    }
    if (head.starts_with("\x08\x01") && message.starts_with('\x0a')) {
      return "this is a TensorFlow SavedModel; convert its folder with python -m tf2onnx.convert "
             "--saved-model FOLDER --output model.onnx";
    }
  }
  return std::nullopt;
}

}  // namespace tessera::onnx
