#include "app/client/broker_client.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>

#include "base/text.h"

namespace cb::app {
namespace {

constexpr std::string_view kDefaultPort = "9000";
constexpr std::size_t kAnswerMax = 64 << 20;  // a listing of very many instances
constexpr Duration kTick = seconds{1};
constexpr Duration kComingUp = seconds{3};
constexpr Duration kComingUpTick = milliseconds{100};
// The broker answers at the end of `wait`; so much later it is not there any more.
constexpr Duration kAnswerMargin = seconds{15};

// Whether `fd` became ready before the deadline.
bool wait_ready(int fd, short events, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd one{fd, events, 0};
    const int limit = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
    const int ready = ::poll(&one, 1, limit);
    if (ready > 0) return true;
    if (ready == 0 && left.count() <= limit) return false;
    if (ready < 0 && errno != EINTR) return false;
  }
}

// 0, or the errno that says why there is no connection.
int connect_to(const addrinfo& address, Deadline deadline, io::UniqueFd& out) {
  io::UniqueFd fd(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno;
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return errno;
    if (!wait_ready(fd.get(), POLLOUT, deadline)) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
    if (error != 0) return error;
  }
  // A broker whose machine has died is noticed within two minutes, however long we wait.
  const auto set = [&](int level, int option, int value) {
    ::setsockopt(fd.get(), level, option, &value, sizeof value);
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 6);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 90'000);  // ms: also while what we said is not acknowledged
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  out = std::move(fd);
  return 0;
}

Failure unreachable(const std::string& broker, const std::string& why) {
  return {kUnreachable, str("cannot reach the broker at ", broker, ": ", why,
                            "; start it there (compute-broker serve), or name another with "
                            "--broker, COMPUTE_BROKER or client.conf")};
}

std::string plain(const std::string& answer) {
  constexpr std::string_view kError = "ERROR: ";
  if (answer == "ERROR") return "the broker answered ERROR without a reason; its log has it";
  return answer.starts_with(kError) ? answer.substr(kError.size()) : answer;
}

std::string accepted(const std::string& answer) {
  if (answer.starts_with("ERROR")) throw Failure{kRefused, plain(answer)};
  return answer;
}

Failure timed_out(const BrokerOptions& options, const std::string& command, Duration limit) {
  return {kTimedOut, str("the broker at ", options.broker, " did not answer ", command, " within ",
                         to_string(limit), "; its log says what it waits for")};
}

std::string await_worker(BrokerClient& client, const BrokerOptions& options, Duration wait,
                         const TellPhase& tell) {
  const Duration limit = wait + kAnswerMargin;
  const Deadline deadline = after(limit);
  while (std::chrono::steady_clock::now() < deadline) {
    const auto line = client.read_line(std::min(deadline, after(kTick)));
    if (!line) {
      tell("");
    } else if (line->starts_with("# ")) {
      tell(line->substr(2));
    } else {
      return accepted(*line);
    }
  }
  throw timed_out(options, "GET_WORKER", limit);
}

}  // namespace

BrokerOptions in_haste(BrokerOptions options) {
  constexpr Duration kHaste = seconds{3};
  options.connect_timeout = std::min(options.connect_timeout, kHaste);
  options.answer_timeout = std::min(options.answer_timeout, kHaste);
  return options;
}

Deadline after(Duration limit) {
  return std::chrono::steady_clock::now() + limit;
}

std::string BrokerAddress::text() const {
  return host.find(':') == host.npos ? str(host, ':', port) : str('[', host, "]:", port);
}

Result<BrokerAddress> parse_broker_address(std::string_view text) {
  const Error wrong{str(text,
                        " is no address of a broker; write HOST:PORT, such as "
                        "127.0.0.1:9000")};
  std::string_view host = text;
  std::string_view port = kDefaultPort;
  const bool bracketed = text.starts_with('[');
  const std::size_t end = bracketed ? text.find(']') : std::min(text.rfind(':'), text.size());
  if (end == text.npos) return wrong;
  host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
  std::string_view rest = text.substr(bracketed ? end + 1 : end);
  if (rest.starts_with(':')) port = rest.substr(1);
  if (!rest.empty() && !rest.starts_with(':')) return wrong;
  const auto number = parse_int(port);
  const bool bare_v6 = !bracketed && host.find(':') != host.npos;
  if (host.empty() || first_word(host) != host || bare_v6 || !number || *number < 1 ||
      *number > 65'535)
    return wrong;
  return BrokerAddress{std::string(host), std::string(port)};
}

BrokerClient::BrokerClient(const BrokerOptions& options) : broker_(options.broker) {
  const auto address = parse_broker_address(options.broker);
  if (!address) throw Failure{kUsage, address.error().what};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(address->host.c_str(), address->port.c_str(), &hints, &found);
  if (error != 0) throw unreachable(broker_, ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, ::freeaddrinfo);
  const Deadline deadline = after(options.connect_timeout);
  int why = ETIMEDOUT;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    why = connect_to(*each, deadline, fd_);
    if (why == 0) return;
  }
  throw unreachable(broker_, std::strerror(why));
}

Failure BrokerClient::hung_up(const std::string& how) const {
  return {kUnreachable, str("the broker at ", broker_, ' ', how,
                            "; ask again, and look into its log if it stays so")};
}

void BrokerClient::send(std::string_view line) {
  const std::string bytes = str(line, '\n');
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto n = ::send(fd_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {
      if (!wait_ready(fd_.get(), POLLOUT, after(seconds{5}))) throw hung_up("does not read");
    } else if (errno != EINTR) {
      // Its last words may still be there to be read.
      return;
    }
  }
}

