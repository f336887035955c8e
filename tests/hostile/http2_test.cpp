// What a receiver may do over HTTP/2, for hosts that ask for it; and that nobody gets it unasked.

#include <algorithm>
#include <functional>
#include <optional>

#include "hostile/stage.hpp"
#include "support/http2.hpp"

using namespace hookwright;
using namespace hookwright::testing;
namespace h2 = hookwright::testing::http2;

namespace {

using Then = Reply::Then;

// What it may be taken for: an answer of this status, or one of these faults.
struct Act {
  std::string name{};
  std::vector<Fault> faults{};
  int status = 0;
  std::function<Reply(std::uint32_t stream)> reply{};
  std::string greeting = h2::settings();
  bool early = false;  // the reply comes once the headers are there
  std::size_t body_bytes = 300;
  bool unprocessed = false;  // so it says: libcurl sends the request once more
  bool floods = false;       // takes time from all others
};

const std::vector<Fault> broken = {Fault::reset, Fault::protocol};
const std::vector<Fault> stuck = {Fault::timeout};
const std::vector<Fault> either = {Fault::reset, Fault::protocol, Fault::timeout};

std::string nothing(std::uint32_t) {
  return {};
}
std::string head(std::uint32_t stream) {
  return h2::headers(stream, h2::status(200));
}

template <class Bytes>
auto once(Bytes bytes, Then then = Then::stall) {
  return [bytes, then](std::uint32_t stream) { return Reply{bytes(stream), then}; };
}

template <class Bytes, class More>
auto for_ever(Bytes bytes, More more) {
  return [bytes, more](std::uint32_t stream) {
    return Reply{bytes(stream), Then::repeat, repeated(more(stream), 100)};
  };
}

class Acts {
 public:
  Act& add(std::string name, std::vector<Fault> faults, int status,
           std::function<Reply(std::uint32_t)> reply) {
    all.push_back({.name = std::move(name),
                   .faults = std::move(faults),
                   .status = status,
                   .reply = std::move(reply)});
    return all.back();
  }
  std::vector<Act> all{};
};

void add_answers(Acts& acts) {
  for (const int status : {200, 204, 299, 301, 410, 429, 500, 599, 999}) {
    acts.add("a plain " + std::to_string(status), {}, status,
             once([status](std::uint32_t s) { return h2::answer(s, status); }, Then::keep));
  }
  acts.add("an answer with a body", {}, 200,
           once([](std::uint32_t s) { return h2::answer(s, 200, "hello"); }, Then::keep));
  acts.add("headers and no body", {}, 200, once(head));
  acts.add("trailers that say otherwise", {}, 200, once([](std::uint32_t s) {
             return head(s) + h2::data(s, "ok", 0) +
                    h2::headers(s, h2::field("retry-after", "9"), h2::end_headers | h2::end_stream);
           }));
  acts.add("a body beyond the window", {}, 200, once([](std::uint32_t s) {
             return head(s) + repeated(h2::data(s, std::string(16'384, 'b'), 0), 200);
           }));
  Act& early = acts.add("an answer before the body", {}, 413,
                        once([](std::uint32_t s) { return h2::answer(s, 413, "no"); }));
  early.early = true;
  early.body_bytes = 500'000;
}

void add_endings(Acts& acts) {
  constexpr std::uint32_t refused_stream = 7;
  constexpr std::uint32_t http_1_1_required = 13;
  for (std::uint32_t code = 0; code <= 14; ++code) {
    const std::string number = std::to_string(code);
    const bool unprocessed = code == refused_stream || code == http_1_1_required;
    acts.add("RST_STREAM " + number, broken, 0,
             once([code](std::uint32_t s) { return h2::rst_stream(s, code); }))
        .unprocessed = unprocessed;
    // Where both arrive together libcurl doesn't tell of the headers.
    acts.add("RST_STREAM " + number + " after the headers", broken, 200,
             once([=](std::uint32_t s) { return head(s) + h2::rst_stream(s, code); }))
        .unprocessed = unprocessed || code == 0;
    acts.add("GOAWAY " + number + " of nothing", broken, 0,
             once([code](std::uint32_t) { return h2::goaway(0, code); }, Then::close))
        .unprocessed = true;
    acts.add("GOAWAY " + number + " and an answer", {}, 200, once([code](std::uint32_t s) {
               return h2::goaway(s, code) + h2::answer(s, 200, "ok");
             }));
    acts.add("GOAWAY " + number + " and no more", either, 0,
             once([code](std::uint32_t s) { return h2::goaway(s, code); }));
  }
  for (const auto& [word, then] :
       {std::pair("closed", Then::close), {"cut", Then::cut}, {"reset", Then::reset}}) {
    acts.add(std::string(word) + " after the request", broken, 0, once(nothing, then));
    // What was said just before a reset may be lost with it.
    acts.add(std::string(word) + " after the headers",
             then == Then::reset ? broken : std::vector<Fault>(), 200, once(head, then));
  }
}

void add_stalls(Acts& acts) {
  acts.add("never answers", stuck, 0, once(nothing));
  acts.add("headers that begin and never end", stuck, 0,
           once([](std::uint32_t s) { return h2::headers(s, h2::status(200), 0); }));
  acts.add("an interim answer and no more", stuck, 0,
           once([](std::uint32_t s) { return h2::headers(s, h2::status(103)); }));
  Act& none = acts.add("no stream is allowed", stuck, 0, once(nothing));
  none.greeting = h2::settings({{h2::max_concurrent_streams, 0}});
  none.early = true;
  none.body_bytes = 200'000;
  Act& shut = acts.add("a window that stays shut", stuck, 0, once(nothing));
  shut.greeting = h2::settings({{h2::initial_window_size, 0}});
  Act& part = acts.add("a window for a part of the body", stuck, 0, once(nothing));
  part.body_bytes = 500'000;
}

void add_nonsense(Acts& acts) {
  acts.add("a window that overflows", broken, 0, once([](std::uint32_t s) {
             return repeated(h2::frame(h2::window_update_frame, 0, s, h2::number(0x7FFFFFFF, 4)),
                             2);
           }));
  acts.add("a push", broken, 0, once([](std::uint32_t s) {
             return h2::frame(h2::push_promise_frame, h2::end_headers, s,
                              h2::number(2, 4) + h2::field(":path", "/"));
           }));
  acts.add("a frame too large", broken, 0,
           once([](std::uint32_t s) { return h2::data(s, std::string(100'000, 'b')); }));
  acts.add("101", broken, 0, once([](std::uint32_t s) { return h2::headers(s, h2::status(101)); }));
  acts.add("garbage", broken, 0, once([](std::uint32_t) { return std::string(5'000, 'g'); }));
  acts.add("HTTP/1.1", broken, 0, once([](std::uint32_t) { return answer(200, "ok").bytes; }));
  acts.add("1,000 headers", broken, 0, once([](std::uint32_t s) {
             return h2::headers(s, h2::status(200) + repeated(h2::field("a", "b"), 1'000));
           }));
  acts.add("12,000 times the same large header", broken, 0, once([](std::uint32_t s) {
             // Remembered once (0x40), then named by a byte each.
             const std::string large =
                 std::string("\x40\x01x\x7f\xa1\x1e", 6) + std::string(4'000, 'y');
             return h2::headers(s, h2::status(200) + large + std::string(12'000, '\xbe'));
           }));
}

void add_floods(Acts& acts) {
  const auto flood = [&acts](std::string name, std::vector<Fault> faults, int status, auto bytes,
                             auto more) {
    acts.add(std::move(name), std::move(faults), status, for_ever(bytes, more)).floods = true;
  };
  const auto open_head = [](std::uint32_t s) { return h2::headers(s, h2::status(200), 0); };
  flood("CONTINUATION", broken, 0, open_head, [](std::uint32_t s) {
    return h2::frame(h2::continuation_frame, 0, s, h2::field("a", "b"));
  });
  flood("empty CONTINUATION", either, 0, open_head,
        [](std::uint32_t s) { return h2::frame(h2::continuation_frame, 0, s, ""); });
  flood("interim answers", broken, 0, nothing,
        [](std::uint32_t s) { return h2::headers(s, h2::status(103)); });
  flood("a body", {}, 200, head,
        [](std::uint32_t s) { return h2::data(s, std::string(16'000, 'b'), 0); });
  flood("empty DATA", {}, 200, head, [](std::uint32_t s) { return h2::data(s, "", 0); });
  flood("empty DATA without headers", either, 0, nothing,
        [](std::uint32_t s) { return h2::data(s, "", 0); });
  const auto settings = [](std::uint32_t) { return h2::settings(); };
  flood("SETTINGS", either, 0, nothing, settings);
  flood("SETTINGS after the headers", {}, 200, head, settings);
  const auto ping = [](std::uint32_t) { return h2::ping(); };
  flood("PING", either, 0, nothing, ping);
  flood("PING after the headers", {}, 200, head, ping);
  flood("WINDOW_UPDATE", either, 0, nothing,
        [](std::uint32_t s) { return h2::frame(h2::window_update_frame, 0, s, h2::number(1, 4)); });
  flood("PRIORITY", either, 0, nothing,
        [](std::uint32_t s) { return h2::frame(h2::priority_frame, 0, s, h2::number(0, 5)); });
  flood("frames that nobody knows", either, 0, nothing,
        [](std::uint32_t s) { return h2::frame(0xEE, 0, s, "nonsense"); });
  flood("RST_STREAM of others", either, 0, nothing,
        [](std::uint32_t s) { return h2::rst_stream(s + 2, 8); });
}

std::vector<Act> everything() {
  Acts acts;
  add_answers(acts);
  add_endings(acts);
  add_stalls(acts);
  add_nonsense(acts);
  add_floods(acts);
  return acts.all;
}

struct Stage {
  Authority authority{};
  TemporaryFile trusted{authority.certificate()};
  Identity identity = authority.issue({"hook.test"});

  [[nodiscard]] Sender sender(bool http2 = true) const {
    return Sender({.ca_file = trusted.path(), .http2 = http2});
  }

  // Plays the act from the first request on, or from the second one of its first connection.
  [[nodiscard]] std::unique_ptr<Receiver> receiver(const Act& act, Connection connection) const {
    ReceiverOptions options;
    options.identity = &identity;
    options.http2 = true;
    options.http2_greeting = act.greeting;
    const auto is_warm_up = [connection](const Received& received) {
      return connection == Connection::kept && received.connection == 1 &&
             received.on_connection == 1;
    };
    options.reply = [&act, is_warm_up](const Received& received) {
      return is_warm_up(received) ? Reply{h2::answer(received.stream, 200), Then::keep}
                                  : act.reply(received.stream);
    };
    if (act.early) {
      options.reply_early = [&act, is_warm_up](const Received& received) {
        return is_warm_up(received) ? std::nullopt : std::optional(act.reply(received.stream));
      };
    }
    return std::make_unique<Receiver>(std::move(options));
  }
};

Request request_of(const Act& act, const Receiver& receiver, Duration patience) {
  const bool waits = act.status == 0 && act.faults != broken;
  return post(receiver.url("/", "hook.test"), std::string(act.body_bytes, 'b'),
              waits ? patience : 8s);
}

void check_act(const Act& act, const Completion& completion, std::size_t posts,
               Connection connection) {
  INFO(act.name);
  INFO(completion.detail);
  INFO(to_string(completion.fault) << ' ' << completion.status);
  const bool answered = act.status != 0 && completion.status == act.status;
  const bool failed =
      std::find(act.faults.begin(), act.faults.end(), completion.fault) != act.faults.end();
  CHECK((answered || failed));
  // Once more where it says that it has not processed the request, or a kept connection died.
  const bool once_more = act.unprocessed || connection == Connection::kept;
  CHECK(completion.sends <= (once_more ? 2U : 1U));
  CHECK(posts <= completion.sends);
  CHECK(completion.body.size() <= 4096);
  CHECK(completion.detail.size() <= 256);
}

}  // namespace

TEST_CASE("HTTP/2 is spoken with those who offer it where the host asks for it, and else never") {
  const Stage stage;
  for (const bool asked : {false, true}) {
    for (const bool offered : {false, true}) {
      ReceiverOptions options;
      options.identity = &stage.identity;
      options.http2 = offered;
      Receiver receiver(std::move(options));
      Sender sender = stage.sender(asked);
      for (int i = 0; i < 3; ++i) {
        const Completion completion = sender.send(post(receiver.url("/", "hook.test")));
        CHECK(completion.status == 200);
        CHECK(completion.sends == 1);
      }
      CHECK(receiver.connections() == 1);
      REQUIRE(receiver.requests().size() == 3);
      for (const Received& received : receiver.requests()) {
        CHECK((received.protocol == "h2") == (asked && offered));
        CHECK(received.body == R"({"id":1})");
      }
    }
  }
}

TEST_CASE("requests share an HTTP/2 connection, and each gets its own answer") {
  const Stage stage;
  ReceiverOptions options;
  options.identity = &stage.identity;
  options.http2 = true;
  options.reply = [](const Received& received) {
    return Reply{h2::answer(received.stream, 200, received.body), Reply::Then::keep};
  };
  Receiver receiver(std::move(options));
  Sender sender = stage.sender();
  const std::string url = receiver.url("/", "hook.test");
  CHECK(sender.send(post(url)).status == 200);
  for (RequestId id = 0; id < 50; ++id) {
    sender.transport->start(id, post(url, std::string(id + 1, 'b')));
  }
  for (const Completion& completion : poll_for(*sender.transport, 50)) {
    CHECK(completion.status == 200);
    CHECK(completion.sends == 1);
    CHECK(completion.body == std::string(completion.id + 1, 'b'));
  }
  CHECK(receiver.requests().size() == 51);
  CHECK(receiver.connections() == 1);
}

TEST_CASE("whatever a receiver says over HTTP/2 is taken for what it is") {
  const Stage stage;
  const std::vector<Act> all = everything();
  const Connection connection = GENERATE(Connection::fresh, Connection::kept);
  const std::size_t before = connection == Connection::kept ? 1 : 0;
  Sender sender = stage.sender();
  std::vector<std::unique_ptr<Receiver>> receivers;
  std::size_t under_way = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    receivers.push_back(all[i].floods ? nullptr : stage.receiver(all[i], connection));
    if (all[i].floods) continue;
    if (before > 0) CHECK(sender.send(post(receivers[i]->url("/", "hook.test"))).status == 200);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].floods) continue;
    sender.transport->start(i, request_of(all[i], *receivers[i], 1s));
    ++under_way;
  }
  for (const Completion& completion : poll_for(*sender.transport, under_way)) {
    const Act& act = all[completion.id];
    check_act(act, completion, receivers[completion.id]->requests().size() - before, connection);
  }
}

TEST_CASE("a receiver that floods an HTTP/2 connection ends as any other, and so does the next") {
  const Stage stage;
  Sender sender = stage.sender();
  for (const Act& act : everything()) {
    if (!act.floods) continue;
    const auto receiver = stage.receiver(act, Connection::fresh);
    const Completion completion = sender.send(request_of(act, *receiver, 300ms));
    check_act(act, completion, receiver->requests().size(), Connection::fresh);
    ReceiverOptions options;
    options.identity = &stage.identity;
    options.http2 = true;
    Receiver healthy(std::move(options));
    CHECK(sender.send(post(healthy.url("/", "hook.test"))).status == 200);
  }
}
