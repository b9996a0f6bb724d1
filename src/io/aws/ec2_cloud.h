#pragma once
// EC2 as the broker's cloud: its calls answered by events.

#include <memory>

#include "io/aws/aws_caller.h"
#include "port/ports.h"

namespace cb::io {

struct Ec2CloudSettings {
  int pages_max = 100;       // of one listing; more is a failure (100,000 instances)
  std::size_t batch = 200;   // ids in one TerminateInstances or CreateTags; EC2 takes 1,000
  int batch_calls_max = 40;  // for one of them whose batches are refused in part
};

// On the thread of the caller's io_context, which is the driver's. Every call is answered within
// AwsCallSettings::whole_limit plus one exchange; a listing of many pages and a termination that
// must be repeated take that long for each of their calls.
class Ec2Cloud : public port::Cloud {
 public:
  // References must outlive this. After its end no event comes.
  Ec2Cloud(AwsCaller& caller, port::EventSink& sink, port::LogSink& log,
           Ec2CloudSettings settings = {});
  ~Ec2Cloud() override;

  // An account that STS will not name is empty, and the log says why.
  void identify(const core::Identify& what) override;
  void launch(const core::LaunchInstance& what) override;
  void list(const core::ListInstances& what) override;
  void terminate(const core::TerminateInstances& what) override;
  void tag(const core::TagInstances& what) override;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace cb::io
