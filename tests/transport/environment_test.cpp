// What must not happen behind our back in a process that is not ours.

#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "support/certificates.hpp"
#include "transport/library.hpp"
#include "transport/sending.hpp"

using namespace hookwright;
using namespace hookwright::testing;

namespace {

std::mutex looked_up_mutex;
std::vector<std::string> looked_up;  // by whomever in this process

std::vector<std::string> names_looked_up() {
  const std::lock_guard lock(looked_up_mutex);
  return looked_up;
}

// Set before libcurl is initialised, which is when it looks at this variable.
const std::string key_log = [] {
  std::string path =
      (std::filesystem::temp_directory_path() / ("hookwright-keys-" + std::to_string(::getpid())))
          .string();
  ::setenv("SSLKEYLOGFILE", path.c_str(), 1);
  return path;
}();

}  // namespace

// In the program itself, so this is the one that libcurl calls as well.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  {
    const std::lock_guard lock(looked_up_mutex);
    looked_up.emplace_back(name == nullptr ? "" : name);
  }
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto next = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return next(name, service, hints, result);
}

TEST_CASE("libcurl looks up no name, and no address either") {
  Receiver receiver;
  Receiver six([] {
    ReceiverOptions options;
    options.address = "::1";
    return options;
  }());
  Sender sender;
  sender.resolver->set("localhost", {"127.0.0.1"});
  sender.resolver->set("six.test", {"::1"});
  const std::size_t before = names_looked_up().size();
  for (const std::string& url :
       {receiver.url("/", "hook.test"), receiver.url(), receiver.url("/", "localhost"),
        six.url("/", "six.test"), six.url()}) {
    for (int i = 0; i < 3; ++i) CHECK(sender.send(post(url)).status == 200);
  }
  CHECK(sender.send(post("http://unknown.test/")).fault == Fault::name_not_resolved);
  CHECK(names_looked_up().size() == before);
}

TEST_CASE("localhost is reached by way of the operating system's resolver") {
  Receiver receiver;
  CurlTransportOptions options;
  options.egress = EgressPolicy::development();
  const auto transport = make_curl_transport(options);
  const std::size_t before = names_looked_up().size();
  CHECK(send(*transport, post(receiver.url("/", "localhost"))).address == "127.0.0.1");
  CHECK(send(*transport, post(receiver.url("/", "localhost"))).status == 200);
  CHECK(names_looked_up().size() == before + 1);
}

TEST_CASE("session keys are not written to the file that the environment names") {
  if (!transport::library().openssl_is_ours) return;  // GnuTLS itself reads the variable
  const Authority authority;
  const TemporaryFile file(authority.certificate());
  const Identity identity = authority.issue({"hook.test"});
  ReceiverOptions receiver_options;
  receiver_options.identity = &identity;
  Receiver receiver(std::move(receiver_options));
  CurlTransportOptions options;
  options.ca_file = file.path();
  Sender sender(options);
  CHECK(sender.send(post(receiver.url("/", "hook.test"))).status == 200);

  std::ifstream stream(key_log);
  const std::string text((std::istreambuf_iterator<char>(stream)),
                         std::istreambuf_iterator<char>());
  CHECK(text.empty());
  std::error_code error;
  std::filesystem::remove(key_log, error);
}
