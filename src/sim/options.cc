#include "sim/options.h"

#include "base/text.h"

namespace cb::sim {
namespace {

template <class T, std::size_t N>
T pick(Prng& prng, const T (&values)[N]) {
  return values[prng.below(N)];
}

void draw_settings(core::Settings& settings, Prng& prng) {
  settings.region = "us-east-1";
  settings.max_workers = static_cast<std::size_t>(prng.between(1, 4));
  settings.launches_per_hour_max =
      pick<std::size_t>(prng, {1000, 1000, 1000, 1000, 200, 60, 20, 6});
  settings.max_lifetime = pick<Duration>(prng, {hours{12}, hours{3}, hours{1}});
  settings.adopt_untagged = prng.chance(15);
  // Two seconds is the default and costs most of a world's time; every tenth world pays it.
  settings.alive_interval =
      pick<Duration>(prng, {seconds{2}, seconds{10}, seconds{20}, seconds{30}, seconds{30},
                            seconds{45}, seconds{45}, seconds{60}, seconds{60}, seconds{60}});
  settings.listing_slow = pick<Duration>(prng, {seconds{30}, seconds{60}, seconds{60}});
  settings.probe_interval = pick<Duration>(prng, {milliseconds{200}, seconds{1}, seconds{1}});

  core::PoolSettings pool;
  pool.image = "ami-1";
  pool.security_groups = {"sg-1"};
  pool.market = pick<core::MarketOrder>(
      prng, {core::MarketOrder::kSpotThenOnDemand, core::MarketOrder::kSpotThenOnDemand,
             core::MarketOrder::kSpot, core::MarketOrder::kOnDemand});
  pool.idle_timeout = pick<Duration>(prng, {minutes{15}, minutes{5}, minutes{2}, minutes{40}});
  pool.launch_timeout = pick<Duration>(prng, {minutes{3}, minutes{3}, seconds{90}});
  pool.ready = pick<core::ReadyCheck>(prng, {core::ReadyCheck::kDserv, core::ReadyCheck::kDserv,
                                             core::ReadyCheck::kTcp, core::ReadyCheck::kNone});
  if (prng.chance(20)) pool.address = core::AddressKind::kPrivate;
  settings.pools = {{PoolName{"default"}, pool}};
  if (prng.chance(30)) {
    pool.instance_types = {"m7i.large"};
    settings.pools[PoolName{"small"}] = pool;
    ++settings.max_workers;
  }
}

void draw_faults(Options& options, const Narrowing& narrowing, Prng& prng) {
  const bool calm = prng.chance(5);  // some worlds are kind: the tests must pass there as well
  for (const FaultRow& one : fault_table()) {
    const bool here = prng.chance(45);
    const int dose = static_cast<int>(prng.between(1, one.most));
    const bool wanted = here && !calm && narrowing.takes(one.fault);
    options.dose[static_cast<std::size_t>(one.fault)] = wanted ? dose : 0;
  }
}

}  // namespace

Prng stream(std::uint64_t seed, std::string_view part) {
  return Prng{seed_of(part, seed)};
}

Options draw_options(std::uint64_t seed, const Narrowing& narrowing) {
  Prng prng = stream(seed, "options");
  Options options;
  options.seed = seed;
  // The lonely idle, vanish and lose answers; a crowd only shares. A stream of its own, so that a
  // world stays as it is when somebody else fills it.
  Prng population = stream(seed, "population");
  options.clients = narrowing.clients.value_or(pick<int>(population, {1, 2, 8, 50, 200}));
  options.length = narrowing.length;
  draw_settings(options.settings, prng);
  draw_faults(options, narrowing, prng);
  options.pending_min = seconds{5};
  options.pending_max = pick<Duration>(prng, {seconds{12}, seconds{20}, seconds{40}});
  options.boot_min = seconds{1};
  options.boot_max = pick<Duration>(prng, {seconds{4}, seconds{15}, seconds{30}});
  options.addresses = static_cast<int>(prng.between(6, 40));
  options.capacity = static_cast<std::size_t>(prng.between(1, 5));
  options.staleness = pick<Duration>(prng, {seconds{1}, seconds{5}, seconds{20}});
  options.think = pick<Duration>(prng, {minutes{8}, minutes{20}, minutes{60}});
  options.session = pick<Duration>(prng, {minutes{1}, minutes{4}, minutes{20}});
  options.busy_percent = static_cast<int>(prng.between(10, 45));
  options.release_percent = pick<int>(prng, {0, 0, 1, 5, 40});
  options.shown_after_end = pick<Duration>(prng, {minutes{1}, minutes{10}, hours{1}});
  options.foreigners = prng.chance(60);
  // A breaker that opens after ten boots in a row that failed would hardly ever open.
  options.settings.boot_failures_max = pick<std::size_t>(prng, {10, 10, 3});
  options.batching = pick<Duration>(prng, {milliseconds{0}, milliseconds{0}, milliseconds{40}});
  return options;
}

std::string Narrowing::flags() const {
  std::string out;
  const Narrowing usual;
  if (clients) out += str(" --clients ", *clients);
  if (length != usual.length) out += str(" --hours ", length / hours{1});
  if (without.empty()) return out;
  // Whichever list is the shorter.
  const bool few_left = without.size() * 2 > kFaults;
  std::string names;
  for (const FaultRow& one : fault_table()) {
    if (takes(one.fault) == few_left) names += str(names.empty() ? "" : ",", one.name);
  }
  out += str(few_left ? " --only " : " --without ", names.empty() ? "none" : names);
  return out;
}

std::string describe(const Options& options) {
  const core::Settings& settings = options.settings;
  const core::PoolSettings& pool = settings.pools.begin()->second;
  std::string out =
      str("world ", options.seed, ": ", options.clients, " clients, ", to_string(options.length),
          ", max_workers ", settings.max_workers, ", idle_timeout ", to_string(pool.idle_timeout),
          ", launch_timeout ", to_string(pool.launch_timeout), ", ready ",
          static_cast<int>(pool.ready), ", ", options.addresses, " addresses; faults:");
  for (const FaultRow& one : fault_table()) {
    if (const int dose = options.dose_of(one.fault); dose != 0)
      out += str(" ", one.name, "=", dose);
  }
  return out;
}

}  // namespace cb::sim
