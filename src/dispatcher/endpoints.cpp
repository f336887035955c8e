#include "hookwright/endpoints.hpp"

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "dispatcher/core.hpp"
#include "dispatcher/explain.hpp"
#include "dispatcher/page_mark.hpp"
#include "hookwright/error.hpp"
#include "hookwright/filter.hpp"
#include "model/codec.hpp"

namespace hookwright {

Endpoints::~Endpoints() = default;

namespace {

constexpr std::size_t events_max = 256;
constexpr std::size_t secret_min = 16;
constexpr std::size_t uid_max = 255;
constexpr Duration overlap_max = std::chrono::hours(24 * 7);
constexpr std::size_t description_max = 1'024;
constexpr int calls_max = 10;  // of the store, for a page that a filter leaves empty

void check_events(const std::vector<std::string>& events, const Profile& profile,
                  const Catalog& catalog) {
  if (events.empty()) throw ConfigError("endpoint.events", "must name at least one event type");
  if (events.size() > events_max) throw ConfigError("endpoint.events", "must be at most 256");
  const auto types = catalog.types(profile.family);
  for (const std::string& pattern : events) {
    if (!valid_pattern(pattern)) {
      throw ConfigError("endpoint.events", R"(must be an event type, "prefix.*" or "*")", pattern);
    }
    const bool known = std::any_of(types.begin(), types.end(),
                                   [&](std::string_view type) { return matches(pattern, type); });
    if (!known)
      throw ConfigError("endpoint.events", "matches no event type of profile " + profile.name,
                        pattern);
  }
}

// Only of what is given now: one that was stored long ago goes on working.
void check_secret(const std::optional<Secret>& secret, std::string_view field) {
  if (secret && secret->reveal().size() < secret_min) {
    throw ConfigError(field, "must be at least 16 bytes");
  }
}

void check_secrets(const EndpointSpec& spec) {
  check_secret(spec.secret, "endpoint.secret");
  check_secret(spec.standard_secret, "endpoint.standard_secret");
}

bool looks_weak(const EndpointSpec& spec) {
  return (spec.secret && spec.secret->looks_weak()) ||
         (spec.standard_secret && spec.standard_secret->looks_weak());
}

class StoredEndpoints final : public Endpoints {
 public:
  explicit StoredEndpoints(DispatcherCore& core) : core_(core) {}

  EndpointResult create(std::string_view tenant, const EndpointSpec& spec) override {
    check_tenant(tenant);
    check_secrets(spec);
    Endpoint endpoint;
    endpoint.tenant = tenant;
    endpoint.profile = spec.profile.empty() ? core_.options().default_profile : spec.profile;
    const auto id = core_.ids().next<EndpointId>(core_.wall());
    endpoint.id = id;
    endpoint.secrets.push_back(spec.secret ? *spec.secret : generate_secret(endpoint.profile));
    endpoint.standard_secret = spec.standard_secret;
    take_over(spec, endpoint);
    EndpointResult result =
        core_.carry_out({.kind = engine::EndpointOp::Kind::create,
                         .tenant = std::string(tenant),
                         .id = id,
                         .created = std::make_shared<const Endpoint>(std::move(endpoint))});
    result.weak_secret = looks_weak(spec);
    return result;
  }

  EndpointResult update(std::string_view tenant, EndpointId id, const EndpointSpec& spec,
                        std::uint64_t version) override {
    check_tenant(tenant);
    check_secrets(spec);
    const Found found = look_up(tenant, id);
    if (!found.available) return {.outcome = EndpointOutcome::store_unavailable};
    if (!found.endpoint) return {.outcome = EndpointOutcome::not_found};
    const std::optional<Endpoint>& before = found.endpoint;
    if (!spec.profile.empty() && spec.profile != before->profile) {
      throw ConfigError("endpoint.profile", "can't be changed: create another endpoint",
                        spec.profile);
    }
    Endpoint checked = *before;
    if (spec.secret) checked.secrets = {*spec.secret};
    if (spec.standard_secret) checked.standard_secret = spec.standard_secret;
    take_over(spec, checked);
    EndpointResult result = edit(tenant, id, version,
                                 [checked = std::move(checked), secret = spec.secret,
                                  standard_secret = spec.standard_secret](Endpoint& endpoint) {
                                   endpoint.url = checked.url;
                                   endpoint.events = checked.events;
                                   if (secret) {
                                     endpoint.secrets = {*secret};
                                     endpoint.overlap_until.reset();
                                   }
                                   if (standard_secret) endpoint.standard_secret = standard_secret;
                                   endpoint.uid = checked.uid;
                                   endpoint.description = checked.description;
                                   endpoint.notify = checked.notify;
                                   endpoint.headers = checked.headers;
                                   endpoint.conditions = checked.conditions;
                                 });
    result.weak_secret = looks_weak(spec);
    return result;
  }

