// What a customer does with a webhook that is there: the buttons of its page.

#include <httplib.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include "routes.hpp"
#include "webhooks.hpp"

namespace {

using hookwright::EndpointId;
using hookwright::Endpoints;
using hookwright::JsonWriter;

void reply_status(httplib::Response& response, const hookwright::EndpointResult& result) {
  if (!result.ok())
    return reply_error(response, status_of(result.outcome), to_string(result.outcome));
  JsonWriter json;
  json.begin_object();
  json.field("status");
  json.string(to_string(result.endpoint.status));
  json.end_object();
  reply(response, 200, json);
}

// "Send Test", and the handshake once more: the answer is waited for, and shown.
void reply_trial(httplib::Response& response, const hookwright::Trial& trial) {
  if (trial.outcome != hookwright::EndpointOutcome::ok)
    return reply_error(response, status_of(trial.outcome), to_string(trial.outcome));
  JsonWriter json;
  json.begin_object();
  const hookwright::TenantView view = tenant_view(trial.attempt);
  json.field("accepted");
  json.boolean(trial.accepted);
  json.field("outcome");  // as much as a customer may be told
  json.string(view.word);
  json.field("status");
  json.integer(view.status);
  json.end_object();
  reply(response, 200, json);
}

// The old secret lives on for a day beside the new one, which is shown this once.
void rotate(Endpoints& endpoints, EndpointId id, httplib::Response& response) {
  const hookwright::EndpointResult result = endpoints.rotate(tenant, id);
  if (!result.ok()) return reply_status(response, result);
  JsonWriter json;
  json.begin_object();
  json.field("secret");
  json.string(result.endpoint.secrets.front().reveal());
  json.end_object();
  reply(response, 200, json);
}

// Sends again, a part with each call, until `next` is empty: what was given up in the last so many
// hours, or what was published then and never sent; or one delivery.
hookwright::Recovery asked_for(const httplib::Request& request) {
  if (request.has_param("delivery")) {
    const auto id = hookwright::DeliveryId::parse(request.get_param_value("delivery"));
    if (!id) throw std::invalid_argument("delivery: is none");
    return hookwright::Recovery::resend(*id);
  }
  const auto since = now() - std::chrono::hours(std::stoi(request.get_param_value("hours")));
  return request.has_param("missing") ? hookwright::Recovery::missing_since(since)
                                      : hookwright::Recovery::since(since);
}

void recover(Endpoints& endpoints, EndpointId id, const httplib::Request& request,
             httplib::Response& response) {
  hookwright::Recovery what = asked_for(request);
  what.after = request.get_param_value("after");
  const hookwright::Recovered recovered = endpoints.recover(tenant, id, what);
  if (recovered.outcome != hookwright::EndpointOutcome::ok)
    return reply_error(response, status_of(recovered.outcome), to_string(recovered.outcome));
  JsonWriter json;
  json.begin_object();
  json.field("sent");
  json.integer(static_cast<std::int64_t>(recovered.sent));
  json.field("next");
  json.string(recovered.next);
  json.end_object();
  reply(response, 200, json);
}

// Whether an event of this type would be sent now, and why not: its sample, for a start.
void explain(const Endpoints& endpoints, EndpointId id, const std::string& type,
             httplib::Response& response) {
  const auto endpoint = endpoints.find(tenant, id);
  if (!endpoint) return reply_error(response, 404, "no such webhook");
  const hookwright::Catalog catalog = published_events();
  const std::string family = endpoint->profile == "acme" ? "snipy" : endpoint->profile;
  const hookwright::CatalogEntry* entry = catalog.find(family, type);
  if (entry == nullptr) return reply_error(response, 400, "event: there is none of that type");
  const hookwright::Explanation said = endpoints.explain(tenant, id, entry->sample(now()));
  JsonWriter json;
  json.begin_object();
  json.field("reach");
  json.string(to_string(said.reach));
  json.field("why");
  json.string(said.why);
  json.field("headers");
  json.begin_array();
  for (const hookwright::Header& header : said.headers)
    json.string(header.name + ": " + header.value);
  json.end_array();
  json.field("body");
  json.string(said.body);
  json.end_object();
  reply(response, 200, json);
}

void list_dead_letters(const Endpoints& endpoints, EndpointId id, httplib::Response& response) {
  JsonWriter json;
  json.begin_object();
  json.field("dead_letters");
  json.begin_array();
  for (const hookwright::DeadLetter& letter : endpoints.dead_letters(tenant, id).rows) {
    json.begin_object();
    json.field("delivery");
    json.string(letter.id.text());
    json.field("event");
    json.string(letter.event.type);
    json.field("reason");
    json.string(to_string(letter.reason));
    json.field("attempts");
    json.integer(letter.attempts);
    json.field("payload");
    json.string(letter.event.body);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  reply(response, 200, json);
}

}  // namespace

int status_of(hookwright::EndpointOutcome outcome) {
  switch (outcome) {
    case hookwright::EndpointOutcome::not_found:
      return 404;
    case hookwright::EndpointOutcome::busy:
      return 429;
    case hookwright::EndpointOutcome::store_unavailable:
    case hookwright::EndpointOutcome::shutting_down:
      return 503;
    default:
      return 409;
  }
}

void add_webhook_life_routes(httplib::Server& server, Endpoints& endpoints) {
  // Each with the endpoint that its path names.
  const auto route = [&](bool reads, const std::string& path, auto answer) {
    const auto handler = [answer](const httplib::Request& request, httplib::Response& response) {
      const auto id = EndpointId::parse(request.matches[1].str());
      if (!id) return reply_error(response, 404, "no such webhook");
      try {
        answer(*id, request, response);
      } catch (const std::exception& error) {  // what the customer got wrong, and where
        reply_error(response, 400, error.what());
      }
    };
    const std::string pattern = "/webhooks/(ep_[A-Za-z0-9]+)/" + path;
    if (reads) {
      server.Get(pattern, handler);
    } else {
      server.Post(pattern, handler);
    }
  };
  route(false, "pause", [&](EndpointId id, const auto&, auto& response) {
    reply_status(response, endpoints.pause(tenant, id));
  });
  route(false, "resume", [&](EndpointId id, const auto&, auto& response) {
    reply_status(response, endpoints.enable(tenant, id));
  });
  route(false, "verify", [&](EndpointId id, const auto&, auto& response) {
    reply_trial(response, endpoints.verify(tenant, id));
  });
  route(false, "test", [&](EndpointId id, const auto& request, auto& response) {
    reply_trial(response, endpoints.test(tenant, id, request.get_param_value("event")));
  });
  route(false, "secret",
        [&](EndpointId id, const auto&, auto& response) { rotate(endpoints, id, response); });
  route(false, "recover", [&](EndpointId id, const auto& request, auto& response) {
    recover(endpoints, id, request, response);
  });
  route(true, "explain", [&](EndpointId id, const auto& request, auto& response) {
    explain(endpoints, id, request.get_param_value("event"), response);
  });
  route(true, "dead_letters", [&](EndpointId id, const auto&, auto& response) {
    list_dead_letters(endpoints, id, response);
  });
}
