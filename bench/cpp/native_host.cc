// The same on standard input and output, for native builds: "list" and "measure <seconds> <name>",
// one request a line; each is answered by one line of JSON. Names need no escapes.
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "catalog.h"
#include "measure.h"

namespace tessera::bench {
namespace {

void List() {
  const char* separator = "[";
  for (const Entry& entry : Catalog()) {
    std::printf(
        "%s{\"name\":\"%s\",\"who\":\"%s\",\"type\":\"%s\",\"layer\":\"%s\","
        "\"multiplications\":%.17g,\"realMultiplications\":%.17g}",
        separator, entry.name.c_str(), entry.who.c_str(), entry.type.c_str(), entry.layer.c_str(),
        entry.multiplications, entry.real_multiplications);
    separator = ",";
  }
  std::puts("]");
}

void Run(std::istringstream& request) {
  double min_seconds = 0.0;
  std::string name;
  request >> min_seconds >> std::ws;
  std::getline(request, name);
  const Measurement measurement = Measure(name, min_seconds);
  std::printf("{\"error\":\"%s\",\"seconds\":%.17g,\"iterations\":%.17g}\n",
              measurement.error.c_str(), measurement.seconds, measurement.iterations);
}

void Serve() {
  RegisterAll();
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream request(line);
    std::string verb;
    request >> verb;
    if (verb == "list") {
      List();
    } else {
      Run(request);
    }
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace tessera::bench

int main() { tessera::bench::Serve(); }
