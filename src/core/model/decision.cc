#include "core/model/decision.h"

namespace cb::core {
namespace {

About named(std::initializer_list<const std::string*> ids) {
  About out;
  out.ids.reserve(ids.size());
  for (const std::string* const id : ids) {
    if (!id->empty()) out.ids.push_back(*id);
  }
  return out;
}

}  // namespace

About about(const WorkerRecord& worker) {
  return named({&worker.id.value, &worker.token.value, &worker.pool.value});
}

About about(const AttemptRecord& attempt) {
  return named({&attempt.token.value, &attempt.pool.value});
}

About about(const InstanceId& instance) {
  return named({&instance.value});
}

About about(const PoolName& pool) {
  return named({&pool.value});
}

}  // namespace cb::core
