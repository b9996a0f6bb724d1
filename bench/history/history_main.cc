// Fills a state directory with the history of many workers that have ended, as a broker leaves it
// after months.
//
//   bench-history STATE_DIR WORKERS

#include <cstdio>
#include <cstdlib>

#include "bench/kit/fake_cloud.h"
#include "io/clock/clock.h"
#include "io/store/sqlite_store.h"

namespace cb::bench {
namespace {

constexpr std::size_t kBatch = 500;

core::LedgerRecord ended(std::size_t number, Now now) {
  const core::WorkerRecord worker = ready_worker(number, now);
  core::LedgerRecord line;
  line.id = worker.id;
  line.pool = worker.pool;
  line.account = worker.account;
  line.region = worker.region;
  line.type = worker.type;
  line.zone = worker.zone;
  line.launched = now.wall - hours{24} - minutes{number % 100'000};
  line.ended = line.launched + minutes{40};
  line.end_reason = "idle 900 s (limit 900 s)";
  line.handed_out = 12;
  return line;
}

int fill(const char* state_dir, std::size_t workers) {
  const Now now = io::now();
  io::StoreOptions options;
  options.state_dir = state_dir;
  options.boot_id = io::boot_id();
  auto opened = io::SqliteStore::open(options, now);
  if (!opened) return std::fprintf(stderr, "bench-history: %s\n", opened.error().what.c_str()), 1;
  std::vector<core::Change> batch;
  for (std::size_t i = 1; i <= workers; ++i) {
    batch.emplace_back(ended(i, now));
    if (batch.size() < kBatch && i != workers) continue;
    if (const Status status = opened->store->commit(batch, now); !status) {
      return std::fprintf(stderr, "bench-history: %s\n", status.error().what.c_str()), 1;
    }
    batch.clear();
  }
  return 0;
}

}  // namespace
}  // namespace cb::bench

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: bench-history STATE_DIR WORKERS\n", stderr), 2;
  return cb::bench::fill(argv[1], static_cast<std::size_t>(std::atoll(argv[2])));
}