  EndpointResult rotate(std::string_view tenant, EndpointId id, const std::optional<Secret>& secret,
                        Duration overlap, std::uint64_t version) override {
    check_tenant(tenant);
    if (overlap < Duration::zero() || overlap > overlap_max) {
      throw ConfigError("overlap", "must be 0 to 7 days", std::to_string(overlap.count()) + " ms");
    }
    check_secret(secret, "secret");
    const Found found = look_up(tenant, id);
    if (!found.available) return {.outcome = EndpointOutcome::store_unavailable};
    if (!found.endpoint) return {.outcome = EndpointOutcome::not_found};
    const Secret fresh = secret ? *secret : generate_secret(found.endpoint->profile);
    if (const auto profile = core_.profile(found.endpoint->profile)) {
      const std::vector<Secret> both = {fresh, found.endpoint->secrets.front()};
      const auto& standard = found.endpoint->standard_secret;
      (void)core_.options().signer->prepare(profile->wire, both, standard ? &*standard : nullptr);
    }
    const TimePoint until = core_.wall() + overlap;
    EndpointResult result = edit(tenant, id, version, [fresh, overlap, until](Endpoint& endpoint) {
      endpoint.secrets.resize(1, fresh);
      endpoint.secrets.insert(endpoint.secrets.begin(), fresh);
      endpoint.overlap_until = until;
      if (overlap > Duration::zero()) return;
      endpoint.secrets.resize(1, fresh);
      endpoint.overlap_until.reset();
    });
    result.weak_secret = secret && secret->looks_weak();
    return result;
  }

  EndpointResult enable(std::string_view tenant, EndpointId id, std::uint64_t version) override {
    return edit(tenant, id, version, [](Endpoint& endpoint) {
      endpoint.status = Status::active;
      endpoint.reason = Reason::none;
      endpoint.failing = false;
      endpoint.warned = 0;
      endpoint.first_exhausted.reset();
    });
  }

  EndpointResult pause(std::string_view tenant, EndpointId id, std::uint64_t version) override {
    return stop(tenant, id, version, Status::paused);
  }
  EndpointResult disable(std::string_view tenant, EndpointId id, std::uint64_t version) override {
    return stop(tenant, id, version, Status::disabled);
  }

  EndpointOutcome remove(std::string_view tenant, EndpointId id, std::uint64_t version) override {
    check_tenant(tenant);
    return core_
        .carry_out({.kind = engine::EndpointOp::Kind::remove,
                    .tenant = std::string(tenant),
                    .id = id,
                    .version = version})
        .outcome;
  }

  Trial verify(std::string_view tenant, EndpointId id) override {
    check_tenant(tenant);
    const Found found = look_up(tenant, id);
    if (!found.available) return {.outcome = EndpointOutcome::store_unavailable};
    if (!found.endpoint) return {.outcome = EndpointOutcome::not_found};
    return core_.carry_out(core_.make_handshake(*found.endpoint));
  }

  Trial test(std::string_view tenant, EndpointId id, std::string_view type) override {
    check_tenant(tenant);
    const Found found = look_up(tenant, id);
    if (!found.available) return {.outcome = EndpointOutcome::store_unavailable};
    if (!found.endpoint) return {.outcome = EndpointOutcome::not_found};
    const auto profile = core_.profile(found.endpoint->profile);
    const CatalogEntry* entry =
        profile ? core_.options().catalog.find(profile->family, type) : nullptr;
    if (entry == nullptr) entry = core_.options().catalog.find({}, type);
    if (entry == nullptr) throw ConfigError("type", "is none that this endpoint can get", type);
    EncodedEvent event = entry->sample(core_.wall(), {.ids = &core_.ids()});
    return core_.carry_out(
        {.tenant = std::string(tenant),
         .id = id,
         .purpose = Purpose::test,
         .event = std::make_shared<const StoredEvent>(StoredEvent{.id = event.id,
                                                                  .tenant = std::string(tenant),
                                                                  .type = std::move(event.type),
                                                                  .family = std::move(event.family),
                                                                  .at = event.at,
                                                                  .body = std::move(event.body)})});
  }

