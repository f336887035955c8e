// Writes documents for verify.mjs, one a line: a letter that says what kind of claim it is, a tab,
// and the claim's parts with tabs between. No JSON that hookwright writes holds a tab or a line
// end.
//
//   B body                a canonical body
//   C first body          data.value is 64 code points from `first` (hexadecimal) on
//   D hex data            what encode() made of the JSON text whose bytes are given in hexadecimal
//   N bits text           a double by its bits, and how it was written
//   S hex text            a string's bytes, and how it was written
//   E count               the end: how many lines came before
//
// A refusal is a failure here: everything generated is something that publish accepts.

#include <bit>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "event/node/messy_json.hpp"
#include "event/node/random_values.hpp"
#include "hookwright/events/hypersnap.hpp"
#include "hookwright/events/snapglyph.hpp"
#include "hookwright/events/snipy.hpp"

namespace hypersnap = hookwright::hypersnap;
namespace snapglyph = hookwright::snapglyph;
namespace snipy = hookwright::snipy;
using hookwright::EncodedEvent;
using hookwright::TimePoint;

namespace {

struct Text {
  static constexpr std::string_view event_type = "text";
  std::string value{};
  void fields(auto& f) const { f("value", value); }
};

struct Number {
  static constexpr std::string_view event_type = "number";
  double value = 0;
  void fields(auto& f) const { f("value", value); }
};

struct Part {
  std::optional<double> weight{};
  float share = 0;
  std::vector<std::string> notes{};
  void fields(auto& f) const {
    f("weight", hookwright::or_null(weight));
    f("share", share);
    f("notes", notes);
  }
};

// What the families' events have not.
struct Order {
  static constexpr std::string_view event_type = "order.paid";
  std::map<std::string, double> amounts{};
  std::vector<Part> parts{};
  std::vector<std::vector<bool>> grid{};
  std::uint32_t small = 0;
  std::optional<std::int64_t> id{};
  void fields(auto& f) const {
    f("amounts", amounts);
    f("parts", parts);
    f("grid", grid);
    f("small", small);
    f("id", hookwright::as_string(id));
  }
};

// Fills an event through the visitor that writes it: every member that fields() names.
class Filler {
 public:
  explicit Filler(RandomValues& random) : random_(random) {}

  template <class T>
  void operator()(hookwright::FieldName, const T& member) {
    // The members are those of an object that is not const itself. A value that fields() makes on
    // the way, such as as_string(id), is filled to no effect.
    if constexpr (!hookwright::detail::is_a<T, hookwright::OrNull>) fill(const_cast<T&>(member));
  }

  void fill(bool& value) { value = random_.chance(2); }
  void fill(std::int64_t& value) { value = random_.safe_integer(); }
  void fill(std::uint32_t& value) { value = static_cast<std::uint32_t>(random_.bits()); }
  void fill(double& value) { value = random_.finite_double(); }
  void fill(float& value) {
    do value = std::bit_cast<float>(static_cast<std::uint32_t>(random_.bits()));
    while (value - value != 0);
  }
  void fill(std::string& value) { value = random_.text(); }
  void fill(TimePoint& value) { value = time(); }
  void fill(hypersnap::ConvertedBy& value) {
    value = random_.chance(2) ? hypersnap::ConvertedBy::utm : hypersnap::ConvertedBy::pixel;
  }
  void fill(hookwright::DecimalText&) {}
  void fill(std::vector<bool>& values) { values.assign(random_.below(4), random_.chance(2)); }

  template <class T>
  void fill(std::optional<T>& value) {
    value.reset();
    if (random_.chance(2)) fill(value.emplace());
  }

  template <class T>
  void fill(std::vector<T>& values) {
    values.resize(random_.below(4));
    for (T& value : values) fill(value);
  }

  void fill(std::map<std::string, double>& values) {
    values.clear();
    for (std::size_t n = random_.below(4); n > 0; --n) fill(values["k" + random_.valid_text(5)]);
  }

  template <class T>
  requires hookwright::detail::HasFields<T>
  void fill(T& value) { value.fields(*this); }

  TimePoint time() {
    constexpr std::int64_t years_ms = 315'537'897'600'000;  // 0000 to 9999, less a little
    return TimePoint{std::chrono::milliseconds(static_cast<std::int64_t>(random_.below(years_ms)) -
                                               62'135'596'800'000)};
  }

 private:
  RandomValues& random_;
};

class Documents {
 public:
  explicit Documents(std::uint64_t seed) : random_(seed), fill_(random_) {}

