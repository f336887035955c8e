#include "model/codec.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace hookwright::model {

namespace {

constexpr char format = 1;

class FieldWriter {
 public:
  FieldWriter() { bytes_.push_back(format); }

  void text(std::uint8_t tag, std::string_view value) {
    bytes_.push_back(static_cast<char>(tag));
    append(value.size(), 4);
    bytes_.append(value);
  }

  void number(std::uint8_t tag, std::int64_t value) {
    bytes_.push_back(static_cast<char>(tag));
    append(8, 4);
    append(static_cast<std::uint64_t>(value), 8);
  }

  void time(std::uint8_t tag, TimePoint value) { number(tag, value.time_since_epoch().count()); }

  void id(std::uint8_t tag, const IdBytes& value) {
    std::string raw(value.bytes.size(), '\0');
    std::copy(value.bytes.begin(), value.bytes.end(), raw.begin());
    text(tag, raw);
  }

  std::string take() { return std::move(bytes_); }

 private:
  void append(std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) bytes_.push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
  }

  std::string bytes_{};
};

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

// Walks the fields; false from next() at the end or where the bytes are malformed.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {
    good_ = !rest_.empty() && rest_.front() == format;
    if (good_) rest_.remove_prefix(1);
  }

  bool next() {
    if (!good_ || rest_.empty()) return false;
    if (rest_.size() < 5) return good_ = false;
    tag_ = static_cast<std::uint8_t>(rest_[0]);
    const std::uint64_t size = little_endian(rest_.substr(1, 4));
    rest_.remove_prefix(5);
    if (size > rest_.size()) return good_ = false;
    value_ = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::uint8_t tag() const { return tag_; }
  [[nodiscard]] std::string text() const { return std::string(value_); }
  [[nodiscard]] std::string_view view() const { return value_; }
  [[nodiscard]] std::int64_t number() const {
    return static_cast<std::int64_t>(little_endian(value_.substr(0, 8)));
  }
  [[nodiscard]] TimePoint time() const { return TimePoint{Duration{number()}}; }

  template <class AnyId>
  [[nodiscard]] AnyId id() const {
    AnyId result;
    std::copy_n(value_.begin(), std::min(value_.size(), result.bytes.size()), result.bytes.begin());
    return result;
  }

 private:
  std::string_view rest_;
  std::string_view value_{};
  std::uint8_t tag_ = 0;
  bool good_ = false;
};

// The numbers are on disk: never change one, never give one a second meaning.
enum EndpointTag : std::uint8_t {
  url = 1,
  event = 2,
  secret = 3,
  standard_secret = 4,
  profile = 5,
  uid = 6,
  description = 7,
  header_name = 8,
  header_value = 9,
  status = 10,
  reason = 11,
  failing = 12,
  first_exhausted = 13,
  created = 14,
  updated = 15,
  sealed_secret = 16,
  sealed_standard_secret = 17,
  stopped = 18,
  warned = 19,
  overlap_until = 20,
  subscribed = 21,
  notify = 22,
  verified = 23,
};

enum ConditionTag : std::uint8_t { condition_all = 64, condition_any = 65 };

enum NoticeTag : std::uint8_t {
  notice_kind = 1,
  notice_tenant = 2,
  notice_endpoint = 3,
  notice_delivery = 4,
  notice_type = 5,
  notice_reason = 6,
  notice_at = 7,
  notice_step = 8,
  notice_address = 9,
  notice_death = 10,
};

enum SettingsTag : std::uint8_t {
  settings_notify = 1,
  settings_keep_events = 2,
};

// What a sealed secret belongs to. The tenant comes last, since it alone has no fixed size.
std::string owner(EndpointTag tag, EndpointId id, std::string_view tenant) {
  std::string bytes(1, static_cast<char>(tag));
  bytes.append(id.bytes.begin(), id.bytes.end());
  return bytes.append(tenant);
}

// What Secret's constructor takes: damaged bytes must not throw.
bool is_secret(std::string_view text) {
  return !text.empty() && text.size() <= 1'024;
}

// A condition's parts, tagged as an endpoint's are.
enum ConditionPart : std::uint8_t {
  condition_field = 1,
  condition_comparison = 2,
  condition_text = 3,
  condition_number = 4,  // its bits
  condition_truth = 5,
};

