// A database whose rows were damaged by somebody: opened, worked on and read, without harm.

#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "fuzz/fuzz.hpp"
#include "hookwright/dispatcher.hpp"
#include "hookwright/error.hpp"
#include "hookwright/profiles.hpp"
#include "hookwright/stores/sqlite.hpp"
#include "hookwright/testing/simulated_transport.hpp"
#include "hookwright/testing/virtual_clock.hpp"

using namespace hookwright;
using namespace std::chrono_literals;

namespace {

struct Numbered {
  static constexpr std::string_view event_type = "test.numbered";
  std::int64_t n = 0;
  void fields(auto& f) const { f("n", n); }
};

const std::string& path() {
  static const std::string path = (std::filesystem::temp_directory_path() /
                                   ("hookwright-fuzz-rows-" + std::to_string(::getpid()) + ".db"))
                                      .string();
  return path;
}

void forget_files() {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm", "-lock", ".lock"}) {
    std::filesystem::remove(path() + suffix, ignored);
  }
}

Options options_on(const std::shared_ptr<testing::VirtualClock>& clock) {
  Options options;
  options.store = make_sqlite_store({.path = path()});
  options.sealing = Sealing::none();
  options.catalog = Catalog::of<Numbered>();
  options.default_profile = "snipy";
  options.threads = 0;
  options.seed = 1;
  options.clock = clock;
  options.transport = [clock](const EgressPolicy&) {
    return std::make_unique<testing::SimulatedTransport>(
        clock, [](const Request&) { return testing::SimulatedAnswer{.status = 500}; }, true);
  };
  return options;
}

// A store with a bit of everything: an endpoint, rows that wait, a history, dead letters, notes.
std::string make_template() {
  forget_files();
  const auto clock = std::make_shared<testing::VirtualClock>();
  {
    Dispatcher dispatcher(options_on(clock));
    dispatcher.endpoints().create("acme",
                                  {.url = "https://a.example.com/", .events = {"*"}, .uid = "a"});
    dispatcher.publish("acme", Numbered{.n = 1});
    dispatcher.run_until(clock->wall() + 30h);
    const auto all = dispatcher.endpoints().list("acme").rows;
    dispatcher.endpoints().enable("acme", all.at(0).id);
    for (int n = 2; n < 5; ++n) dispatcher.publish("acme", Numbered{.n = n});
    dispatcher.run_until(clock->wall() + 10s);
  }
  std::ifstream in(path(), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

constexpr std::array<const char*, 41> updates = {"endpoint SET id",
                                                 "endpoint SET version",
                                                 "endpoint SET tenant",
                                                 "endpoint SET counts",
                                                 "endpoint SET deleted",
                                                 "endpoint SET changed",
                                                 "endpoint SET details",
                                                 "event SET id_high",
                                                 "event SET id_low",
                                                 "event SET tenant",
                                                 "event SET kind",
                                                 "event SET at",
                                                 "event SET body",
                                                 "delivery SET lane",
                                                 "delivery SET due",
                                                 "delivery SET row",
                                                 "delivery SET id",
                                                 "delivery SET event",
                                                 "delivery SET attempts",
                                                 "delivery SET first_attempt",
                                                 "delivery SET spared_since",
                                                 "attempt SET older_by",
                                                 "attempt SET event",
                                                 "attempt SET at",
                                                 "attempt SET endpoint",
                                                 "attempt SET result",
                                                 "attempt SET fault",
                                                 "attempt SET status",
                                                 "attempt SET excerpt",
                                                 "dead_letter SET id",
                                                 "dead_letter SET event",
                                                 "dead_letter SET kind",
                                                 "dead_letter SET reason",
                                                 "dead_letter SET expires",
                                                 "dead_letter SET body",
                                                 "note SET key",
                                                 "note SET version",
                                                 "note SET value",
                                                 "tenant SET name",
                                                 "kind SET type",
                                                 "segment SET pending"};

// A column and a value, over and over: eight bytes are a number, all else is a blob.
void damage(std::string_view input) {
  sqlite3* database = nullptr;
  fuzz::require(sqlite3_open(path().c_str(), &database) == SQLITE_OK, "the template opens");
  for (int steps = 0; steps < 8 && input.size() >= 2; ++steps) {
    const auto column = static_cast<unsigned char>(input[0]) % updates.size();
    const std::string_view value = input.substr(2, static_cast<unsigned char>(input[1]) % 64U);
    input.remove_prefix(2 + value.size());
    const std::string sql = std::string("UPDATE OR IGNORE ") + updates[column] + " = ?1";
    sqlite3_stmt* statement = nullptr;
    fuzz::require(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK,
                  "the column is there");
    if (value.size() == 8) {
      std::uint64_t number = 0;
      for (const char c : value) number = number << 8U | static_cast<unsigned char>(c);
      sqlite3_bind_int64(statement, 1, static_cast<sqlite3_int64>(number));
    } else {
      sqlite3_bind_blob(statement, 1, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
    }
    sqlite3_step(statement);  // may be refused: the type, or a key that is not unique
    sqlite3_finalize(statement);
  }
  sqlite3_close(database);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string sound = make_template();
  forget_files();
  std::ofstream(path(), std::ios::binary) << sound;
  damage(fuzz::text(data, size));
  const auto clock = std::make_shared<testing::VirtualClock>();
  try {
    Dispatcher dispatcher(options_on(clock));
    Endpoints& endpoints = dispatcher.endpoints();
    dispatcher.publish("acme", Numbered{.n = 9});
    dispatcher.run_until(clock->wall() + 2min);
    for (const Endpoint& endpoint : endpoints.list("acme").rows) {
      static_cast<void>(endpoints.waiting("acme", endpoint.id));
      static_cast<void>(endpoints.attempts("acme", endpoint.id));
      static_cast<void>(endpoints.dead_letters("acme", endpoint.id));
      endpoints.enable("acme", endpoint.id);
      endpoints.remove("acme", endpoint.id);
    }
    dispatcher.run_until(clock->wall() + 1h);
  } catch (const ConfigError&) {  // it can't be opened, and says so
  }
  forget_files();
  return 0;
}
