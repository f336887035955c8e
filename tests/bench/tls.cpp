// The same as deliver over TLS 1.3: on kept connections, and with a new connection for each
// request, where all of the system's certificates are trusted.
#include <fstream>
#include <sstream>

#include "bench/contestants.hpp"
#include "support/certificates.hpp"

namespace bench {
namespace {

std::string system_bundle() {
  for (const char* path : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                           "/etc/ssl/cert.pem"}) {
    std::ifstream file(path);
    if (!file) continue;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  return {};
}

}  // namespace

void tls(const Settings& settings, Report& report) {
  const hookwright::testing::Authority authority;
  const hookwright::testing::Identity identity = authority.issue({"127.0.0.1"});
  const hookwright::testing::TemporaryFile certificate(identity.certificate);
  const hookwright::testing::TemporaryFile key(identity.key);
  const hookwright::testing::TemporaryFile trusted(system_bundle() + authority.certificate());

  Process receiver("receiver", {{"certificate", certificate.path()}, {"key", key.path()}},
                   receiver_core());
  const std::string port = std::to_string(static_cast<int>(receiver.read().at("port")));
  const auto bare = [&](const std::string& path) {
    return [&, path] {
      return run("bare",
                 {{"url", "https://127.0.0.1:" + port + path},
                  {"ca", trusted.path()},
                  {"seconds", std::to_string(settings.seconds)}},
                 sender_core());
    };
  };
  const auto ours = [&](const std::string& path) {
    return [&, path] {
      return measure_sender(
          settings, receiver,
          {{"port", port}, {"scheme", "https"}, {"path", path}, {"ca", trusted.path()}},
          sender_core());
    };
  };
  const std::string kept = "hookwright, kept connections";
  const std::string fresh = "hookwright, a new connection each";
  const Rounds rounds(settings, {{"bare libcurl, kept connections", bare("/ok")},
                                 {kept, ours("/ok")},
                                 {"bare libcurl, a new connection each", bare("/close")},
                                 {fresh, ours("/close")}});
  report.table("tls", rounds, {"rate", "cpu_us", "receiver_cpu_us"},
               "bare libcurl, kept connections");
  report.bar("tls: rate / bare, kept connections",
             rounds.ratio(kept, "bare libcurl, kept connections", "rate"), Bound::at_least, 0.90,
             1.0);
  report.bar("tls: ms of CPU for a new connection", rounds.median(fresh, "cpu_us") / 1e3,
             Bound::at_most, 1.0, 0.7);
}

}  // namespace bench
