#pragma once
// Tells the broker the windows of its warm rules: at the start, after each reload, and again when
// the calendar has gone on by a day, or has jumped. On the io_context's thread.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>

#include "app/calendar/warm_calendar.h"
#include "port/ports.h"

namespace cb::app {

class WarmPlanner {
 public:
  // `events` outlives it.
  WarmPlanner(boost::asio::io_context& io, port::EventSink& events) : timer_(io), events_(events) {}

  // From now on by these rules, whose schedules are good. After the event that begins their time:
  // Started or SettingsChanged.
  void plan(std::map<PoolName, WarmRules> rules);

 private:
  void tell();
  void look_again();

  boost::asio::steady_timer timer_;
  port::EventSink& events_;
  std::map<PoolName, WarmRules> rules_;
  WallTime told_{};
};

}  // namespace cb::app
