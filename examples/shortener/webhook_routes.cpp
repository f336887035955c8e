#include <httplib.h>

#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "delivery_log.hpp"
#include "routes.hpp"
#include "webhooks.hpp"

namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

hookwright::EndpointSpec spec_of(const httplib::Request& request) {
  hookwright::EndpointSpec spec;
  spec.url = request.get_param_value("url");
  spec.events = split(request.get_param_value("events"));
  spec.profile = request.get_param_value("profile");
  spec.uid = request.get_param_value("name");
  const std::string link = request.get_param_value("link");
  if (!link.empty()) {  // its name, as Snipy's and SnapGlyph's events have it
    spec.conditions.any = {{"data.alias", hookwright::Comparison::equal, link},
                           {"data.qrCodeName", hookwright::Comparison::equal, link}};
  }
  const std::string secret = request.get_param_value("secret");
  if (!secret.empty()) spec.secret = hookwright::Secret(secret);
  return spec;
}

void describe(hookwright::JsonWriter& json, const hookwright::Endpoint& endpoint) {
  json.field("id");
  json.string(endpoint.id.text());
  json.field("name");
  json.string(endpoint.uid);
  json.field("url");
  json.string(endpoint.url);
  json.field("events");
  json.begin_array();
  for (const std::string& pattern : endpoint.events) json.string(pattern);
  json.end_array();
  json.field("profile");
  json.string(endpoint.profile);
  json.field("status");
  json.string(to_string(endpoint.status));
  json.field("failing");
  json.boolean(endpoint.failing);
}

void subscribe(hookwright::Endpoints& endpoints, DeliveryLog& log, const httplib::Request& request,
               httplib::Response& response) {
  const hookwright::EndpointResult result = endpoints.create(tenant, spec_of(request));
  if (!result.ok())
    return reply_error(response, status_of(result.outcome), to_string(result.outcome));
  const hookwright::Endpoint& endpoint = result.endpoint;
  log.name(endpoint.id, endpoint.uid.empty() ? endpoint.url : endpoint.uid);

  hookwright::JsonWriter json;
  json.begin_object();
  describe(json, endpoint);
  if (!request.has_param("secret")) {  // it was made for the customer, who sees it this once
    json.field("secret");
    json.string(endpoint.secrets.front().reveal());
  }
  json.end_object();
  reply(response, 201, json);
}

void list(const hookwright::Endpoints& endpoints, httplib::Response& response) {
  hookwright::JsonWriter json;
  json.begin_object();
  json.field("webhooks");
  json.begin_array();
  for (const hookwright::ListedEndpoint& endpoint : endpoints.list(tenant).rows) {
    json.begin_object();
    describe(json, endpoint);
    json.field("waiting");
    json.integer(static_cast<std::int64_t>(endpoints.backlog(tenant, endpoint.id).value_or(0)));
    if (endpoint.last_attempt) {
      const hookwright::TenantView last = tenant_view(*endpoint.last_attempt);
      json.field("last");
      json.string(last.word);
      json.field("last_at");
      json.timestamp(std::chrono::floor<std::chrono::seconds>(last.at));
    }
    json.end_object();
  }
  json.end_array();
  json.end_object();
  reply(response, 200, json);
}

// The delivery history, a page of it: as much of each attempt as a customer may be told.
void list_attempts(const hookwright::Endpoints& endpoints, hookwright::EndpointId id,
                   const httplib::Request& request, httplib::Response& response) {
  hookwright::HistoryFilter only{.type = request.get_param_value("event")};
  if (request.has_param("failed")) only.result = hookwright::AttemptResult::failed;
  const auto page = endpoints.attempts(tenant, id, request.get_param_value("after"), 50, only);
  hookwright::JsonWriter json;
  json.begin_object();
  json.field("attempts");
  json.begin_array();
  for (const hookwright::Attempt& attempt : page.rows) {
    const hookwright::TenantView view = tenant_view(attempt);
    json.begin_object();
    json.field("delivery");
    json.string(attempt.delivery.text());
    json.field("event");
    json.string(attempt.type);
    json.field("number");
    json.integer(view.number);
    json.field("at");
    json.timestamp(std::chrono::floor<std::chrono::seconds>(view.at));
    json.field("outcome");
    json.string(view.word);
    json.field("status");
    json.integer(view.status);
    json.end_object();
  }
  json.end_array();
  json.field("next");
  json.string(page.next);
  json.end_object();
  reply(response, 200, json);
}

// URL, events and all else that the form says, in place of what was; the secret stays unless given.
void edit(hookwright::Endpoints& endpoints, hookwright::EndpointId id,
          const httplib::Request& request, httplib::Response& response) {
  const hookwright::EndpointResult result = endpoints.update(tenant, id, spec_of(request));
  if (!result.ok())
    return reply_error(response, status_of(result.outcome), to_string(result.outcome));
  hookwright::JsonWriter json;
  json.begin_object();
  describe(json, result.endpoint);
  json.end_object();
  reply(response, 200, json);
}

}  // namespace

void add_metrics_route(httplib::Server& server, const hookwright::Dispatcher& dispatcher) {
  server.Get("/metrics", [&](const httplib::Request&, httplib::Response& response) {
    response.set_content(hookwright::prometheus_text(dispatcher.metrics()),
                         "text/plain; version=0.0.4");
  });
}

void add_webhook_routes(httplib::Server& server, hookwright::Endpoints& endpoints,
                        DeliveryLog& log) {
  server.Post("/webhooks", [&](const httplib::Request& request, httplib::Response& response) {
    try {
      subscribe(endpoints, log, request, response);
    } catch (const hookwright::ConfigError& error) {  // what the customer got wrong, and where
      reply_error(response, 400, error.what());
    }
  });

  server.Get("/webhooks", [&](const httplib::Request&, httplib::Response& response) {
    list(endpoints, response);
  });

  server.Get("/webhooks/(ep_[A-Za-z0-9]+)/attempts",
             [&](const httplib::Request& request, httplib::Response& response) {
               const auto id = hookwright::EndpointId::parse(request.matches[1].str());
               if (!id) return reply_error(response, 404, "no such webhook");
               list_attempts(endpoints, *id, request, response);
             });

  server.Put("/webhooks/(ep_[A-Za-z0-9]+)",
             [&](const httplib::Request& request, httplib::Response& response) {
               const auto id = hookwright::EndpointId::parse(request.matches[1].str());
               if (!id) return reply_error(response, 404, "no such webhook");
               try {
                 edit(endpoints, *id, request, response);
               } catch (const hookwright::ConfigError& error) {
                 reply_error(response, 400, error.what());
               }
             });

  server.Delete("/webhooks/(ep_[A-Za-z0-9]+)",
                [&](const httplib::Request& request, httplib::Response& response) {
                  const auto id = hookwright::EndpointId::parse(request.matches[1].str());
                  const auto outcome =
                      id ? endpoints.remove(tenant, *id) : hookwright::EndpointOutcome::not_found;
                  if (outcome == hookwright::EndpointOutcome::ok) {
                    response.status = 204;
                  } else {
                    reply_error(response, status_of(outcome), to_string(outcome));
                  }
                });
}