std::string condition_bytes(const Condition& condition) {
  FieldWriter out;
  out.text(condition_field, condition.field);
  out.number(condition_comparison, static_cast<std::int64_t>(condition.comparison));
  const FieldValue& value = condition.value;
  if (value.text() != nullptr) out.text(condition_text, *value.text());
  if (value.number() != nullptr) {
    out.number(condition_number, std::bit_cast<std::int64_t>(*value.number()));
  }
  if (value.truth() != nullptr) out.number(condition_truth, *value.truth() ? 1 : 0);
  return out.take();
}

// A damaged one is kept as it is read: it holds for nothing, which is better than for everything.
Condition to_condition(std::string_view bytes) {
  Condition condition;
  FieldReader in(bytes);
  while (in.next()) {
    switch (in.tag()) {
      case condition_field:
        condition.field = in.text();
        break;
      case condition_comparison:
        condition.comparison = static_cast<Comparison>(in.number());
        break;
      case condition_text:
        condition.value = FieldValue(in.text());
        break;
      case condition_number:
        condition.value = FieldValue(std::bit_cast<double>(in.number()));
        break;
      case condition_truth:
        condition.value = FieldValue(in.number() != 0);
        break;
      default:
        break;
    }
  }
  return condition;
}

void write_secret(FieldWriter& out, EndpointTag clear, EndpointTag sealed, const Secret& value,
                  const Endpoint& e, const Sealing& sealing) {
  if (sealing.is_none()) {
    out.text(clear, value.reveal());
  } else {
    out.text(sealed, sealing.seal(value, owner(sealed, e.id, e.tenant)));
  }
}

// False if a secret does not open.
bool read_field(const FieldReader& in, Endpoint& e, const Sealing& sealing) {
  switch (in.tag()) {
    case url:
      e.url = in.text();
      break;
    case event:
      e.events.push_back(in.text());
      break;
    case secret:
      if (is_secret(in.view())) e.secrets.emplace_back(in.view());
      break;
    case standard_secret:
      if (is_secret(in.view())) e.standard_secret.emplace(in.view());
      break;
    case sealed_secret: {
      std::optional<Secret> opened = sealing.open(in.view(), owner(sealed_secret, e.id, e.tenant));
      if (!opened) return false;
      e.secrets.push_back(*std::move(opened));
      break;
    }
    case sealed_standard_secret:
      e.standard_secret = sealing.open(in.view(), owner(sealed_standard_secret, e.id, e.tenant));
      if (!e.standard_secret) return false;
      break;
    case profile:
      e.profile = in.text();
      break;
    case uid:
      e.uid = in.text();
      break;
    case description:
      e.description = in.text();
      break;
    case header_name:
      e.headers.push_back(Header{in.text(), {}});
      break;
    case header_value:
      if (!e.headers.empty()) e.headers.back().value = in.text();
      break;
    case status:
      e.status = static_cast<Status>(in.number());
      break;
    case reason:
      e.reason = static_cast<Reason>(in.number());
      break;
    case failing:
      e.failing = in.number() != 0;
      break;
    case first_exhausted:
      e.first_exhausted = in.time();
      break;
    case created:
      e.created = in.time();
      break;
    case updated:
      e.updated = in.time();
      break;
    case condition_all:
      e.conditions.all.push_back(to_condition(in.view()));
      break;
    case condition_any:
      e.conditions.any.push_back(to_condition(in.view()));
      break;
    case stopped:
      e.stopped = in.time();
      break;
    case warned:
      e.warned = static_cast<std::uint8_t>(in.number());
      break;
    case overlap_until:
      e.overlap_until = in.time();
      break;
    case subscribed:
      e.subscribed = in.time();
      break;
    case notify:
      e.notify = in.text();
      break;
    case verified:
      e.verified = in.number() != 0;
      break;
    default:
      break;
  }
  return true;
}

}  // namespace

