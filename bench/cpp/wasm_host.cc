// What the worker of bench/web calls.
#include <emscripten/bind.h>
#include <emscripten/val.h>

#include <string>

#include "catalog.h"
#include "measure.h"

namespace tessera::bench {
namespace {

using emscripten::val;

val List() {
  if (Catalog().empty()) RegisterAll();
  val list = val::array();
  for (const Entry& entry : Catalog()) {
    val item = val::object();
    item.set("name", entry.name);
    item.set("who", entry.who);
    item.set("type", entry.type);
    item.set("layer", entry.layer);
    item.set("multiplications", entry.multiplications);
    item.set("realMultiplications", entry.real_multiplications);
    list.call<void>("push", item);
  }
  return list;
}

val Run(const std::string& name, double min_seconds) {
  const Measurement measurement = Measure(name, min_seconds);
  val result = val::object();
  result.set("error", measurement.error);
  result.set("seconds", measurement.seconds);
  result.set("iterations", measurement.iterations);
  return result;
}

}  // namespace

EMSCRIPTEN_BINDINGS(tessera_bench) {
  emscripten::function("list", &List);
  emscripten::function("measure", &Run);
}

}  // namespace tessera::bench
