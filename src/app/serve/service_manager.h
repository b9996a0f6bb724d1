#pragma once
// What systemd wants to hear (sd_notify, watchdog); nothing happens where it does not listen.

#include <string>

#include "base/time.h"

namespace cb::app {

class ServiceManager {
 public:
  void ready(const std::string& status);
  void reloading();
  void stopping();
  void alive();
  // How often alive() is wanted; 0: never. Half of the watchdog's limit, as sd_watchdog_enabled(3)
  // advises.
  Duration alive_interval() const;
};

}  // namespace cb::app
