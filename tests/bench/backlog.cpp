// The same work with ten thousand, a million and ten million rows waiting for tomorrow: for one
// endpoint, and over a hundred thousand.
#include <algorithm>
#include <filesystem>
#include <list>
#include <memory>
#include <stdexcept>

#include "bench/contestants.hpp"
#include "bench/roles.hpp"
#include "bench/subject.hpp"
#include "hookwright/stores/sqlite.hpp"

namespace bench {
namespace {

constexpr std::size_t commit_rows = 4'000;

hookwright::TimePoint wall_now() {
  return std::chrono::time_point_cast<hookwright::Duration>(std::chrono::system_clock::now());
}

std::vector<hookwright::EndpointId> endpoints_in(hookwright::Store& store) {
  std::vector<hookwright::EndpointId> ids;
  hookwright::Query query{.kind = hookwright::RecordKind::endpoints, .limit = 1'000};
  do {
    const hookwright::Records page = store.find(query);
    for (const auto& endpoint : page.endpoints) ids.push_back(endpoint.id);
    query.after = page.next;
  } while (!query.after.empty());
  return ids;
}

}  // namespace

// Arguments: file=, rows=, lanes=, due= (seconds from now). Answers bytes, of the disk for each
// row.
void fill(const Arguments& arguments) {
  const std::string file = text(arguments, "file");
  const auto rows = static_cast<std::size_t>(number(arguments, "rows"));
  const auto lanes = static_cast<std::size_t>(number(arguments, "lanes", 1));
  {
    hookwright::Options options = options_for(arguments);
    options.transport = [](const auto&) { return make_prompt_transport(); };
    hookwright::Dispatcher dispatcher(std::move(options));
    subscribe(dispatcher, std::vector<std::string>(lanes, "http://127.0.0.1:9/"), 1'000'000);
  }
  const auto size = [&] {
    std::error_code none;
    const auto log = std::filesystem::file_size(file + "-wal", none);
    return static_cast<double>(std::filesystem::file_size(file) + (none ? 0 : log));
  };
  const double before = size();
  {
    const auto store =
        hookwright::make_sqlite_store({.path = file, .cache_bytes = std::size_t{256} << 20});
    const hookwright::TimePoint now = wall_now();
    std::uint64_t row = store->open({}, now).first_row;
    const std::vector<hookwright::EndpointId> ids = endpoints_in(*store);
    hookwright::IdGenerator generator;
    const hookwright::TimePoint due =
        now + std::chrono::seconds(static_cast<int>(number(arguments, "due", 86'400)));
    for (std::size_t done = 0; done < rows;) {
      hookwright::Batch batch;
      for (const std::size_t end = std::min(rows, done + commit_rows); done < end; ++done) {
        hookwright::EncodedEvent encoded = hookwright::encode(Sent{}, now);
        auto event = std::make_shared<const hookwright::StoredEvent>(
            hookwright::StoredEvent{.id = encoded.id,
                                    .tenant = tenant_of(1'000'000),
                                    .type = encoded.type,
                                    .at = now,
                                    .body = std::move(encoded.body)});
        const hookwright::Delivery delivery{.id = generator.next<hookwright::DeliveryId>(now),
                                            .event = event->id,
                                            .endpoint = ids[done % ids.size()],
                                            .position = {.due = due, .row = row++}};
        batch.changes.push_back({.only_if = {},
                                 .writes = {hookwright::PutEvent{std::move(event)},
                                            hookwright::PutDelivery{delivery}}});
      }
      if (!store->commit(batch, now).status.ok()) throw std::runtime_error("commit");
    }
    while (store->maintain(now, {})) {
    }
    (void)store->maintain(now, {});  // nothing was written since the last: the log is emptied
  }
  print({{"bytes", rows == 0 ? 0 : (size() - before) / static_cast<double>(rows)}});
}

// Arguments: file=. Answers start_ms and rss_mib of a dispatcher on it.
void restart(const Arguments& arguments) {
  const double start = now_seconds();
  hookwright::Options options = options_for(arguments);
  options.transport = [](const auto&) { return make_prompt_transport(); };
  hookwright::Dispatcher dispatcher(std::move(options));
  const double started = now_seconds();
  sleep_seconds(0.3);
  print({{"start_ms", (started - start) * 1e3}, {"rss_mib", resident_mib()}});
}

// Arguments: file=, seconds=. Answers row_us, of CPU for a row that is read in its turn.
void claim(const Arguments& arguments) {
  const auto store = hookwright::make_sqlite_store({.path = text(arguments, "file")});
  const hookwright::TimePoint now = wall_now() + std::chrono::hours(48);
  (void)store->open({}, now);
  const std::vector<hookwright::EndpointId> ids = endpoints_in(*store);
  std::vector<hookwright::LaneCursor> cursors(1);
  std::size_t lane = 0;
  double rows = 0;
  const double cpu = cpu_seconds();
  const double end = now_seconds() + number(arguments, "seconds", 1);
  while (now_seconds() < end) {
    if (!cursors[0].endpoint)
      cursors[0] = {.endpoint = ids[lane++ % ids.size()], .after = {}, .limit = 512};
    const hookwright::Pages pages = store->fetch(cursors, now);
    const auto& page = pages.lanes.front();
    rows += static_cast<double>(page.rows.size());
    if (page.more) {
      cursors[0].after = page.rows.back().delivery.position;
    } else {
      cursors[0].endpoint = {};
    }
  }
  print({{"row_us", (cpu_seconds() - cpu) / rows * 1e6}});
}

void backlog(const Settings& settings, Report& report) {
  struct Filled {
    std::string name{};
    std::size_t rows = 0;
    std::unique_ptr<Database> file{};
    double bytes = 0;
  };
  const std::vector<std::size_t> sizes =
      settings.smoke   ? std::vector<std::size_t>{100, 1'000}
      : settings.quick ? std::vector<std::size_t>{10'000, 1'000'000}
                       : std::vector<std::size_t>{10'000, 1'000'000, 10'000'000};
  const std::size_t lanes = settings.smoke ? 50 : settings.quick ? 10'000 : 100'000;
  Process receiver("receiver", {}, receiver_core());
  const std::string port = std::to_string(static_cast<int>(receiver.read().at("port")));
  std::list<Filled> all;
  const auto add = [&](const std::string& name, std::size_t rows, std::size_t endpoints) {
    all.push_back({name, rows, std::make_unique<Database>(settings), 0});
    all.back().bytes = run("fill",
                           {{"file", all.back().file->path()},
                            {"rows", std::to_string(rows)},
                            {"lanes", std::to_string(endpoints)}},
                           all_cores())
                           .at("bytes");
  };
  for (const std::size_t rows : sizes) add(std::to_string(rows) + " rows, one endpoint", rows, 1);
  add(std::to_string(sizes[1]) + " rows, " + std::to_string(lanes) + " endpoints", sizes[1], lanes);
  add("0 rows, one endpoint", 0, 1);
  add("0 rows, " + std::to_string(lanes) + " endpoints", 0, lanes);

  std::vector<Contestant> contestants;
  for (const Filled& filled : all) {
    contestants.push_back(
        {filled.name, [&] {
           const Arguments arguments = {{"file", filled.file->path()}, {"port", port}};
           Values values = run("restart", arguments, sender_core());
           if (filled.rows > 0)
             values.merge(run(
                 "claim",
                 {{"file", filled.file->path()}, {"seconds", std::to_string(settings.seconds / 2)}},
                 sender_core()));
           Values sent = measure_sender(settings, receiver, arguments, sender_core());
           values["sending_rss_mib"] = sent["rss_mib"];
           values["cpu_us"] = sent["cpu_us"];
           values["rate"] = sent["rate"];
           values["bytes"] = filled.bytes;
           return values;
         }});
  }
  const Rounds rounds(settings, contestants);
  const std::string& least = contestants[0].name;
  report.table("backlog", rounds,
               {"rate", "cpu_us", "row_us", "start_ms", "rss_mib", "sending_rss_mib", "bytes"},
               least);
  const std::string empty = "0 rows, one endpoint";
  const std::string& most = contestants[sizes.size() - 1].name;
  report.bar("backlog: CPU, " + std::to_string(sizes.back()) + " waiting / " +
                 std::to_string(sizes.front()),
             rounds.ratio(most, least, "cpu_us"), Bound::at_most, 1.25, 1.1);
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    const std::string& name = contestants[i].name;
    report.bar("backlog: MiB over an empty start, " + name,
               rounds.median_of([&](const Rounds::Get& get) {
                 return get(name, "rss_mib") - get(empty, "rss_mib");
               }),
               Bound::at_most, 16, 16);
    report.bar("backlog: bytes of disk each, " + name, rounds.median(name, "bytes"), Bound::at_most,
               420, 420);
  }
}

}  // namespace bench
