#pragma once
// What it takes to serve one worker. It is in the worker's own record, since its pool may be
// configured otherwise by now, or not at all: nobody is looked after by a stranger's settings.

#include "base/time.h"

namespace cb::core {

// How we know that a worker serves: dserv computes 6*7, its port accepts, or EC2 says running.
enum class ReadyCheck { kDserv, kTcp, kNone };
enum class AddressKind { kPublic, kPrivate };

struct Serving {
  // What the machine is: it stays what it was launched for.
  AddressKind address = AddressKind::kPublic;
  int worker_port = 2560;  // 1 to 65535; dserv's own
  ReadyCheck ready = ReadyCheck::kDserv;
  // How long we wait: follows its pool for as long as that is configured.
  Duration launch_timeout = minutes{3};  // from the launch to readiness; then it is ended
  Duration idle_timeout = minutes{15};   // from its last use; then it is ended

  // Whether a machine of one is a machine of the other.
  bool same_machine(const Serving& other) const {
    return address == other.address && worker_port == other.worker_port && ready == other.ready;
  }
  bool operator==(const Serving&) const = default;
};

}  // namespace cb::core
