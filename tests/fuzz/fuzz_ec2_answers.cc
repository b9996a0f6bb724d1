// EC2's and STS's answers: any bytes, values or a clean error, in each decoder.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wire/ec2_response.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cb::wire;
  const std::string body(reinterpret_cast<const char*>(data), size);
  static_cast<void>(decode_run_instances(body));
  static_cast<void>(decode_describe_instances(body));
  static_cast<void>(decode_terminate_instances(body));
  static_cast<void>(decode_describe_images(body));
  static_cast<void>(decode_get_caller_identity(body));
  const cb::core::CloudFailure failure = decode_failure(503, body);
  static_cast<void>(ids_named_in(failure.message, {{"i-1"}, {"i-0abc"}}));
  return 0;
}
