#pragma once
// The clients of one process: one thread, one epoll. A request's latency counts from its intended
// start: by the timetable where there is a rate, else from the moment the client was free to ask.
// So a server that stalls is charged for the requests that would have come meanwhile.

#include <netinet/in.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/options.h"
#include "bench/load/tally.h"

namespace cb::bench {

class Crowd {
 public:
  // `share` of options.processes; the crowd takes its part of the clients and of the rate.
  Crowd(const Options& options, std::uint32_t share, Tally& tally);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  void run();

 private:
  enum class State : std::uint8_t { kFree, kConnecting, kGreeting, kAsking, kDone };
  struct Client {
    int fd = -1;
    State state = State::kFree;
    bool asked = false;
    std::uint32_t open = 0;  // requests without an answer
    std::uint64_t answers = 0;
    std::int64_t start = 0;  // intended, of the requests that are open
    std::string rest;        // of a line that is not whole yet
  };

  void begin(Client& client, std::int64_t intended);
  void connect(Client& client);
  void connected(Client& client);
  void send(Client& client);
  void readable(Client& client);
  void line(Client& client, std::string_view text);
  void finished(Client& client);
  void failed(Client& client, const char* what);
  void hang_up(Client& client);
  void free_again(Client& client);
  void follow_timetable();
  std::int64_t wait_until() const;
  void close_books();

  const Options& options_;
  Tally& tally_;
  std::vector<Client> clients_;
  std::vector<std::uint32_t> free_;  // with a timetable only
  std::string batch_;
  sockaddr_in to_{};
  std::uint32_t first_;  // number of our first client among all
  int epoll_;
  std::uint32_t done_ = 0;
  std::int64_t now_ = 0, measure_from_ = 0, end_ = 0;
  std::int64_t next_arrival_ = 0, arrival_gap_ = 0;
};

}  // namespace cb::bench
