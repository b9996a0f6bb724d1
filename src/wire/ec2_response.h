#pragma once
// What EC2 and STS answer, read into the core's words. Fields that are missing stay empty; bytes
// that are not the expected document are an Error; nothing here throws. Each function takes the
// body by value and parses it in place: move it in.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "core/model/cloud.h"

namespace cb::wire {

// A body over this many bytes is refused: a page of 1,000 instances is about 5 MB.
inline constexpr std::size_t kAnswerBytesMax = 64 * 1024 * 1024;

// An Error as well when it holds no instance: then nobody knows what was launched.
Result<core::Launched> decode_run_instances(std::string body);

struct ListingPage {
  std::vector<core::InstanceView> instances;
  std::string next_token;  // empty: this was the last page
};
// Items without an instance id are left out; a state that is not EC2's counts as pending, an
// address that is none is left out. ec2_odd_values_test.cc has all the others.
Result<ListingPage> decode_describe_instances(std::string body);

Result<core::TerminateAccepted> decode_terminate_instances(std::string body);

// The answer to CreateTags says no more than that it was done.
Status decode_create_tags(std::string body);

struct ImageVolume {
  std::string device;  // "/dev/sda1"
  bool ends_with_instance = true;
};
struct ImageView {
  std::string id;
  std::string name;
  std::string state;                 // "available"
  std::string architecture;          // "x86_64", "arm64"
  std::vector<ImageVolume> volumes;  // EBS only
};
Result<std::vector<ImageView>> decode_describe_images(std::string body);

struct CallerIdentity {
  std::string account;  // twelve digits
  std::string arn;
};
Result<CallerIdentity> decode_get_caller_identity(std::string body);

// The failure that an answer with an HTTP status of 300 or more stands for, classified. The message
// is AWS's sentence, with the request id behind it; further errors of the same answer follow. A
// body that is no error document gives the code "http 502" and the class of its status alone.
core::CloudFailure decode_failure(int http_status, std::string body);

// The ids of `asked` that `message` names: "The instance IDs 'i-1, i-2' do not exist".
std::vector<InstanceId> ids_named_in(std::string_view message,
                                     const std::vector<InstanceId>& asked);

}  // namespace cb::wire
