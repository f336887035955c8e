#include "hostile/http2_acts.hpp"

#include <utility>

#include "hostile/scenario.hpp"

namespace hookwright::testing {

namespace h2 = http2;

namespace {

const std::vector<Fault> broken = {Fault::reset, Fault::protocol};
const std::vector<Fault> stuck = {Fault::timeout};
const std::vector<Fault> either = {Fault::reset, Fault::protocol, Fault::timeout};

std::string nothing(std::uint32_t) {
  return {};
}
std::string head_of(std::uint32_t stream) {
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
    list.push_back({.name = std::move(name),
                    .faults = std::move(faults),
                    .status = status,
                    .reply = std::move(reply)});
    return list.back();
  }
  std::vector<Act> list{};
};

void add_answers(Acts& acts) {
  for (const int status : {200, 204, 299, 301, 410, 429, 500, 599, 999}) {
    acts.add("a plain " + std::to_string(status), {}, status,
             once([status](std::uint32_t s) { return h2::answer(s, status); }, Then::keep));
  }
  acts.add("an answer with a body", {}, 200,
           once([](std::uint32_t s) { return h2::answer(s, 200, "hello"); }, Then::keep));
  acts.add("headers and no body", {}, 200, once(head_of));
  acts.add("trailers that say otherwise", {}, 200, once([](std::uint32_t s) {
             return head_of(s) + h2::data(s, "ok", 0) +
                    h2::headers(s, h2::field("retry-after", "9"), h2::end_headers | h2::end_stream);
           }));
  acts.add("a body beyond the window", broken, 200, once([](std::uint32_t s) {
             return head_of(s) + repeated(h2::data(s, std::string(16'384, 'b'), 0), 200);
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
             once([=](std::uint32_t s) { return head_of(s) + h2::rst_stream(s, code); }))
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
    // What was said just before may be lost with the connection.
    acts.add(std::string(word) + " after the headers", broken, 200, once(head_of, then));
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
  flood("a body", broken, 200, head_of,
        [](std::uint32_t s) { return h2::data(s, std::string(16'000, 'b'), 0); });
  flood("empty DATA", broken, 200, head_of, [](std::uint32_t s) { return h2::data(s, "", 0); });
  flood("empty DATA without headers", either, 0, nothing,
        [](std::uint32_t s) { return h2::data(s, "", 0); });
  const auto settings = [](std::uint32_t) { return h2::settings(); };
  flood("SETTINGS", either, 0, nothing, settings);
  // Where it breaks in the same breath libcurl does not tell of the headers.
  flood("SETTINGS after the headers", broken, 200, head_of, settings);
  const auto ping = [](std::uint32_t) { return h2::ping(); };
  flood("PING", either, 0, nothing, ping);
  flood("PING after the headers", broken, 200, head_of, ping);
  flood("WINDOW_UPDATE", either, 0, nothing,
        [](std::uint32_t s) { return h2::frame(h2::window_update_frame, 0, s, h2::number(1, 4)); });
  flood("PRIORITY", either, 0, nothing,
        [](std::uint32_t s) { return h2::frame(h2::priority_frame, 0, s, h2::number(0, 5)); });
  flood("frames that nobody knows", either, 0, nothing,
        [](std::uint32_t s) { return h2::frame(0xEE, 0, s, "nonsense"); });
  flood("RST_STREAM of others", either, 0, nothing,
        [](std::uint32_t s) { return h2::rst_stream(s + 2, 8); });
}

}  // namespace

bool Act::waits() const {
  return status == 0 && faults != broken;
}

std::vector<Act> acts() {
  Acts all;
  add_answers(all);
  add_endings(all);
  add_stalls(all);
  add_nonsense(all);
  add_floods(all);
  return all.list;
}

}  // namespace hookwright::testing