StoredEndpoint to_stored(const Endpoint& e, std::uint8_t counts, const Sealing& sealing) {
  FieldWriter out;
  out.text(url, e.url);
  for (const std::string& pattern : e.events) out.text(event, pattern);
  for (const Secret& each : e.secrets) write_secret(out, secret, sealed_secret, each, e, sealing);
  if (e.standard_secret) {
    write_secret(out, standard_secret, sealed_standard_secret, *e.standard_secret, e, sealing);
  }
  out.text(profile, e.profile);
  out.text(uid, e.uid);
  out.text(description, e.description);
  for (const Header& header : e.headers) {
    out.text(header_name, header.name);
    out.text(header_value, header.value);
  }
  out.number(status, static_cast<std::int64_t>(e.status));
  out.number(reason, static_cast<std::int64_t>(e.reason));
  out.number(failing, e.failing ? 1 : 0);
  for (const Condition& each : e.conditions.all) out.text(condition_all, condition_bytes(each));
  for (const Condition& each : e.conditions.any) out.text(condition_any, condition_bytes(each));
  if (e.first_exhausted) out.time(first_exhausted, *e.first_exhausted);
  out.time(created, e.created);
  out.time(updated, e.updated);
  if (e.stopped) out.time(stopped, *e.stopped);
  if (e.warned != 0) out.number(warned, e.warned);
  if (e.overlap_until) out.time(overlap_until, *e.overlap_until);
  out.time(subscribed, e.subscribed);
  if (!e.notify.empty()) out.text(notify, e.notify);
  if (!e.verified) out.number(verified, 0);
  return {.id = e.id,
          .version = e.version,
          .tenant = e.tenant,
          .counts = counts,
          .details = out.take()};
}

std::optional<Endpoint> to_endpoint(const StoredEndpoint& stored, const Sealing& sealing) {
  Endpoint e;
  e.id = stored.id;
  e.version = stored.version;
  e.tenant = stored.tenant;
  FieldReader in(stored.details);
  while (in.next()) {
    if (!read_field(in, e, sealing)) return std::nullopt;
  }
  if (!in.good() || e.url.empty() || e.secrets.empty()) return std::nullopt;
  return e;
}

std::string missing_key(const StoredEndpoint& stored, const Sealing& sealing) {
  FieldReader in(stored.details);
  while (in.next()) {
    if (in.tag() != sealed_secret && in.tag() != sealed_standard_secret) continue;
    std::string id = Sealing::key_id(in.view());
    if (!id.empty() && !sealing.knows(id)) return id;
  }
  return {};
}

std::string to_bytes(const Notice& notice) {
  FieldWriter out;
  out.number(notice_kind, static_cast<std::int64_t>(notice.kind));
  out.text(notice_tenant, notice.tenant);
  out.id(notice_endpoint, notice.endpoint);
  out.id(notice_delivery, notice.delivery);
  out.text(notice_type, notice.type);
  out.number(notice_reason, static_cast<std::int64_t>(notice.reason));
  out.time(notice_at, notice.at);
  if (notice.step != 0) out.number(notice_step, notice.step);
  if (!notice.address.empty()) out.text(notice_address, notice.address);
  out.number(notice_death, static_cast<std::int64_t>(notice.death));
  return out.take();
}

std::optional<Notice> to_notice(std::string_view bytes) {
  Notice notice;
  FieldReader in(bytes);
  while (in.next()) {
    switch (in.tag()) {
      case notice_kind:
        notice.kind = static_cast<NoticeKind>(in.number());
        break;
      case notice_tenant:
        notice.tenant = in.text();
        break;
      case notice_endpoint:
        notice.endpoint = in.id<EndpointId>();
        break;
      case notice_delivery:
        notice.delivery = in.id<DeliveryId>();
        break;
      case notice_type:
        notice.type = in.text();
        break;
      case notice_reason:
        notice.reason = static_cast<Reason>(in.number());
        break;
      case notice_at:
        notice.at = in.time();
        break;
      case notice_step:
        notice.step = static_cast<std::uint8_t>(in.number());
        break;
      case notice_address:
        notice.address = in.text();
        break;
      case notice_death:
        notice.death = static_cast<DeathReason>(in.number());
        break;
      default:
        break;
    }
  }
  if (!in.good() || notice.tenant.empty()) return std::nullopt;
  return notice;
}

std::string to_bytes(const TenantSettings& settings) {
  FieldWriter out;
  out.text(settings_notify, settings.notify);
  out.number(settings_keep_events, settings.keep_events ? 1 : 0);
  return out.take();
}

std::optional<TenantSettings> to_settings(std::string_view bytes) {
  TenantSettings settings;
  FieldReader in(bytes);
  while (in.next()) {
    if (in.tag() == settings_notify) settings.notify = in.text();
    if (in.tag() == settings_keep_events) settings.keep_events = in.number() != 0;
  }
  if (!in.good()) return std::nullopt;
  return settings;
}

}  // namespace hookwright::model