  Recovered recover(std::string_view tenant, EndpointId id, const Recovery& what) override {
    check_tenant(tenant);
    if (what.at_most == 0 || what.at_most > 10'000)
      throw ConfigError("recovery.at_most", "must be 1 to 10,000", std::to_string(what.at_most));
    const Found found = look_up(tenant, id);
    if (!found.available) return {.outcome = EndpointOutcome::store_unavailable};
    if (!found.endpoint) return {.outcome = EndpointOutcome::not_found};
    return hookwright::recover(core_, *found.endpoint, what);
  }

  EndpointOutcome configure(std::string_view tenant, const TenantSettings& settings) override {
    check_tenant(tenant);
    if (settings.notify.size() > uid_max)
      throw ConfigError("settings.notify", "must be at most 255 bytes");
    return core_.carry_out(engine::SettingsOp{.tenant = std::string(tenant), .settings = settings});
  }

  TenantSettings settings(std::string_view tenant) const override {
    check_tenant(tenant);
    const std::string key = std::string(engine::settings_prefix) + std::string(tenant);
    const Records found = ask({.kind = RecordKind::notes, .key_prefix = key, .limit = 1});
    if (found.notes.empty() || found.notes.front().key != key) return {};
    return model::to_settings(found.notes.front().value).value_or(TenantSettings{});
  }

  std::optional<Endpoint> find(std::string_view tenant, EndpointId id) const override {
    check_tenant(tenant);
    return look_up(tenant, id).endpoint;
  }

  std::optional<Endpoint> find_uid(std::string_view tenant, std::string_view uid) const override {
    check_tenant(tenant);
    const std::string key = "uid/" + std::string(tenant) + '\0' + std::string(uid);
    const Records found = ask({.kind = RecordKind::notes, .key_prefix = key, .limit = 1});
    if (found.notes.empty() || found.notes.front().key != key) return std::nullopt;
    const std::optional<EndpointId> id = EndpointId::parse(found.notes.front().value);
    return id ? find(tenant, *id) : std::nullopt;
  }

  Explanation explain(std::string_view tenant, EndpointId id,
                      const EncodedEvent& event) const override {
    check_tenant(tenant);
    if (!event.ok()) throw ConfigError("event", "can't be sent: " + event.refusal);
    const Found found = look_up(tenant, id);
    if (!found.available) return {.reach = Reach::store_unavailable, .why = "look again"};
    if (!found.endpoint) return {.reach = Reach::not_found, .why = "there is no such endpoint"};
    const std::shared_ptr<const Profile> profile = core_.profile(found.endpoint->profile);
    return hookwright::explain(*found.endpoint, profile.get(), event,
                               {.signer = *core_.options().signer,
                                .user_agent = core_.options().user_agent,
                                .delivery = engine::delivery_id(event.id, id),
                                .now = core_.wall()});
  }

  Listed<ListedEndpoint> list(std::string_view tenant, std::string_view after,
                              std::size_t limit) const override {
    check_tenant(tenant);
    check_limit(limit);
    const std::optional<std::string> cursor = from_mark(after);
    if (!cursor) return {};
    Records found = ask({.kind = RecordKind::endpoints,
                         .tenant = std::string(tenant),
                         .last_attempts = true,
                         .after = *cursor,
                         .limit = limit});
    std::unordered_map<EndpointId, Attempt*> last;
    for (Attempt& attempt : found.attempts) last.emplace(attempt.endpoint, &attempt);
    Listed<ListedEndpoint> page{.next = to_mark(found.next), .available = found.status.ok()};
    for (const StoredEndpoint& stored : found.endpoints) {
      if (stored.deleted) continue;
      std::optional<Endpoint> endpoint = model::to_endpoint(stored, *core_.options().sealing);
      if (!endpoint) continue;
      ListedEndpoint& row = page.rows.emplace_back();
      static_cast<Endpoint&>(row) = std::move(*endpoint);
      const auto attempt = last.find(row.id);
      if (attempt != last.end()) row.last_attempt = std::move(*attempt->second);
    }
    return page;
  }

  std::optional<std::size_t> backlog(std::string_view tenant, EndpointId id) const override {
    check_tenant(tenant);
    if (!look_up(tenant, id).endpoint) return std::nullopt;
    const Records found = ask({.kind = RecordKind::lanes, .endpoint = id, .limit = 1});
    if (!found.status.ok()) return std::nullopt;
    return found.lanes.empty() ? std::size_t{0} : found.lanes.front().rows;
  }

  Listed<Waiting> waiting(std::string_view tenant, EndpointId id, std::string_view after,
                          std::size_t limit) const override {
    return read({.kind = RecordKind::waiting}, &Records::waiting, tenant, id, after, limit);
  }

  Listed<Attempt> attempts(std::string_view tenant, EndpointId id, std::string_view after,
                           std::size_t limit, const HistoryFilter& only) const override {
    return read({.kind = RecordKind::attempts,
                 .result = only.result,
                 .type = only.type,
                 .since = only.since,
                 .until = only.until},
                &Records::attempts, tenant, id, after, limit);
  }

  Listed<Attempt> attempts_of(std::string_view tenant, EndpointId id,
                              DeliveryId delivery) const override {
    if (!delivery) return {};
    return read({.kind = RecordKind::attempts, .delivery = delivery}, &Records::attempts, tenant,
                id, {}, 1'000);
  }

  Listed<DeadLetter> dead_letters(std::string_view tenant, EndpointId id, std::string_view after,
                                  std::size_t limit, const HistoryFilter& only) const override {
    return read({.kind = RecordKind::dead_letters,
                 .type = only.type,
                 .since = only.since,
                 .until = only.until},
                &Records::dead_letters, tenant, id, after, limit);
  }

 private:
  struct Found {
    bool available = true;
    std::optional<Endpoint> endpoint{};
  };

  Found look_up(std::string_view tenant, EndpointId id) const {
    const Records found = ask(
        {.kind = RecordKind::endpoints, .tenant = std::string(tenant), .endpoint = id, .limit = 1});
    if (found.endpoints.empty() || found.endpoints.front().deleted)
      return {.available = found.status.ok()};
    return {.endpoint = model::to_endpoint(found.endpoints.front(), *core_.options().sealing)};
  }

  static void check_limit(std::size_t limit) {
    if (limit == 0 || limit > 1'000)
      throw ConfigError("limit", "must be 1 to 1,000", std::to_string(limit));
  }

  Records ask(const Query& query) const {
    try {
      return core_.store().find(query);
    } catch (...) {
      Records nothing;
      nothing.status = {StoreCode::unavailable, "it threw"};
      return nothing;
    }
  }

  template <class Row>
  Listed<Row> read(Query query, std::vector<Row> Records::*rows, std::string_view tenant,
                   EndpointId id, std::string_view after, std::size_t limit) const {
    check_limit(limit);
    check_tenant(tenant);
    const Found owner = look_up(tenant, id);
    if (!owner.endpoint) return {.available = owner.available};
    std::optional<std::string> cursor = from_mark(after);
    if (!cursor) return {};
    query.endpoint = id;
    query.after = std::move(*cursor);
    query.limit = limit;
    Records found = ask(query);
    for (int calls = 1; calls < calls_max && (found.*rows).empty() && !found.next.empty();
         ++calls) {
      query.after = std::move(found.next);
      found = ask(query);
    }
    return {.rows = std::move(found.*rows),
            .next = to_mark(found.next),
            .available = found.status.ok()};
  }

  Secret generate_secret(std::string_view profile_name) const {
    const std::shared_ptr<const Profile> profile = core_.profile(profile_name);
    const bool ed25519 = profile && profile->wire.generated == SecretKind::ed25519;
    return ed25519 ? Secret::generate_ed25519() : Secret::generate();
  }

  // Checks what the caller says, and writes it into the endpoint in canonical form.
  void take_over(const EndpointSpec& spec, Endpoint& endpoint) const {
    const std::shared_ptr<const Profile> profile = core_.profile(endpoint.profile);
    if (!profile) throw ConfigError("endpoint.profile", "is no known profile", endpoint.profile);
    endpoint.url = parse_url(spec.url, core_.options().egress).text;
    check_events(spec.events, *profile, core_.options().catalog);
    if (spec.uid.size() > uid_max) throw ConfigError("endpoint.uid", "must be at most 255 bytes");
    if (spec.description.size() > description_max) {
      throw ConfigError("endpoint.description", "must be at most 1,024 bytes");
    }
    if (spec.notify.size() > uid_max)
      throw ConfigError("endpoint.notify", "must be at most 255 bytes");
    check_custom_headers(spec.headers, profile->wire);
    check(spec.conditions);
    // The keys are made once here, so that a secret that can't be used is refused now.
    (void)core_.options().signer->prepare(
        profile->wire, endpoint.secrets,
        endpoint.standard_secret ? &*endpoint.standard_secret : nullptr);
    endpoint.events = spec.events;
    endpoint.uid = spec.uid;
    endpoint.description = spec.description;
    endpoint.headers = spec.headers;
    endpoint.conditions = spec.conditions;
    endpoint.notify = spec.notify;
  }

  EndpointResult edit(std::string_view tenant, EndpointId id, std::uint64_t version,
                      std::function<void(Endpoint&)> change) {
    check_tenant(tenant);
    return core_.carry_out({.kind = engine::EndpointOp::Kind::edit,
                            .tenant = std::string(tenant),
                            .id = id,
                            .version = version,
                            .edit = std::move(change)});
  }

  EndpointResult stop(std::string_view tenant, EndpointId id, std::uint64_t version,
                      Status status) {
    return edit(tenant, id, version, [status](Endpoint& endpoint) {
      endpoint.status = status;
      endpoint.reason = Reason::by_user;
    });
  }

  DispatcherCore& core_;
};

}  // namespace

std::unique_ptr<Endpoints> make_endpoints(DispatcherCore& core) {
  return std::make_unique<StoredEndpoints>(core);
}

}  // namespace hookwright
