// Runs a fuzz target over files, and over changes of them that are the same each time, where there
// is no libFuzzer: driver <folder or file>... [changes per file]

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "fuzz/fuzz.hpp"

namespace {

void run(const std::string& bytes) {
  // A block of its own, so that a sanitizer sees one byte too far.
  const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

std::string changed(std::string bytes, const std::vector<std::string>& others,
                    std::mt19937_64& random) {
  const auto below = [&random](std::size_t bound) {
    return random() % std::max<std::size_t>(1, bound);
  };
  for (std::size_t steps = 1 + below(4); steps > 0; --steps) {
    const std::size_t at = below(bytes.size() + 1);
    switch (below(5)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(below(256));
        break;
      case 1:
        bytes.insert(at, 1, static_cast<char>(below(256)));
        break;
      case 2:
        bytes.erase(at, below(8));
        break;
      case 3:
        bytes.insert(at, bytes.substr(below(bytes.size() + 1), below(32)));
        break;
      default: {
        const std::string& other = others[below(others.size())];
        bytes = bytes.substr(0, at) + other.substr(below(other.size() + 1));
      }
    }
  }
  return bytes;
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<std::string> inputs;
  std::size_t changes = 0;
  for (int i = 1; i < count; ++i) {
    const std::filesystem::path path = arguments[i];
    if (!std::filesystem::exists(path)) {
      changes = std::strtoul(arguments[i], nullptr, 10);
      continue;
    }
    std::vector<std::filesystem::path> files;
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry);
    } else {
      files.push_back(path);
    }
    std::sort(files.begin(), files.end());
    for (const std::filesystem::path& file : files) {
      std::ifstream in(file, std::ios::binary);
      inputs.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
  }
  if (inputs.empty()) {
    std::fprintf(stderr, "no inputs\n");
    return 1;
  }
  run({});
  for (const std::string& input : inputs) run(input);
  std::mt19937_64 random(4711);
  for (const std::string& input : inputs) {
    for (std::size_t i = 0; i < changes; ++i) run(changed(input, inputs, random));
  }
  std::printf("%zu inputs, %zu changes of each\n", inputs.size(), changes);
  return 0;
}
