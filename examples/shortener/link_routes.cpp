#include <httplib.h>

#include <optional>
#include <string>
#include <utility>

#include "announcer.hpp"
#include "conversions.hpp"
#include "links.hpp"
#include "routes.hpp"
#include "visitor.hpp"

void reply(httplib::Response& response, int status, hookwright::JsonWriter& json) {
  response.status = status;
  response.set_content(json.take() + '\n', "application/json");
}

void reply_error(httplib::Response& response, int status, std::string_view why) {
  hookwright::JsonWriter json;
  json.begin_object();
  json.field("error");
  json.string(why);
  json.end_object();
  reply(response, status, json);
}

namespace {

void make_link(Links& links, Announcer& announcer, const httplib::Request& request,
               httplib::Response& response) {
  const std::string target = request.get_param_value("url");
  const std::string alias = request.get_param_value("alias");
  if (!valid_target(target)) return reply_error(response, 400, "url: must be http or https");
  if (!valid_alias(alias)) return reply_error(response, 400, "alias: letters, digits, - and _");
  const std::optional<Link> link = links.create(target, alias);
  if (!link) return reply_error(response, 409, "alias: taken");

  const bool announced = announcer.created(*link);
  hookwright::JsonWriter json;
  json.begin_object();
  json.field("short");
  json.string(announcer.short_url(*link));
  json.field("qr");
  json.string(announcer.qr_url(*link));
  json.field("announced");
  json.boolean(announced);
  json.end_object();
  reply(response, 201, json);
}

}  // namespace

void add_link_routes(httplib::Server& server, Links& links, Announcer& announcer,
                     Conversions& conversions) {
  server.Post("/links", [&](const httplib::Request& request, httplib::Response& response) {
    make_link(links, announcer, request, response);
  });

  server.Get("/([A-Za-z0-9_-]+)",
             [&](const httplib::Request& request, httplib::Response& response) {
               const std::optional<Link> link = links.find(request.matches[1].str());
               if (!link) return reply_error(response, 404, "no such link");
               const Visitor visitor = visitor_of(request);
               const std::int64_t clicks = links.click(*link);
               announcer.clicked(*link, visitor);
               conversions.clicked(*link, announcer.short_url(*link), visitor, clicks);
               response.set_redirect(conversions.destination(*link, clicks));
             });

  server.Get("/pixel.gif", [&](const httplib::Request& request, httplib::Response& response) {
    conversions.shown(request.get_param_value("hw_click"), visitor_of(request));
    response.set_header("Cache-Control", "no-store");
    response.set_content(std::string(hookwright::triggers::pixel_gif()), "image/gif");
  });

  using hookwright::triggers::DomainStep;
  for (const auto& [path, step] : {std::pair("dns", DomainStep::dns_validated),
                                   std::pair("certificate", DomainStep::certificate_provisioned)}) {
    server.Post(std::string("/domains/([a-z0-9.-]{1,200})/") + path,
                [&, step = step](const httplib::Request& request, httplib::Response& response) {
                  conversions.domain_step(request.matches[1].str(), step);
                  response.status = 204;
                });
  }

  server.Get("/qr/([A-Za-z0-9_-]+)",
             [&](const httplib::Request& request, httplib::Response& response) {
               const std::optional<Link> link = links.find(request.matches[1].str());
               if (!link) return reply_error(response, 404, "no such QR code");
               announcer.scanned(*link, visitor_of(request));
               response.set_redirect(link->target);
             });
}