  template <class... E>
  void events(int each) {
    for (int i = 0; i < each; ++i) (event<E>(), ...);
  }

  // Strings only, with the bytes that they came from.
  void strings(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string bytes = random_.chance(2) ? random_.broken_text() : random_.valid_text();
      line('S', hex(bytes), value_of(encoded(Text{.value = bytes})));
    }
  }

  void every_code_point() {
    constexpr std::uint32_t block = 64;
    for (std::uint32_t first = 0; first <= 0x10FFFF; first += block) {
      if (first >= 0xD800 && first < 0xE000) continue;
      Text text;
      for (std::uint32_t c = first; c < first + block; ++c)
        random_.append_code_point(text.value, c);
      char name[16];
      std::snprintf(name, sizeof name, "%" PRIx32, first);
      line('C', name, encoded(text));
    }
  }

  void doubles(int count) {
    for (int i = 0; i < count; ++i) {
      const double value = i % 2 == 0 ? random_.any_finite() : random_.finite_double();
      char bits[24];
      std::snprintf(bits, sizeof bits, "%016" PRIx64, std::bit_cast<std::uint64_t>(value));
      line('N', bits, value_of(encoded(Number{.value = value})));
    }
  }

  void dynamic(int count) {
    MessyJson messy(random_);
    for (int i = 0; i < count; ++i) {
      const std::string text = messy.object();
      const std::string body = checked(hookwright::encode(
          hookwright::DynamicEvent{.type = "dynamic", .data = text}, fill_.time(), options_));
      const std::size_t start = body.find("\"data\":") + 7;
      line('D', hex(text), std::string_view(body).substr(start, body.size() - start - 1));
    }
  }

  void end() { std::printf("E\t%zu\n", lines_); }

 private:
  template <class E>
  void event() {
    E value;
    fill_.fill(value);
    line('B', encoded(value), {});
  }

  template <class E>
  std::string encoded(const E& value) {
    return checked(hookwright::encode(value, fill_.time(), options_));
  }

  static std::string checked(EncodedEvent event) {
    if (!event.ok()) {
      std::fprintf(stderr, "%s was refused: %s\n", event.type.c_str(), event.refusal.c_str());
      std::exit(1);
    }
    return std::move(event.body);
  }

  // The text of `value` in the body of a Text or a Number.
  static std::string_view value_of(std::string_view body) {
    constexpr std::string_view before = "\"data\":{\"value\":";
    body.remove_prefix(body.find(before) + before.size());
    body.remove_suffix(2);
    return body;
  }

  static std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
      text += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
      text += "0123456789abcdef"[static_cast<unsigned char>(c) & 0xF];
    }
    return text;
  }

  void line(char kind, std::string_view first, std::string_view second) {
    std::putchar(kind);
    std::putchar('\t');
    std::fwrite(first.data(), 1, first.size(), stdout);
    if (!second.empty()) {
      std::putchar('\t');
      std::fwrite(second.data(), 1, second.size(), stdout);
    }
    std::putchar('\n');
    ++lines_;
  }

  RandomValues random_;
  Filler fill_;
  // The documents must not wait for the operating system's randomness.
  hookwright::IdGenerator ids_{1};
  hookwright::EncodeOptions options_{.ids = &ids_};
  std::size_t lines_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s <seed>\n", argv[0]);
    return 2;
  }
  Documents documents(std::strtoull(argv[1], nullptr, 10));
  documents
      .events<hypersnap::LinkClickRegistered, hypersnap::LinkClickConverted,
              hypersnap::DomainVerificationComplete, hypersnap::CampaignThresholdMet,
              snapglyph::QrScanned, snapglyph::QrCreated, snapglyph::QrUpdated,
              snapglyph::QrDeleted, snipy::LinkCreated, snipy::LinkClicked, snipy::LinkUpdated,
              snipy::LinkExpired, snipy::QrCreated, snipy::QrScanned, snipy::BioViewed,
              snipy::BioUpdated, snipy::SubscriberAdded, snipy::PlanUpgraded, snipy::ProductCreated,
              snipy::ProductPurchased, snipy::TipReceived, snipy::VerificationApproved, Order>(
          6'000);
  documents.dynamic(100'000);
  documents.strings(100'000);
  documents.every_code_point();
  documents.doubles(1'000'000);
  documents.end();
  return std::fflush(stdout) == 0 ? 0 : 1;
}
