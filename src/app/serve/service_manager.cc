#include "app/serve/service_manager.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#include "base/text.h"

namespace cb::app {

void ServiceManager::ready(const std::string& status) {
  sd_notify(0, str("READY=1\nSTATUS=", status).c_str());
}

void ServiceManager::reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t us = now.tv_sec * 1'000'000LL + now.tv_nsec / 1000;
  sd_notify(0, str("RELOADING=1\nMONOTONIC_USEC=", us).c_str());
}

void ServiceManager::stopping() {
  sd_notify(0, "STOPPING=1");
}

void ServiceManager::alive() {
  sd_notify(0, "WATCHDOG=1");
}

Duration ServiceManager::alive_interval() const {
  std::uint64_t us = 0;
  if (sd_watchdog_enabled(0, &us) <= 0) return Duration{0};
  return Duration{static_cast<std::int64_t>(us / 2000)};
}

}  // namespace cb::app