std::optional<std::string> BrokerClient::read_line(Deadline deadline) {
  for (;;) {
    if (const std::size_t newline = input_.find('\n'); newline != input_.npos) {
      std::string line = input_.substr(0, newline);
      input_.erase(0, newline + 1);
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    if (!wait_ready(fd_.get(), POLLIN, deadline)) return {};
    std::array<char, 16 * 1024> bytes{};
    const auto n = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) throw hung_up(str("cut the connection (", std::strerror(errno), ')'));
    // A line cut short could be another worker's address: it is no answer.
    if (n == 0) throw hung_up("closed the connection without an answer");
    input_.append(bytes.data(), static_cast<std::size_t>(n));
    if (input_.size() > kAnswerMax) throw hung_up("sent an answer without end");
  }
}

std::string ask_broker(const BrokerOptions& options, const std::string& command) {
  BrokerClient client(options);
  client.send(command);
  auto answer = client.read_line(after(options.answer_timeout));
  if (!answer) throw timed_out(options, command, options.answer_timeout);
  return accepted(*answer);
}

namespace {

// A broker that is just being (re)started is waited for a moment.
BrokerClient reach_patiently(const BrokerOptions& options, Duration patience,
                             const TellPhase& tell) {
  const Deadline deadline = after(patience);
  for (;;) {
    try {
      return BrokerClient(options);
    } catch (const Failure& failure) {
      if (failure.exit_code != kUnreachable || std::chrono::steady_clock::now() >= deadline) throw;
    }
    tell(str("no broker answers at ", options.broker, " yet"));
    std::this_thread::sleep_for(kComingUpTick);
  }
}

std::string in_words(const WorkerWanted& wanted) {
  std::string text = str("GET_WORKER wait=", std::chrono::ceil<seconds>(wanted.wait).count());
  if (!wanted.pool.empty()) text += str(" pool=", wanted.pool);
  if (wanted.cores != 0) text += str(" cores=", wanted.cores);
  if (!wanted.type.empty()) text += str(" type=", wanted.type);
  if (!wanted.region.empty()) text += str(" region=", wanted.region);
  if (!wanted.market.empty()) text += str(" market=", wanted.market);
  if (wanted.count != 1) text += str(" count=", wanted.count);
  if (wanted.alone) text += " exclusive=1";
  if (wanted.hold) text += str(" hold=", to_string(*wanted.hold));
  return text;
}

constexpr std::string_view kNotice = "NOTICE ";

// What an older broker says to the greeting of a newer protocol.
bool not_spoken(const std::string& hello) {
  return hello == "ERROR: Unknown command" ||
         hello.starts_with("ERROR: Bad request: only protocol");
}

// "198.51.100.7 lease=k3x2q2mwa7bdf", and more of them after it.
WorkersGiven given_by(const std::string& answer) {
  constexpr std::string_view kLease = "lease=";
  WorkersGiven out;
  for (const std::string_view word : words(answer)) {
    if (word.starts_with(kLease) && !out.workers.empty()) {
      out.workers.back().lease = word.substr(kLease.size());
    } else {
      out.workers.push_back({std::string(word), {}});
    }
  }
  return out;
}

// What only a broker of protocol 3 can give.
std::string_view needs_leases(const WorkerWanted& wanted) {
  return wanted.hold ? "--hold" : wanted.count != 1 ? "--count" : wanted.alone ? "--exclusive" : "";
}

bool asks_for_something(const WorkerWanted& wanted) {
  return !wanted.pool.empty() || wanted.cores != 0 || !wanted.type.empty() ||
         !wanted.region.empty() || !wanted.market.empty();
}

}  // namespace

std::string ask_on(BrokerClient& client, const BrokerOptions& options, const std::string& command,
                   const std::function<void(const std::string& notice)>& tell) {
  client.send(command);
  const Deadline deadline = after(options.answer_timeout);
  while (const auto line = client.read_line(deadline)) {
    if (!line->starts_with(kNotice)) return accepted(*line);
    tell(line->substr(kNotice.size()));
  }
  throw timed_out(options, command, options.answer_timeout);
}

WorkersGiven get_workers(const BrokerOptions& options, const WorkerWanted& wanted,
                         const TellPhase& tell) {
  const std::string_view needs_leases = app::needs_leases(wanted);
  const bool leased = wanted.leased || !needs_leases.empty();
  for (int protocol = leased ? 3 : 2; protocol >= 2; --protocol) {
    BrokerClient client = reach_patiently(options, std::min(wanted.wait, kComingUp), tell);
    client.send(str("HELLO ", protocol, " client=", wanted.client));
    const auto hello = client.read_line(after(options.answer_timeout));
    if (!hello) throw timed_out(options, "HELLO", options.answer_timeout);
    if (not_spoken(*hello)) continue;
    accepted(*hello);
    if (!needs_leases.empty() && protocol < 3) break;
    client.send(in_words(wanted));
    WorkersGiven given = given_by(await_worker(client, options, wanted.wait, tell));
    const bool bound = !given.workers.empty() && !given.workers.front().lease.empty();
    if (bound) given.connection.emplace(std::move(client));
    return given;
  }
  if (!needs_leases.empty()) {
    throw Failure{kRefused,
                  str("the broker at ", options.broker,
                      " speaks no protocol 3, which has leases: ask it without ", needs_leases)};
  }
  if (asks_for_something(wanted)) {
    throw Failure{kRefused, str("the broker at ", options.broker,
                                " speaks protocol 1 only, which has no pools: ask it without "
                                "--pool, --cores, --type, --region and --market")};
  }
  BrokerClient one(options);
  one.send("GET_WORKER");
  tell("waiting for a worker");
  return given_by(await_worker(one, options, wanted.wait, tell));
}

}  // namespace cb::app
