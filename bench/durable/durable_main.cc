// Launches recorded a second, fsync included: driver, broker and the journal on this disk, with a
// cloud that answers at once, against the disk's own rate of append + fdatasync, turn by turn.
// Prints one JSON object.
//
//   bench-durable DIRECTORY [CONCURRENT [ROUNDS]]

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "bench/kit/fake_cloud.h"
#include "driver/driver.h"
#include "io/clock/clock.h"
#include "io/store/sqlite_store.h"

namespace cb::bench {
namespace {

constexpr auto kTurn = std::chrono::milliseconds{400};
constexpr std::size_t kRecordBytes = 512;  // about what one launch leaves in the journal

std::string encode(const core::LaunchSpec&) {
  return std::string(kRecordBytes / 2, 'x');
}

// Every caller waits for a pool of its own, so that so many launches are decided at once.
core::Settings many_pools(std::size_t pools) {
  core::Settings settings = settings_with_image();
  const core::PoolSettings one = settings.pools.begin()->second;
  for (std::size_t i = 0; i < pools; ++i) settings.pools.emplace(PoolName{str("pool", i)}, one);
  settings.max_workers = settings.launches_per_hour_max = 1'000'000;
  return settings;
}

// Launches what it is asked for, and ends it at once.
class QuickCloud : public PerfectPorts {
 public:
  void launch(const core::LaunchInstance& what) override {
    core::InstanceView view = running(ready_worker(++number_, io::now()));
    view.state = core::InstanceState::kPending;
    view.token = what.token;
    mine.push_back(view);
    sink->post(core::LaunchAnswered{what.token, what.region, core::Launched{{view}}});
  }
  void list(const core::ListInstances& what) override {
    sink->post(core::Listed{what.query, core::Listing{mine}});
  }
  void terminate(const core::TerminateInstances& what) override {
    core::TerminateAccepted accepted;
    for (const InstanceId& id : what.ids) {
      accepted.instances.push_back({id, core::InstanceState::kTerminated});
    }
    for (core::InstanceView& view : mine) view.state = core::InstanceState::kTerminated;
    sink->post(core::TerminateAnswered{what.ids, accepted});
  }
  std::vector<core::InstanceView> mine;

 private:
  std::size_t number_ = 0;
};

// How long commits took, fsync included.
class TimedStore : public port::Store {
 public:
  explicit TimedStore(port::Store& store) : store_(store) {}
  Status commit(const std::vector<core::Change>& changes, Now now) override {
    const auto begun = std::chrono::steady_clock::now();
    Status status = store_.commit(changes, now);
    took += std::chrono::steady_clock::now() - begun;
    CHECK(status);
    return status;
  }
  std::chrono::duration<double> took{0};

 private:
  port::Store& store_;
};

struct NoReplies : port::Replies {
  void reply(CallerId, const core::Answer&) override {}
  void tell(CallerId, const core::Progress&) override {}
  void notify(cb::ConnectionId, const core::Notice&) override {}
};

class Launches {
 public:
  Launches(port::Store& store, std::size_t concurrent)
      : concurrent_(concurrent),
        broker_(many_pools(concurrent), encode),
        store_(store),
        driver_(broker_, {cloud_, cloud_, replies_, store_, cloud_}) {
    cloud_.sink = &driver_;
    core::Started started;
    started.fresh_nonce = "benchmark";
    post(std::move(started));
  }
  struct Rates {
    double store;  // by the time that the store took
    double whole;  // by all the time
  };
  // Launches a second. Each is two decisions that are durable before anything follows from them:
  // the intent before its call, and the worker when it is answered.
  Rates rates_of_a_turn() {
    std::size_t done = 0;
    std::chrono::duration<double> took{0}, stored{0};
    while (stored < kTurn) {
      const auto begun = std::chrono::steady_clock::now();
      store_.took = {};
      for (std::size_t i = 0; i < concurrent_; ++i) {
        core::GetWorker get;
        get.pool = {str("pool", i)};
        driver_.post(core::Asked{{++caller_}, std::move(get)});
      }
      run();
      took += std::chrono::steady_clock::now() - begun;
      stored += store_.took;
      CHECK(cloud_.mine.size() == concurrent_);
      done += concurrent_;
      end_all();
    }
    const auto count = static_cast<double>(done);
    return {count / stored.count(), count / took.count()};
  }

 private:
  // Not measured: everything ends, and an hour passes, which empties the list of launches.
  void end_all() {
    post(core::Asked{{++caller_}, core::TerminateAll{}});
    now_.boot += hours{3};
    now_.wall += hours{3};
    post(core::TimePassed{});
    cloud_.mine.clear();
    CHECK(broker_.records().workers.empty());
  }
  void post(core::Event event) {
    driver_.post(std::move(event));
    run();
  }
  void run() {
    do driver_.run(now_);
    while (driver_.has_work());
  }

  std::size_t concurrent_;
  QuickCloud cloud_;
  NoReplies replies_;
  core::Broker broker_;
  TimedStore store_;
  driver::Driver driver_;
  Now now_ = io::now();
  std::uint64_t caller_ = 0;
};

double raw_rate_of_a_turn(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  CHECK(fd >= 0);
  const std::string record(kRecordBytes, 'x');
  std::size_t done = 0;
  const auto begun = std::chrono::steady_clock::now();
  std::chrono::duration<double> took{0};
  for (; took < kTurn; took = std::chrono::steady_clock::now() - begun, ++done) {
    CHECK(::write(fd, record.data(), record.size()) == static_cast<ssize_t>(record.size()));
    CHECK(::fdatasync(fd) == 0);
  }
  ::close(fd);
  return static_cast<double>(done) / took.count();
}

void print_rates(const char* name, const std::vector<double>& rates) {
  std::printf(",\"%s\":[", name);
  for (std::size_t i = 0; i < rates.size(); ++i) std::printf("%s%.1f", i == 0 ? "" : ",", rates[i]);
  std::printf("]");
}

int compare(const std::filesystem::path& dir, std::size_t concurrent, int rounds) {
  io::StoreOptions options;
  options.state_dir = dir / "state";
  options.boot_id = io::boot_id();
  auto opened = io::SqliteStore::open(options, io::now());
  if (!opened) return std::fprintf(stderr, "bench-durable: %s\n", opened.error().what.c_str()), 1;
  Launches launches(*opened->store, concurrent);
  std::vector<double> raw, ours, whole;
  for (int i = 0; i < rounds; ++i) {
    raw.push_back(raw_rate_of_a_turn(dir / "raw"));
    const auto rates = launches.rates_of_a_turn();
    ours.push_back(rates.store);
    whole.push_back(rates.whole);
  }
  std::printf("{\"concurrent\":%zu", concurrent);
  print_rates("raw_per_s", raw);
  print_rates("launches_per_s", ours);
  print_rates("whole_per_s", whole);
  std::printf("}\n");
  return 0;
}

}  // namespace
}  // namespace cb::bench

int main(int argc, char** argv) {
  if (argc < 2)
    return std::fputs("usage: bench-durable DIRECTORY [CONCURRENT [ROUNDS]]\n", stderr), 2;
  const std::size_t concurrent = argc > 2 ? static_cast<std::size_t>(std::atoll(argv[2])) : 128;
  std::filesystem::create_directories(argv[1]);
  return cb::bench::compare(argv[1], concurrent, argc > 3 ? std::atoi(argv[3]) : 5);
}
