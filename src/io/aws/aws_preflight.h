#pragma once
// What would go wrong at the first launch, said at start: names that AWS does not know, rights that
// are missing, images whose disks outlive their instances. Asks only; launches and ends nothing.

#include <functional>

#include "base/time.h"
#include "core/model/settings.h"
#include "io/aws/aws_caller.h"
#include "port/ports.h"

namespace cb::io {

// Asks one question after the other, and never blocks: for each pool, in each of its regions,
// DescribeImages and one dry run of RunInstances for each market, and in each region one dry run of
// TerminateInstances. Each finding is one line of `log` with the key "aws.check", and so is "all is
// well". Of a region that does not answer, or refuses the keys, nothing is said.
// `now` dates the tags of the dry runs. `done`, where given, is called after the last line; neither
// it nor a line comes after the end of `caller`. `log` must outlive `caller`.
void check_aws(AwsCaller& caller, port::LogSink& log, const core::Settings& settings, WallTime now,
               std::function<void()> done = {});

}  // namespace cb::io
