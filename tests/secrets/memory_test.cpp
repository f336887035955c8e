// What a core dump would show: once nobody holds a secret any more, no copy of it is left in the
// memory of the process. Linux tells a process what its memory is; elsewhere nothing is tested.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "hookwright/hookwright.hpp"
#include "hookwright/stores/sqlite.hpp"
#include "hookwright/testing/simulated_transport.hpp"
#include "hookwright/testing/virtual_clock.hpp"

using namespace hookwright;
using namespace std::chrono_literals;

namespace {

// In memory that can't be written to, which is not looked at.
constexpr std::string_view secret_text = "whsec_planted_4711_in_the_open_field";
constexpr std::string_view standard_text = "whsec_cGxhbnRlZCBrZXksIDMyIGJ5dGVzIG9mIGl0IDQ3MTE=";
constexpr std::string_view standard_key = "planted key, 32 bytes of it 4711";
constexpr std::string_view sealing_text = "cGxhbnRlZCwgMzIgYnl0ZXMgb2YgYSBzZWFsIDQ3MTE=";
constexpr std::string_view sealing_key = "planted, 32 bytes of a seal 4711";

struct Numbered {
  static constexpr std::string_view event_type = "test.numbered";
  std::int64_t n = 0;
  void fields(auto& f) const { f("n", n); }
};

// How often some of a text's middle lies in memory that can be written to.
class Memory {
 public:
  Memory() : file_(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC)) {}
  ~Memory() {
    if (file_ >= 0) ::close(file_);
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  [[nodiscard]] bool readable() const { return file_ >= 0; }

  std::size_t count(std::string_view text) {
    std::size_t found = 0;
    for (const auto& [begin, end] : regions()) found += count_in(begin, end, text.substr(7, 16));
    return found;
  }

 private:
  using Regions = std::vector<std::pair<std::uintptr_t, std::uintptr_t>>;

  static Regions regions() {
    Regions all;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      std::istringstream in(line);
      std::uintptr_t begin = 0;
      std::uintptr_t end = 0;
      char dash = 0;
      std::string rights;
      in >> std::hex >> begin >> dash >> end >> rights;
      // What a sanitizer has for itself is larger than any disk.
      const bool is_large = end - begin >= std::uintptr_t{1} << 30U;
      if (rights.starts_with("rw") && !is_large) all.emplace_back(begin, end);
    }
    return all;
  }

  std::size_t count_in(std::uintptr_t begin, std::uintptr_t end, std::string_view wanted) {
    std::size_t found = 0;
    const auto own = reinterpret_cast<std::uintptr_t>(window_->data());
    for (std::uintptr_t at = begin; at < end; at += window_->size() - wanted.size()) {
      const std::size_t size = std::min<std::size_t>(window_->size(), end - at);
      const auto count = ::pread(file_, window_->data(), size, static_cast<off_t>(at));
      if (count <= 0) break;
      const std::string_view seen(window_->data(), static_cast<std::size_t>(count));
      for (std::size_t hit = seen.find(wanted); hit != std::string_view::npos;
           hit = seen.find(wanted, hit + 1)) {
        const std::uintptr_t where = at + hit;
        if (where < own || where >= own + window_->size()) ++found;
      }
    }
    window_->fill(0);
    return found;
  }

  int file_;
  std::unique_ptr<std::array<char, 1 << 16>> window_ =
      std::make_unique<std::array<char, 1 << 16>>();
};

struct Database {
  Database() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hookwright-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder");
    folder = pattern;
  }
  ~Database() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  std::filesystem::path folder;
};

// Secrets are sealed, opened, signed with, shown in a dry run, replaced and let go of.
void use_secrets(const Database& database) {
  const auto clock = std::make_shared<testing::VirtualClock>();
  Options options;
  options.store = make_sqlite_store({.path = (database.folder / "webhooks.db").string()});
  options.sealing = Sealing({{"first", Secret(sealing_text)}});
  options.catalog = Catalog::of<Numbered>();
  options.default_profile = "snipy";
  options.threads = 0;
  options.clock = clock;
  options.transport = [clock](const EgressPolicy&) {
    return std::make_unique<testing::SimulatedTransport>(
        clock, [](const Request&) { return testing::SimulatedAnswer{.status = 200}; }, true);
  };
  Dispatcher dispatcher(std::move(options));
  Endpoints& endpoints = dispatcher.endpoints();
  EndpointSpec spec;
  spec.url = "https://a.example.com/hook";
  spec.events = {"*"};
  spec.secret = Secret(secret_text);
  spec.standard_secret = Secret(standard_text);
  for (int i = 0; i < 5; ++i) REQUIRE(endpoints.create("acme", spec).ok());
  dispatcher.publish("acme", Numbered{.n = 1});
  dispatcher.run_until(clock->wall() + 1min);
  CHECK(dispatcher.metrics().delivered >= 5);
  for (const Endpoint& endpoint : endpoints.list("acme").rows) {
    const auto event = encode(Numbered{.n = 2}, TimePoint{});
    CHECK(endpoints.explain("acme", endpoint.id, event).reach == Reach::sent);
    CHECK(endpoints.update("acme", endpoint.id, spec).ok());
  }
}

}  // namespace

TEST_CASE("when nobody holds a secret any more no copy of it is left in memory") {
  Memory memory;
  if (!memory.readable()) return;
  {
    const Secret held(secret_text);
    const Secret copy = held;
    const std::string revealed(held.reveal());
    REQUIRE(memory.count(secret_text) == 2);  // the search finds what there is
  }
  const std::size_t of_the_test = memory.count(secret_text);  // `revealed`, if still to be seen
  const Database database;
  for (int i = 0; i < 2; ++i) use_secrets(database);
  CHECK(memory.count(secret_text) <= of_the_test);
  for (const std::string_view text : {standard_text, standard_key, sealing_text, sealing_key}) {
    CHECK(memory.count(text) == 0);
  }
}
